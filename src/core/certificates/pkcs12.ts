import type { KeyObject } from 'node:crypto';
import { createDecipheriv, createHash, createPrivateKey, pbkdf2Sync, X509Certificate } from 'node:crypto';
import { SkylabError } from '../errors';
import type { Secret } from '../secret';

/*
 * A reader for PKCS #12 files (.p12, .pfx), which node opens for TLS but does not hand out.
 * Source: RFC 7292; encryption by RFC 8018 (PBES2) or appendix B of RFC 7292 (3DES).
 */

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  tripleDes: '1.2.840.113549.1.12.1.3',
} as const;

const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

const DIGESTS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

/** More rounds than anybody writes; a file that asks for more would hang the window. */
const MOST_ROUNDS = 10_000_000;

class Malformed extends Error {}

/** One DER value. */
class Der {
  constructor(
    readonly tag: number,
    readonly bytes: Buffer,
    /** With its tag and length. */
    readonly whole: Buffer,
  ) {}

  static one(bytes: Buffer): Der {
    const [first] = Der.all(bytes);
    if (first === undefined) throw new Malformed('a value is missing');
    return first;
  }

  static all(bytes: Buffer): Der[] {
    const found: Der[] = [];
    for (let at = 0; at < bytes.length;) {
      const tag = bytes[at] ?? 0;
      let length = bytes[at + 1] ?? 0;
      let head = 2;
      if (length === 0x80) throw new Malformed('lengths are left open');
      if (length > 0x80) {
        const count = length & 0x7f;
        if (count > 4 || at + 2 + count > bytes.length) throw new Malformed('a length is wrong');
        length = bytes.readUIntBE(at + 2, count);
        head += count;
      }
      const end = at + head + length;
      if (end > bytes.length) throw new Malformed('it ends too early');
      found.push(new Der(tag, bytes.subarray(at + head, end), bytes.subarray(at, end)));
      at = end;
    }
    return found;
  }

  get children(): readonly Der[] {
    return Der.all(this.bytes);
  }

  child(index: number): Der {
    const found = this.children[index];
    if (found === undefined) throw new Malformed('a value is missing');
    return found;
  }

  get oid(): string {
    const parts: number[] = [];
    let value = 0;
    for (const byte of this.bytes) {
      value = value * 128 + (byte & 0x7f);
      if (byte >= 0x80) continue;
      parts.push(value);
      value = 0;
    }
    const [first = 0, ...rest] = parts;
    const top = Math.min(2, Math.floor(first / 40));
    return [top, first - top * 40, ...rest].join('.');
  }

  get int(): number {
    return this.bytes.length > 6 ? Number.MAX_SAFE_INTEGER : this.bytes.readUIntBE(0, this.bytes.length);
  }
}

/** Whether bytes are a DER sequence with PKCS #12's version in front, and so no PEM. */
export function isPkcs12(bytes: Buffer): boolean {
  try {
    return bytes[0] === 0x30 && Der.one(bytes).child(0).tag === 2 && Der.one(bytes).child(0).int === 3;
  } catch {
    return false;
  }
}

/**
 * The certificates and the private key of a PKCS #12 file.
 * @throws SkylabError `WrongPassphrase`, `NoPrivateKey`, `Pkcs12` where it cannot be read
 */
export function readPkcs12(bytes: Buffer, passphrase: Secret): { readonly certificates: string; readonly key: KeyObject } {
  try {
    const certificates: string[] = [];
    let key: KeyObject | undefined;
    for (const bag of bagsOf(bytes, passphrase)) {
      const value = bag.child(1).child(0);
      switch (bag.child(0).oid) {
        case OID.certBag:
          certificates.push(new X509Certificate(value.child(1).child(0).bytes).toString());
          break;
        case OID.keyBag:
          key ??= createPrivateKey({ key: value.whole, format: 'der', type: 'pkcs8' });
          break;
        case OID.shroudedKeyBag:
          key ??= createPrivateKey({ key: value.whole, format: 'der', type: 'pkcs8', passphrase: passphrase.reveal() });
          break;
      }
    }
    if (key === undefined)
      throw new SkylabError('There is no private key in that file.', { code: 'NoPrivateKey', next: 'Export it with its key.' });
    return { certificates: certificates.join('\n'), key };
  } catch (error) {
    if (error instanceof SkylabError) throw error;
    if (error instanceof Malformed) {
      throw new SkylabError(`The file cannot be read as PKCS #12: ${error.message}.`, { code: 'Pkcs12', next: AS_PEM, cause: error });
    }
    throw new SkylabError('The passphrase does not open the file.', { code: 'WrongPassphrase', next: 'Try again.', cause: error });
  }
}

const AS_PEM = 'Turn it into PEM: “openssl pkcs12 -legacy -in FILE -nodes -out FILE.pem”.';

function bagsOf(bytes: Buffer, passphrase: Secret): readonly Der[] {
  const safe = contentOf(Der.one(bytes).child(1), passphrase);
  return Der.one(safe).children.flatMap((info) => Der.one(contentOf(info, passphrase)).children);
}

/** What a ContentInfo holds, decrypted where it has to be. */
function contentOf(info: Der, passphrase: Secret): Buffer {
  const inner = info.child(1).child(0);
  switch (info.child(0).oid) {
    case OID.data:
      return inner.bytes;
    case OID.encryptedData: {
      const encrypted = inner.child(1);
      const open = decrypted(encrypted.child(1), encrypted.child(2).bytes, passphrase);
      // one wrong passphrase of 256 leaves bytes whose padding looks right
      if (open[0] !== 0x30) throw new Error('the passphrase is wrong');
      return open;
    }
    default:
      throw new Malformed('it is closed by a certificate, not by a passphrase');
  }
}

function decrypted(algorithm: Der, bytes: Buffer, passphrase: Secret): Buffer {
  const parameters = algorithm.child(1);
  const open = (cipher: string, key: Buffer, iv: Buffer): Buffer => {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  };
  switch (algorithm.child(0).oid) {
    case OID.pbes2: {
      const [derivation, encryption] = [parameters.child(0), parameters.child(1)];
      const cipher = CIPHERS[encryption.child(0).oid];
      const [salt, rounds, ...more] = derivation.child(1).children;
      const digest = DIGESTS[more.find(({ tag }) => tag === 0x30)?.child(0).oid ?? '1.2.840.113549.2.7'];
      if (
        derivation.child(0).oid !== OID.pbkdf2 ||
        cipher === undefined ||
        digest === undefined ||
        salt === undefined ||
        rounds === undefined
      ) {
        throw new Malformed('its encryption is not known');
      }
      const key = pbkdf2Sync(Buffer.from(passphrase.reveal(), 'utf8'), salt.bytes, checked(rounds.int), cipher.keyBytes, digest);
      return open(cipher.name, key, encryption.child(1).bytes);
    }
    case OID.tripleDes: {
      const salt = parameters.child(0).bytes;
      const rounds = checked(parameters.child(1).int);
      return open('des-ede3-cbc', oldKey(passphrase, salt, rounds, 1, 24), oldKey(passphrase, salt, rounds, 2, 8));
    }
    default:
      throw new Malformed('its encryption is an old one that is not safe (RC2)');
  }
}

function checked(rounds: number): number {
  if (rounds < 1 || rounds > MOST_ROUNDS) throw new Malformed('it asks for too many rounds');
  return rounds;
}

/** Key derivation of RFC 7292, appendix B.2, with SHA-1. @param id 1 for a key, 2 for an initialization vector */
function oldKey(passphrase: Secret, salt: Buffer, rounds: number, id: number, length: number): Buffer {
  const block = 64;
  // UTF-16, big-endian, with its closing zero
  const word = Buffer.from(`${passphrase.reveal()}\0`, 'utf16le').swap16();
  const filled = (bytes: Buffer): Buffer => {
    const size = Math.ceil(bytes.length / block) * block;
    return Buffer.alloc(size, bytes.length === 0 ? Buffer.alloc(1) : bytes);
  };
  const diversifier = Buffer.alloc(block, id);
  let input = Buffer.concat([filled(salt), filled(word)]);
  const made: Buffer[] = [];
  for (let size = 0; size < length; size += 20) {
    let hash = createHash('sha1').update(diversifier).update(input).digest();
    for (let round = 1; round < rounds; round += 1) hash = createHash('sha1').update(hash).digest();
    made.push(hash);
    input = Buffer.concat(chunks(input, block).map((chunk) => plusOne(chunk, filled(hash).subarray(0, block))));
  }
  return Buffer.concat(made).subarray(0, length);
}

const chunks = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: bytes.length / size }, (_, index) => bytes.subarray(index * size, (index + 1) * size));

/** (a + b + 1) as one large number, without what runs over. */
function plusOne(a: Buffer, b: Buffer): Buffer {
  const sum = Buffer.alloc(a.length);
  let carry = 1;
  for (let at = a.length - 1; at >= 0; at -= 1) {
    carry += (a[at] ?? 0) + (b[at] ?? 0);
    sum[at] = carry & 0xff;
    carry >>= 8;
  }
  return sum;
}
