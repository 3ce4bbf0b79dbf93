import { Duplex } from 'node:stream';
import type { Channel, Client } from 'ssh2';
import { CancelledError, SkylabError, throwIfCancelled } from '../../core/errors';
import { addressText } from '../../core/remote/address';
import type { StreamAddress } from '../../core/remote/session';

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED and SSH_OPEN_CONNECT_FAILED (RFC 4254, 5.1). */
const PROHIBITED = 1;
const CONNECT_FAILED = 2;
/** The machine itself waits two minutes for an address that never answers. */
const defaultTimeoutMs = 20_000;

/**
 * A stream to an address as the machine sees it (`direct-tcpip`, RFC 4254, 7.2; `direct-streamlocal@openssh.com` of OpenSSH's PROTOCOL
 * file for a Unix socket). It ends cleanly only when the other side ended it:
 * a lost connection destroys it with `ConnectionLost`.
 * @param machine its name, for messages
 */
export async function openStream(
  client: Client,
  machine: string,
  to: StreamAddress,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<Duplex> {
  const { signal, timeoutMs = defaultTimeoutMs } = options;
  throwIfCancelled(signal);
  const lost = (): SkylabError => connectionLost(machine, to);
  return new Promise<Duplex>((resolve, reject) => {
    let over = false;
    const settle = (act: () => void): void => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      client.removeListener('close', onClose);
      act();
    };
    const onAbort = (): void => settle(() => reject(new CancelledError()));
    const onClose = (): void => settle(() => reject(lost()));
    const timer = setTimeout(() => settle(() => reject(refusal(machine, to, undefined))), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    client.once('close', onClose);
    try {
      const opened = (error: Error | undefined, channel: Channel): void => {
        if (over) {
          if (!error) letGo(channel);
        } else if (error) settle(() => reject(refusal(machine, to, error)));
        else settle(() => resolve(new ChannelStream(client, channel, lost)));
      };
      if ('path' in to) client.openssh_forwardOutStreamLocal(to.path, opened);
      else client.forwardOut('127.0.0.1', 0, to.host, to.port, opened);
    } catch {
      // ssh2 throws where the connection is gone already
      onClose();
    }
  });
}

/** @param to where the stream led, or was to lead */
export function connectionLost(machine: string, to: StreamAddress): SkylabError {
  return new SkylabError(`The connection to ${machine} was lost during the connection to ${addressText(to)}.`, {
    code: 'ConnectionLost',
    next: 'Check that the machine is running and this computer online, then try again.',
  });
}

function refusal(machine: string, to: StreamAddress, error: (Error & { readonly reason?: unknown }) | undefined): SkylabError {
  const cause = error === undefined ? {} : { cause: error };
  if (error?.reason === PROHIBITED) {
    return new SkylabError(`${machine} does not let connections to ${addressText(to)} through.`, {
      code: 'ForwardingRefused',
      next: `AllowTcpForwarding or PermitOpen in its sshd configuration, or an option of the key, forbids it: ask whoever runs ${machine}.`,
      ...cause,
    });
  }
  const why = error === undefined ? 'it does not answer' : error.message.replace(/^\(SSH\) Channel open failure: /, '');
  return new SkylabError(`${machine} cannot reach ${addressText(to)}: ${why.replace(/\.$/, '')}.`, {
    code: error === undefined || error.reason === CONNECT_FAILED ? 'NothingListens' : 'ForwardingRefused',
    next: `Check that something listens there, as seen from ${machine}.`,
    ...cause,
  });
}

function letGo(channel: Channel): void {
  channel.on('error', () => undefined);
  channel.resume();
  channel.close();
}

/** A channel as a stream that keeps node's contract: ssh2's own never calls back for what is written when the connection drops. */
export class ChannelStream extends Duplex {
  #closed = false;
  /** Waits for the last write; ssh2 forgets it when the connection drops. */
  #written: ((error?: Error | null) => void) | undefined;

  constructor(
    private readonly client: Client,
    private readonly channel: Channel,
    lost: () => SkylabError,
  ) {
    super({ allowHalfOpen: true, highWaterMark: 256 * 1024 });
    const onLost = (): void => void this.destroy(lost());
    client.once('close', onLost);
    channel.on('data', (piece: Buffer) => {
      if (!this.push(piece)) channel.pause();
    });
    channel.once('end', () => this.push(null));
    channel.on('error', (error: Error) => this.destroy(error));
    channel.once('close', () => {
      this.#closed = true;
      client.removeListener('close', onLost);
      // the other side is gone: what is still to be written has nowhere to go, but what it sent last is still to be read
      const leave = (): void => void this.destroy(this.writableLength > 0 ? brokenPipe() : undefined);
      if (this.writableFinished) return;
      if (this.readableEnded) leave();
      else this.once('end', leave);
    });
  }

  override _read(): void {
    this.channel.resume();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const written = (error?: Error | null): void => {
      this.#written = undefined;
      done(error);
    };
    this.#written = written;
    // waits until what came was read: then the stream ends with a broken pipe
    if (this.#closed && !this.readableEnded) return;
    if (this.#closed) {
      written(brokenPipe());
      return;
    }
    this.channel.write(piece, (error) => {
      if (this.#written === written) written(error);
    });
  }

  override _writev(pieces: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), 'utf8', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    letGo(this.channel);
    this.#written?.(error ?? brokenPipe());
    done(error);
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error('The other side has closed this connection and reads no more.'), { code: 'EPIPE' });
}
