import { SkylabError } from '../../core/errors';
import type { Secret } from '../../core/secret';
import { SpareWorker } from '../spareWorker';
import type { KeyAnswer, KeyJob } from './keyJobs';

/** A job of keyJobs.ts with its passphrases still wrapped. */
type Request =
  | { readonly kind: 'open'; readonly text: string; readonly passphrase?: Secret }
  | { readonly kind: 'seal'; readonly text: string; readonly passphrase?: Secret; readonly next?: Secret }
  | { readonly kind: 'generate'; readonly type: 'ed25519' | 'ecdsa' | 'rsa'; readonly comment: string; readonly next?: Secret };

/** Opens, locks and makes private keys. */
export interface KeyCode {
  do(request: Request): Promise<Exclude<KeyAnswer, { kind: 'failed' }>>;
}

/** In a worker thread: the extension host goes on meanwhile. Keeps one idle worker for a while. */
export class WorkerKeyCode implements KeyCode {
  readonly #workers: SpareWorker;

  /**
   * @param workerFile absolute path of the script that keyWorker.ts becomes
   * @param idleMs milliseconds after which an idle worker is ended
   */
  constructor(workerFile: string, idleMs = 30_000) {
    this.#workers = new SpareWorker(workerFile, idleMs);
  }

  async do(request: Request): Promise<Exclude<KeyAnswer, { kind: 'failed' }>> {
    const worker = this.#workers.take();
    let settle: (answer: KeyAnswer | Error) => void = () => undefined;
    const answered = new Promise<KeyAnswer | Error>((resolve) => (settle = resolve));
    const onError = (error: unknown): void => settle(failure('the worker ended', error));
    const onExit = (): void => settle(failure('the worker ended'));
    worker.on('message', settle).on('error', onError).on('exit', onExit);
    const { job, moved } = unwrap(request);
    worker.postMessage(job, moved);
    const answer = await answered;
    worker.off('message', settle).off('exit', onExit);
    if (answer instanceof Error) {
      void worker.terminate();
      throw answer;
    }
    worker.off('error', onError);
    this.#workers.give(worker);
    return checked(answer);
  }

  /** Ends the idle worker now. */
  dispose(): void {
    this.#workers.dispose();
  }
}

/** On this thread, where nothing waits: a command-line program, a test. */
export class DirectKeyCode implements KeyCode {
  async do(request: Request): Promise<Exclude<KeyAnswer, { kind: 'failed' }>> {
    const { doKeyJob, wipe } = await import('./keyJobs');
    const { job } = unwrap(request);
    const answer = doKeyJob(job);
    wipe(job);
    return checked(answer);
  }
}

function unwrap(request: Request): { job: KeyJob; moved: ArrayBuffer[] } {
  const moved: ArrayBuffer[] = [];
  const bytes = (secret: Secret | undefined): Uint8Array | undefined => {
    if (secret === undefined) return undefined;
    const copy = new Uint8Array(new TextEncoder().encode(secret.reveal()));
    moved.push(copy.buffer);
    return copy;
  };
  const passphrase = 'passphrase' in request ? bytes(request.passphrase) : undefined;
  const next = 'next' in request ? bytes(request.next) : undefined;
  const secrets = { ...(passphrase !== undefined && { passphrase }), ...(next !== undefined && { next }) };
  switch (request.kind) {
    case 'open':
      return { job: { kind: 'open', text: request.text, ...secrets }, moved };
    case 'seal':
      return { job: { kind: 'seal', text: request.text, ...secrets }, moved };
    case 'generate':
      return { job: { kind: 'generate', type: request.type, comment: request.comment, ...secrets }, moved };
  }
}

function checked(answer: KeyAnswer): Exclude<KeyAnswer, { kind: 'failed' }> {
  if (answer.kind === 'failed') throw failure(answer.why);
  return answer;
}

const failure = (why: string, cause?: unknown): SkylabError =>
  new SkylabError(`The private key cannot be worked with: ${why.replace(/\.$/, '')}.`, {
    code: 'KeyCodeFailed',
    next: 'Try again.',
    cause,
  });
