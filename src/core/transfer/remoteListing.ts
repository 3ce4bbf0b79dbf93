import { decodeName } from './names';

/** Something in a folder of the machine, as `find` tells it. */
export interface RemoteEntry {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes; only of files. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  readonly linkTarget?: string;
}

const KINDS: Readonly<Record<string, RemoteEntry['kind']>> = { f: 'file', d: 'directory', l: 'symlink' };
const NUL = 0;
/** Bytes of the `./` that every path begins with. */
const HERE = 2;

/**
 * Reads the listing that the machine writes while it comes: for each entry `KIND MODE SIZE MTIME PATH`, a zero byte, the target of a
 * link, a zero byte (the directives %y %m %s %T@ %p %l of find(1), started in the folder itself). Names are bytes there and may hold anything but zero.
 */
export class ListingReader {
  readonly entries = new Map<string, RemoteEntry>();
  #rest: Buffer = Buffer.alloc(0);
  #head: Buffer | undefined;

  /** @returns what stands behind the listing's end, once it has come: a record of one dot */
  add(piece: Buffer): Buffer | undefined {
    const data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    for (let end = data.indexOf(NUL, at); end >= 0; end = data.indexOf(NUL, at)) {
      const field = data.subarray(at, end);
      at = end + 1;
      if (this.#head === undefined && field.length === 1 && field[0] === 0x2e) return data.subarray(at);
      if (this.#head === undefined) {
        this.#head = field;
      } else {
        this.#entry(this.#head, field);
        this.#head = undefined;
      }
    }
    // What is kept does not hold on to the whole piece.
    this.#rest = Buffer.from(data.subarray(at));
    if (this.#head !== undefined) this.#head = Buffer.from(this.#head);
    return undefined;
  }

  #entry(head: Buffer, link: Buffer): void {
    let at = 0;
    const word = (): string => {
      const end = head.indexOf(0x20, at);
      const text = head.toString('latin1', at, end);
      at = end + 1;
      return text;
    };
    const kind = KINDS[word()] ?? 'other';
    const mode = Number.parseInt(word(), 8) & 0o777;
    const size = Number(word());
    const mtime = Math.floor(Number(word()));
    this.entries.set(decodeName(head.subarray(at + HERE)), {
      kind,
      mode,
      size: kind === 'file' ? size : 0,
      mtime,
      ...(kind === 'symlink' && { linkTarget: decodeName(link) }),
    });
  }
}
