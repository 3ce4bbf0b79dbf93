import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findCompose } from '../integration/support/compose';
import type { Stack } from '../integration/support/composeCorpus';
import { findStacks, reviewStack, seenByCompose, seenByUs } from '../integration/support/composeCorpus';
import { REFUSED, STACKS } from '../integration/support/composeStacks';
import type { BenchResult } from './harness';
import { median, result } from './harness';

/** Stacks that are read at the same time. */
const PARALLEL = 2;

/**
 * Reads, reviews and compares every stack of a folder of collections with `docker compose config`. $SKYLAB_COMPOSE_CORPUS names the
 * folder, one checkout of a public collection in each of its folders (awesome-compose and the like); without it the project's own stacks
 * are read. A stack disagrees where Compose takes it and Skylab sees other services, ports, volumes or variables, or refuses it;
 * where Compose alone refuses, it is counted and named, since the machine's Compose has the last word before anything changes.
 */
export default async function bench(): Promise<BenchResult> {
  const program = findCompose();
  if (program === undefined) throw new Error('Docker Compose 2 is not installed.');
  const corpus = process.env['SKYLAB_COMPOSE_CORPUS'];
  const scratch = mkdtempSync(path.join(tmpdir(), 'skylab-corpus-'));
  try {
    const root = corpus ?? ownStacks(scratch);
    const collections = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const stacks = collections.flatMap(({ name }) =>
      findStacks(path.join(root, name)).map((stack) => ({ ...stack, name: path.join(name, stack.name) })),
    );
    const tally = new Tally(program);
    const queue = [...stacks];
    const worker = async () => {
      for (let stack = queue.shift(); stack; stack = queue.shift()) await tally.judge(stack);
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    return tally.result(stacks.length, collections.length);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

class Tally {
  agreed = 0;
  refusedByBoth = 0;
  readonly disagreed: string[] = [];
  readonly composeAlone: string[] = [];
  readonly threw: string[] = [];
  readonly findings: number[] = [];
  readonly milliseconds: number[] = [];

  constructor(private readonly program: string) {}

  async judge(stack: Stack): Promise<void> {
    const theirs = await seenByCompose(this.program, stack);
    try {
      const began = performance.now();
      const ours = seenByUs(stack);
      const review = await reviewStack(stack);
      this.milliseconds.push(performance.now() - began);
      if (review !== undefined) this.findings.push(review.length);
      if ('refused' in theirs) {
        if ('refused' in ours) this.refusedByBoth++;
        else this.composeAlone.push(`${stack.name}: ${theirs.refused}`);
      } else if ('refused' in ours) this.disagreed.push(`${stack.name}: ${ours.refused}`);
      else this.#compare(stack.name, ours, theirs);
    } catch (error) {
      this.threw.push(`${stack.name}: ${String(error)}`);
    }
  }

  #compare(name: string, ours: unknown, theirs: unknown): void {
    try {
      assert.deepEqual(ours, theirs);
      this.agreed++;
    } catch {
      this.disagreed.push(name);
    }
  }

  result(stacks: number, collections: number): BenchResult {
    const { agreed, refusedByBoth, disagreed, composeAlone, threw } = this;
    return result({
      bench: 'compose-corpus',
      unit: 'stacks that agree or are refused by both',
      // what is left over must be nothing: one stack more fails it
      ours: disagreed.length + threw.length,
      peer: Math.max(1, stacks),
      peerName: 'docker compose config',
      limit: 0,
      stacks,
      collections,
      agreed,
      refusedByBoth,
      composeAlone,
      disagreed,
      threw,
      findingsMedian: this.findings.length > 0 ? median(this.findings) : 0,
      findingsMost: Math.max(0, ...this.findings),
      readMedianMs: Math.round(median(this.milliseconds) * 100) / 100,
    });
  }
}

function ownStacks(scratch: string): string {
  const refused = Object.entries(REFUSED).map(([name, [files]]) => [`no ${name}`, files] as const);
  for (const [name, files] of [...Object.entries(STACKS), ...refused]) {
    for (const [file, text] of Object.entries(files)) {
      const full = path.join(scratch, 'own', name.replace(/\W+/g, '-'), file);
      if (!existsSync(path.dirname(full))) mkdirSync(path.dirname(full), { recursive: true });
      writeFileSync(full, text);
    }
  }
  return scratch;
}
