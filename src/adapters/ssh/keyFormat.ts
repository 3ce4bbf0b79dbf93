import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { pbkdf } from 'bcrypt-pbkdf';
import { mpint, string, uint32, WireReader } from '../../core/ssh/wire';

/** A private key out of its file. */
export interface PlainKey {
  /** Public key blob (RFC 4253, 6.6). */
  readonly publicBlob: Buffer;
  /** Type, numbers and comment, as in the private section of OpenSSH's files and in the agent's message that adds a key. */
  readonly fields: Buffer;
}

export type Opened = { readonly kind: 'key'; readonly key: PlainKey } | { readonly kind: 'locked' } | { readonly kind: 'none' };

export type NewKeyKind = 'ed25519' | 'ecdsa' | 'rsa';

const MAGIC = Buffer.from('openssh-key-v1\0');
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const END = '-----END OPENSSH PRIVATE KEY-----';
/** What ssh-keygen of OpenSSH 9.4 and newer takes; older ones took 16. */
const ROUNDS = 24;
/** A file that asks for more would keep a worker busy for minutes. */
const MAX_ROUNDS = 2048;

interface Cipher {
  readonly name: string;
  readonly key: number;
  readonly iv: number;
  readonly tag: number;
}

const aes = (bits: number, mode: 'ctr' | 'cbc' | 'gcm'): Cipher => ({
  name: `aes-${bits}-${mode}`,
  key: bits / 8,
  iv: mode === 'gcm' ? 12 : 16,
  tag: mode === 'gcm' ? 16 : 0,
});
const ciphers: ReadonlyMap<string, Cipher> = new Map([
  ...([128, 192, 256] as const).flatMap((bits) => [
    [`aes${bits}-ctr`, aes(bits, 'ctr')] as const,
    [`aes${bits}-cbc`, aes(bits, 'cbc')] as const,
  ]),
  ['aes128-gcm@openssh.com', aes(128, 'gcm')],
  ['aes256-gcm@openssh.com', aes(256, 'gcm')],
]);

/** Opens a private key in OpenSSH's format or in PEM (PKCS#1, SEC1, PKCS#8). Slow for one with a passphrase: a worker's job. */
export function openKey(text: string, passphrase?: Buffer): Opened {
  if (text.includes(BEGIN)) return openContainer(text, passphrase);
  if (!/-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----/.test(text)) return { kind: 'none' };
  if (passphrase === undefined && /ENCRYPTED/.test(text)) return { kind: 'locked' };
  try {
    const key = createPrivateKey(passphrase === undefined ? text : { key: text, passphrase });
    return { kind: 'key', key: fromKeyObject(key, '') };
  } catch {
    return { kind: /ENCRYPTED/.test(text) ? 'locked' : 'none' };
  }
}

/** OpenSSH's own file (PROTOCOL.key). */
function openContainer(text: string, passphrase: Buffer | undefined): Opened {
  try {
    const body = text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END));
    const reader = new WireReader(Buffer.from(body, 'base64'));
    if (!reader.take(MAGIC.length).equals(MAGIC)) return { kind: 'none' };
    const cipherName = reader.text();
    reader.string();
    const kdf = new WireReader(reader.string());
    reader.uint32();
    const publicBlob = Buffer.from(reader.string());
    const section = reader.string();
    let plain: Buffer | undefined = section;
    if (cipherName !== 'none') {
      const cipher = ciphers.get(cipherName);
      if (cipher === undefined) return { kind: 'none' };
      if (passphrase === undefined || passphrase.length === 0) return { kind: 'locked' };
      plain = decrypt(cipher, section, reader.rest(), derive(passphrase, kdf.string(), kdf.uint32(), cipher));
    }
    if (plain === undefined) return { kind: 'locked' };
    const inner = new WireReader(plain);
    if (inner.uint32() !== inner.uint32()) return { kind: 'locked' };
    return { kind: 'key', key: { publicBlob, fields: withoutPadding(inner.rest()) } };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'none' };
    throw error;
  }
}

/** The public key in the clear part of OpenSSH's file, also where a passphrase locks the rest; undefined for other formats. */
export function publicBlobIn(text: string): Buffer | undefined {
  if (!text.includes(BEGIN)) return undefined;
  try {
    const body = text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END));
    const reader = new WireReader(Buffer.from(body, 'base64'));
    if (!reader.take(MAGIC.length).equals(MAGIC)) return undefined;
    for (let i = 0; i < 3; i++) reader.string();
    reader.uint32();
    return Buffer.from(reader.string());
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function derive(passphrase: Buffer, salt: Buffer, rounds: number, cipher: Cipher): Buffer {
  const key = Buffer.alloc(cipher.key + cipher.iv);
  if (rounds < 1 || rounds > MAX_ROUNDS) throw new RangeError('The key file asks for too many rounds.');
  if (pbkdf(passphrase, passphrase.length, salt, salt.length, key, key.length, rounds) !== 0)
    throw new RangeError('The key cannot be derived.');
  return key;
}

function decrypt(cipher: Cipher, section: Buffer, tag: Buffer, derived: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(cipher.name, derived.subarray(0, cipher.key), derived.subarray(cipher.key));
  decipher.setAutoPadding(false);
  if (cipher.tag > 0 && 'setAuthTag' in decipher) (decipher as { setAuthTag(tag: Buffer): void }).setAuthTag(tag.subarray(0, cipher.tag));
  try {
    return Buffer.concat([decipher.update(section), decipher.final()]);
  } catch {
    // the tag of an authenticated cipher tells a wrong passphrase
    return undefined;
  }
}

/** The padding is 1, 2, 3 and so on: a key's fields are as long as what stands before it says. */
function withoutPadding(fields: Buffer): Buffer {
  const reader = new WireReader(fields);
  const type = reader.text();
  const strings = fieldCounts.get(type.replace(/-cert-v01@openssh\.com$/, ''));
  if (strings === undefined) throw new RangeError('The type of the key is not known.');
  for (let i = 0; i < strings; i++) reader.string();
  if (type.startsWith('sk-')) {
    // flags, key handle, reserved
    reader.byte();
    reader.string();
    reader.string();
  }
  reader.string();
  return fields.subarray(0, fields.length - reader.left);
}

/** Strings and numbers between the type and the comment (or the flags of a security key). */
const fieldCounts: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519', 2],
  ['ssh-rsa', 6],
  ['ssh-dss', 5],
  ['ecdsa-sha2-nistp256', 3],
  ['ecdsa-sha2-nistp384', 3],
  ['ecdsa-sha2-nistp521', 3],
  ['sk-ssh-ed25519@openssh.com', 2],
  ['sk-ecdsa-sha2-nistp256@openssh.com', 3],
]);

/** The file of a key in OpenSSH's format. @param passphrase none leaves it unencrypted */
export function sealKey({ publicBlob, fields }: PlainKey, passphrase?: Buffer): string {
  const locked = passphrase !== undefined && passphrase.length > 0;
  const cipher = aes(256, 'ctr');
  const check = randomBytes(4);
  const section = [check, check, fields];
  const block = locked ? 16 : 8;
  const padding = (block - ((8 + fields.length) % block)) % block;
  section.push(Buffer.from(Array.from({ length: padding }, (_, i) => i + 1)));
  let body = Buffer.concat(section);
  let kdf = Buffer.alloc(0);
  if (locked) {
    const salt = randomBytes(16);
    const derived = derive(passphrase, salt, ROUNDS, cipher);
    kdf = Buffer.concat([string(salt), uint32(ROUNDS)]);
    const encipher = createCipheriv(cipher.name, derived.subarray(0, cipher.key), derived.subarray(cipher.key));
    body = Buffer.concat([encipher.update(body), encipher.final()]);
  }
  const bytes = Buffer.concat([
    MAGIC,
    string(locked ? 'aes256-ctr' : 'none'),
    string(locked ? 'bcrypt' : 'none'),
    string(kdf),
    uint32(1),
    string(publicBlob),
    string(body),
  ]);
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [];
  return `${[BEGIN, ...lines, END].join('\n')}\n`;
}

/** A new key. RSA of 4096 bits takes a second or more. */
export function generateKey(kind: NewKeyKind, comment: string): PlainKey {
  return fromKeyObject(createPrivateKey({ key: freshPkcs8(kind), format: 'der', type: 'pkcs8' }), comment);
}

/**
 * As bytes, not as a KeyObject: that shares a lock with the job that made it, and where the job is collected while the key is exported
 * as JWK, Node 20 waits for itself for ever (KeyPairGenConfig in node/src/crypto/crypto_keygen.h).
 */
function freshPkcs8(kind: NewKeyKind): Buffer {
  const publicKeyEncoding = { format: 'der', type: 'spki' } as const;
  const privateKeyEncoding = { format: 'der', type: 'pkcs8' } as const;
  if (kind === 'ed25519') return generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding }).privateKey;
  if (kind === 'ecdsa') return generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding, privateKeyEncoding }).privateKey;
  return generateKeyPairSync('rsa', { modulusLength: 4096, publicKeyEncoding, privateKeyEncoding }).privateKey;
}

const curves: ReadonlyMap<string, string> = new Map([
  ['P-256', 'nistp256'],
  ['P-384', 'nistp384'],
  ['P-521', 'nistp521'],
]);

function fromKeyObject(key: KeyObject, comment: string): PlainKey {
  const jwk: JsonWebKey = key.export({ format: 'jwk' });
  const part = (name: keyof JsonWebKey): Buffer => {
    const value = jwk[name];
    return Buffer.from(typeof value === 'string' ? value : '', 'base64url');
  };
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') {
    const type = string('ssh-ed25519');
    const publicKey = string(part('x'));
    const secret = string(Buffer.concat([part('d'), part('x')]));
    return { publicBlob: Buffer.concat([type, publicKey]), fields: Buffer.concat([type, publicKey, secret, string(comment)]) };
  }
  const curve = curves.get(jwk.crv ?? '');
  if (jwk.kty === 'EC' && curve !== undefined) {
    const point = string(Buffer.concat([Buffer.from([4]), part('x'), part('y')]));
    const publicBlob = Buffer.concat([string(`ecdsa-sha2-${curve}`), string(curve), point]);
    return { publicBlob, fields: Buffer.concat([publicBlob, mpint(part('d')), string(comment)]) };
  }
  if (jwk.kty !== 'RSA') throw new RangeError('The type of the key is not one of SSH.');
  const [n, e, d, qi, p, q] = (['n', 'e', 'd', 'qi', 'p', 'q'] as const).map((name) => mpint(part(name)));
  const parts = [n, e, d, qi, p, q].filter((one) => one !== undefined);
  const type = string('ssh-rsa');
  return {
    publicBlob: Buffer.concat([type, ...[e, n].filter((one) => one !== undefined)]),
    fields: Buffer.concat([type, ...parts, string(comment)]),
  };
}
