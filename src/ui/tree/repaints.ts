/** After a quiet time the first repaint waits only for what comes in the same moment, in milliseconds. */
const LEAD_MS = 10;
/** How long the editor may take to draw rows that it was given, in milliseconds. */
const DRAWN_MS = 400;

/** Collects repaints of rows for a moment, so that a burst of progress costs one repaint per row. */
export class Repaints<T> {
  readonly #pending = new Set<T>();
  /** Rows whose children are on their way, how many times they were asked for. */
  readonly #awaited = new Map<T, number>();
  readonly #drawing = new Set<NodeJS.Timeout>();
  #timer: NodeJS.Timeout | undefined;
  #firedAt = -Infinity;

  /** @param fire repaints one row @param delayMs milliseconds that a burst is collected */
  constructor(
    private readonly fire: (node: T) => void,
    private readonly delayMs = 80,
  ) {}

  add(node: T): void {
    this.#pending.add(node);
    this.#schedule();
  }

  /**
   * Hands on a row's children; the row itself is repainted only once they are drawn. The editor forgets the rows below a repainted row, and where
   * both reach its window in the same moment it goes on showing those that it has forgotten: they open no more and never change.
   */
  async after<R>(node: T, children: Promise<R>): Promise<R> {
    this.#awaited.set(node, (this.#awaited.get(node) ?? 0) + 1);
    try {
      return await children;
    } finally {
      const timer = setTimeout(() => {
        this.#drawing.delete(timer);
        this.#drawn(node);
      }, DRAWN_MS);
      this.#drawing.add(timer);
    }
  }

  #drawn(node: T): void {
    const left = (this.#awaited.get(node) ?? 1) - 1;
    if (left > 0) this.#awaited.set(node, left);
    else this.#awaited.delete(node);
    if (left <= 0 && this.#pending.has(node)) this.#schedule();
  }

  #schedule(): void {
    const quiet = performance.now() - this.#firedAt > this.delayMs;
    this.#timer ??= setTimeout(() => this.#flush(), quiet ? LEAD_MS : this.delayMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const timer of this.#drawing) clearTimeout(timer);
    this.#pending.clear();
  }

  /** Nothing waits. */
  get idle(): boolean {
    return this.#timer === undefined && this.#pending.size === 0;
  }

  #flush(): void {
    this.#timer = undefined;
    const nodes = [...this.#pending].filter((node) => !this.#awaited.has(node));
    for (const node of nodes) this.#pending.delete(node);
    for (const node of nodes) this.fire(node);
    this.#firedAt = performance.now();
  }
}
