import { Socket } from 'node:net';

/**
 * A socket that sends what is written within one turn of the event loop in one system call. ssh2 writes each packet in four parts,
 * and each would be a call of its own.
 */
export class GatheringSocket extends Socket {
  #gathering = false;

  override write(...args: unknown[]): boolean {
    if (!this.#gathering) {
      this.#gathering = true;
      this.cork();
      process.nextTick(() => {
        this.#gathering = false;
        this.uncork();
      });
    }
    // The overloads are Socket's own; every argument is passed on as it is.
    return super.write(...(args as Parameters<Socket['write']>));
  }
}
