import { parseSpec, type LaunchSpec } from '../../../shared/launchSpec';
import type { Memento } from '../ports';

const KEY = 'skylab.recentLaunches';
const KEPT = 20;

export interface RecentLaunch {
  readonly spec: LaunchSpec;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The last launches of this person, newest first. */
export class RecentLaunches {
  constructor(private readonly memento: Memento) {}

  /** Those that can still be read. */
  list(): readonly RecentLaunch[] {
    const kept: unknown = this.memento.get(KEY);
    return Array.isArray(kept) ? kept.flatMap(readKept) : [];
  }

  /** Notes a launch; the same one again moves to the top. */
  async add(spec: LaunchSpec, at: number): Promise<void> {
    const same = JSON.stringify(spec);
    const others = this.list().filter((one) => JSON.stringify(one.spec) !== same);
    await this.memento.set(KEY, [{ spec, at }, ...others].slice(0, KEPT));
  }
}

function readKept(value: unknown): readonly RecentLaunch[] {
  if (typeof value !== 'object' || value === null || !('spec' in value) || !('at' in value) || typeof value.at !== 'number') return [];
  try {
    return [{ spec: parseSpec(value.spec), at: value.at }];
  } catch {
    // Of an older version: it can be launched no more as it stands.
    return [];
  }
}
