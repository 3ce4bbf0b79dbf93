import type { RemoteKind, RemoteStat } from '../../core/remote/files';

/** Packet types of the SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02, section 3). */
export const Request = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  extended: 200,
} as const;

export const Response = { version: 2, status: 101, handle: 102, data: 103, name: 104, attrs: 105, extendedReply: 201 } as const;

/** Status codes (section 7). */
export const Status = { ok: 0, eof: 1, noSuchFile: 2, permissionDenied: 3, failure: 4, badMessage: 5, unsupported: 8 } as const;

/** Flags of an open (section 6.3). */
export const Open = { read: 0x01, write: 0x02, create: 0x08, truncate: 0x10, exclusive: 0x20 } as const;

const Attr = { size: 0x1, owner: 0x2, permissions: 0x4, times: 0x8, extended: 0x80000000 } as const;

export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** A string of the protocol: its length, then its bytes. */
export function text(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([u32(bytes.length), bytes]);
}

export interface SetAttributes {
  readonly mode?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Attributes to set (section 5); nothing for those not given. */
export function attributes({ mode, owner }: SetAttributes = {}): Buffer {
  const flags = (owner === undefined ? 0 : Attr.owner) | (mode === undefined ? 0 : Attr.permissions);
  return Buffer.concat([
    u32(flags),
    ...(owner === undefined ? [] : [u32(owner.uid), u32(owner.gid)]),
    ...(mode === undefined ? [] : [u32(mode)]),
  ]);
}

export function packet(type: number, id: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 5);
  const head = Buffer.allocUnsafe(9);
  head.writeUInt32BE(length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, ...parts], length + 4);
}

const KINDS: Readonly<Record<number, RemoteKind>> = { 0o100000: 'file', 0o040000: 'directory', 0o120000: 'symlink' };

/** Reads the fields of a packet in order. @throws RangeError when it is shorter than it says */
export class PacketReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get done(): boolean {
    return this.#at >= this.bytes.length;
  }

  u8(): number {
    return this.bytes.readUInt8(this.#skip(1));
  }

  u32(): number {
    return this.bytes.readUInt32BE(this.#skip(4));
  }

  u64(): number {
    return Number(this.bytes.readBigUInt64BE(this.#skip(8)));
  }

  text(): Buffer {
    const length = this.u32();
    if (length > this.bytes.length - this.#at) throw new RangeError('A string is longer than its packet.');
    const from = this.#skip(length);
    return this.bytes.subarray(from, from + length);
  }

  /** Attributes of a file; what the server leaves out is zero. */
  stat(): RemoteStat {
    const flags = this.u32();
    const size = flags & Attr.size ? this.u64() : 0;
    const [uid, gid] = flags & Attr.owner ? [this.u32(), this.u32()] : [0, 0];
    const permissions = flags & Attr.permissions ? this.u32() : 0;
    const mtime = flags & Attr.times ? [this.u32(), this.u32()][1] : 0;
    if ((flags & Attr.extended) !== 0) {
      for (let count = this.u32(); count > 0; count--) {
        this.text();
        this.text();
      }
    }
    return { kind: KINDS[permissions & 0o170000] ?? 'other', size, mtime: mtime ?? 0, mode: permissions & 0o7777, uid, gid };
  }

  #skip(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
