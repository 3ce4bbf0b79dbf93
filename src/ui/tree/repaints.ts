/** After a quiet time the first repaint waits only for what comes in the same moment, in milliseconds. */
const LEAD_MS = 10;

/** Collects repaints of rows for a moment, so that a burst of progress costs one repaint per row. */
export class Repaints<T> {
  readonly #pending = new Set<T>();
  #timer: NodeJS.Timeout | undefined;
  #firedAt = -Infinity;

  /** @param fire repaints one row @param delayMs milliseconds that a burst is collected */
  constructor(
    private readonly fire: (node: T) => void,
    private readonly delayMs = 80,
  ) {}

  add(node: T): void {
    this.#pending.add(node);
    const quiet = performance.now() - this.#firedAt > this.delayMs;
    this.#timer ??= setTimeout(() => this.#flush(), quiet ? LEAD_MS : this.delayMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#pending.clear();
  }

  /** Nothing waits. */
  get idle(): boolean {
    return this.#timer === undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    const nodes = [...this.#pending];
    this.#pending.clear();
    for (const pending of nodes) this.fire(pending);
    this.#firedAt = performance.now();
  }
}
