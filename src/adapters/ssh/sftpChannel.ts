import type { Duplex } from 'node:stream';
import { PacketReader, Request, Response, Status, packet, text, u32 } from './sftpPackets';

/** The server said no; see Status. */
export class SftpStatus extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'SftpStatus';
  }
}

/** The channel has ended; nothing is known about requests that were under way. */
export class SftpGone extends Error {}

/** Longest packet that is taken: OpenSSH sends no longer one than 256 KiB and a header. */
const MAX_PACKET = 512 * 1024;
/** Milliseconds after which an unanswered request counts as lost: a machine's disk may be asleep, but not for this long. */
const PATIENCE_MS = 60_000;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

interface Answer {
  readonly type: number;
  readonly reader: PacketReader;
}

/** One conversation with an SFTP server, version 3: requests by number, answers in any order. */
export class SftpChannel {
  /** What the server can do beside the protocol: `posix-rename@openssh.com` and the like. */
  readonly extensions = new Set<string>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #pieces: Buffer[] = [];
  #have = 0;
  #nextId = 0;
  #gone: SftpGone | undefined;
  #ready: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(
    private readonly stream: Duplex,
    private readonly patienceMs: number,
  ) {
    stream.on('data', (piece: Buffer) => this.#take(piece));
    stream.on('error', () => undefined);
    stream.once('close', () => this.#end(new SftpGone('The SFTP server has ended.')));
  }

  /** Greets the server. @throws SftpGone when it ends instead: it has no SFTP subsystem, or its login shell prints text */
  static async open(stream: Duplex, patienceMs = PATIENCE_MS): Promise<SftpChannel> {
    const channel = new SftpChannel(stream, patienceMs);
    const timer = setTimeout(() => channel.#end(new SftpGone('The SFTP server did not answer.')), patienceMs);
    try {
      await new Promise<void>((resolve, reject) => {
        channel.#ready = { resolve, reject };
        stream.write(Buffer.concat([u32(5), Buffer.from([Request.init]), u32(3)]));
      });
    } finally {
      clearTimeout(timer);
    }
    return channel;
  }

  get gone(): boolean {
    return this.#gone !== undefined;
  }

  /** The answer, whatever its type. @throws SftpStatus for a refusal (also the end of a file or folder), SftpGone when the channel ended */
  request(type: number, parts: readonly Buffer[]): Promise<Answer> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    return new Promise((resolve, reject) => {
      const late = (): void => this.#end(new SftpGone(`The SFTP server did not answer for ${this.patienceMs / 1000} s.`));
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(late, this.patienceMs) });
      this.stream.write(packet(type, id, parts));
    });
  }

  /** A request of an extension. */
  extended(name: string, parts: readonly Buffer[]): Promise<Answer> {
    return this.request(Request.extended, [text(name), ...parts]);
  }

  close(): void {
    this.#end(new SftpGone('The SFTP channel was closed.'));
  }

  #end(reason: SftpGone): void {
    if (this.#gone) return;
    this.#gone = reason;
    this.#ready?.reject(reason);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(reason);
    }
    this.#waiting.clear();
    this.#pieces.length = 0;
    this.stream.end();
    this.stream.destroy();
  }

  #take(piece: Buffer): void {
    if (this.#gone) return;
    this.#pieces.push(piece);
    this.#have += piece.length;
    for (let length = this.#nextLength(); length !== undefined && this.#have >= length + 4; length = this.#nextLength()) {
      const whole = this.#joined();
      this.#keep(whole.subarray(length + 4));
      this.#answer(whole.subarray(4, length + 4));
      if (this.#isGone()) return;
    }
  }

  #isGone(): boolean {
    return this.#gone !== undefined;
  }

  #nextLength(): number | undefined {
    if (this.#have < 4) return undefined;
    const first = this.#pieces[0];
    const head = first !== undefined && first.length >= 4 ? first : this.#joined();
    const length = head.readUInt32BE(0);
    if (length >= 1 && length <= MAX_PACKET) return length;
    // Not the protocol: most often what a start-up file of the login shell prints.
    this.#end(new SftpGone(`The machine’s answer is not SFTP. It begins with: ${head.toString('latin1', 0, 60)}`));
    return undefined;
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const whole = Buffer.concat(this.#pieces, this.#have);
    this.#keep(whole);
    return whole;
  }

  #keep(rest: Buffer): void {
    this.#pieces.length = 0;
    if (rest.length > 0) this.#pieces.push(rest);
    this.#have = rest.length;
  }

  #answer(bytes: Buffer): void {
    try {
      const reader = new PacketReader(bytes);
      const type = reader.u8();
      if (type === Response.version) this.#greeted(reader);
      else this.#settle(reader.u32(), type, reader);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#end(new SftpGone(`The machine’s answer is not SFTP: ${error.message}`));
    }
  }

  #greeted(reader: PacketReader): void {
    reader.u32();
    while (!reader.done) {
      this.extensions.add(reader.text().toString('latin1'));
      reader.text();
    }
    this.#ready?.resolve();
  }

  #settle(id: number, type: number, reader: PacketReader): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (type !== Response.status) {
      waiting.resolve({ type, reader });
      return;
    }
    const status = reader.u32();
    const message = reader.done ? '' : reader.text().toString();
    if (status === Status.ok) waiting.resolve({ type, reader });
    else waiting.reject(new SftpStatus(status, message));
  }
}
