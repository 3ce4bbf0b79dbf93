import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { SkylabError, throwIfCancelled } from '../../core/errors';
import { printableName } from '../../core/transfer/names';
import type { FolderListing, LocalEntry, LocalFolder } from '../../core/transfer/ports';
import { BLOCK, END_OF_ARCHIVE, padded, tarHeader } from '../../core/transfer/tar';
import { folderError, localPath } from './localPath';

type TarOptions = Parameters<LocalFolder['tar']>[2];

/** Entries up to this size are packed together, each read straight into its place. */
const PACK_BYTES = 256 * 1024;
/** One read of a large file. */
const PIECE_BYTES = 256 * 1024;
/** Packs or pieces that are being read while an earlier one is sent. */
const AHEAD = 4;
/** Small files open at a time. */
const OPEN_MAX = 64;

interface Chunk {
  readonly data: Buffer;
  readonly files: number;
  readonly bytes: number;
}

/** The folder as an archive: directories and files first, links last, so that nothing is unpacked through a link. */
export function tarStream(root: string, listing: FolderListing, options: TarOptions): Readable {
  return Readable.from(chunks(root, listing, options), { objectMode: false, highWaterMark: PACK_BYTES });
}

async function* chunks(root: string, listing: FolderListing, options: TarOptions): AsyncGenerator<Buffer> {
  const files = new OpenFiles(root);
  const done = { files: 0, bytes: 0 };
  const waiting: Promise<Chunk>[] = [];
  const take = async (): Promise<Buffer> => {
    throwIfCancelled(options.signal);
    const chunk = await waiting[0];
    void waiting.shift();
    if (chunk === undefined) return Buffer.alloc(0);
    done.files += chunk.files;
    done.bytes += chunk.bytes;
    options.onProgress?.({ ...done });
    return chunk.data;
  };
  try {
    for (const start of work(listing, files, options.overrides)) {
      const chunk = start();
      // A failure is thrown when its turn comes; until then it is not unhandled.
      chunk.catch(() => undefined);
      waiting.push(chunk);
      if (waiting.length >= AHEAD) yield await take();
    }
    while (waiting.length > 0) yield await take();
    yield END_OF_ARCHIVE;
  } finally {
    await Promise.allSettled(waiting);
    files.closeAll();
  }
}

/** What is to be read, in the archive's order, as functions that start reading. */
function* work(listing: FolderListing, files: OpenFiles, overrides: TarOptions['overrides']): Generator<() => Promise<Chunk>> {
  const links = listing.entries.filter((entry) => entry.kind === 'symlink');
  let pack = new Pack();
  for (const entry of [...listing.entries.filter((other) => other.kind !== 'symlink'), ...links]) {
    const content = overrides?.get(entry.path);
    if (entry.size > PACK_BYTES && content === undefined) {
      if (pack.size > 0) yield pack.reader(files);
      pack = new Pack();
      yield* largeFile(entry, files);
      continue;
    }
    pack.add(entry, content);
    if (pack.size >= PACK_BYTES) {
      yield pack.reader(files);
      pack = new Pack();
    }
  }
  if (pack.size > 0) yield pack.reader(files);
}

function* largeFile(entry: LocalEntry, files: OpenFiles): Generator<() => Promise<Chunk>> {
  yield () => Promise.resolve({ data: tarHeader(entry), files: 0, bytes: 0 });
  let opened: Promise<number> | undefined;
  for (let at = 0; at < entry.size; at += PIECE_BYTES) {
    const from = at;
    const length = Math.min(PIECE_BYTES, entry.size - from);
    const last = from + length >= entry.size;
    yield async () => {
      const data = Buffer.allocUnsafeSlow(last ? padded(length) : length);
      opened ??= files.open(entry);
      const fd = await opened;
      await files.readExactly(fd, entry, data, 0, length, from);
      if (last) {
        data.fill(0, length);
        await files.checkEnd(fd, entry);
        files.close(fd);
      }
      return { data, files: last ? 1 : 0, bytes: length };
    };
  }
}

/** Small entries that travel in one buffer. */
class Pack {
  size = 0;
  readonly #headers: { at: number; header: Buffer }[] = [];
  readonly #contents: { at: number; entry: LocalEntry; content: Buffer | undefined }[] = [];

  add(entry: LocalEntry, content: Buffer | undefined): void {
    const header = tarHeader(entry);
    this.#headers.push({ at: this.size, header });
    this.size += header.length;
    if (entry.kind !== 'file') return;
    this.#contents.push({ at: this.size, entry, content });
    this.size += padded(entry.size);
  }

  reader(files: OpenFiles): () => Promise<Chunk> {
    return async () => {
      const data = Buffer.allocUnsafeSlow(this.size);
      for (const { at, header } of this.#headers) header.copy(data, at);
      // All settle before one fails, so that no read is under way in a file that is being closed.
      const reads = await Promise.allSettled(this.#contents.map(({ at, entry, content }) => fill(files, data, at, entry, content)));
      const failed = reads.find((read) => read.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return { data, files: this.#contents.length, bytes: this.#contents.reduce((sum, { entry }) => sum + entry.size, 0) };
    };
  }
}

async function fill(files: OpenFiles, data: Buffer, at: number, entry: LocalEntry, content: Buffer | undefined): Promise<void> {
  if (content === undefined) await files.readWhole(entry, data, at);
  else content.copy(data, at);
  data.fill(0, at + entry.size, at + padded(entry.size));
}

/** Reads files of the folder, never through a link, and notices when one is not what was listed. */
class OpenFiles {
  readonly #open = new Set<number>();
  readonly #queue: (() => void)[] = [];
  #busy = 0;

  constructor(private readonly root: string) {}

  /** Reads a small file into its place; its padding there serves to notice a byte too many without another read. */
  async readWhole(entry: LocalEntry, data: Buffer, at: number): Promise<void> {
    if (this.#busy >= OPEN_MAX) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#busy++;
    try {
      const fd = await this.open(entry);
      const spare = entry.size % BLOCK === 0 ? 0 : 1;
      await this.readExactly(fd, entry, data, at, entry.size, 0, spare);
      if (spare === 0) await this.checkEnd(fd, entry);
      this.close(fd);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }

  open(entry: LocalEntry): Promise<number> {
    // Absent on Windows: no pipe whose opening never ends, and nothing behind a link that was put there after the listing.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const flags = process.platform === 'win32' ? O_RDONLY : O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    return new Promise((resolve, reject) =>
      fs.open(localPath(this.root, entry.path), flags, (error, fd) => {
        if (error === null) {
          this.#open.add(fd);
          resolve(fd);
        } else {
          reject(error.code === 'ELOOP' ? changed(entry, 'was replaced by a link') : folderError(this.root, entry.path, error));
        }
      }),
    );
  }

  /** Reads `length` bytes; with `spare`, asks for that many more and fails when they come. */
  async readExactly(fd: number, entry: LocalEntry, data: Buffer, at: number, length: number, position: number, spare = 0): Promise<void> {
    let got = 0;
    while (got < length) {
      const read = await this.#read(fd, entry, data, at + got, length + spare - got, position + got);
      if (read === 0) throw changed(entry, 'became shorter');
      got += read;
    }
    if (got > length) throw changed(entry, 'became longer');
  }

  /** Notices a file that goes on behind its listed end. */
  async checkEnd(fd: number, entry: LocalEntry): Promise<void> {
    if ((await this.#read(fd, entry, Buffer.alloc(1), 0, 1, entry.size)) > 0) throw changed(entry, 'became longer');
  }

  close(fd: number): void {
    if (this.#open.delete(fd)) fs.close(fd, () => undefined);
  }

  closeAll(): void {
    for (const fd of this.#open) this.close(fd);
  }

  #read(fd: number, entry: LocalEntry, data: Buffer, at: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) =>
      fs.read(fd, data, at, length, position, (error, read) => (error ? reject(folderError(this.root, entry.path, error)) : resolve(read))),
    );
  }
}

const changed = (entry: LocalEntry, how: string) =>
  new SkylabError(`A file ${how} while it was being uploaded: ${printableName(entry.path)}.`, {
    code: 'FileChanged',
    next: 'Upload again when nothing changes it.',
  });
