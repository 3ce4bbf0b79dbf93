import { SkylabError } from '../../errors';
import { decodeName } from '../names';

export interface TarEntry {
  /** As the archive has it: nothing about it is checked yet. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  readonly mode: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly linkTarget?: string;
}

/** Takes an archive apart: each entry, then its content in pieces, then its end. */
export interface TarSink {
  entry(entry: TarEntry): void;
  data(piece: Buffer): void;
  end(): void;
}

const BLOCK = 512;
/** Bytes of names and pax records that an entry may have: more is an attack on memory. */
const MAX_META = 1024 * 1024;

const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};
/** Entries that say something about the next one, or about all that follow. */
const META = { longName: 'L', longLink: 'K', pax: 'x', paxGlobal: 'g' } as const;

interface Ahead {
  path?: string;
  linkTarget?: string;
  size?: number;
  mtime?: number;
}

/**
 * Reads a tar stream as it comes: ustar and pax (POSIX.1-2017, pax, "ustar Interchange Format") and GNU long names and base-256 numbers
 * (GNU tar manual, "Basic Tar Format"). Sparse and multi-volume entries, which nobody writes unasked, are refused.
 */
export class TarReader {
  #head = Buffer.alloc(0);
  #left = 0;
  #padding = 0;
  /** Content of an entry about the next one, while it is gathered. */
  #meta: { readonly type: string; readonly pieces: Buffer[] } | undefined;
  #ahead: Ahead = {};
  #open = false;
  #zeros = 0;

  constructor(private readonly sink: TarSink) {}

  /** @throws SkylabError (code `ArchiveDamaged`) for what is no archive */
  write(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#left > 0) {
        const part = piece.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        if (this.#meta) this.#meta.pieces.push(Buffer.from(part));
        else this.sink.data(part);
        if (this.#left === 0) this.#ended();
      } else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, piece.length - at);
        at += skipped;
        this.#padding -= skipped;
      } else {
        const missing = BLOCK - this.#head.length;
        const part = piece.subarray(at, at + missing);
        at += part.length;
        const head = this.#head.length === 0 ? part : Buffer.concat([this.#head, part]);
        if (head.length < BLOCK) {
          this.#head = Buffer.from(head);
          return;
        }
        this.#head = Buffer.alloc(0);
        this.#header(head);
      }
    }
  }

  /** Call when the stream has ended. @throws SkylabError when the archive has not: it was cut off */
  end(): void {
    if (this.#zeros === 0 || this.#left > 0) throw damaged('it ends in the middle');
  }

  #header(head: Buffer): void {
    if (this.#zeros > 0 || head.every((byte) => byte === 0)) {
      // What follows the end are blocks that fill up the last record.
      this.#zeros++;
      return;
    }
    checkSum(head);
    const type = head.toString('latin1', 156, 157);
    const size = readNumber(head, 124, 12);
    if (Object.values<string>(META).includes(type)) {
      if (size > MAX_META) throw damaged('a name in it is too long');
      this.#meta = { type, pieces: [] };
      this.#content(size);
      return;
    }
    if (type === 'S' || type === 'M') throw damaged('it holds entries of a kind that is not read here');
    const ahead = this.#ahead;
    this.#ahead = {};
    const path = ahead.path ?? ustarPath(head);
    const kind = path.endsWith('/') && (type === '0' || type === '\0') ? 'directory' : (KINDS[type] ?? 'other');
    const bytes = ahead.size ?? size;
    // Links may have a size that no content follows; directories and devices have none.
    const follows = kind === 'file' || kind === 'other' ? bytes : 0;
    const linkTarget = kind === 'symlink' || kind === 'hardlink' ? (ahead.linkTarget ?? cString(head, 157, 100)) : undefined;
    this.sink.entry({
      path,
      kind,
      mode: readNumber(head, 100, 8) & 0o7777,
      size: kind === 'file' ? bytes : 0,
      mtime: ahead.mtime ?? readNumber(head, 136, 12),
      ...(linkTarget !== undefined && { linkTarget }),
    });
    this.#open = true;
    this.#content(follows);
  }

  #content(size: number): void {
    this.#left = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (size === 0) this.#ended();
  }

  #ended(): void {
    const meta = this.#meta;
    this.#meta = undefined;
    if (meta) this.#learn(meta.type, Buffer.concat(meta.pieces));
    else if (this.#open) {
      this.#open = false;
      this.sink.end();
    }
  }

  #learn(type: string, content: Buffer): void {
    if (type === META.longName) this.#ahead.path = cString(content, 0, content.length);
    else if (type === META.longLink) this.#ahead.linkTarget = cString(content, 0, content.length);
    else if (type === META.pax) for (const [key, value] of paxRecords(content)) this.#learnPax(key, value);
  }

  #learnPax(key: string, value: Buffer): void {
    if (key === 'path') this.#ahead.path = decodeName(value);
    else if (key === 'linkpath') this.#ahead.linkTarget = decodeName(value);
    else if (key === 'size') this.#ahead.size = positive(Number(value.toString('latin1')));
    else if (key === 'mtime') this.#ahead.mtime = Math.floor(Number(value.toString('latin1')));
    else if (key.startsWith('GNU.sparse')) throw damaged('it holds entries of a kind that is not read here');
  }
}

/** `<length> <key>=<value>\n`, the length counted in bytes and with itself. */
function* paxRecords(content: Buffer): Generator<[key: string, value: Buffer]> {
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, space));
    const equals = content.indexOf(0x3d, space);
    if (space < 0 || !Number.isInteger(length) || length < 5 || at + length > content.length || equals < 0 || equals >= at + length)
      throw damaged('its names cannot be read');
    yield [content.toString('latin1', space + 1, equals), content.subarray(equals + 1, at + length - 1)];
    at += length;
  }
}

function ustarPath(head: Buffer): string {
  const name = bytesUntilZero(head, 0, 100);
  // Only the POSIX format has a prefix; the older one of GNU keeps times there.
  const prefix = head.toString('latin1', 257, 263) === 'ustar\0' ? bytesUntilZero(head, 345, 155) : Buffer.alloc(0);
  return decodeName(prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]));
}

function bytesUntilZero(block: Buffer, at: number, width: number): Buffer {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

const cString = (block: Buffer, at: number, width: number): string => decodeName(bytesUntilZero(block, at, width));

/** Octal digits, or base 256 where the first bit is set. */
function readNumber(block: Buffer, at: number, width: number): number {
  const first = block[at] ?? 0;
  if (first & 0x80) {
    let value = first === 0xff ? -1n : BigInt(first & 0x7f);
    for (let i = at + 1; i < at + width; i++) value = (value << 8n) | BigInt(block[i] ?? 0);
    return Number(value);
  }
  const digits = block
    .toString('latin1', at, at + width)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw damaged('a number in it cannot be read');
  return parseInt(digits, 8);
}

function checkSum(head: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += head[at] ?? 0;
  if (readNumber(head, 148, 8) !== sum) throw damaged('a check sum in it is wrong');
  positive(readNumber(head, 124, 12));
}

function positive(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw damaged('a size in it cannot be read');
  return size;
}

function damaged(why: string): SkylabError {
  return new SkylabError(`What the machine sent is no whole archive: ${why}. Nothing was changed here.`, {
    code: 'ArchiveDamaged',
    next: 'Download it again.',
  });
}
