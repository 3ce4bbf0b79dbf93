import { Session } from 'node:inspector/promises';
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

/** Functions that a profile tells. */
const TOLD = 8;

/** Shares of this thread's time by function, the largest first: what bounds a piece of work. */
export async function profiled(work: () => Promise<unknown>): Promise<Readonly<Record<string, string>>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const names = new Map(
    profile.nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').pop() ?? ''}`]),
  );
  const times = new Map<string, number>();
  let all = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const took = profile.timeDeltas?.[index] ?? 0;
    const name = names.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + took);
    all += took;
  }
  const largest = [...times].sort((a, b) => b[1] - a[1]).slice(0, TOLD);
  return Object.fromEntries(largest.map(([name, took]) => [name.trim(), `${((100 * took) / all).toFixed(0)} %`]));
}
