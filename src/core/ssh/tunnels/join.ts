import type { Duplex } from 'node:stream';

/** What went through a tunnel. */
export interface Traffic {
  /** Connections that are open now. */
  open: number;
  /** All connections since the tunnel was started. */
  total: number;
  /** Bytes from the side that connects. */
  sent: number;
  /** Bytes to the side that connects. */
  received: number;
}

/**
 * Joins two streams into one connection: each side's end is passed on while the other direction goes on, each waits for the slower one,
 * and a failure of one is a failure of the other, never a quiet end. Resolves when both are closed.
 * @param near the side that connected @param reset ends it so that it sees a failure
 */
export function join(near: Duplex, far: Duplex, reset: () => void, traffic: Traffic): Promise<void> {
  near.on('data', (piece: Buffer) => (traffic.sent += piece.length));
  far.on('data', (piece: Buffer) => (traffic.received += piece.length));
  near.pipe(far);
  far.pipe(near);
  // each error has its close, which tells the other side
  near.on('error', () => undefined);
  far.on('error', reset);
  return new Promise<void>((resolve) => {
    let left = 2;
    const closed = (): void => {
      left -= 1;
      if (left === 0) resolve();
    };
    near.once('close', () => {
      if (!near.readableEnded || !near.writableFinished) far.destroy();
      closed();
    });
    far.once('close', () => {
      if (!far.readableEnded) reset();
      // what the other side has sent is still written out; after that nothing can come of this connection
      else if (!near.destroyed) near.end(() => near.destroy());
      closed();
    });
  });
}
