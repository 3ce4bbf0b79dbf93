import { longestBlock, median } from './harness';

/** Milliseconds between two looks at the memory. */
const LOOK_MS = 20;

/** Looks at what a piece of work costs this process: the longest time in which nothing else ran, and memory above what it had before. */
export function watched() {
  const blocks: number[] = [];
  const memory: number[] = [];
  return {
    /** Does it; what it answers is passed on. */
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      globalThis.gc?.();
      const before = process.memoryUsage.rss();
      let most = before;
      const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), LOOK_MS);
      let answer: T | undefined;
      blocks.push(await longestBlock(async () => (answer = await work())));
      clearInterval(timer);
      memory.push((most - before) / 2 ** 20);
      return answer as T;
    },
    /** The median of the longest blocks, and the most memory of all. */
    figures: () => ({
      blockedMs: Math.round(median(blocks)),
      blockedMostMs: Math.round(Math.max(...blocks)),
      blockedLimit: 50,
      memoryMiB: Math.round(Math.max(...memory)),
      memoryLimit: 150,
    }),
  };
}
