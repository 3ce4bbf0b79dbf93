import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { CancelledError } from '../../core/errors';
import { string, uint32, WireReader } from '../../core/ssh/wire';

/** Message numbers (RFC 4253, 12; RFC 5656, 7.1). */
const KEXINIT = 20;
const ECDH_INIT = 30;
const ECDH_REPLY = 31;
const MAX_PACKET = 256 * 1024;

/** What OpenSSH may sign a host's key for; one family is asked at a time, as a server shows one key per exchange. */
const families = [
  ['ssh-ed25519-cert-v01@openssh.com'],
  ['ecdsa-sha2-nistp256-cert-v01@openssh.com', 'ecdsa-sha2-nistp384-cert-v01@openssh.com', 'ecdsa-sha2-nistp521-cert-v01@openssh.com'],
  ['rsa-sha2-512-cert-v01@openssh.com', 'rsa-sha2-256-cert-v01@openssh.com'],
] as const;

/**
 * The certificates that a server shows for its host keys, as `ssh-keyscan -c` gets them. ssh2 cannot ask for them, so the beginning of a
 * connection is spoken here: up to the message that carries the certificate, which is before anything is encrypted. Nothing is proved by it:
 * the connection that follows must show that the server holds the key that the certificate speaks of.
 * @param open opens a stream to the server
 */
export async function readHostCertificates(
  open: () => Promise<Duplex>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for (const family of families) {
    const stream = await open();
    const blob = await hostKeyFor(stream, family, timeoutMs, signal).finally(() => stream.destroy());
    if (blob === 'none of them') continue;
    found.push(blob);
  }
  return found;
}

function hostKeyFor(
  stream: Duplex,
  algorithms: readonly string[],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Buffer | 'none of them'> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = (): void => settle(() => reject(new CancelledError()));
    const timer = setTimeout(() => settle(() => reject(new Error('The server does not answer.'))), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    stream.on('error', (error: Error) => settle(() => reject(error)));
    // a server without such a key says so, or just leaves
    stream.on('close', () => settle(() => resolve('none of them')));
    stream.on('end', () => settle(() => resolve('none of them')));
    let received: Buffer = Buffer.alloc(0);
    let greeted = false;
    stream.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece]);
      try {
        if (!greeted) {
          const rest = afterBanner(received);
          if (rest === undefined) return;
          greeted = true;
          received = rest;
        }
        for (let packet = takePacket(received); packet !== undefined; packet = takePacket(received)) {
          received = packet.rest;
          const { payload } = packet;
          if (payload[0] === KEXINIT) {
            if (!offersOneOf(payload, algorithms)) settle(() => resolve('none of them'));
            else stream.write(frame(Buffer.concat([Buffer.from([ECDH_INIT]), string(publicPoint())])));
          } else if (payload[0] === ECDH_REPLY) {
            const blob = Buffer.from(new WireReader(payload.subarray(1)).string());
            settle(() => resolve(blob));
          }
        }
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    });
    stream.write(Buffer.concat([Buffer.from('SSH-2.0-Skylab\r\n'), frame(kexInit(algorithms))]));
  });
}

/** What follows the server's `SSH-2.0-…` line; lines before it are allowed (RFC 4253, 4.2). */
function afterBanner(bytes: Buffer): Buffer | undefined {
  for (let from = 0; ;) {
    const end = bytes.indexOf('\n', from);
    if (end < 0) {
      if (bytes.length > 64 * 1024) throw new Error('The server speaks no SSH.');
      return undefined;
    }
    if (bytes.toString('latin1', from, from + 4) === 'SSH-') return bytes.subarray(end + 1);
    from = end + 1;
  }
}

/** An unencrypted packet (RFC 4253, 6). */
function takePacket(bytes: Buffer): { payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 5) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length < 5 || length > MAX_PACKET) throw new Error('The server speaks no SSH.');
  if (bytes.length < 4 + length) return undefined;
  return { payload: bytes.subarray(5, 4 + length - bytes.readUInt8(4)), rest: bytes.subarray(4 + length) };
}

function frame(payload: Buffer): Buffer {
  const padding = 8 - ((5 + payload.length) % 8) + 8;
  return Buffer.concat([uint32(1 + payload.length + padding), Buffer.from([padding]), payload, Buffer.alloc(padding)]);
}

function kexInit(hostKeyAlgorithms: readonly string[]): Buffer {
  const ciphers = 'aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com';
  const macs = 'hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com';
  const lists = [
    'curve25519-sha256,curve25519-sha256@libssh.org',
    hostKeyAlgorithms.join(','),
    ciphers,
    ciphers,
    macs,
    macs,
    'none',
    'none',
    '',
    '',
  ];
  return Buffer.concat([Buffer.from([KEXINIT]), randomBytes(16), ...lists.map((list) => string(list)), Buffer.alloc(5)]);
}

function offersOneOf(kexInitOfServer: Buffer, algorithms: readonly string[]): boolean {
  const reader = new WireReader(kexInitOfServer.subarray(17));
  reader.string();
  const offered = reader.text().split(',');
  return algorithms.some((algorithm) => offered.includes(algorithm));
}

function publicPoint(): Buffer {
  const publicKeyEncoding = { format: 'der', type: 'spki' } as const;
  const privateKeyEncoding = { format: 'der', type: 'pkcs8' } as const;
  // The 32 bytes end the SubjectPublicKeyInfo (RFC 8410, 4). Not by way of a KeyObject: see freshPkcs8 in keyFormat.ts.
  return generateKeyPairSync('x25519', { publicKeyEncoding, privateKeyEncoding }).publicKey.subarray(-32);
}
