import type { Duplex, Readable, Writable } from 'node:stream';
import type { RemoteCommand } from './command';
import type { RemoteFiles } from './files';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; the command is ended and an error thrown. Default 60 s; give Infinity for followers. */
  readonly timeoutMs?: number;
  /** Called with pieces of standard output and standard error as they come. */
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
}

/** A running remote command whose streams the caller drives (upload by tar, log following). */
export interface RemoteProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with the exit code; rejects when the stream closed without an exit status (a lost connection is a failure). */
  readonly exit: Promise<number>;
  kill(): void;
}

/** A TCP address as the one who opens it sees it: `localhost` is itself. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** A Unix socket, by its absolute path. */
interface SocketAddress {
  readonly path: string;
}

export type StreamAddress = TcpAddress | SocketAddress;

/** A place on the machine that passes connections on. */
export interface RemoteListener {
  /** The port that the machine listens on: the one asked for, or the one it chose for 0. Undefined for a Unix socket. */
  readonly port: number | undefined;
  /** Stops listening; connections that are open go on. */
  close(): Promise<void>;
}

/** One live SSH connection to one machine. Port: adapters/ssh implements it with ssh2. */
export interface RemoteSession {
  readonly user: string;
  /** The public key (base64) that opened it; absent where a password or none did. */
  readonly loginKey?: string;
  /**
   * Runs a command and parses its output.
   * @throws SkylabError (code `RemoteCommandFailed`, with the last lines of standard error) on a non-ok exit code,
   *   `ConnectionLost` when the connection dropped, CancelledError on abort.
   */
  run<T = string>(command: RemoteCommand<T>, options?: RunOptions): Promise<T>;
  start(command: RemoteCommand<unknown>, options?: { signal?: AbortSignal }): Promise<RemoteProcess>;
  /**
   * A two-way stream to an address that the machine reaches. It ends when the other side ends it; a lost connection destroys it with
   * `ConnectionLost`.
   * @param options timeoutMs: milliseconds for the machine to reach the address; default 20 s
   * @throws SkylabError `NothingListens`, `ForwardingRefused`, `ConnectionLost`; CancelledError
   */
  connect(to: StreamAddress, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<Duplex>;
  /** The machine's files, over one SFTP channel that all callers share; opened anew when it has died. @throws SkylabError when the machine has no SFTP */
  files(signal?: AbortSignal): Promise<RemoteFiles>;
  /**
   * Has the machine listen, and hands over each connection that is made there.
   * @param at port 0 lets the machine choose; `localhost` is its loopback alone
   * @throws SkylabError `ForwardingRefused` when the machine does not open it, `ConnectionLost`
   */
  listen(at: StreamAddress, accept: (stream: Duplex) => void): Promise<RemoteListener>;
  /** Fires once when the connection is gone, for whatever reason. */
  onClose(listener: () => void): void;
  close(): void;
}
