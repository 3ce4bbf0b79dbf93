import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createPublicKey, verify } from 'node:crypto';
import { matchesPatterns } from '../hostKeys';
import { string, WireReader } from '../wire';
import { keyOfCertificate } from './publicKeys';

/** An OpenSSH certificate (PROTOCOL.certkeys), its signature not yet checked. */
export interface Certificate {
  readonly kind: 'user' | 'host';
  readonly keyId: string;
  /** Names that it is for; patterns in a host's. */
  readonly principals: readonly string[];
  /** Seconds since the epoch. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly critical: boolean;
  /** The key that it speaks of. */
  readonly key: Buffer;
  /** Public key of who signed it. */
  readonly authority: Buffer;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** @returns undefined where the blob is no certificate */
export function parseCertificate(blob: Buffer): Certificate | undefined {
  const key = keyOfCertificate(blob);
  if (key === undefined) return undefined;
  try {
    const reader = new WireReader(blob);
    reader.string();
    reader.string();
    // the key's own numbers, as many as the plain key has after its type
    const plain = new WireReader(key);
    plain.string();
    while (plain.left > 0) {
      plain.string();
      reader.string();
    }
    reader.uint64();
    const kind = reader.uint32() === 1 ? 'user' : 'host';
    const keyId = reader.text();
    const names = new WireReader(reader.string());
    const principals: string[] = [];
    while (names.left > 0) principals.push(names.text());
    const validAfter = reader.uint64();
    const validBefore = reader.uint64();
    const critical = reader.string().length > 0;
    reader.string();
    reader.string();
    const authority = reader.string();
    const signed = blob.subarray(0, blob.length - reader.left);
    const signature = reader.string();
    return { kind, keyId, principals, validAfter, validBefore, critical, key, authority, signed, signature };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Does an authority vouch for a host's key? As ssh asks it: a host certificate, valid now, for this name, without conditions that are
 * not understood, signed by that authority with a signature that is still safe.
 * @param names the host's name or address
 * @returns why not, or undefined where it does
 */
export function hostCertificateProblem(
  certificate: Certificate,
  authorities: readonly Buffer[],
  names: readonly string[],
  nowMs: number,
): string | undefined {
  const now = BigInt(Math.floor(nowMs / 1000));
  if (certificate.kind !== 'host') return 'it is no certificate of a host';
  if (!authorities.some((authority) => authority.equals(certificate.authority))) return 'another authority signed it';
  if (now < certificate.validAfter) return 'it is not valid yet';
  if (now >= certificate.validBefore) return 'it has expired';
  if (certificate.critical) return 'it has conditions that are not understood';
  if (!names.some((name) => certificate.principals.some((principal) => matchesPatterns([principal], name))))
    return 'it is for another name';
  return verifies(certificate) ? undefined : 'its signature is wrong';
}

function verifies({ authority, signed, signature }: Certificate): boolean {
  try {
    const reader = new WireReader(signature);
    const algorithm = reader.text();
    const value = reader.string();
    const key = publicKeyObject(authority);
    if (key === undefined) return false;
    if (algorithm === 'ssh-ed25519') return key.asymmetricKeyType === 'ed25519' && verify(null, signed, key, value);
    const rsa = new Map([
      ['rsa-sha2-256', 'sha256'],
      ['rsa-sha2-512', 'sha512'],
    ]).get(algorithm);
    if (rsa !== undefined) return key.asymmetricKeyType === 'rsa' && verify(rsa, signed, key, value);
    const [, bits] = /^ecdsa-sha2-nistp(256|384|521)$/.exec(algorithm) ?? [];
    if (bits === undefined || key.asymmetricKeyType !== 'ec') return false;
    const numbers = new WireReader(value);
    const size = Math.ceil(Number(bits) / 8);
    const plain = Buffer.concat([fixed(numbers.string(), size), fixed(numbers.string(), size)]);
    return verify(`sha${bits === '521' ? '512' : bits}`, signed, { key, dsaEncoding: 'ieee-p1363' }, plain);
  } catch {
    // broken data vouches for nothing
    return false;
  }
}

/** A number of exactly so many bytes. */
function fixed(number: Buffer, size: number): Buffer {
  const digits = number.subarray(Math.max(0, number.length - size));
  return Buffer.concat([Buffer.alloc(size - digits.length), digits]);
}

function publicKeyObject(blob: Buffer): KeyObject | undefined {
  const reader = new WireReader(blob);
  const type = reader.text();
  const base64 = (bytes: Buffer): string => bytes.toString('base64url');
  const trimmed = (bytes: Buffer): Buffer => (bytes[0] === 0 ? bytes.subarray(1) : bytes);
  let jwk: JsonWebKey | undefined;
  if (type === 'ssh-ed25519') jwk = { kty: 'OKP', crv: 'Ed25519', x: base64(reader.string()) };
  else if (type === 'ssh-rsa') jwk = { kty: 'RSA', e: base64(trimmed(reader.string())), n: base64(trimmed(reader.string())) };
  else if (type.startsWith('ecdsa-sha2-nistp')) {
    reader.string();
    const point = reader.string();
    const size = (point.length - 1) / 2;
    const crv = `P-${type.slice('ecdsa-sha2-nistp'.length)}`;
    jwk = { kty: 'EC', crv, x: base64(point.subarray(1, 1 + size)), y: base64(point.subarray(1 + size)) };
  }
  return jwk === undefined ? undefined : createPublicKey({ key: jwk, format: 'jwk' });
}

/** The blob as it stands in a known_hosts line. */
export function hostKeyOf(blob: Buffer): { readonly type: string; readonly blob: string } {
  return { type: new WireReader(blob).text(), blob: blob.toString('base64') };
}

/** The signature of an exchange or a login: algorithm and value in one (RFC 4253, 6.6). */
export function signatureBlob(algorithm: string, value: Buffer): Buffer {
  return Buffer.concat([string(algorithm), string(value)]);
}
