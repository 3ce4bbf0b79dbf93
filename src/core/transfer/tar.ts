import { encodeName } from './names';
import type { LocalEntry } from './ports';

/** Bytes of a tar block: headers and contents are whole multiples of it. */
const BLOCK = 512;

/** What closes an archive: two blocks of zeros (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const END_OF_ARCHIVE: Buffer = Buffer.alloc(2 * BLOCK);

/** Size of a content in the archive, padding included. */
export const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

const NAME_MAX = 100;
const PREFIX_MAX = 155;
/** The largest number in eleven octal digits; greater ones are written in base 256. */
const OCTAL_MAX = 0o77777777777;
const TYPE = { file: '0', symlink: '2', directory: '5', longName: 'L', longLink: 'K' } as const;

/**
 * The header of one entry: a ustar block, preceded by GNU long-name records where a path or link target does not fit. Names go in
 * as raw bytes: unlike pax records, which are UTF-8 by definition and unknown to BusyBox, these take any name and every tar on Linux
 * reads them (GNU tar manual, "Basic Tar Format").
 */
export function tarHeader(entry: LocalEntry): Buffer {
  const path = encodeName(entry.kind === 'directory' ? `${entry.path}/` : entry.path);
  const link = encodeName(entry.linkTarget ?? '');
  const records: Buffer[] = [];
  const cut = splitPath(path);
  if (cut === undefined) records.push(longRecord(TYPE.longName, path));
  if (link.length > NAME_MAX) records.push(longRecord(TYPE.longLink, link));
  const name = cut === undefined ? path.subarray(0, NAME_MAX) : path.subarray(cut === 0 ? 0 : cut + 1);
  const prefix = cut === undefined || cut === 0 ? undefined : path.subarray(0, cut);
  const size = entry.kind === 'file' ? entry.size : 0;
  records.push(ustar(name, TYPE[entry.kind], entry.mode & 0o777, size, entry.mtime, link.subarray(0, NAME_MAX), prefix));
  return records.length === 1 && records[0] !== undefined ? records[0] : Buffer.concat(records);
}

/** Where the path is cut into prefix and name: 0 when it fits whole, undefined when no cut makes it fit. */
function splitPath(path: Buffer): number | undefined {
  if (path.length <= NAME_MAX) return 0;
  // A name may not be empty, so the slash that ends a directory is no place to cut.
  const cut = path.lastIndexOf('/', Math.min(PREFIX_MAX, path.length - 2));
  return cut > 0 && path.length - cut - 1 <= NAME_MAX ? cut : undefined;
}

function longRecord(type: string, value: Buffer): Buffer {
  const content = Buffer.alloc(padded(value.length + 1));
  value.copy(content);
  return Buffer.concat([ustar(Buffer.from('././@LongLink'), type, 0o644, value.length + 1, 0, Buffer.alloc(0), undefined), content]);
}

function ustar(name: Buffer, type: string, mode: number, size: number, mtime: number, link: Buffer, prefix: Buffer | undefined): Buffer {
  const block = Buffer.alloc(BLOCK);
  name.copy(block, 0);
  writeNumber(block, 100, 8, mode);
  writeNumber(block, 108, 8, 0);
  writeNumber(block, 116, 8, 0);
  writeNumber(block, 124, 12, size);
  writeNumber(block, 136, 12, Math.max(0, Math.floor(mtime)));
  block.fill(0x20, 148, 156);
  block.write(type, 156, 'latin1');
  link.copy(block, 157);
  block.write('ustar\x0000', 257, 'latin1');
  prefix?.copy(block, 345);
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += block[at] ?? 0;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Octal digits and a zero; base 256 with the high bit set where they do not suffice (GNU tar manual, "Extensions"). */
function writeNumber(block: Buffer, at: number, width: number, value: number): void {
  if (value <= OCTAL_MAX) {
    block.write(value.toString(8).padStart(width - 1, '0'), at, 'latin1');
    return;
  }
  block.writeUInt8(0x80, at);
  block.writeBigUInt64BE(BigInt(value), at + width - 8);
}
