import assert from 'node:assert/strict';
import type { Stack } from './composeCorpus';
import { reviewStack, seenByCompose, seenByUs } from './composeCorpus';

/** Stacks that are read at the same time. */
const PARALLEL = 2;

/** How Skylab and Docker Compose judge the stacks of collections. */
export class CorpusTally {
  agreed = 0;
  refusedByBoth = 0;
  /** Compose takes them, and Skylab sees other services, ports, volumes or variables, or refuses them. */
  readonly disagreed: string[] = [];
  /** Skylab takes them and Compose does not. */
  readonly composeAlone: string[] = [];
  /** Reading, review or plan ended with an exception. */
  readonly threw: string[] = [];
  /** Findings of each stack that the deploy page opens. */
  readonly findings: number[] = [];
  /** What reading, review and plan took for each. */
  readonly milliseconds: number[] = [];

  private constructor(private readonly program: string) {}

  /** Reads, reviews, plans and compares every stack. @param program Docker Compose 2 */
  static async of(program: string, stacks: readonly Stack[]): Promise<CorpusTally> {
    const tally = new CorpusTally(program);
    const queue = [...stacks];
    const worker = async () => {
      for (let stack = queue.shift(); stack; stack = queue.shift()) await tally.#judge(stack);
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    return tally;
  }

  async #judge(stack: Stack): Promise<void> {
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
}
