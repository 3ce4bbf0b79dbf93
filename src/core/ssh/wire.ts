/** Reads the data types of RFC 4251, 5 from a buffer. Every reader throws a RangeError past the end. */
export class WireReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  byte(): number {
    this.#need(1);
    return this.bytes.readUInt8(this.#at++);
  }

  uint32(): number {
    this.#need(4);
    const value = this.bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  uint64(): bigint {
    this.#need(8);
    const value = this.bytes.readBigUInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A string, or the bytes of an mpint. */
  string(): Buffer {
    return this.take(this.uint32());
  }

  text(): string {
    return this.string().toString('utf8');
  }

  take(length: number): Buffer {
    this.#need(length);
    const part = this.bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  rest(): Buffer {
    return this.take(this.left);
  }

  #need(length: number): void {
    if (this.left < length) throw new RangeError('The key data ends too early.');
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string of RFC 4251. */
export function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A positive mpint of RFC 4251: big-endian, without leading zeros, one zero byte before a set high bit. */
export function mpint(value: Buffer): Buffer {
  let from = 0;
  while (from < value.length && value[from] === 0) from++;
  const digits = value.subarray(from);
  return string((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}
