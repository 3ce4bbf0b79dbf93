import { CancelledError } from '../errors';

/** Transfers to one machine at a time; more would only share its line. */
const PER_MACHINE = 3;

/** Lets a few transfers to each machine run at once; the others wait in line. */
export class TransferSlots {
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /**
   * Resolves when it is this transfer's turn.
   * @param onWait called with the number of those before it when it has to wait, and again as the line gets shorter
   * @returns gives the place back
   * @throws CancelledError when the signal fires while it waits
   */
  async take(machineKey: string, signal: AbortSignal, onWait: (before: number) => void): Promise<() => void> {
    if (signal.aborted) throw new CancelledError();
    const running = this.#running.get(machineKey) ?? 0;
    if (running < PER_MACHINE) {
      this.#running.set(machineKey, running + 1);
      return this.#giver(machineKey);
    }
    const line = this.#waiting.get(machineKey) ?? [];
    this.#waiting.set(machineKey, line);
    onWait(PER_MACHINE + line.length);
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        line.splice(line.indexOf(go), 1);
        reject(new CancelledError());
      };
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      line.push(go);
      signal.addEventListener('abort', leave, { once: true });
    });
    return this.#giver(machineKey);
  }

  #giver(machineKey: string): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      // The next one takes over the place.
      const next = this.#waiting.get(machineKey)?.shift();
      if (next !== undefined) next();
      else this.#running.set(machineKey, (this.#running.get(machineKey) ?? 1) - 1);
    };
  }
}
