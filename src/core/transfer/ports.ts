import type { Readable } from 'node:stream';

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

export interface FolderListing {
  readonly entries: readonly LocalEntry[];
  readonly files: number;
  readonly bytes: number;
  /** Symlinks that lead out of the folder, sockets, devices: not sent, and said. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Reads a local folder. Adapter: adapters/files. */
export interface LocalFolder {
  list(root: string, signal?: AbortSignal): Promise<FolderListing>;
  /** The folder as a tar stream (ustar/pax). Fails when a file vanished, shrank or grew while it was read. */
  tar(
    root: string,
    listing: FolderListing,
    options: {
      signal?: AbortSignal;
      overrides?: ReadonlyMap<string, Buffer>;
      onProgress?: (done: { files: number; bytes: number }) => void;
    },
  ): Readable;
}
