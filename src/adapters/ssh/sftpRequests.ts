import { throwIfCancelled } from '../../core/errors';
import type { RemoteEntry, RemoteStat } from '../../core/remote/files';
import { decodeName, encodeName } from '../../core/transfer/names';
import type { SftpChannel } from './sftpChannel';
import { SftpStatus } from './sftpChannel';
import type { Disk } from './sftpErrors';
import { Request, Status, text, u32, u64 } from './sftpPackets';

/** Bytes that every server reads or writes at once (draft-ietf-secsh-filexfer-02, section 3). */
const SAFE_CHUNK = 32 * 1024;
/** Greatest chunk that is asked for: with its header it fits into OpenSSH's packets of 256 KiB. */
const MAX_CHUNK = 255 * 1024;
/** Chunks of one write that are under way together. */
const WRITES_AHEAD = 16;

/** SFTP's requests in terms of paths and handles. Errors are those of the channel. */
export class SftpRequests {
  private constructor(
    readonly channel: SftpChannel,
    private readonly chunk: { readonly read: number; readonly write: number },
  ) {}

  static async over(channel: SftpChannel): Promise<SftpRequests> {
    return new SftpRequests(channel, await chunkSizes(channel));
  }

  async lookUp(path: string): Promise<RemoteStat | undefined> {
    try {
      return await this.stat(Request.lstat, path);
    } catch (error) {
      if (isStatus(error, Status.noSuchFile)) return undefined;
      throw error;
    }
  }

  async stat(type: number, path: string): Promise<RemoteStat> {
    return (await this.channel.request(type, [pathText(path)])).reader.stat();
  }

  async nameOf(type: number, path: string): Promise<string> {
    const { reader } = await this.channel.request(type, [pathText(path)]);
    reader.u32();
    return decodeName(reader.text());
  }

  async handle(type: number, parts: readonly Buffer[]): Promise<Buffer> {
    // copied: the answer's bytes are shared with whole packets
    return Buffer.from((await this.channel.request(type, parts)).reader.text());
  }

  closeHandle(handle: Buffer): void {
    this.channel.request(Request.close, [text(handle)]).catch(() => undefined);
  }

  /** Undefined at the end. */
  async portion(handle: Buffer): Promise<readonly RemoteEntry[] | undefined> {
    try {
      const { reader } = await this.channel.request(Request.readdir, [text(handle)]);
      const entries: RemoteEntry[] = [];
      for (let count = reader.u32(); count > 0; count--) {
        const entryName = decodeName(reader.text());
        reader.text();
        const stat = reader.stat();
        if (entryName !== '.' && entryName !== '..') entries.push({ name: entryName, ...stat });
      }
      return entries;
    } catch (error) {
      if (isStatus(error, Status.eof)) return undefined;
      throw error;
    }
  }

  async readRange(handle: Buffer, offset: number, length: number, signal: AbortSignal | undefined): Promise<Buffer> {
    throwIfCancelled(signal);
    const starts = Array.from({ length: Math.ceil(length / this.chunk.read) }, (_, i) => i * this.chunk.read);
    const pieces = await Promise.all(
      starts.map((start) => this.#readChunk(handle, offset + start, Math.min(this.chunk.read, length - start))),
    );
    throwIfCancelled(signal);
    // What stands behind a short chunk was read after the file had shrunk and grown again.
    const short = pieces.findIndex((piece, i) => piece.length < Math.min(this.chunk.read, length - i * this.chunk.read));
    const whole = short < 0 ? pieces : pieces.slice(0, short + 1);
    return whole.length === 1 && whole[0] !== undefined ? whole[0] : Buffer.concat(whole);
  }

  async #readChunk(handle: Buffer, offset: number, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let have = 0; have < length;) {
      const piece = await this.#readOnce(handle, offset + have, length - have);
      if (piece.length === 0) break;
      pieces.push(piece);
      have += piece.length;
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  async #readOnce(handle: Buffer, offset: number, length: number): Promise<Buffer> {
    try {
      return (await this.channel.request(Request.read, [text(handle), u64(offset), u32(length)])).reader.text();
    } catch (error) {
      if (isStatus(error, Status.eof)) return Buffer.alloc(0);
      throw error;
    }
  }

  /** Undefined where the server cannot tell. */
  async disk(folder: string): Promise<Disk | undefined> {
    if (!this.channel.extensions.has('statvfs@openssh.com')) return undefined;
    const { reader } = await this.channel.extended('statvfs@openssh.com', [pathText(folder)]);
    const [, fragment = 0, , , available = 0, files = 0, , freeFiles = 0, , flags = 0] = Array.from({ length: 10 }, () => reader.u64());
    return { free: available * fragment, inodes: files > 0 ? freeFiles : undefined, readOnly: (flags & 1) !== 0 };
  }

  async writeAll(handle: Buffer, data: Uint8Array | AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
    const under: Promise<unknown>[] = [];
    let written = 0;
    for await (const piece of data instanceof Uint8Array ? [data] : data) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      for (let at = 0; at < bytes.length; at += this.chunk.write) {
        throwIfCancelled(signal);
        const chunk = bytes.subarray(at, at + this.chunk.write);
        const sent = this.channel.request(Request.write, [text(handle), u64(written), text(chunk)]);
        sent.catch(() => undefined);
        written += chunk.length;
        under.push(sent);
        if (under.length >= WRITES_AHEAD) await under.shift();
      }
    }
    await Promise.all(under);
    throwIfCancelled(signal);
  }
}

/** A path as a field of a request; the login folder where it is empty. */
export const pathText = (path: string): Buffer => text(encodeName(path === '' ? '.' : path));

export const isStatus = (error: unknown, status: number): boolean => error instanceof SftpStatus && error.status === status;

/** What the server says that it takes at once (PROTOCOL of OpenSSH, section 4.8), within what every client buffers. */
async function chunkSizes(sftp: SftpChannel): Promise<{ read: number; write: number }> {
  if (!sftp.extensions.has('limits@openssh.com')) return { read: SAFE_CHUNK, write: SAFE_CHUNK };
  const { reader } = await sftp.extended('limits@openssh.com', []);
  reader.u64();
  const limits = { read: reader.u64(), write: reader.u64() };
  const within = (limit: number): number => (limit === 0 ? SAFE_CHUNK : Math.min(limit, MAX_CHUNK));
  return { read: within(limits.read), write: within(limits.write) };
}
