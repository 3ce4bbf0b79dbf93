import { Worker } from 'node:worker_threads';

/** Starts worker threads, and keeps one that has nothing to do for a while, so that the next job finds it warm. */
export class SpareWorker {
  #idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout; readonly drop: () => void } | undefined;
  #disposed = false;

  /**
   * @param file absolute path of the worker's script
   * @param idleMs milliseconds after which an idle worker is ended
   */
  constructor(
    private readonly file: string,
    private readonly idleMs: number,
  ) {}

  /** The idle worker, or a new one. Whoever takes it gives it back or terminates it. */
  take(): Worker {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle === undefined) return new Worker(this.file);
    clearTimeout(idle.timer);
    idle.worker.off('exit', idle.drop).off('error', idle.drop);
    idle.worker.ref();
    return idle.worker;
  }

  /** Takes back a worker that has done its job and has no listeners left. */
  give(worker: Worker): void {
    if (this.#idle !== undefined || this.#disposed) {
      void worker.terminate();
      return;
    }
    const drop = () => {
      if (this.#idle?.worker === worker) this.#idle = undefined;
      clearTimeout(timer);
      void worker.terminate();
    };
    const timer = setTimeout(drop, this.idleMs);
    worker.on('exit', drop).on('error', drop);
    // An idle worker keeps nobody waiting at the end.
    worker.unref();
    timer.unref();
    this.#idle = { worker, timer, drop };
  }

  /** Ends the idle worker now. */
  dispose(): void {
    this.#disposed = true;
    if (this.#idle === undefined) return;
    clearTimeout(this.#idle.timer);
    void this.#idle.worker.terminate();
    this.#idle = undefined;
  }
}
