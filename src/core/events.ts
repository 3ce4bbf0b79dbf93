/** Ends a subscription or frees what an object holds. Compatible with vscode.Disposable. */
export interface Disposable {
  dispose(): void;
}

/** A typed event source for core code, which may not import the editor's. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  /** Subscribes; usable directly as a `vscode.Event`. */
  readonly event = (listener: (value: T) => void): Disposable => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
