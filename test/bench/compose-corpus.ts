import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findCompose } from '../integration/support/compose';
import { collectionsIn, writeOwnStacks } from '../integration/support/composeCorpus';
import { CorpusTally } from '../integration/support/corpusTally';
import type { BenchResult } from './harness';
import { median, result } from './harness';

/**
 * Reads, reviews, plans and compares every stack of a folder of collections with `docker compose config`. $SKYLAB_COMPOSE_CORPUS names the
 * folder, one checkout of a public collection in each of its folders (docker/awesome-compose, Dokploy/templates and the like); without it
 * the project's own stacks are read.
 */
export default async function bench(): Promise<BenchResult> {
  const program = findCompose();
  if (program === undefined) throw new Error('Docker Compose 2 is not installed.');
  const corpus = process.env['SKYLAB_COMPOSE_CORPUS'];
  const scratch = mkdtempSync(path.join(tmpdir(), 'skylab-corpus-'));
  try {
    if (corpus === undefined) writeOwnStacks(scratch);
    const collections = collectionsIn(corpus ?? scratch);
    const stacks = [...collections.values()].flat();
    const { agreed, refusedByBoth, disagreed, composeAlone, threw, findings, milliseconds } = await CorpusTally.of(program, stacks);
    return result({
      bench: 'compose-corpus',
      unit: 'stacks that agree or are refused by both',
      // what is left over must be nothing: one stack more fails it
      ours: disagreed.length + threw.length + composeAlone.length,
      peer: Math.max(1, stacks.length),
      peerName: 'docker compose config',
      limit: 0,
      stacks: stacks.length,
      collections: Object.fromEntries([...collections].map(([name, { length }]) => [name, length])),
      agreed,
      refusedByBoth,
      composeAlone,
      disagreed,
      threw,
      findingsMedian: findings.length > 0 ? median(findings) : 0,
      findingsMost: Math.max(0, ...findings),
      readMedianMs: Math.round(median(milliseconds) * 100) / 100,
    });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
