import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { isBcryptHash } from '../../core/deploy/caddyPassword';
import type { PasswordHasher } from '../../core/deploy/ports';
import { CancelledError, SkylabError, throwIfCancelled } from '../../core/errors';
import type { Secret } from '../../core/secret';
import { passwordProblem } from '../../shared/password';
import type { Answer, Job } from './protocol';

/** The cost that `caddy hash-password` uses: 2^14 rounds. */
const CADDY_COST = 14;
/** Bytes of salt, given by bcrypt. */
const SALT_BYTES = 16;

/** bcrypt in WebAssembly in a worker thread: the extension host goes on meanwhile. Keeps one idle worker for a while. */
export class WorkerPasswordHasher implements PasswordHasher {
  #idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | undefined;
  #disposed = false;

  /**
   * @param workerFile absolute path of the script that worker.ts becomes
   * @param idleMs milliseconds after which an idle worker is ended
   */
  constructor(
    private readonly workerFile: string,
    private readonly idleMs = 30_000,
  ) {}

  async hash(password: Secret, signal?: AbortSignal): Promise<string> {
    throwIfCancelled(signal);
    const problem = passwordProblem(password.reveal());
    if (problem !== undefined) throw new SkylabError(problem, { code: 'BadPassword' });
    const salt = new Uint8Array(randomBytes(SALT_BYTES));
    const hash = await this.#run({ kind: 'hash', password: bytesOf(password), salt, cost: CADDY_COST }, signal);
    if (typeof hash !== 'string' || !isBcryptHash(hash)) throw failure('the result is no bcrypt hash');
    return hash;
  }

  async verify(password: Secret, hash: string): Promise<boolean> {
    if (!isBcryptHash(hash) || passwordProblem(password.reveal()) !== undefined) return false;
    return (await this.#run({ kind: 'verify', password: bytesOf(password), hash }, undefined)) === true;
  }

  /** Ends the idle worker now. */
  dispose(): void {
    this.#disposed = true;
    if (this.#idle === undefined) return;
    clearTimeout(this.#idle.timer);
    void this.#idle.worker.terminate();
    this.#idle = undefined;
  }

  async #run(job: Job, signal: AbortSignal | undefined): Promise<string | boolean> {
    const worker = this.#take();
    let onAbort: () => void = () => undefined;
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        onAbort = () => reject(new CancelledError());
        signal?.addEventListener('abort', onAbort, { once: true });
        worker.once('message', resolve);
        worker.once('error', (error) => reject(failure('the worker ended', error)));
        worker.once('exit', () => reject(failure('the worker ended')));
        worker.postMessage(job, [job.password.buffer as ArrayBuffer]);
      });
      if ('failed' in answer) throw failure(answer.failed);
      worker.removeAllListeners();
      this.#give(worker);
      return answer.value;
    } catch (error) {
      worker.removeAllListeners();
      worker.on('error', () => undefined);
      void worker.terminate();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #take(): Worker {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle === undefined) return new Worker(this.workerFile);
    clearTimeout(idle.timer);
    idle.worker.removeAllListeners();
    idle.worker.ref();
    return idle.worker;
  }

  #give(worker: Worker): void {
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
    worker.once('exit', drop);
    worker.on('error', drop);
    // An idle worker keeps nobody waiting at the end.
    worker.unref();
    timer.unref();
    this.#idle = { worker, timer };
  }
}

const bytesOf = (password: Secret): Uint8Array => new Uint8Array(new TextEncoder().encode(password.reveal()));

const failure = (why: string, cause?: unknown): SkylabError =>
  new SkylabError('The password could not be hashed.', { code: 'HashFailed', next: `Try again (${why}).`, cause });
