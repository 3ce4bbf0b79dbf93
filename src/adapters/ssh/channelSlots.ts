import { CancelledError } from '../../core/errors';

/** OpenSSH's default MaxSessions (sshd_config(5)). */
const defaultSessions = 10;

/** Counts the channels that are open at once; further ones wait in line. */
export class ChannelSlots {
  readonly #waiting: (() => void)[] = [];
  #used = 0;
  #limit = defaultSessions;

  /** Resolves when a channel may be opened; `give` it back. @throws CancelledError when the signal fires before */
  async take(signal?: AbortSignal): Promise<void> {
    if (this.#used < this.#limit) {
      this.#used++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', onAbort);
        this.#used++;
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new CancelledError());
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(go);
    });
  }

  give(): void {
    this.#used--;
    if (this.#used < this.#limit) this.#waiting.shift()?.();
  }

  /** The server refused the channel that was taken: gives it back, and from now on no more are opened than are open. */
  refused(): void {
    this.#used--;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#used));
    if (this.#used < this.#limit) this.#waiting.shift()?.();
  }

  /** One channel alone is taken. */
  get alone(): boolean {
    return this.#used === 1;
  }

  /** The connection is gone: nobody waits any longer. */
  close(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
  }
}
