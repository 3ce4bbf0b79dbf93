import { CancelledError, isCancelled, pause, throwIfCancelled } from '../errors';

export interface WaitOptions {
  readonly signal: AbortSignal;
  /** Milliseconds between two looks, or how long to wait after so many. */
  readonly everyMs: number | ((looks: number) => number);
  /** Milliseconds from now. */
  readonly timeoutMs: number;
  /** What to throw when the time is over. */
  readonly onTimeout: () => Error;
}

/** Looks until there is something to see. @throws CancelledError, `onTimeout`, and whatever the look throws */
export async function waitFor<T>(look: (looks: number) => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  const end = Date.now() + options.timeoutMs;
  for (let looks = 0; ; looks++) {
    throwIfCancelled(options.signal);
    const seen = await look(looks);
    throwIfCancelled(options.signal);
    if (seen !== undefined) return seen;
    const left = end - Date.now();
    if (left <= 0) throw options.onTimeout();
    const every = typeof options.everyMs === 'number' ? options.everyMs : options.everyMs(looks);
    await pause(Math.min(every, left), options.signal);
  }
}

/**
 * Does the same for each, side by side, and waits for all before it throws the first error.
 * @param atOnce how many at a time
 */
export async function forEachOf<T, R>(items: readonly T[], act: (item: T) => Promise<R>, atOnce = items.length): Promise<R[]> {
  const results: PromiseSettledResult<R>[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) [results[i]] = await Promise.allSettled([act(item)]);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const failures = results.flatMap((r) => (r.status === 'rejected' ? [r.reason as unknown] : []));
  const failure = failures.find((f) => !isCancelled(f)) ?? failures[0];
  if (failure !== undefined) throw failure instanceof Error ? failure : new CancelledError();
  return results.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []));
}

/** "5 minutes", "1 minute", "30 seconds", for sentences. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [n, unit] = seconds >= 60 ? [Math.round(seconds / 60), 'minute'] : [seconds, 'second'];
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}
