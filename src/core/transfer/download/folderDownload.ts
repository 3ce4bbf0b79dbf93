import { CancelledError, SkylabError, throwIfCancelled } from '../../errors';
import type { RemoteProcess, RemoteSession } from '../../remote/session';
import { lostFailure, sendFailure, stalledFailure, taken, tooLittleRoom } from './failures';
import type { FolderSink, IfExists, LocalReceiver, Skipped } from './ports';
import { SendReport, sendFolder } from './remoteTar';

export interface FolderRequest {
  /** Absolute, or relative to the login folder. */
  readonly remotePath: string;
  /** Absolute local path of the folder to be. */
  readonly dest: string;
  readonly ifExists: IfExists;
}

export interface DownloadProgress {
  readonly files: number;
  /** Undefined until the machine has counted. */
  readonly totalFiles?: number;
  readonly bytes: number;
  readonly totalBytes?: number;
}

export interface DownloadResult {
  readonly files: number;
  readonly bytes: number;
  readonly ms: number;
  /** Absolute local path. */
  readonly path: string;
  /** What was not fetched, and why. */
  readonly skipped: readonly Skipped[];
  /** Sentences about what else happened on the way. */
  readonly notes: readonly string[];
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Called at most ten times a second, and once at the end. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

const PROGRESS_MS = 100;

/**
 * Fetches a folder: one tar stream, unpacked beside the destination, counted, and renamed. Nothing half-written is ever visible under the
 * destination's name; on failure or cancel what was unpacked is removed.
 */
export class FolderDownloader {
  /** @param stallMs milliseconds without a byte after which a download is given up */
  constructor(
    private readonly local: LocalReceiver,
    private readonly stallMs = 60_000,
  ) {}

  /**
   * @throws SkylabError, codes `RemoteFileNotFound`, `RemotePermissionDenied`, `LocalExists`, `LocalDiskFull`, `FileChanged`, `ArchiveDamaged`,
   *   `ConnectionLost`, `DownloadStalled`, `DownloadIncomplete` and others; CancelledError on abort
   */
  async download(session: RemoteSession, request: FolderRequest, options: DownloadOptions = {}): Promise<DownloadResult> {
    const startedAt = Date.now();
    throwIfCancelled(options.signal);
    const standing = await this.local.standing(request.dest);
    if (standing !== undefined && (standing !== 'folder' || request.ifExists === 'refuse')) throw taken(request.dest, standing);
    const sink = await this.local.folder(request.dest);
    try {
      const report = await this.#receive(session, request, sink, options);
      throwIfCancelled(options.signal);
      const unpacked = await sink.finish();
      const missing = report.missing;
      if (standing !== undefined && request.ifExists === 'replace' && missing.length > 0) throw incomplete(request.dest, missing);
      await sink.place(request.ifExists);
      options.onProgress?.({ ...sink.progress, totalFiles: unpacked.files, totalBytes: unpacked.bytes });
      const { files, bytes } = unpacked;
      const skipped = [...unpacked.skipped, ...missing];
      return { files, bytes, ms: Date.now() - startedAt, path: request.dest, skipped, notes: report.changed.map(changedNote) };
    } catch (error) {
      await sink.discard().catch(() => undefined);
      throw error;
    }
  }

  async #receive(session: RemoteSession, request: FolderRequest, sink: FolderSink, options: DownloadOptions): Promise<SendReport> {
    const { remotePath, dest } = request;
    const remote = await session.start(sendFolder(remotePath));
    const stream = new Incoming(remote, remotePath, this.stallMs, options.signal);
    try {
      let told = 0;
      for await (const piece of stream.pieces()) {
        await sink.write(piece);
        stream.moved();
        if (Date.now() - told < PROGRESS_MS) continue;
        told = Date.now();
        const total = stream.report.total;
        options.onProgress?.({ ...sink.progress, ...(total && { totalFiles: total.files, totalBytes: total.bytes }) });
        await this.#checkRoom(stream, sink, dest);
      }
      return await stream.ended();
    } finally {
      stream.stop();
    }
  }

  /** Once, as soon as the machine has said how much it is. */
  async #checkRoom(stream: Incoming, sink: FolderSink, dest: string): Promise<void> {
    const { total } = stream.report;
    if (total === undefined || stream.roomChecked) return;
    stream.roomChecked = true;
    const wanted = total.bytes - sink.progress.bytes;
    const free = await this.local.free(dest);
    if (wanted > free) throw tooLittleRoom(dest, wanted, free);
  }
}

/** The machine's side of one download. */
class Incoming {
  readonly report = new SendReport();
  roomChecked = false;
  #movedAt = Date.now();
  #stopped: Error | undefined;
  #ended = false;
  #wake: () => void = () => undefined;
  #giveUp: (reason: Error) => void = () => undefined;
  readonly #givenUp = new Promise<never>((_resolve, reject) => (this.#giveUp = reject));
  readonly #watchdog: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#stop(new CancelledError());

  constructor(
    private readonly remote: RemoteProcess,
    private readonly path: string,
    private readonly stallMs: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    remote.stderr.setEncoding('utf8').on('data', (text: string) => this.report.add(text));
    for (const stream of [remote.stdin, remote.stdout, remote.stderr]) stream.on('error', () => undefined);
    remote.exit.catch(() => undefined);
    this.#givenUp.catch(() => undefined);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    this.#watchdog = setInterval(
      () => {
        const quiet = Date.now() - this.#movedAt;
        if (quiet > stallMs) this.#stop(stalledFailure(this.path, Math.round(this.stallMs / 1000)));
      },
      Math.min(1000, stallMs / 4),
    );
  }

  moved(): void {
    this.#movedAt = Date.now();
  }

  /** By hand: the stream of a machine that is silent ends neither by itself nor when it is destroyed. */
  async *pieces(): AsyncGenerator<Buffer> {
    const { stdout } = this.remote;
    const stream = { over: false };
    const wake = (): void => this.#wake();
    const end = (): void => {
      stream.over = true;
      wake();
    };
    stdout.on('readable', wake).on('end', end).on('close', end);
    for (;;) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#throwIfStopped();
      const piece = stdout.read() as Buffer | null;
      if (piece !== null) {
        this.moved();
        yield piece;
      } else if (stream.over) {
        return;
      } else {
        await woken;
      }
    }
  }

  /** Call when the stream has ended. @throws SkylabError where it did not end well */
  async ended(): Promise<SendReport> {
    try {
      await Promise.race([this.remote.exit, this.#givenUp]);
      this.#ended = true;
    } catch (error) {
      throw this.#stopped ?? lostFailure(this.path, error);
    }
    const { report } = this;
    const told = report.missing.length + report.changed.length > 0;
    // tar says 1 for files that changed, 2 for files that it could not read: which, it has said.
    const well = report.exit === 0 || (report.exit !== undefined && report.exit <= 2 && told && report.other.length === 0);
    if (!well || report.spoilt.length > 0) throw sendFailure(report, this.path);
    return report;
  }

  stop(): void {
    clearInterval(this.#watchdog);
    this.signal?.removeEventListener('abort', this.#onAbort);
    if (this.#ended) return;
    this.remote.kill();
    // What is still under way is thrown away, so that the channel can close.
    this.remote.stdout.resume();
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped;
  }

  #stop(reason: Error): void {
    if (this.#stopped) return;
    this.#stopped = reason;
    this.#giveUp(reason);
    this.#wake();
  }
}

function incomplete(dest: string, missing: readonly Skipped[]): SkylabError {
  const [first] = missing;
  return new SkylabError(
    `${missing.length} files could not be read, such as ${first?.path ?? ''}, so ${dest} was not replaced. ${first?.reason ?? ''}`,
    { code: 'DownloadIncomplete', next: 'Download it under another name, or merge.' },
  );
}

const changedNote = (path: string): string => `${path} went on changing: it is here as far as it was read.`;
