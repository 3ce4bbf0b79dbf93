import { randomBytes } from 'node:crypto';
import { lstat, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { SkylabError } from '../../core/errors';
import type { FolderSink, IfExists, LocalReceiver, PartialFile, Unpacked } from '../../core/transfer/download/ports';
import { SpareWorker } from '../spareWorker';
import { openPartial } from './receiveFile';
import { receiveError } from './receiveErrors';
import { tidyBeside } from './receiveFolderPlace';
import type { ReceiveAnswer, ReceiveRequest } from './receiveFolderProtocol';

const IDLE_MS = 30_000;
/** Bytes on their way to the thread that unpacks. */
const AHEAD = 8 * 1024 * 1024;
/** Bytes that go to it in one message. */
const PIECE = 512 * 1024;

/** Downloads onto this computer's disk: folders are unpacked in a worker thread, files are appended to. */
export class DiskReceiver implements LocalReceiver {
  readonly #workers: SpareWorker;

  /** @param workerFile absolute path of the script that receiveFolderWorker.ts becomes */
  constructor(workerFile: string) {
    this.#workers = new SpareWorker(workerFile, IDLE_MS);
  }

  async standing(place: string): Promise<'file' | 'folder' | 'other' | undefined> {
    const here = await lstat(place).catch(missing);
    const found = here?.isSymbolicLink() ? await stat(place).catch(missing) : here;
    if (found === undefined) return here === undefined ? undefined : 'other';
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  }

  async free(place: string): Promise<number> {
    const { bavail, bsize } = await statfs(path.dirname(place));
    return bavail * bsize;
  }

  async folder(dest: string): Promise<FolderSink> {
    try {
      tidyBeside(dest, isAlive);
    } catch (error) {
      throw receiveError(error, dest);
    }
    const stage = `${dest}.partial-${randomBytes(6).toString('hex')}.${process.pid}`;
    const sink = new WorkerSink(this.#workers, dest);
    await sink.begin(stage);
    return sink;
  }

  file(dest: string, source: string, version: string): Promise<PartialFile> {
    return openPartial(dest, source, version);
  }

  dispose(): void {
    this.#workers.dispose();
  }
}

class WorkerSink implements FolderSink {
  progress = { files: 0, bytes: 0 };
  readonly #worker: Worker;
  #gathered = Buffer.allocUnsafeSlow(PIECE);
  #filled = 0;
  #onTheWay = 0;
  #failed: Error | undefined;
  #wake: () => void = () => undefined;
  #done: { resolve: (answer: ReceiveAnswer) => void; reject: (error: Error) => void } | undefined;
  #ended = false;

  constructor(
    private readonly workers: SpareWorker,
    private readonly dest: string,
  ) {
    this.#worker = workers.take();
    this.#worker.on('message', this.#onMessage).on('error', this.#onError).on('exit', this.#onExit);
  }

  async begin(stage: string): Promise<void> {
    try {
      await this.#ask({ kind: 'begin', stage });
    } catch (error) {
      this.#letGo(true);
      throw error;
    }
  }

  async write(piece: Buffer): Promise<void> {
    for (let at = 0; at < piece.length;) {
      const part = piece.copy(this.#gathered, this.#filled, at);
      at += part;
      this.#filled += part;
      if (this.#filled === PIECE) this.#send();
    }
    while (this.#onTheWay > AHEAD && this.#failed === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failed) throw this.#failed;
  }

  async finish(): Promise<Unpacked> {
    this.#send();
    while (this.#onTheWay > 0 && this.#failed === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failed) throw this.#failed;
    const answer = await this.#ask({ kind: 'finish' });
    if (answer.kind !== 'done' || answer.unpacked === undefined) throw new Error('The worker did not say what it unpacked.');
    return answer.unpacked;
  }

  async place(ifExists: IfExists): Promise<void> {
    await this.#ask({ kind: 'place', dest: this.dest, ifExists });
    this.#letGo(true);
  }

  async discard(): Promise<void> {
    if (this.#ended) return;
    try {
      this.#failed = undefined;
      await this.#ask({ kind: 'discard' });
    } finally {
      this.#letGo(false);
    }
  }

  #send(): void {
    if (this.#filled === 0) return;
    const data = new Uint8Array(this.#gathered.buffer, 0, this.#filled);
    this.#onTheWay += this.#filled;
    // Given away, not copied.
    this.#worker.postMessage({ kind: 'piece', data } satisfies ReceiveRequest, [this.#gathered.buffer]);
    this.#gathered = Buffer.allocUnsafeSlow(PIECE);
    this.#filled = 0;
  }

  #ask(request: ReceiveRequest): Promise<ReceiveAnswer> {
    if (this.#failed) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject };
      this.#worker.postMessage(request);
    });
  }

  readonly #onMessage = (answer: ReceiveAnswer): void => {
    if (answer.kind === 'taken') {
      this.#onTheWay -= answer.bytes;
      this.progress = answer.progress;
      this.#wake();
    } else if (answer.kind === 'done') {
      this.#done?.resolve(answer);
      this.#done = undefined;
    } else {
      this.#fail(new SkylabError(answer.message, answer));
    }
  };
  readonly #onError = (cause: unknown): void => this.#fail(receiveError(cause, this.dest));
  readonly #onExit = (): void => this.#onError(new Error('its worker ended'));

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#done?.reject(this.#failed);
    this.#done = undefined;
    this.#wake();
  }

  #letGo(clean: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#worker.off('message', this.#onMessage).off('error', this.#onError).off('exit', this.#onExit);
    // Answers to pieces of an archive that was given up would reach the next job.
    if (clean) this.workers.give(this.#worker);
    else void this.#worker.on('error', () => undefined).terminate();
  }
}

function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
  throw error;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
