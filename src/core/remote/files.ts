import type { RemoteCommand } from './command';

/** What stands under a name; `other` are devices, sockets and pipes. */
export type RemoteKind = 'file' | 'directory' | 'symlink' | 'other';

export interface RemoteStat {
  readonly kind: RemoteKind;
  /** Bytes. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Permission bits with set-id and sticky bits: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface RemoteEntry extends RemoteStat {
  /** One part of a path; bytes that are not UTF-8 as transfer/names.ts carries them. */
  readonly name: string;
}

/** Who the login user is to the machine's file permissions. */
export interface RemoteIdentity {
  readonly uid: number;
  readonly groups: ReadonlySet<number>;
}

/** A file that is open for reading. */
export interface RemoteFile {
  stat(): Promise<RemoteStat>;
  /** Up to `length` bytes; fewer only at the end of the file. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}

/** `ifExists` decides where the name is taken; what replaces a file keeps that file's mode, owner and the links that lead to it. */
export interface RemoteWriteOptions {
  readonly ifExists: 'replace' | 'refuse';
  /** Create it where it is missing; otherwise that is `RemoteFileNotFound`. */
  readonly create: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The files of a machine, as the login user sees them. Paths are absolute or relative to the login folder; names are bytes, carried as
 * transfer/names.ts says. Errors are SkylabErrors with the codes `RemoteFileNotFound`, `RemoteFileExists`, `RemotePermissionDenied`,
 * `RemoteDiskFull`, `RemoteNotAFolder`, `RemoteIsAFolder`, `ConnectionLost` or `RemoteFileFailed`. Port: adapters/ssh implements it over SFTP.
 */
export interface RemoteFiles {
  /** What the path leads to, symbolic links followed. */
  stat(path: string): Promise<RemoteStat>;
  /** What stands there itself, a link for a link. */
  lstat(path: string): Promise<RemoteStat>;
  /** The folder's entries without `.` and `..`, in the machine's order, in portions as they come. */
  list(path: string, signal?: AbortSignal): AsyncIterable<readonly RemoteEntry[]>;
  /** Absolute, with every link resolved. */
  realPath(path: string): Promise<string>;
  /** Where a link points, as it is written. */
  linkTarget(path: string): Promise<string>;
  open(path: string, signal?: AbortSignal): Promise<RemoteFile>;
  /** The whole file. @param limit bytes; a larger one fails with `RemoteFileTooLarge` */
  read(path: string, options?: { readonly limit?: number; readonly signal?: AbortSignal }): Promise<Buffer>;
  /** Whole or not at all: beside the old file, then renamed over it. What fails in the data leaves the old file, and is thrown as it is. */
  write(path: string, data: Uint8Array | AsyncIterable<Uint8Array>, options: RemoteWriteOptions): Promise<void>;
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string, options: { readonly ifExists: 'replace' | 'refuse' }): Promise<void>;
  /** A folder with everything in it when `recursive`; a link itself, never what it leads to. */
  remove(path: string, options: { readonly recursive: boolean }): Promise<void>;
  /** A file, or a folder with everything in it, with modes and times; links stay links. */
  copy(from: string, to: string, options: { readonly ifExists: 'replace' | 'refuse' }): Promise<void>;
  /** @param mode 0 to 0o7777 */
  setMode(path: string, mode: number): Promise<void>;
  identity(): Promise<RemoteIdentity>;
}

/** True where the mode lets the login user write; access lists are not looked at. */
export function mayWrite(stat: RemoteStat, who: RemoteIdentity): boolean {
  if (who.uid === 0) return true;
  if (stat.uid === who.uid) return (stat.mode & 0o200) !== 0;
  return (stat.mode & (who.groups.has(stat.gid) ? 0o020 : 0o002)) !== 0;
}

/** User and group numbers of the login. */
export const identityCommand: RemoteCommand<RemoteIdentity> = {
  argv: ['sh', '-c', 'id -u && id -G'],
  what: 'read the login’s groups',
  parse: (stdout) => {
    const [uid = '', groups = ''] = stdout.split('\n');
    return { uid: Number(uid), groups: new Set(groups.trim().split(/\s+/).map(Number)) };
  },
};

/** The folder that a path stands in, and its last part. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const at = trimmed.lastIndexOf('/');
  const folder = at < 0 ? '.' : at === 0 ? '/' : trimmed.slice(0, at);
  return { folder, name: trimmed.slice(at + 1) };
}

export const joinPath = (folder: string, name: string): string => (folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`);

/**
 * A command over paths that come as NUL-ended bytes on standard input, so that no name needs quoting or valid UTF-8.
 * @param argv the program and its first arguments; the paths follow them
 */
export function overPaths(argv: readonly string[], paths: readonly Buffer[], what: string): RemoteCommand {
  const stdin = Buffer.concat(paths.flatMap((path) => [path, Buffer.alloc(1)]));
  return { argv: ['xargs', '-0', ...argv], stdin, what };
}
