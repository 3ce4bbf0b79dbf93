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
  #idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout; readonly drop: () => void } | undefined;
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
    let settle: (answer: Answer | Error) => void = () => undefined;
    const answered = new Promise<Answer | Error>((resolve) => (settle = resolve));
    const onAbort = () => settle(new CancelledError());
    const onError = (error: unknown) => settle(failure('the worker ended', error));
    const onExit = () => settle(failure('the worker ended'));
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.on('message', settle).on('error', onError).on('exit', onExit);
    worker.postMessage(job, [job.password.buffer as ArrayBuffer]);
    const answer = await answered;
    signal?.removeEventListener('abort', onAbort);
    worker.off('message', settle).off('exit', onExit);
    if (answer instanceof Error) {
      void worker.terminate();
      throw answer;
    }
    worker.off('error', onError);
    this.#give(worker);
    if ('failed' in answer) throw failure(answer.failed);
    return answer.value;
  }

  #take(): Worker {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle === undefined) return new Worker(this.workerFile);
    clearTimeout(idle.timer);
    idle.worker.off('exit', idle.drop).off('error', idle.drop);
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
    worker.on('exit', drop).on('error', drop);
    // An idle worker keeps nobody waiting at the end.
    worker.unref();
    timer.unref();
    this.#idle = { worker, timer, drop };
  }
}

const bytesOf = (password: Secret): Uint8Array => new Uint8Array(new TextEncoder().encode(password.reveal()));

const failure = (why: string, cause?: unknown): SkylabError =>
  new SkylabError('The password could not be hashed.', { code: 'HashFailed', next: `Try again (${why}).`, cause });
