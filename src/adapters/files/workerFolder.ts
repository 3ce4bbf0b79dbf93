import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { CancelledError, SkylabError, throwIfCancelled } from '../../core/errors';
import type { ArchiveItem, ArchiveOptions, FolderListing, ListOptions, LocalEntry, LocalFolder } from '../../core/transfer/ports';
import { SpareWorker } from '../spareWorker';
import type { FolderAnswer, FolderRequest } from './folderProtocol';
import { ENTRIES_PER_MESSAGE } from './folderProtocol';

type Value = Exclude<FolderAnswer, { kind: 'end' | 'failed' }>;

/** Answers that are being made while an earlier one is used. */
const AHEAD = 4;
const IDLE_MS = 30_000;

/** Folders of this computer, read in a worker thread: the extension host goes on meanwhile. */
export class WorkerFolder implements LocalFolder {
  readonly #workers: SpareWorker;

  /** @param workerFile absolute path of the script that folderWorker.ts becomes */
  constructor(workerFile: string) {
    this.#workers = new SpareWorker(workerFile, IDLE_MS);
  }

  async list(root: string, signal?: AbortSignal, options?: ListOptions): Promise<FolderListing> {
    throwIfCancelled(signal);
    const entries: LocalEntry[] = [];
    let about: Pick<FolderListing, 'skipped' | 'hasModes' | 'ignore'> = { skipped: [], hasModes: true };
    for await (const value of this.#run(root, [], { kind: 'list', root, ...(options && { options }) }, signal)) {
      if (value.kind === 'entries') entries.push(...value.entries);
      else if (value.kind === 'about') {
        about = { skipped: value.skipped, hasModes: value.hasModes, ...(value.ignore && { ignore: value.ignore }) };
      }
    }
    const files = entries.filter((entry) => entry.kind === 'file');
    return { entries, files: files.length, bytes: files.reduce((sum, entry) => sum + entry.size, 0), ...about };
  }

  tar(root: string, listing: { readonly entries: readonly ArchiveItem[] }, options: ArchiveOptions): Readable {
    return Readable.from(this.#pieces(root, listing.entries, options), { objectMode: true, highWaterMark: 1 });
  }

  async hash(
    root: string,
    files: readonly { readonly path: string; readonly length?: number }[],
    signal?: AbortSignal,
  ): Promise<readonly (string | undefined)[]> {
    throwIfCancelled(signal);
    const hashes: (string | undefined)[] = [];
    for await (const value of this.#run(root, [], { kind: 'hash', root, files }, signal))
      if (value.kind === 'hashes') hashes.push(...value.hashes);
    return hashes;
  }

  /** Ends the idle worker now. */
  dispose(): void {
    this.#workers.dispose();
  }

  async *#pieces(root: string, items: readonly ArchiveItem[], options: ArchiveOptions): AsyncGenerator<Buffer> {
    throwIfCancelled(options.signal);
    const request: FolderRequest = { kind: 'tar', root, overrides: options.overrides ?? new Map<string, Buffer>() };
    for await (const value of this.#run(root, items, request, options.signal)) {
      if (value.kind !== 'piece') continue;
      options.onProgress?.({ files: value.files, bytes: value.bytes });
      yield Buffer.from(value.data.buffer, value.data.byteOffset, value.data.byteLength);
    }
  }

  async *#run(
    root: string,
    entries: readonly ArchiveItem[],
    request: FolderRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Value> {
    const worker = this.#workers.take();
    const answers = new Answers(worker, root, signal);
    let whole = false;
    try {
      // In parts, with a turn for everybody else after each.
      for (let at = 0; at < entries.length; at += ENTRIES_PER_MESSAGE) {
        answers.ask({ kind: 'entries', entries: entries.slice(at, at + ENTRIES_PER_MESSAGE) });
        await turn();
      }
      answers.ask(request);
      for (let ahead = 0; ahead < AHEAD; ahead++) answers.ask({ kind: 'next' });
      for (let value = await answers.take(); value !== undefined; value = await answers.take()) {
        answers.ask({ kind: 'next' });
        yield value;
      }
      // The worker answers what it was still asked for before it takes another job.
      for (let ahead = 1; ahead < AHEAD; ahead++) await answers.take();
      whole = true;
    } finally {
      answers.stop();
      // One that is in the middle of something is ended; that closes its files as well.
      if (whole) this.#workers.give(worker);
      else void worker.on('error', () => undefined).terminate();
    }
  }
}

/** The worker's answers in a line. */
class Answers {
  readonly #waiting: FolderAnswer[] = [];
  #failed: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(
    private readonly worker: Worker,
    private readonly root: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    worker.on('message', this.#onMessage).on('error', this.#onError).on('exit', this.#onExit);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  ask(request: FolderRequest): void {
    this.worker.postMessage(request);
  }

  /** The next answer; undefined at the end. @throws SkylabError for what the worker could not do; CancelledError on abort */
  async take(): Promise<Value | undefined> {
    while (this.#waiting.length === 0 && this.#failed === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failed !== undefined) throw this.#failed;
    const answer = this.#waiting.shift();
    if (answer === undefined || answer.kind === 'end') return undefined;
    if (answer.kind !== 'failed') return answer;
    throw new SkylabError(answer.message, answer);
  }

  stop(): void {
    this.worker.off('message', this.#onMessage).off('exit', this.#onExit).off('error', this.#onError);
    this.signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onMessage = (answer: FolderAnswer): void => {
    this.#waiting.push(answer);
    this.#wake();
  };
  readonly #onAbort = (): void => this.#fail(new CancelledError());
  readonly #onExit = (): void => this.#onError(undefined);
  readonly #onError = (cause: unknown): void =>
    this.#fail(
      new SkylabError(`The folder could not be read to its end: ${this.root}.`, { code: 'FileUnreadable', next: 'Try again.', cause }),
    );

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#wake();
  }
}
