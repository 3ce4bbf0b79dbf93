import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { SkylabError, throwIfCancelled } from '../../core/errors';
import { printableName } from '../../core/transfer/names';
import type { ArchiveItem, ArchiveOptions, LocalEntry } from '../../core/transfer/ports';
import { END_OF_ARCHIVE, padded, tarHeader } from '../../core/transfer/tar';
import { folderError, localPath } from './localPath';

/** Bytes of one piece of the archive; a whole number of tar blocks. */
const PIECE_BYTES = 1024 * 1024;

/**
 * The folder as an archive: directories and files first, links last, so that nothing is unpacked through a link. Every piece is a
 * buffer of its own, which its reader may give away.
 */
export function tarStream(root: string, items: readonly ArchiveItem[], options: ArchiveOptions): Readable {
  return Readable.from(pieces(root, items, options), { objectMode: true, highWaterMark: 1 });
}

function* pieces(root: string, items: readonly ArchiveItem[], options: ArchiveOptions): Generator<Buffer> {
  const done = { files: 0, bytes: 0 };
  const piece = new Piece();
  const hand = (): Buffer => {
    throwIfCancelled(options.signal);
    options.onProgress?.({ ...done });
    return piece.take();
  };
  const links = items.filter((item) => item.kind === 'symlink');
  for (const entry of [...items.filter((other) => other.kind !== 'symlink'), ...links]) {
    const { name = entry.path, from = 0 } = entry;
    const size = entry.bare === true ? 0 : entry.size - from;
    const header = tarHeader({ ...entry, path: name, size });
    if (piece.room < header.length) yield hand();
    piece.add(header);
    if (entry.kind !== 'file' || entry.bare === true) continue;
    const given = options.overrides?.get(name);
    const source = given === undefined ? new OpenFile(root, entry) : new GivenContent(given);
    try {
      for (let at = from; at < entry.size;) {
        if (piece.room === 0) yield hand();
        const read = piece.fill(source, at, entry.size);
        if (read === 0) throw changed(entry, 'became shorter');
        at += read;
        done.bytes += read;
      }
      source.checkEnd();
    } finally {
      source.close();
    }
    piece.pad(size);
    done.files++;
  }
  if (piece.room < END_OF_ARCHIVE.length) yield hand();
  piece.add(END_OF_ARCHIVE);
  yield hand();
}

/** Where a content comes from. `read` gives 0 bytes at its end. */
interface Source {
  read(into: Buffer, at: number, length: number, position: number): number;
  /** Fails when there is more than was asked for. */
  checkEnd(): void;
  close(): void;
}

/** The part of the archive that is being put together. */
class Piece {
  #data = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #used = 0;

  get room(): number {
    return this.#data.length - this.#used;
  }

  /** Long names make a header longer than any piece only where no file system allows them. */
  add(bytes: Buffer): void {
    bytes.copy(this.#data, this.#used);
    this.#used += bytes.length;
  }

  /** Reads what fits of a content of this size. @returns bytes */
  fill(source: Source, at: number, size: number): number {
    const read = source.read(this.#data, this.#used, Math.min(this.room, size - at), at);
    this.#used += read;
    return read;
  }

  /** Zeros up to the next block, behind a content of this size. */
  pad(size: number): void {
    const end = this.#used + padded(size) - size;
    this.#data.fill(0, this.#used, end);
    this.#used = end;
  }

  take(): Buffer {
    const taken = this.#data.subarray(0, this.#used);
    this.#data = Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.#used = 0;
    return taken;
  }
}

class GivenContent implements Source {
  constructor(private readonly content: Buffer) {}

  read(into: Buffer, at: number, length: number, position: number): number {
    return this.content.copy(into, at, position, position + length);
  }

  checkEnd(): void {
    // It is in memory: its size is what was listed.
  }

  close(): void {
    // Nothing is open.
  }
}

/** A file of the folder, never behind a link; notices when it is not what was listed. */
class OpenFile implements Source {
  readonly #fd: number;
  #behind = 0;

  constructor(
    private readonly root: string,
    private readonly entry: LocalEntry,
  ) {
    // Absent on Windows: no pipe whose opening never ends, and nothing behind a link that was put there after the listing.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const flags = process.platform === 'win32' ? O_RDONLY : O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    this.#fd = this.#try(() => fs.openSync(localPath(root, entry.path), flags));
  }

  read(into: Buffer, at: number, length: number, position: number): number {
    // Padding that follows the content takes a byte too many without another call.
    const spare = position + length === this.entry.size && at + length < into.length ? 1 : 0;
    const read = this.#try(() => fs.readSync(this.#fd, into, at, length + spare, position));
    if (read > length) throw changed(this.entry, 'became longer');
    this.#behind = read === length ? spare : 0;
    return read;
  }

  checkEnd(): void {
    if (this.#behind > 0) return;
    const more = this.#try(() => fs.readSync(this.#fd, Buffer.alloc(1), 0, 1, this.entry.size));
    if (more > 0) throw changed(this.entry, 'became longer');
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #try<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      throw cause.code === 'ELOOP' ? changed(this.entry, 'was replaced by a link') : folderError(this.root, this.entry.path, cause);
    }
  }
}

const changed = (entry: LocalEntry, how: string) =>
  new SkylabError(`A file ${how} while it was being uploaded: ${printableName(entry.path)}.`, {
    code: 'FileChanged',
    next: 'Upload again when nothing changes it.',
  });
