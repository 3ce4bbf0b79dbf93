import type { Readable, Writable } from 'node:stream';
import { CancelledError, SkylabError, isCancelled, pause, throwIfCancelled } from '../errors';
import type { RemoteProcess, RemoteSession } from '../remote/session';
import { connectionFailure, receiveFailure, stalledFailure } from './failures';
import { withOverrides } from './overrides';
import type { LocalFolder } from './ports';
import { destination, drained, throttled } from './pump';
import { ReceiveReport, cleanUpCommand, receiveCommand } from './receive';

export interface UploadRequest {
  /** Absolute local folder. */
  readonly root: string;
  /** Destination folder on the machine: absolute, or relative to the login folder. */
  readonly remoteDir: string;
  /**
   * What to do when the destination exists: put it aside and remove it after success; refuse; or put the files into it one by one,
   * each whole, leaving what else is there.
   */
  readonly ifExists: 'replace' | 'refuse' | 'merge';
  /** Files whose content differs from the local one (an edited .env): path -> content. Also adds files. */
  readonly overrides?: ReadonlyMap<string, Buffer>;
}

export interface UploadProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface UploadResult {
  readonly files: number;
  readonly bytes: number;
  readonly ms: number;
  /** Absolute path on the machine. */
  readonly path: string;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

export interface UploadOptions {
  readonly signal?: AbortSignal;
  /** Called at most ten times a second, and once at the end. */
  readonly onProgress?: (progress: UploadProgress) => void;
}

export interface UploadLimits {
  /** Milliseconds without a byte moving after which the upload is given up. */
  readonly stallMs: number;
  /** Milliseconds that the machine may take to unpack the rest, count and rename after the last byte. */
  readonly finishMs: number;
}

const SAID_MAX = 4000;
/** Milliseconds that the machine's own tidying gets. */
const TIDY_MS = 5000;

/**
 * Sends a folder: one tar stream into one exec, into `<dest>.partial-<id>.<pid>`, counted and verified, then renamed.
 * Nothing half-written is ever visible under the destination's name; on failure or cancel the partial folder is removed.
 */
export class Uploader {
  constructor(
    private readonly local: Pick<LocalFolder, 'list' | 'tar'>,
    private readonly limits: UploadLimits = { stallMs: 60_000, finishMs: 600_000 },
  ) {}

  /**
   * @throws SkylabError, codes `FolderGone`, `FolderEmpty`, `FileChanged`, `RemoteDiskFull`, `RemotePermissionDenied`, `RemoteFolderExists`,
   *   `ConnectionLost`, `UploadStalled` and others; CancelledError on abort
   */
  async upload(session: RemoteSession, request: UploadRequest, options: UploadOptions = {}): Promise<UploadResult> {
    const startedAt = Date.now();
    const dest = destination(request.remoteDir);
    throwIfCancelled(options.signal);
    const found = await this.local.list(request.root, options.signal);
    const listing = withOverrides(found, request.overrides, Math.floor(startedAt / 1000));
    if (listing.entries.length === 0) {
      throw new SkylabError(`The folder ${request.root} is empty, so nothing was uploaded.`, {
        code: 'FolderEmpty',
        next: 'Choose another folder.',
      });
    }
    const id = crypto.randomUUID().replaceAll('-', '').slice(0, 12);
    const command = receiveCommand(listing, { dest, ifExists: request.ifExists, id });
    throwIfCancelled(options.signal);
    const transfer = new Transfer(session, await session.start(command), dest, this.limits);
    const none = { files: 0, totalFiles: listing.files, bytes: 0, totalBytes: listing.bytes };
    const progress = throttled(none, options.onProgress);
    const tar = this.local.tar(request.root, listing, {
      ...(request.overrides && { overrides: request.overrides }),
      onProgress: progress.report,
    });
    const report = await transfer.run(tar, options.signal);
    progress.flush();
    const left =
      report.left === undefined ? [] : [{ path: report.left, reason: 'The previous version could not be removed from the machine.' }];
    const skipped = [...listing.skipped, ...left];
    return { files: listing.files, bytes: listing.bytes, ms: Date.now() - startedAt, path: report.done ?? dest, skipped };
  }
}

/** One running upload: pumps the archive, listens to the machine, and cleans up when it does not end well. */
class Transfer {
  readonly #report = new ReceiveReport();
  #said = '';
  #movedAt = Date.now();
  /** What ended the upload before the machine did. */
  #stopped: Error | undefined;
  #stop: (reason: Error) => void = () => undefined;
  #onStarted: () => void = () => undefined;
  readonly #started = new Promise<void>((resolve) => (this.#onStarted = resolve));

  constructor(
    private readonly session: RemoteSession,
    private readonly remote: RemoteProcess,
    private readonly dest: string,
    private readonly limits: UploadLimits,
  ) {}

  async run(tar: Readable, signal: AbortSignal | undefined): Promise<ReceiveReport> {
    const stopped = new Promise<never>((_resolve, reject) => {
      this.#stop = (reason) => {
        this.#stopped ??= reason;
        reject(reason);
      };
    });
    stopped.catch(() => undefined);
    const onAbort = () => this.#stop(new CancelledError());
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    this.#listen();
    const watchdog = setInterval(() => this.#watch(), Math.min(1000, this.limits.stallMs / 4));
    const exit = this.remote.exit;
    exit.catch(() => undefined);
    let failure: Error;
    try {
      const pumped = this.#pump(tar, this.remote.stdin);
      pumped.catch(() => undefined);
      const code = await Promise.race([exit, stopped, pumped.then(() => exit)]);
      if (code === 0 && this.#report.done !== undefined) return this.#report;
      failure = receiveFailure(this.#report, code, this.dest, this.#said);
    } catch (error) {
      failure = await this.#fail(error);
    } finally {
      clearInterval(watchdog);
      signal?.removeEventListener('abort', onAbort);
      tar.destroy();
    }
    throw failure;
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.remote;
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#report.add(text);
      if (this.#report.started !== undefined) this.#onStarted();
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_MAX);
      // tar would read the archive to its end before it exits.
      if (/No space left on device|Disk quota exceeded/.test(text))
        this.#stop(receiveFailure(this.#report, undefined, this.dest, this.#said));
    });
    // The exit says what happened; the streams only repeat it.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
  }

  #watch(): void {
    const quiet = Date.now() - this.#movedAt;
    const limit = this.remote.stdin.writableFinished || this.remote.stdin.writableEnded ? this.limits.finishMs : this.limits.stallMs;
    if (quiet > limit) this.#stop(stalledFailure(this.dest, Math.round(limit / 1000)));
  }

  async #pump(tar: Readable, stdin: Writable): Promise<void> {
    try {
      for await (const chunk of tar) {
        if (this.#stopped !== undefined || stdin.destroyed) return;
        const room = stdin.write(chunk, () => (this.#movedAt = Date.now()));
        if (!room) await drained(stdin);
      }
      stdin.end();
    } catch (error) {
      this.#stop(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Ends the machine's side, which removes what it has unpacked. @returns the error to throw */
  async #fail(error: unknown): Promise<Error> {
    if (this.#stopped === undefined) return connectionFailure(this.dest, error);
    const exited = this.remote.exit.then(
      () => true,
      () => false,
    );
    const late = pause(TIDY_MS).then(() => false);
    // Before it has started it has no trap yet that tidies up.
    await Promise.race([this.#started, exited, late]);
    // The end of the input ends the unpacking too, also where the server passes no signals on. The count then does not add up.
    this.remote.stdin.end();
    this.remote.kill();
    const tidied = await Promise.race([exited, late]);
    const { started } = this.#report;
    // A process that was killed outright, or that ignores the signal, leaves its folder to be removed from here.
    if (!tidied && started !== undefined) {
      await this.session.run(cleanUpCommand(started), { timeoutMs: 3 * TIDY_MS }).catch(() => undefined);
    }
    return isCancelled(this.#stopped) ? new CancelledError() : this.#stopped;
  }
}
