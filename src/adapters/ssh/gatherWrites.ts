import type { Duplex } from 'node:stream';

/**
 * From now on what is written within one turn of the event loop leaves in one system call. ssh2 writes each packet in four parts,
 * and each would be a call of its own. For a socket that is connected: connecting puts node's own `write` back.
 */
export function gatherWrites(socket: Duplex): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let gathering = false;
  socket.write = (...args: unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      process.nextTick(() => {
        gathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}
