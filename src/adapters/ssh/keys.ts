import { createPrivateKey } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { utils } from 'ssh2';

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
  const publicBlob = publicBlobOf(text);
  if (/encrypted|passphrase|decrypt|integrity check|MAC/i.test(key.message))
    return { kind: 'locked', ...(publicBlob === undefined ? {} : { publicBlob }) };
  return { kind: 'none', reason: key.message };
}

/** A new ed25519 key without passphrase: the private key in OpenSSH's format, and the public line. */
export function newKeyPair(comment: string): { privateKey: string; publicKey: string } {
  const pair = utils.generateKeyPairSync('ed25519', { comment });
  return { privateKey: `${pair.private.trimEnd()}\n`, publicKey: pair.public.trim() };
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

/** The public key in the clear part of OpenSSH's private key format (PROTOCOL.key), also when the private part is encrypted. */
export function publicBlobOf(text: string): Buffer | undefined {
  const [, body] = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(text) ?? [];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const next = (): Buffer => {
    const length = bytes.readUInt32BE(at);
    const part = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return part;
  };
  try {
    // cipher, key derivation and its options stand before the count of keys
    next();
    next();
    next();
    at += 4;
    return next();
  } catch {
    return undefined;
  }
}
