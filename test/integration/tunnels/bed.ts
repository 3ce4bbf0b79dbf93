import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { NodeLocalNet } from '../../../src/adapters/net/localNet';
import { systemClock } from '../../../src/core/clock';
import type { GivenMachine, Machine } from '../../../src/core/cloud/model';
import { givenKey } from '../../../src/core/cloud/model';
import { Emitter } from '../../../src/core/events';
import type { RemoteSession } from '../../../src/core/remote/session';
import { SkylabError } from '../../../src/core/errors';
import type { Tunnel } from '../../../src/core/ssh/tunnels/tunnels';
import { Tunnels } from '../../../src/core/ssh/tunnels/tunnels';
import { connect } from '../support/connect';
import type { Sshd, SshdOptions } from '../support/sshd';
import { startSshd } from '../support/sshd';

export interface Bed {
  readonly sshd: Sshd;
  readonly tunnels: Tunnels;
  readonly machine: Machine;
  /** Where the machine is reached from now on; undefined: not at all. */
  via(port: number | undefined): void;
  /** Resolves when the tunnel's state is the one named. */
  state(id: string, name: string): Promise<Tunnel>;
  session(): Promise<RemoteSession>;
  stop(): Promise<void>;
}

/** Tunnels to a real sshd over one pooled connection. */
export async function tunnelBed(options: SshdOptions = {}): Promise<Bed> {
  const sshd = await startSshd(options);
  const given: GivenMachine = { id: 'ada', name: 'ada', target: sshd.target('ada') };
  const machine: Machine = { kind: 'given', key: givenKey('ada'), name: 'ada', given };
  let port: number | undefined = sshd.port;
  let pooled: Promise<RemoteSession> | undefined;
  const session = (): Promise<RemoteSession> => {
    if (port === undefined) return Promise.reject(new SkylabError('ada does not answer.', { code: 'Unreachable' }));
    pooled ??= connect(sshd, port).then(
      (one) => {
        one.onClose(() => (pooled = undefined));
        return one;
      },
      (error: unknown) => {
        pooled = undefined;
        throw error;
      },
    );
    return pooled;
  };
  const changed = new Emitter<void>();
  const kept = new Map<string, unknown>();
  const memento = { get: (key: string) => kept.get(key) as never, set: async (key: string, value: unknown) => void kept.set(key, value) };
  const tunnels = new Tunnels(memento, {
    access: { session },
    machines: { get: () => machine, onChange: changed.event },
    net: new NodeLocalNet(),
    clock: systemClock,
  });
  return {
    sshd,
    tunnels,
    machine,
    session,
    via: (to) => (port = to),
    state: (id, name) =>
      new Promise<Tunnel>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${name} was awaited: ${JSON.stringify(tunnels.get(id)?.state)}`)), 10_000);
        const look = (): void => {
          const tunnel = tunnels.get(id);
          if (tunnel?.state.name !== name) return;
          clearTimeout(timer);
          watch.dispose();
          resolve(tunnel);
        };
        const watch = tunnels.onChange(look);
        look();
      }),
    stop: async () => {
      tunnels.dispose();
      (await pooled?.catch(() => undefined))?.close();
      await sshd.stop();
    },
  };
}

/** A server of a test's own on the loopback. */
export async function serve(port: number, answer: (socket: Socket) => void, host = '127.0.0.1'): Promise<{ port: number; server: Server }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    answer(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

/** Sends it, ends, and reads to the end. */
export function exchange(port: number, text: string | Buffer, host = '127.0.0.1'): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = createConnection({ port, host, allowHalfOpen: true });
    socket.on('data', (piece) => pieces.push(piece));
    socket.once('error', reject);
    socket.once('end', () => resolve(Buffer.concat(pieces)));
    socket.end(text);
  });
}
