import type { MachineKey } from '../../core/cloud/model';
import { decodeName, encodeName } from '../../core/transfer/names';

/** The scheme of a machine's files in the editor: `skylab-ssh://<machine>/<absolute path>`. */
export const FILES_SCHEME = 'skylab-ssh';

/**
 * A machine's key as the authority of an address: lower case, since editors compare authorities so, and only characters that are never
 * escaped there (RFC 3986, section 3.2.2). `/` is `+`; every other byte outside `[a-z0-9.-]` is `_` and two hexadecimal digits.
 */
export function authorityOf(key: MachineKey): string {
  return Array.from(Buffer.from(key), (byte) => {
    const character = String.fromCharCode(byte);
    if (character === '/') return '+';
    return /[a-z0-9.-]/.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

/** The key that authorityOf made the authority of. */
export function keyOf(authority: string): MachineKey {
  const bytes: number[] = [];
  for (let at = 0; at < authority.length; at++) {
    const character = authority.charAt(at);
    if (character === '_') {
      bytes.push(parseInt(authority.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push((character === '+' ? '/' : character).charCodeAt(0));
    }
  }
  return Buffer.from(bytes).toString() as MachineKey;
}

/** First of the 256 code points that stand for bytes: private use, so that no readable name needs them. */
const BYTES_AT = 0xf000;

/**
 * A path as an address can hold it: bytes that are not UTF-8 (U+DC80 to U+DCFF, see transfer/names.ts) become U+F080 to U+F0FF. A name
 * that holds these characters itself is written byte by byte in the same way, so that every path has one address and comes back whole.
 */
export function addressPath(path: string): string {
  return Array.from(path, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) return String.fromCharCode(BYTES_AT + code - 0xdc00);
    if (code < BYTES_AT || code > BYTES_AT + 0xff) return character;
    return Array.from(Buffer.from(character), (byte) => String.fromCharCode(BYTES_AT + byte)).join('');
  }).join('');
}

/** The path that addressPath made an address of. */
export function pathOfAddress(path: string): string {
  if (!/[\uf000-\uf0ff]/.test(path)) return path;
  const parts = Array.from(path, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= BYTES_AT && code <= BYTES_AT + 0xff ? Buffer.from([code - BYTES_AT]) : encodeName(character);
  });
  return decodeName(Buffer.concat(parts));
}
