import { randomBytes } from 'node:crypto';
import { SkylabError, throwIfCancelled } from '../../core/errors';
import type { RemoteEntry, RemoteFile, RemoteFiles, RemoteIdentity, RemoteStat, RemoteWriteOptions } from '../../core/remote/files';
import { identityCommand, joinPath, mayWrite, overPaths, splitPath } from '../../core/remote/files';
import type { RemoteSession } from '../../core/remote/session';
import { encodeName, printableName } from '../../core/transfer/names';
import type { SftpChannel } from './sftpChannel';
import { SftpStatus } from './sftpChannel';
import type { Doing } from './sftpErrors';
import { denied, diskError, exists, fileError } from './sftpErrors';
import { Open, Request, Status, attributes, text, u32 } from './sftpPackets';
import { SftpRequests, isStatus, pathText } from './sftpRequests';

/** Requests for portions of one folder that are under way together. */
const LISTS_AHEAD = 4;
/** Bytes that are asked for at least: files that say they are empty may not be. */
const SMALL = 32 * 1024;
const READ_WINDOW = 8 * 1024 * 1024;
/** Bytes of a name that leave room for what makes the temporary name unique; a name has 255 at most. */
const TEMP_BASE = 180;
/** Milliseconds that deleting or copying a tree may take. */
const TREE_MS = 10 * 60_000;

type Data = Uint8Array | AsyncIterable<Uint8Array>;

/** The files of a machine over SFTP; what SFTP cannot do (whole trees) runs as a command of the same connection. */
export class SftpFiles implements RemoteFiles {
  #identity: Promise<RemoteIdentity> | undefined;

  private constructor(
    private readonly sftp: SftpRequests,
    private readonly session: Pick<RemoteSession, 'run'>,
    private readonly machine: string,
  ) {}

  static async over(channel: SftpChannel, session: Pick<RemoteSession, 'run'>, machine: string): Promise<SftpFiles> {
    return new SftpFiles(await SftpRequests.over(channel), session, machine);
  }

  get gone(): boolean {
    return this.sftp.channel.gone;
  }

  stat(path: string): Promise<RemoteStat> {
    return this.#telling(path, 'read', () => this.sftp.stat(Request.stat, path));
  }

  lstat(path: string): Promise<RemoteStat> {
    return this.#telling(path, 'read', () => this.sftp.stat(Request.lstat, path));
  }

  async *list(path: string, signal?: AbortSignal): AsyncGenerator<readonly RemoteEntry[]> {
    const handle = await this.#telling(path, 'listed', () => this.sftp.handle(Request.opendir, [pathText(path)])).catch((error: unknown) =>
      this.#notAFolder(path, error),
    );
    const ask = (): Promise<readonly RemoteEntry[] | undefined> => {
      const portion = this.#telling(path, 'listed', () => this.sftp.portion(handle));
      portion.catch(() => undefined);
      return portion;
    };
    const ahead = Array.from({ length: LISTS_AHEAD }, ask);
    try {
      for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
        const portion = await next;
        if (portion === undefined) return;
        throwIfCancelled(signal);
        ahead.push(ask());
        if (portion.length > 0) yield portion;
      }
    } finally {
      this.sftp.closeHandle(handle);
    }
  }

  realPath(path: string): Promise<string> {
    return this.#telling(path, 'read', () => this.sftp.nameOf(Request.realpath, path));
  }

  linkTarget(path: string): Promise<string> {
    return this.#telling(path, 'read', () => this.sftp.nameOf(Request.readlink, path));
  }

  async open(path: string, signal?: AbortSignal): Promise<RemoteFile> {
    throwIfCancelled(signal);
    const stat = await this.stat(path);
    if (stat.kind === 'directory') throw this.#isAFolder(path);
    if (stat.kind !== 'file') {
      throw this.#noFile(path);
    }
    const handle = await this.#telling(path, 'read', () => this.sftp.handle(Request.open, [pathText(path), u32(Open.read), attributes()]));
    return {
      stat: () => this.#telling(path, 'read', async () => (await this.sftp.channel.request(Request.fstat, [text(handle)])).reader.stat()),
      read: (offset, length, abort) => this.#telling(path, 'read', () => this.sftp.readRange(handle, offset, length, abort)),
      close: () => {
        this.sftp.closeHandle(handle);
        return Promise.resolve();
      },
    };
  }

  async read(path: string, { limit = Number.POSITIVE_INFINITY, signal }: { limit?: number; signal?: AbortSignal } = {}): Promise<Buffer> {
    const file = await this.open(path, signal);
    try {
      const { size } = await file.stat();
      const pieces: Buffer[] = [];
      let have = 0;
      // Files of /proc say that they are empty, and one may grow meanwhile: the end is where nothing more comes.
      for (;;) {
        if (have > limit || size > limit) throw this.#tooLarge(path, Math.max(size, have));
        const wanted = Math.min(READ_WINDOW, Math.max(size - have, 0) + 1);
        const piece = await file.read(have, Math.max(wanted, SMALL), signal);
        if (piece.length > 0) pieces.push(piece);
        have += piece.length;
        if (piece.length < Math.max(wanted, SMALL)) return Buffer.concat(pieces, have);
      }
    } finally {
      await file.close();
    }
  }

  async write(path: string, data: Data, options: RemoteWriteOptions): Promise<void> {
    throwIfCancelled(options.signal);
    try {
      const { target, old } = await this.#target(path, options);
      await this.#replace(target, data, old, options);
    } catch (error) {
      throw await this.#whyNotWritten(error, path, data instanceof Uint8Array ? data.length : 0);
    }
  }

  async makeFolder(path: string): Promise<void> {
    try {
      await this.sftp.channel.request(Request.mkdir, [pathText(path), attributes()]);
    } catch (error) {
      if (isStatus(error, Status.failure) && (await this.sftp.lookUp(path)) !== undefined) throw exists(this.machine, path, error);
      throw await this.#whyNotWritten(error, path, 0, 'created');
    }
  }

  async rename(from: string, to: string, { ifExists }: { ifExists: 'replace' | 'refuse' }): Promise<void> {
    await this.#telling(from, 'renamed', async () => {
      if (ifExists === 'replace') {
        await this.#renameOver(from, to);
        return;
      }
      // Servers differ in what the protocol's own rename does to a file that is there: looked at first.
      if ((await this.sftp.lookUp(to)) !== undefined) throw exists(this.machine, to);
      await this.sftp.channel.request(Request.rename, [pathText(from), pathText(to)]);
    });
  }

  async remove(path: string, { recursive }: { recursive: boolean }): Promise<void> {
    const standing = await this.lstat(path);
    if (standing.kind !== 'directory') {
      await this.#telling(path, 'deleted', () => this.sftp.channel.request(Request.remove, [pathText(path)]));
      return;
    }
    if (recursive) await this.#overPaths(['rm', '-rf', '--'], [fixed(path)], path, 'deleted');
    else await this.#telling(path, 'deleted', () => this.sftp.channel.request(Request.rmdir, [pathText(path)]));
  }

  async copy(from: string, to: string, { ifExists }: { ifExists: 'replace' | 'refuse' }): Promise<void> {
    const standing = await this.sftp.lookUp(to);
    if (standing !== undefined && ifExists === 'refuse') throw exists(this.machine, to);
    if (standing !== undefined) await this.remove(to, { recursive: true });
    const free = await this.sftp.disk(splitPath(to).folder);
    const { size, kind } = await this.lstat(from);
    const full = free && diskError(free, kind === 'file' ? size : 0, this.machine, to, undefined);
    if (full) throw full;
    await this.#overPaths(['cp', '-RPp', '--'], [fixed(from), fixed(to)], from, 'copied');
  }

  async setMode(path: string, mode: number): Promise<void> {
    await this.#telling(path, 'changed', () => this.sftp.channel.request(Request.setstat, [pathText(path), attributes({ mode })]));
  }

  identity(): Promise<RemoteIdentity> {
    this.#identity ??= this.session.run(identityCommand).catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  /** What is to be written: a link stays a link, and what it leads to is the target. */
  async #target(path: string, { ifExists, create }: RemoteWriteOptions): Promise<{ target: string; old: RemoteStat | undefined }> {
    const standing = await this.sftp.lookUp(path);
    if (standing !== undefined && ifExists === 'refuse') throw exists(this.machine, path);
    if (standing === undefined && !create) throw fileError(new SftpStatus(Status.noSuchFile, ''), this.machine, path, 'written');
    if (standing?.kind !== 'symlink') return { target: path, old: this.#writable(path, standing) };
    const target = await this.sftp.nameOf(Request.realpath, path);
    return { target, old: this.#writable(path, await this.sftp.lookUp(target)) };
  }

  #writable(path: string, old: RemoteStat | undefined): RemoteStat | undefined {
    if (old === undefined || old.kind === 'file') return old;
    throw old.kind === 'directory' ? this.#isAFolder(path) : this.#noFile(path);
  }

  async #replace(target: string, data: Data, old: RemoteStat | undefined, { signal }: RemoteWriteOptions): Promise<void> {
    const { folder, name: base } = splitPath(target);
    const temporary = temporaryName(base);
    const beside = joinPath(folder, temporary);
    let staged = beside;
    let keepsOwner: boolean;
    try {
      keepsOwner = await this.#fill(beside, data, old, signal);
    } catch (error) {
      // A file may be writable in a folder that is not.
      if (old === undefined || !isStatus(error, Status.permissionDenied)) throw error;
      if (!(await this.#mayWrite(old))) throw denied(this.machine, target, 'written', error);
      staged = temporary;
      await this.#fill(staged, data, old, signal);
      keepsOwner = false;
    }
    try {
      if (keepsOwner) {
        await this.#renameOver(staged, target);
        return;
      }
      // Somebody else's file, which the group may write: a new one would be ours. What is to be written is on the machine already.
      if (old === undefined || !(await this.#mayWrite(old))) throw denied(this.machine, target, 'written');
      const disk = await this.sftp.disk(folder);
      const { size } = await this.sftp.stat(Request.lstat, staged);
      const full = disk && diskError(disk, Math.max(0, size - old.size), this.machine, target, undefined);
      if (full) throw full;
      await this.#overPaths(['sh', '-c', 'cat -- "$1" > "$2"', 'write'], [fixed(staged), fixed(target)], target, 'written');
      await this.sftp.channel.request(Request.remove, [pathText(staged)]);
    } catch (error) {
      await this.sftp.channel.request(Request.remove, [pathText(staged)]).catch(() => undefined);
      throw error;
    }
  }

  /** Writes a new file whole, on the disk. @returns false where the old file's owner could not be kept */
  async #fill(path: string, data: Data, old: RemoteStat | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    const flags = Open.write | Open.create | Open.exclusive;
    const handle = await this.sftp.handle(Request.open, [pathText(path), u32(flags), attributes(old === undefined ? {} : { mode: 0o600 })]);
    try {
      await this.sftp.writeAll(handle, data, signal);
      const owner = old !== undefined && (await this.#keepOwner(handle, old));
      if (this.sftp.channel.extensions.has('fsync@openssh.com')) await this.sftp.channel.extended('fsync@openssh.com', [text(handle)]);
      await this.sftp.channel.request(Request.close, [text(handle)]);
      return old === undefined || owner;
    } catch (error) {
      this.sftp.closeHandle(handle);
      await this.sftp.channel.request(Request.remove, [pathText(path)]).catch(() => undefined);
      throw error;
    }
  }

  async #keepOwner(handle: Buffer, old: RemoteStat): Promise<boolean> {
    const made = (await this.sftp.channel.request(Request.fstat, [text(handle)])).reader.stat();
    let same = made.uid === old.uid && made.gid === old.gid;
    if (!same) {
      const owner = { uid: old.uid, gid: old.gid };
      same = await this.sftp.channel.request(Request.fsetstat, [text(handle), attributes({ owner })]).then(
        () => true,
        (error: unknown) => {
          if (error instanceof SftpStatus) return false;
          throw error;
        },
      );
    }
    // After the owner: a change of owner takes set-id bits away.
    await this.sftp.channel.request(Request.fsetstat, [text(handle), attributes({ mode: old.mode })]);
    return same;
  }

  async #mayWrite(stat: RemoteStat): Promise<boolean> {
    return mayWrite(stat, await this.identity());
  }

  async #renameOver(from: string, to: string): Promise<void> {
    if (this.sftp.channel.extensions.has('posix-rename@openssh.com')) {
      await this.sftp.channel.extended('posix-rename@openssh.com', [pathText(from), pathText(to)]);
    } else {
      await this.#overPaths(['mv', '-fT', '--'], [fixed(from), fixed(to)], to, 'written');
    }
  }

  async #overPaths(argv: readonly string[], paths: readonly Buffer[], path: string, doing: Doing): Promise<void> {
    try {
      await this.session.run(overPaths(argv, paths, `let ${printableName(path)} be ${doing}`), { timeoutMs: TREE_MS });
    } catch (error) {
      if (!(error instanceof SkylabError) || error.code !== 'RemoteCommandFailed') throw error;
      if (/Permission denied|Operation not permitted/.test(error.message)) throw denied(this.machine, path, doing, error);
      if (/No space left|quota exceeded/i.test(error.message)) {
        throw diskError({ free: 0, inodes: undefined, readOnly: false }, 1, this.machine, path, error) ?? error;
      }
      throw error;
    }
  }

  async #telling<T>(path: string, doing: Doing, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw fileError(error, this.machine, path, doing);
    }
  }

  /** SFTP tells a folder that is a file, a full disk and a disk that is read-only all as "failure": looked at here. */
  async #whyNotWritten(error: unknown, path: string, wanted: number, doing: Doing = 'written'): Promise<Error> {
    if (isStatus(error, Status.failure)) {
      const disk = await this.sftp.disk(splitPath(path).folder).catch(() => undefined);
      const why = disk && diskError(disk, wanted, this.machine, path, error);
      if (why) return why;
    }
    if (isStatus(error, Status.noSuchFile)) {
      return new SkylabError(`${printableName(path)} cannot be ${doing}: its folder is not on ${this.machine}.`, {
        code: 'RemoteFileNotFound',
        next: 'Make the folder first.',
        cause: error,
      });
    }
    return fileError(error, this.machine, path, doing);
  }

  async #notAFolder(path: string, error: unknown): Promise<never> {
    const stat = await this.sftp.stat(Request.stat, path).catch(() => undefined);
    if (stat === undefined || stat.kind === 'directory') throw error;
    throw new SkylabError(`${printableName(path)} on ${this.machine} is no folder.`, {
      code: 'RemoteNotAFolder',
      next: 'Refresh the folder that it stands in.',
      cause: error,
    });
  }

  #isAFolder(path: string): SkylabError {
    return new SkylabError(`${printableName(path)} on ${this.machine} is a folder, not a file.`, {
      code: 'RemoteIsAFolder',
      next: 'Refresh the folder that it stands in.',
    });
  }

  #noFile(path: string): SkylabError {
    return new SkylabError(`${printableName(path)} on ${this.machine} is a device, a pipe or a socket, not a file.`, {
      code: 'RemoteFileFailed',
      next: 'Use a terminal for it.',
    });
  }

  #tooLarge(path: string, size: number): SkylabError {
    return new SkylabError(`${printableName(path)} on ${this.machine} is too large to be opened here: ${Math.ceil(size / 2 ** 20)} MiB.`, {
      code: 'RemoteFileTooLarge',
      next: 'Download it instead.',
    });
  }
}

/** The path as bytes for a command: a name that begins with a dash is no option. */
const fixed = (path: string): Buffer => encodeName(path.startsWith('/') ? path : `./${path}`);

function temporaryName(base: string): string {
  let kept = base;
  while (encodeName(kept).length > TEMP_BASE) kept = Array.from(kept).slice(0, -1).join('');
  return `.${kept}.${randomBytes(6).toString('hex')}.skylab-tmp`;
}
