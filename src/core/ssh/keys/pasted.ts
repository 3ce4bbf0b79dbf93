import type { HostKey } from '../model';
import { md5Of, parsePublicLine, sha256Of } from './publicKeys';

/**
 * Compares a host's key with what a person has pasted: `SHA256:…`, an MD5 in hex, lines of `ssh-keygen -l`, of a known_hosts file or of
 * public keys. Several lines speak of several keys: one of them must be this one.
 * @returns `unreadable` where the text holds neither fingerprint nor key
 */
export function comparePasted(text: string, key: HostKey): 'match' | 'mismatch' | 'unreadable' {
  const blob = Buffer.from(key.blob, 'base64');
  const sha256 = sha256Of(blob);
  const md5 = md5Of(blob).slice('MD5:'.length);
  let read = false;
  for (const line of text.split(/\r?\n/)) {
    const pasted = parsePublicLine(line);
    if (pasted !== undefined) {
      read = true;
      if (pasted.blob.equals(blob)) return 'match';
      continue;
    }
    for (const [, value] of line.matchAll(/SHA256:([A-Za-z0-9+/]{43})=?(?![A-Za-z0-9+/])/g)) {
      read = true;
      if (`SHA256:${value ?? ''}` === sha256) return 'match';
    }
    for (const [value] of line
      .replace(/\bMD5:/gi, ' ')
      .matchAll(/(?<![0-9a-f:])(?:[0-9a-f]{2}:){15}[0-9a-f]{2}(?![0-9a-f:])|(?<![A-Za-z0-9+/])[0-9a-f]{32}(?![A-Za-z0-9+/])/gi)) {
      read = true;
      if (value.toLowerCase().replaceAll(':', '') === md5.replaceAll(':', '')) return 'match';
    }
    // without its prefix a SHA256 is 43 characters that stand alone
    const bare = /^\s*([A-Za-z0-9+/]{43})=?\s*$/.exec(line)?.[1];
    if (bare !== undefined) {
      read = true;
      if (`SHA256:${bare}` === sha256) return 'match';
    }
  }
  return read ? 'mismatch' : 'unreadable';
}
