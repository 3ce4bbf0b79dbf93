import type { Duplex } from 'node:stream';
import type { Channel, Client } from 'ssh2';
import { SkylabError } from '../../core/errors';
import { addressText } from '../../core/remote/address';
import type { RemoteListener, StreamAddress } from '../../core/remote/session';
import { ChannelStream, connectionLost } from './forwards';

type Accept = (stream: Duplex) => void;

/**
 * What the machine listens on for us (`tcpip-forward`, RFC 4254, 7.1; `streamlocal-forward@openssh.com`). One per connection: each open
 * has one taker, found by the address that the machine was asked for.
 */
export class ForwardedStreams {
  readonly #takers = new Map<string, Accept>();

  constructor(
    private readonly client: Client,
    private readonly machine: string,
  ) {
    client.on('tcp connection', ({ destIP, destPort }, accept, reject) => this.#take({ host: destIP, port: destPort }, accept, reject));
    client.on('unix connection', ({ socketPath }, accept, reject) => this.#take({ path: socketPath }, accept, reject));
  }

  /**
   * The loopback is asked for by address: sshd takes `localhost` for opened when only one of the two is free, and who connects to the
   * other would reach somebody else.
   * @throws SkylabError `ForwardingRefused`, `ConnectionLost`
   */
  async listen(at: StreamAddress, accept: Accept): Promise<RemoteListener> {
    if ('path' in at || at.host !== 'localhost') return this.#listen(at, at, accept);
    const four = await this.#listen({ host: '127.0.0.1', port: at.port }, at, accept);
    // a machine without IPv6 has its IPv4 loopback
    const six = await this.#listen({ host: '::1', port: four.port ?? at.port }, at, accept).catch(() => undefined);
    const close = async (): Promise<void> => {
      await Promise.all([four.close(), six?.close()]);
    };
    return { port: four.port, close };
  }

  /** @param shown as the person wrote it, for messages */
  async #listen(at: StreamAddress, shown: StreamAddress, accept: Accept): Promise<RemoteListener> {
    let bound = at;
    await this.#ask(shown, (done) => {
      // taken at once: the first connection may stand in the packet that says it listens
      const listening = (error?: Error | null, port?: number): void => {
        if (!error) {
          if (!('path' in at)) bound = { host: at.host, port: port ?? at.port };
          this.#takers.set(addressText(bound), accept);
        }
        done(error ?? undefined);
      };
      if ('path' in at) this.client.openssh_forwardInStreamLocal(at.path, listening);
      else this.client.forwardIn(at.host, at.port, listening);
    });
    const key = addressText(bound);
    let closed: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      if (this.#takers.get(key) === accept) this.#takers.delete(key);
      // a connection that is gone has closed it already
      await this.#ask(shown, (done) => {
        if ('path' in bound) this.client.openssh_unforwardInStreamLocal(bound.path, () => done(undefined));
        else this.client.unforwardIn(bound.host, bound.port, () => done(undefined));
      }).catch(() => undefined);
    };
    return { port: 'path' in bound ? undefined : bound.port, close: () => (closed ??= close()) };
  }

  #take(at: StreamAddress, accept: () => Channel, reject: () => void): void {
    const taker = this.#takers.get(addressText(at));
    if (taker === undefined) reject();
    else taker(new ChannelStream(this.client, accept(), () => connectionLost(this.machine, at)));
  }

  /** One request and its answer; a connection that ends before it rejects. */
  #ask(at: StreamAddress, send: (done: (error: Error | undefined) => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const onClose = (): void => reject(connectionLost(this.machine, at));
      this.client.once('close', onClose);
      try {
        send((error) => {
          this.client.removeListener('close', onClose);
          if (error) reject(this.#refusal(at, error));
          else resolve();
        });
      } catch {
        // ssh2 throws where the connection is gone already
        this.client.removeListener('close', onClose);
        onClose();
      }
    });
  }

  #refusal(at: StreamAddress, cause: Error): SkylabError {
    return new SkylabError(`${this.machine} does not open ${addressText(at)}.`, {
      code: 'ForwardingRefused',
      next: 'Something there listens on it already, or its sshd configuration forbids it (AllowTcpForwarding, PermitListen): try another port.',
      cause,
    });
  }
}
