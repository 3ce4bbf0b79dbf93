/**
 * File names are bytes on Linux. A name that is not UTF-8 is carried in a string with each stray byte 0x80..0xFF as U+DC80..U+DCFF
 * (as Python's surrogateescape does), so that nothing is lost on the way into the archive.
 */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
  let name = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    name += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return name;
}

/** The bytes of a name that decodeName made. */
export function encodeName(name: string): Buffer {
  if (!/\p{Surrogate}/u.test(name)) return Buffer.from(name);
  return Buffer.concat(
    Array.from(name, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(character);
    }),
  );
}

/** A name as it may stand in a sentence: control characters and stray bytes made visible. */
export function printableName(name: string): string {
  return name.replace(/[\p{Cc}\p{Surrogate}]/gu, '\ufffd');
}

/** The last line that a program of the machine has said, as it may stand in a sentence. */
export function spokenLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.includes('Exiting with failure status'));
  return printableName((lines.at(-1) ?? '').trim().replace(/\.$/, ''));
}

/** Free space, in the units of disks. @param bytes rounded down */
export function mebibytes(bytes: number): string {
  return bytes >= 1 << 30 ? `${(bytes / (1 << 30)).toFixed(1)} GiB` : `${Math.floor(bytes / (1 << 20))} MiB`;
}

/** Bytes of the valid UTF-8 sequence at an offset; 0 where there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const part = bytes.subarray(at, at + length);
  const text = part.toString('utf8');
  return text.codePointAt(0) !== undefined && text.length === (length === 4 ? 2 : 1) && Buffer.from(text).equals(part) ? length : 0;
}
