import { createConnection } from 'node:net';
import type { PortAnswer } from '../../core/cloud/life/reach';
import type { PortProbe } from '../../core/cloud/life/reachCheck';
import { CancelledError } from '../../core/errors';

/** Milliseconds for the connection, and as many for the first line. */
const KNOCK_MS = 6_000;

/** Knocks with node's own sockets. */
export class TcpProbe implements PortProbe {
  constructor(private readonly timeoutMs = KNOCK_MS) {}

  knock(host: string, port: number, signal?: AbortSignal): Promise<PortAnswer> {
    return new Promise<PortAnswer>((resolve, reject) => {
      const socket = createConnection({ host, port });
      let connected = false;
      let said = '';
      const end = (answer: PortAnswer): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        socket.destroy();
        resolve(answer);
      };
      const opened = (): PortAnswer => ({ kind: 'open', ...(said === '' ? {} : { banner: said.split(/\r?\n/)[0] ?? '' }) });
      const onAbort = (): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new CancelledError());
      };
      let timer = setTimeout(() => end({ kind: 'silent' }), this.timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', () => {
        connected = true;
        clearTimeout(timer);
        timer = setTimeout(() => end(opened()), this.timeoutMs);
      });
      socket.on('data', (bytes) => {
        said += bytes.toString('latin1');
        if (said.includes('\n') || said.length > 255) end(opened());
      });
      socket.once('end', () => end(opened()));
      socket.once('error', (error: NodeJS.ErrnoException) => end(connected ? opened() : answerTo(error)));
    });
  }
}

function answerTo(error: NodeJS.ErrnoException): PortAnswer {
  switch (error.code) {
    case 'ECONNREFUSED':
      return { kind: 'refused' };
    case 'ETIMEDOUT':
      return { kind: 'silent' };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { kind: 'noWay', why: 'its name cannot be found' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { kind: 'noWay', why: 'there is no way to it from this network' };
    default:
      return { kind: 'noWay', why: error.message };
  }
}
