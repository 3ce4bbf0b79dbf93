import { createHash } from 'node:crypto';
import type { Fingerprint } from '../model';
import { WireReader } from '../wire';

/** What a person recognizes a public key by. */
export interface KeyFacts {
  /** As ssh-keygen names it: `ED25519`, `RSA`, `ECDSA`, `ED25519-SK`, with `-CERT` for a certificate. */
  readonly kind: string;
  readonly bits: number;
  readonly fingerprint: Fingerprint;
}

const certSuffix = '-cert-v01@openssh.com';

/** @param blob a public key or certificate (RFC 4253, 6.6; PROTOCOL.certkeys). @returns undefined when it is neither */
export function keyFacts(blob: Buffer): KeyFacts | undefined {
  try {
    const reader = new WireReader(blob);
    const type = reader.text();
    const isCert = type.endsWith(certSuffix);
    const plain = isCert ? type.slice(0, -certSuffix.length) : type;
    // a certificate has a nonce before the key's own numbers
    if (isCert) reader.string();
    const kind = kinds.get(plain.replace(/@openssh\.com$/, ''));
    if (kind === undefined) return undefined;
    const bits =
      kind === 'RSA' ? (reader.string(), bitLength(reader.string())) : kind === 'DSA' ? bitLength(reader.string()) : curveBits(plain);
    return { kind: isCert ? `${kind}-CERT` : kind, bits, fingerprint: sha256Of(isCert ? (keyOfCertificate(blob) ?? blob) : blob) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['ssh-ed25519', 'ED25519'],
  ['ssh-rsa', 'RSA'],
  ['ssh-dss', 'DSA'],
  ['ecdsa-sha2-nistp256', 'ECDSA'],
  ['ecdsa-sha2-nistp384', 'ECDSA'],
  ['ecdsa-sha2-nistp521', 'ECDSA'],
  ['sk-ssh-ed25519', 'ED25519-SK'],
  ['sk-ecdsa-sha2-nistp256', 'ECDSA-SK'],
]);

function curveBits(type: string): number {
  return Number(/nistp(\d+)/.exec(type)?.[1] ?? 256);
}

function bitLength(number: Buffer): number {
  let from = 0;
  while (from < number.length && number[from] === 0) from++;
  const first = number[from];
  return first === undefined ? 0 : (number.length - from) * 8 - Math.clz32(first) + 24;
}

/** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
export function sha256Of(blob: Buffer): Fingerprint {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}` as Fingerprint;
}

/** `MD5:` and hex pairs, as `ssh-keygen -l -E md5` prints it. */
export function md5Of(blob: Buffer): string {
  const hex = createHash('md5').update(blob).digest('hex');
  return `MD5:${hex.replace(/(..)(?=.)/g, '$1:')}`;
}

/** The public key that a certificate (PROTOCOL.certkeys) speaks of; undefined where the blob is none. */
export function keyOfCertificate(blob: Buffer): Buffer | undefined {
  try {
    const reader = new WireReader(blob);
    const type = reader.text();
    if (!type.endsWith(certSuffix)) return undefined;
    const plain = type.slice(0, -certSuffix.length).replace(/^sk-.*/, (sk) => `${sk}@openssh.com`);
    const numbers = /^(?:ssh-ed25519$)/.test(plain) ? 1 : /^sk-ecdsa/.test(plain) ? 3 : plain === 'ssh-dss' ? 4 : 2;
    reader.string();
    const name = Buffer.from(plain);
    const parts = [name, ...Array.from({ length: numbers }, () => reader.string())];
    return Buffer.concat(
      parts.map((part) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(part.length);
        return Buffer.concat([length, part]);
      }),
    );
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The public half in a line of a `.pub` file, `authorized_keys` (options before it left out) or `ssh-add -L`. */
export function parsePublicLine(line: string): { readonly type: string; readonly blob: Buffer; readonly comment: string } | undefined {
  const found = /(?:^|\s)((?:ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]+(.*))?$/.exec(line.trim());
  if (found === null || line.trim().startsWith('#')) return undefined;
  const [, type = '', base64 = '', comment = ''] = found;
  const blob = Buffer.from(base64, 'base64');
  const length = blob.length > 4 ? blob.readUInt32BE(0) : 0;
  return blob.toString('latin1', 4, 4 + length) === type ? { type, blob, comment: comment.trim() } : undefined;
}
