import { createPrivateKey } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { utils } from 'ssh2';
import { generateKey, publicBlobIn, sealKey } from './keyFormat';

/** What a file of a private key turned out to be. */
export type PrivateKeyRead =
  | { readonly kind: 'key'; readonly key: ParsedKey }
  /** Needs a passphrase, or another one; `publicBlob` where the file tells it without. */
  | { readonly kind: 'locked'; readonly publicBlob?: Buffer }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Reads a private key: OpenSSH's own format, PEM (PKCS#1, SEC1, unencrypted PKCS#8 of RSA and EC keys) or PuTTY's.
 * @param passphrase tried where the file is encrypted
 */
export function readPrivateKey(text: string, passphrase?: string): PrivateKeyRead {
  const parsed: unknown = utils.parseKey(asReadable(text), passphrase);
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!(key instanceof Error)) {
    const one = key as ParsedKey;
    return one.isPrivateKey() ? { kind: 'key', key: one } : { kind: 'none', reason: 'It is a public key.' };
  }
  const publicBlob = publicBlobIn(text);
  if (/encrypted|passphrase|decrypt|integrity check|MAC/i.test(key.message))
    return { kind: 'locked', ...(publicBlob === undefined ? {} : { publicBlob }) };
  return { kind: 'none', reason: key.message };
}

/** A new ed25519 key without passphrase: the private key in OpenSSH's format, and the public line. */
export function newKeyPair(comment: string): { privateKey: string; publicKey: string } {
  // not ssh2's generator: it takes leading zeros off the public key, which spoils one key in 256
  const key = generateKey('ed25519', comment);
  return { privateKey: sealKey(key), publicKey: `ssh-ed25519 ${key.publicBlob.toString('base64')} ${comment}`.trim() };
}

/** PKCS#8 is unknown to ssh2: it is turned into the older PEM form of its kind. */
function asReadable(text: string): string {
  if (!text.includes('-----BEGIN PRIVATE KEY-----')) return text;
  try {
    const key = createPrivateKey(text);
    const type = key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs1';
    return key.export({ format: 'pem', type }).toString();
  } catch {
    return text;
  }
}
