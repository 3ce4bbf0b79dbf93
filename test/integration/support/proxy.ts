import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A TCP way to a local port that a test can cut or let fall silent. */
export interface Proxy {
  readonly port: number;
  /** Resets every connection, as a dying network does. */
  cut(): void;
  /** From now on nothing is passed on, without closing anything. */
  silence(): void;
  stop(): Promise<void>;
}

/** @param cutAfter bytes towards the port after which it cuts by itself, once */
export async function startProxy(targetPort: number, cutAfter = Number.POSITIVE_INFINITY): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let silent = false;
  let left = cutAfter;
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (silent) return;
        const sent = from === near ? data.subarray(0, Math.min(left, data.length)) : data;
        to.write(sent);
        if (from !== near) return;
        left -= sent.length;
        if (left > 0) return;
        left = Number.POSITIVE_INFINITY;
        // What was sent arrives, as on a line that dies; the near end learns of it at once.
        far.end();
        near.resetAndDestroy();
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!to.writableEnded) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cut,
    silence: () => (silent = true),
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
