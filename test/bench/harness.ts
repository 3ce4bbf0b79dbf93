import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a benchmark reports; printed as one JSON line. Further figures may stand beside these. */
export interface BenchResult {
  readonly bench: string;
  readonly unit: string;
  /** Median of Skylab's own figure. */
  readonly ours: number;
  /** Median of the peer measured in the same call, or a budget. */
  readonly peer: number;
  readonly peerName: string;
  /** ours / peer, rounded to three places. */
  readonly ratio: number;
  /** The highest ratio that is good enough. */
  readonly limit: number;
  readonly ok: boolean;
  readonly [figure: string]: unknown;
}

/** Each file of test/bench, those that help aside, exports one as its default. */
export type Bench = () => Promise<BenchResult>;

/** Middle value; the mean of the two middle ones for an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('There is no median of no values.');
  return (upper + lower) / 2;
}

/**
 * Measures two things in turns, so that both see the same weather on the machine, and changes who goes first each round.
 * @param rounds how often each is measured
 * @param ours gives one figure, e.g. milliseconds
 * @param peer gives the other's
 * @returns the medians
 */
export async function interleave(
  rounds: number,
  ours: (round: number) => Promise<number>,
  peer: (round: number) => Promise<number>,
): Promise<{ ours: number; peer: number }> {
  const figures = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const turns = [async () => figures.ours.push(await ours(round)), async () => figures.peer.push(await peer(round))];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
  }
  return { ours: median(figures.ours), peer: median(figures.peer) };
}

/** Does it, and tells the longest time in milliseconds for which this thread did nothing else meanwhile. */
export async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

/** Puts a result together: ratio and verdict follow from the figures. */
export function result(
  figures: Pick<BenchResult, 'bench' | 'unit' | 'ours' | 'peer' | 'peerName' | 'limit'> & Record<string, unknown>,
): BenchResult {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  const { bench, unit, ours, peer, peerName, limit, ...extra } = figures;
  const ratio = ours / peer;
  return { bench, unit, ours: round(ours), peer: round(peer), peerName, ratio: round(ratio), limit, ok: ratio <= limit, ...extra };
}
