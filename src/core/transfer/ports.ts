import type { Readable } from 'node:stream';
import type { IgnoreFile, IgnoreFileName } from './ignore';

export interface LocalEntry {
  /** Relative to the root, `/` between parts, never `..`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes; 0 for directories and symlinks. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly linkTarget?: string;
}

/** What goes into an archive: an entry of the folder, whole unless it says otherwise. */
export interface ArchiveItem extends LocalEntry {
  /** The name in the archive; the path unless given. Contents of overrides are found by it. */
  readonly name?: string;
  /** Bytes at the start of the file that are left out. */
  readonly from?: number;
  /** Sent without content, as an empty file: its mode and time are what counts. */
  readonly bare?: boolean;
}

export interface FolderListing {
  readonly entries: readonly LocalEntry[];
  readonly files: number;
  readonly bytes: number;
  /** Symlinks that lead out of the folder, sockets, devices: not sent, and said. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  /** What was left out on purpose, where ignore rules were asked for. */
  readonly ignore?: {
    readonly files: readonly IgnoreFile[];
    /** Files and folders that the rules leave out; nothing below a folder is told by itself. */
    readonly left: readonly { readonly path: string; readonly by: IgnoreFileName; readonly directory: boolean }[];
    /** Sent although `.gitignore` names them: a Compose file needs them. */
    readonly needed: readonly string[];
  };
  /** False where this system knows no permission bits: those of the entries are then made up. */
  readonly hasModes: boolean;
}

/** Which files' rules apply; without any, everything is listed. */
export interface IgnoreOptions {
  readonly gitignore: boolean;
}

export interface ListOptions {
  /** Everything is listed unless given. */
  readonly ignore?: IgnoreOptions;
  /** These files and folders alone, with the folders above them; those that are not there are left out. */
  readonly only?: readonly string[];
}

export interface ArchiveOptions {
  readonly signal?: AbortSignal;
  readonly overrides?: ReadonlyMap<string, Buffer>;
  readonly onProgress?: (done: { files: number; bytes: number }) => void;
}

/** Reads a local folder. Adapter: adapters/files. */
export interface LocalFolder {
  list(root: string, signal?: AbortSignal, options?: ListOptions): Promise<FolderListing>;
  /** The folder as a tar stream (ustar/pax). Fails when a file vanished, shrank or grew while it was read. */
  tar(root: string, listing: { readonly entries: readonly ArchiveItem[] }, options: ArchiveOptions): Readable;
  /** SHA-256 of each file, or of its first `length` bytes, in hexadecimal; undefined for one that cannot be read so far. */
  hash(
    root: string,
    files: readonly { readonly path: string; readonly length?: number }[],
    signal?: AbortSignal,
  ): Promise<readonly (string | undefined)[]>;
}
