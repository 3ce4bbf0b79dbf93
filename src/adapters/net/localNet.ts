import { chmodSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { SkylabError } from '../../core/errors';
import { addressText } from '../../core/remote/address';
import type { StreamAddress } from '../../core/remote/session';
import type { LocalConnection, LocalListener, LocalNet } from '../../core/ssh/tunnels/ports';
import { portOwner } from './portOwner';

const connectMs = 10_000;
const backlog = 511;

/** Listens and connects with node's own sockets. */
export class NodeLocalNet implements LocalNet {
  async listen(at: StreamAddress, accept: (connection: LocalConnection) => void): Promise<LocalListener> {
    const servers: Server[] = [];
    const close = async (): Promise<void> => {
      // the port is free at once; node calls back only when the last connection has ended
      for (const server of servers) server.close();
      await new Promise((resolve) => setImmediate(resolve));
    };
    try {
      for (const place of placesOf(at)) {
        const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(connectionOf(socket)));
        try {
          await ('path' in place ? listenOnPath(server, place.path) : listenOn(server, place));
          servers.push(server);
        } catch (error) {
          // a computer without IPv6 has its IPv4 loopback
          if (servers.length === 0 || !isMissing(error)) throw error;
        }
      }
    } catch (error) {
      await close();
      throw await refusal(at, error as NodeJS.ErrnoException);
    }
    return { close };
  }

  connect(to: StreamAddress): Promise<LocalConnection> {
    return new Promise<LocalConnection>((resolve, reject) => {
      const socket = createConnection({ ...to, allowHalfOpen: true, noDelay: true });
      const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), connectMs);
      const onError = (cause: Error): void => {
        clearTimeout(timer);
        reject(
          new SkylabError(`Nothing answers at ${addressText(to)} of this computer.`, {
            code: 'NothingListens',
            next: 'Start what should listen there.',
            cause,
          }),
        );
      };
      socket.once('error', onError);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeListener('error', onError);
        resolve(connectionOf(socket));
      });
    });
  }

  async freePort(from: number): Promise<number> {
    for (let port = from; port < Math.min(from + 100, 65536); port++) {
      try {
        const listener = await this.listen({ host: 'localhost', port }, ({ reset }) => reset());
        await listener.close();
        return port;
      } catch (error) {
        if (!(error instanceof SkylabError)) throw error;
      }
    }
    throw new SkylabError(`No port from ${from} on is free on this computer.`, { next: 'Name another one.', code: 'PortTaken' });
  }
}

function placesOf(at: StreamAddress): readonly StreamAddress[] {
  if ('path' in at) return [{ path: at.path }];
  if (at.host === 'localhost') {
    return [
      { host: '127.0.0.1', port: at.port },
      { host: '::1', port: at.port },
    ];
  }
  return [{ host: at.host === '*' ? '::' : at.host, port: at.port }];
}

function listenOn(server: Server, at: StreamAddress): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...at, backlog, exclusive: true }, () => {
      server.removeListener('error', reject);
      // accepting may fail for a moment where there are too many files: the next one is tried
      server.on('error', () => undefined);
      resolve();
    });
  });
}

/** A Unix socket for this account alone. One that a program has left behind, so that nobody answers, is replaced. */
async function listenOnPath(server: Server, path: string): Promise<void> {
  try {
    await listenOn(server, { path });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await isAbandoned(path))) throw error;
    await unlink(path);
    await listenOn(server, { path });
  }
  if (process.platform !== 'win32') chmodSync(path, 0o600);
}

async function isAbandoned(path: string): Promise<boolean> {
  if (!(await lstat(path)).isSocket()) return false;
  return new Promise<boolean>((resolve) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

function connectionOf(socket: Socket): LocalConnection {
  return {
    stream: socket,
    reset: () => {
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
    },
  };
}

const isMissing = (error: unknown): boolean => ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '');

async function refusal(at: StreamAddress, cause: NodeJS.ErrnoException): Promise<SkylabError> {
  const place = 'path' in at ? at.path : `port ${at.port}`;
  switch (cause.code) {
    case 'EADDRINUSE': {
      const owner = 'path' in at ? undefined : await portOwner(at.port);
      const by = owner === undefined ? '' : `: ${owner} has it`;
      return new SkylabError(`On this computer ${place} is taken${by}.`, { code: 'PortTaken', next: 'Choose another one.', cause });
    }
    case 'EACCES':
    case 'EPERM':
      return new SkylabError(`This computer does not let Skylab listen on ${place}.`, {
        code: 'PortForbidden',
        next: 'path' in at ? 'Choose a folder of your own.' : 'Choose a port from 1024 on.',
        cause,
      });
    default:
      return new SkylabError(`Skylab cannot listen on ${addressText(at)} of this computer: ${cause.message}.`, {
        code: 'CannotListen',
        cause,
      });
  }
}
