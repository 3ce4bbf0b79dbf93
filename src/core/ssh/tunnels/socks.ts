import type { Duplex } from 'node:stream';
import { SkylabError } from '../../errors';
import type { TcpAddress } from '../../remote/session';

/** What a SOCKS client asks for, and how to tell it the outcome. */
export interface SocksRequest {
  /** A domain name stays one: the machine resolves it. */
  readonly to: TcpAddress;
  readonly granted: Buffer;
  /** @param code that of the SkylabError with which the connection failed */
  readonly refused: (code: string | undefined) => Buffer;
}

/** A client that speaks something else, or asks for what is not offered; `answer` is what the protocol says to send back. */
export class SocksRefusal extends Error {
  constructor(
    message: string,
    readonly answer?: Buffer,
  ) {
    super(message);
  }
}

/** How long a client may take to say where it wants to go. */
const patienceMs = 30_000;
const maxName = 255;

/**
 * Reads the request of a SOCKS5 (RFC 1928, without authentication), SOCKS4 or SOCKS4a client. Nothing after the request is consumed.
 * @throws SocksRefusal
 */
export async function readSocksRequest(client: Duplex): Promise<SocksRequest> {
  const timer = setTimeout(() => client.destroy(), patienceMs);
  try {
    const version = (await take(client, 1))[0];
    if (version === 5) return await socks5(client);
    if (version === 4) return await socks4(client);
    throw new SocksRefusal('This is not a SOCKS client.');
  } finally {
    clearTimeout(timer);
  }
}

async function socks5(client: Duplex): Promise<SocksRequest> {
  const methods = await take(client, byte(await take(client, 1)));
  if (!methods.includes(0)) throw new SocksRefusal('The client insists on a password.', Buffer.from([5, 0xff]));
  client.write(Buffer.from([5, 0]));
  const [, command, , kind] = await take(client, 4);
  const answer = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
  const host = await socks5Host(client, kind, answer);
  const port = (await take(client, 2)).readUInt16BE();
  if (command !== 1) throw new SocksRefusal('Only outgoing TCP connections are made.', answer(7));
  return {
    to: { host, port },
    granted: answer(0),
    refused: (code) => answer(code === 'ForwardingRefused' ? 2 : code === 'NothingListens' ? 5 : 1),
  };
}

async function socks5Host(client: Duplex, kind: number | undefined, answer: (code: number) => Buffer): Promise<string> {
  switch (kind) {
    case 1:
      return (await take(client, 4)).join('.');
    case 3:
      return (await take(client, byte(await take(client, 1)))).toString('latin1');
    case 4: {
      const bytes = await take(client, 16);
      return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16)).join(':');
    }
    default:
      throw new SocksRefusal('The client names an address of an unknown kind.', answer(8));
  }
}

async function socks4(client: Duplex): Promise<SocksRequest> {
  const head = await take(client, 7);
  const answer = (code: number): Buffer => Buffer.from([0, code, 0, 0, 0, 0, 0, 0]);
  await takeString(client);
  const address = head.subarray(3);
  // SOCKS4a: 0.0.0.x says that the name follows
  const named = address[0] === 0 && address[1] === 0 && address[2] === 0 && address[3] !== 0;
  const host = named ? await takeString(client) : address.join('.');
  if (head[0] !== 1) throw new SocksRefusal('Only outgoing TCP connections are made.', answer(0x5b));
  return { to: { host, port: head.readUInt16BE(1) }, granted: answer(0x5a), refused: () => answer(0x5b) };
}

const byte = (bytes: Buffer): number => bytes.readUInt8();

async function takeString(client: Duplex): Promise<string> {
  let text = '';
  for (;;) {
    const next = byte(await take(client, 1));
    if (next === 0) return text;
    if (text.length === maxName) throw new SocksRefusal('The client sends a name that is too long.');
    text += String.fromCharCode(next);
  }
}

/** Exactly so many bytes. @throws SkylabError when the client leaves before */
async function take(client: Duplex, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes = client.read(count) as Buffer | null;
    if (bytes?.length === count) return bytes;
    if (bytes !== null || client.readableEnded || client.destroyed) throw left();
    await new Promise<void>((resolve) => {
      const go = (): void => {
        for (const event of ['readable', 'end', 'close']) client.removeListener(event, go);
        resolve();
      };
      for (const event of ['readable', 'end', 'close']) client.once(event, go);
    });
  }
}

function left(): SkylabError {
  return new SkylabError('The SOCKS client left before it said where to go.', { code: 'SocksClientLeft' });
}
