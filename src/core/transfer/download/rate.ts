import type { Clock } from '../../clock';
import { systemClock } from '../../clock';

/** Milliseconds that a rate looks back. */
const SPAN_MS = 3000;

/** How fast something goes, over the last seconds. */
export class Rate {
  readonly #marks: { readonly at: number; readonly bytes: number }[] = [];

  constructor(private readonly clock: Pick<Clock, 'now'> = systemClock) {}

  /** @param bytes all that has come so far @returns bytes per second; undefined until there is enough to tell */
  at(bytes: number): number | undefined {
    const now = this.clock.now();
    this.#marks.push({ at: now, bytes });
    while (this.#marks.length > 2 && (this.#marks[0]?.at ?? now) < now - SPAN_MS) this.#marks.shift();
    const first = this.#marks[0];
    if (first === undefined || now - first.at < 500) return undefined;
    return ((bytes - first.bytes) * 1000) / (now - first.at);
  }
}
