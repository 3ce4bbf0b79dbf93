export interface Skipped {
  /** As it may stand in a sentence. */
  readonly path: string;
  readonly reason: string;
}

export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
  readonly skipped: readonly Skipped[];
}

export type IfExists = 'refuse' | 'replace' | 'merge';

/** A folder that is being filled from an archive, beside the place that it is for; nothing is visible there before `place`. */
export interface FolderSink {
  /** So far. */
  readonly progress: { readonly files: number; readonly bytes: number };
  /** Takes the next piece of the archive; resolves when there is room for another. @throws SkylabError for what could not be unpacked */
  write(piece: Buffer): Promise<void>;
  /** The archive has ended: what is on the disk is counted and must be what came. */
  finish(): Promise<Unpacked>;
  /** Puts the folder into its place. `merge` puts the files in one by one, each whole, and keeps what else is there. */
  place(ifExists: IfExists): Promise<void>;
  /** Removes what was unpacked; after `place` nothing. */
  discard(): Promise<void>;
}

/** A file that is being fetched, under a name that says so; it stays for a later attempt until it is whole. */
export interface PartialFile {
  /** Bytes that are here. */
  readonly size: number;
  append(data: Buffer): Promise<void>;
  read(offset: number, length: number): Promise<Buffer>;
  sha256(): Promise<string>;
  /** Begins anew. */
  reset(): Promise<void>;
  /** Gives it its mode, time and name. @param mode permission bits, this computer's umask is applied; @param mtime seconds since the epoch */
  finish(options: { readonly mode: number; readonly mtime: number; readonly replace: boolean; readonly isPrivate: boolean }): Promise<void>;
  /** Keeps it for later. */
  close(): Promise<void>;
  discard(): Promise<void>;
}

/** The local side of downloads. Adapter: adapters/files. */
export interface LocalReceiver {
  /** What stands under an absolute local path, a link followed. */
  standing(path: string): Promise<'file' | 'folder' | 'other' | undefined>;
  /** Bytes that may still be written beside a path. */
  free(path: string): Promise<number>;
  /** @param dest absolute path of the folder to be; its parent is there */
  folder(dest: string): Promise<FolderSink>;
  /**
   * @param dest absolute path of the file to be
   * @param source names what is fetched (machine, path): partial files of other sources are left alone
   * @param version names its state (size, time): partial files of another state are removed
   */
  file(dest: string, source: string, version: string): Promise<PartialFile>;
}
