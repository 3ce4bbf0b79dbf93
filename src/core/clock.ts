import type { Disposable } from './events';

/** Time as core sees it, so that tests of waiting are instant. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls once after the time. @param ms milliseconds */
  after(ms: number, act: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};
