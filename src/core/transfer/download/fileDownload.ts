import { CancelledError, SkylabError, pause, throwIfCancelled } from '../../errors';
import { overPaths } from '../../remote/files';
import type { RemoteFile, RemoteStat } from '../../remote/files';
import type { RemoteSession } from '../../remote/session';
import { encodeName, printableName } from '../names';
import { taken, tooLittleRoom } from './failures';
import type { DownloadOptions, DownloadResult } from './folderDownload';
import type { LocalReceiver, PartialFile } from './ports';

export interface FileRequest {
  /** Absolute, or relative to the login folder. */
  readonly remotePath: string;
  /** Absolute local path of the file to be. */
  readonly dest: string;
  readonly ifExists: 'refuse' | 'replace';
  /** Tells the machine from others: a partial file of another one is not continued. */
  readonly machineKey: string;
  /** Only its owner may read the file here; else the machine's mode, less this computer's umask. */
  readonly isPrivate?: boolean;
  /** Compares SHA-256 sums in the end; a download that was continued is compared in any case. */
  readonly verify?: boolean;
}

/** A connection to the machine, a new one where the last has died. */
type Connect = (signal?: AbortSignal) => Promise<RemoteSession>;

/** Bytes of one request, what OpenSSH answers at once; several are under way. */
const PIECE = 255 * 1024;
const AHEAD = 16;
/** Bytes at both ends that must be alike for a partial file to be continued. */
const ENDS = 64 * 1024;
const PROGRESS_MS = 100;
/** Milliseconds that the machine may take for the sum of a large file. */
const HASH_MS = 10 * 60_000;

/**
 * Fetches one file. When the connection drops it is made anew and the file continued where it stopped; what is here of it stays, under a
 * name that says so, also when all attempts fail. Under its own name the file appears whole or not at all.
 */
export class FileDownloader {
  /** @param waits milliseconds before each further attempt since the last byte came */
  constructor(
    private readonly local: LocalReceiver,
    private readonly waits: readonly number[] = [500, 1000, 2000, 4000, 8000, 15_000],
  ) {}

  /**
   * @throws SkylabError, codes `LocalExists`, `LocalDiskFull`, `RemoteFileNotFound`, `RemotePermissionDenied`, `FileChanged`, `DownloadMismatch`,
   *   `ConnectionLost` and others; CancelledError on abort: the partial file stays
   */
  async download(connect: Connect, request: FileRequest, options: DownloadOptions = {}): Promise<DownloadResult> {
    const startedAt = Date.now();
    throwIfCancelled(options.signal);
    const standing = await this.local.standing(request.dest);
    if (standing !== undefined && (standing !== 'file' || request.ifExists === 'refuse')) throw taken(request.dest, standing);
    const notes: string[] = [];
    let best = -1;
    for (let attempt = 0; ; attempt++) {
      const run = new Attempt(this.local, request, options, notes);
      try {
        const session = await connect(options.signal);
        const bytes = await run.run(session);
        return { files: 1, bytes, ms: Date.now() - startedAt, path: request.dest, skipped: [], notes };
      } catch (error) {
        await run.keep();
        if (!isLost(error, best)) throw error;
        // Whoever gets on may try as often as it takes.
        if (run.reached > best) attempt = 0;
        best = Math.max(best, run.reached);
        const wait = this.waits[attempt];
        if (wait === undefined) throw lost(request, best, error);
        await pause(wait, options.signal);
      }
    }
  }
}

class Attempt {
  /** Bytes that are here. */
  reached = -1;
  #partial: PartialFile | undefined;

  constructor(
    private readonly local: LocalReceiver,
    private readonly request: FileRequest,
    private readonly options: DownloadOptions,
    private readonly notes: string[],
  ) {}

  async run(session: RemoteSession): Promise<number> {
    const { remotePath, dest, machineKey } = this.request;
    const { signal } = this.options;
    const file = await (await session.files(signal)).open(remotePath, signal);
    try {
      const stat = await file.stat();
      const source = `${machineKey}\n${remotePath}`;
      const partial = (this.#partial = await this.local.file(dest, source, `${stat.size} ${stat.mtime}`));
      const continued = await this.#continues(partial, file, stat);
      await this.#checkRoom(stat.size - partial.size);
      await this.#fetch(partial, file, stat);
      await this.#settle(file, stat, partial);
      if (continued || this.request.verify === true) await this.#compare(session, partial);
      throwIfCancelled(signal);
      const replace = this.request.ifExists === 'replace';
      await partial.finish({ mode: stat.mode, mtime: stat.mtime, replace, isPrivate: this.request.isPrivate === true });
      this.#partial = undefined;
      return stat.size;
    } finally {
      await file.close();
    }
  }

  /** Closes what is here of the file, for a later attempt. */
  async keep(): Promise<void> {
    const partial = this.#partial;
    this.#partial = undefined;
    if (partial === undefined) return;
    // An empty one tells nobody anything.
    if (partial.size === 0) await partial.discard();
    else await partial.close();
  }

  /** True where what is here is the beginning of the file as it is now, as far as its ends tell. */
  async #continues(partial: PartialFile, file: RemoteFile, stat: RemoteStat): Promise<boolean> {
    if (partial.size === 0) return false;
    const length = Math.min(ENDS, partial.size);
    const alike = async (at: number): Promise<boolean> =>
      (await partial.read(at, length)).equals(await file.read(at, length, this.options.signal));
    if (partial.size <= stat.size && (await alike(0)) && (await alike(partial.size - length))) return true;
    await partial.reset();
    return false;
  }

  async #checkRoom(wanted: number): Promise<void> {
    const free = await this.local.free(this.request.dest);
    if (wanted > free) throw tooLittleRoom(this.request.dest, wanted, free);
  }

  async #fetch(partial: PartialFile, file: RemoteFile, { size }: RemoteStat): Promise<void> {
    const { signal, onProgress } = this.options;
    const under: { readonly wanted: number; readonly data: Promise<Buffer> }[] = [];
    let next = partial.size;
    let told = 0;
    const ask = (): void => {
      if (next >= size) return;
      const wanted = Math.min(PIECE, size - next);
      const data = file.read(next, wanted, signal);
      data.catch(() => undefined);
      under.push({ wanted, data });
      next += wanted;
    };
    this.reached = partial.size;
    for (let i = 0; i < AHEAD; i++) ask();
    // One piece is written while the next ones come.
    let writing = Promise.resolve();
    try {
      for (let first = under.shift(); first !== undefined; first = under.shift()) {
        const data = await first.data;
        throwIfCancelled(signal);
        await writing;
        this.reached = partial.size;
        if (data.length < first.wanted) throw await this.#shrank(partial);
        writing = partial.append(data);
        writing.catch(() => undefined);
        ask();
        if (Date.now() - told < PROGRESS_MS) continue;
        told = Date.now();
        onProgress?.({ files: 0, totalFiles: 1, bytes: this.reached, totalBytes: size });
      }
    } finally {
      await writing;
    }
    this.reached = partial.size;
    onProgress?.({ files: 1, totalFiles: 1, bytes: partial.size, totalBytes: size });
  }

  /** What changed while it was read. */
  async #settle(file: RemoteFile, before: RemoteStat, partial: PartialFile): Promise<void> {
    const after = await file.stat();
    if (after.size < before.size) throw await this.#shrank(partial);
    if (after.size === before.size && after.mtime === before.mtime) return;
    this.notes.push(`${printableName(this.request.remotePath)} went on changing: its first ${before.size} bytes are here.`);
  }

  async #shrank(partial: PartialFile): Promise<SkylabError> {
    this.#partial = undefined;
    await partial.discard();
    return new SkylabError(`${printableName(this.request.remotePath)} shrank while it was being downloaded. Nothing was changed here.`, {
      code: 'FileChanged',
      next: 'Download it again when nothing writes to it.',
    });
  }

  async #compare(session: RemoteSession, partial: PartialFile): Promise<void> {
    const { remotePath, dest } = this.request;
    const fixed = encodeName(remotePath.startsWith('/') ? remotePath : `./${remotePath}`);
    const script = 'head -c "$0" -- "$1" | { sha256sum || shasum -a 256; } 2>/dev/null';
    const command = overPaths(['sh', '-c', script, String(partial.size)], [fixed], 'compare the file');
    const [there, here] = await Promise.all([
      session.run(command, { timeoutMs: HASH_MS, ...(this.options.signal && { signal: this.options.signal }) }),
      partial.sha256(),
    ]);
    const sum = /^\\?([0-9a-f]{64})\b/.exec(there)?.[1];
    if (sum === here) return;
    if (sum === undefined) {
      this.notes.push('The machine has no program for SHA-256 sums, so the content was not compared.');
      return;
    }
    this.#partial = undefined;
    await partial.discard();
    throw new SkylabError(`What came of ${printableName(remotePath)} is not what stands on the machine, so ${dest} was not changed.`, {
      code: 'DownloadMismatch',
      next: 'Download it again.',
    });
  }
}

/** Also true where a machine that has begun to send cannot be reached any more. */
function isLost(error: unknown, best: number): boolean {
  return error instanceof SkylabError && (error.code === 'ConnectionLost' || (error.code === 'Unreachable' && best >= 0));
}

function lost({ remotePath, dest }: FileRequest, reached: number, cause: unknown): Error {
  if (cause instanceof CancelledError) return cause;
  const here = reached > 0 ? ` ${Math.floor(reached / 2 ** 20)} MiB of it are kept beside ${dest} and will be continued.` : '';
  return new SkylabError(`The connection was lost while ${printableName(remotePath)} was being downloaded.${here}`, {
    code: 'ConnectionLost',
    next: 'Download it again when the machine can be reached.',
    cause,
    remedies: [{ kind: 'retry' }],
  });
}
