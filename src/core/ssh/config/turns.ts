/** Milliseconds of work after which other things get a turn. */
const SLICE = 12;

/** Long work in slices, so that the editor stays responsive: `await turns.next()` between two parts costs nothing until a slice is over. */
export class Turns {
  #begun = performance.now();

  next(): Promise<void> | undefined {
    if (performance.now() - this.#begun < SLICE) return undefined;
    return new Promise((resume) =>
      setImmediate(() => {
        this.#begun = performance.now();
        resume();
      }),
    );
  }
}
