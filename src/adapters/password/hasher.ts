import { randomBytes } from 'node:crypto';
import { isBcryptHash } from '../../core/deploy/caddyPassword';
import type { PasswordHasher } from '../../core/deploy/ports';
import { CancelledError, SkylabError, throwIfCancelled } from '../../core/errors';
import type { Secret } from '../../core/secret';
import { passwordProblem } from '../../shared/password';
import { SpareWorker } from '../spareWorker';
import type { Answer, Job } from './protocol';

/** The cost that `caddy hash-password` uses: 2^14 rounds. */
const CADDY_COST = 14;
/** Bytes of salt, given by bcrypt. */
const SALT_BYTES = 16;

/** bcrypt in WebAssembly in a worker thread: the extension host goes on meanwhile. Keeps one idle worker for a while. */
export class WorkerPasswordHasher implements PasswordHasher {
  readonly #workers: SpareWorker;

  /**
   * @param workerFile absolute path of the script that worker.ts becomes
   * @param idleMs milliseconds after which an idle worker is ended
   */
  constructor(workerFile: string, idleMs = 30_000) {
    this.#workers = new SpareWorker(workerFile, idleMs);
  }

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
    this.#workers.dispose();
  }

  async #run(job: Job, signal: AbortSignal | undefined): Promise<string | boolean> {
    const worker = this.#workers.take();
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
    this.#workers.give(worker);
    if ('failed' in answer) throw failure(answer.failed);
    return answer.value;
  }
}

const bytesOf = (password: Secret): Uint8Array => new Uint8Array(new TextEncoder().encode(password.reveal()));

const failure = (why: string, cause?: unknown): SkylabError =>
  new SkylabError('The password could not be hashed.', { code: 'HashFailed', next: `Try again (${why}).`, cause });
