/** Milliseconds over which the rate is taken. */
const WINDOW_MS = 5000;

/** How fast something goes, over the last seconds. */
export class RateMeter {
  readonly #seen: { readonly at: number; readonly bytes: number }[] = [];

  /** @param now milliseconds @param bytes done so far */
  add(now: number, bytes: number): void {
    this.#seen.push({ at: now, bytes });
    while ((this.#seen[1]?.at ?? now) < now - WINDOW_MS) this.#seen.shift();
  }

  /** Bytes per second; undefined while too little has been seen. */
  get rate(): number | undefined {
    const first = this.#seen[0];
    const last = this.#seen.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 500) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }

  /** Milliseconds that the rest takes at this rate; undefined where nothing can be said. @param rest bytes */
  left(rest: number): number | undefined {
    const rate = this.rate;
    return rate === undefined || rate <= 0 ? undefined : (rest / rate) * 1000;
  }
}
