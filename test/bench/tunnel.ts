import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { tunnelBed } from '../integration/tunnels/bed';
import { freePort } from '../integration/support/sshd';
import type { BenchResult } from './harness';
import { interleave, longestBlock, median, result } from './harness';

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;
const ROUNDS = 3;

/** 256 MiB down one forwarded port against `ssh -L`; the same up, a thousand short connections, and the longest block beside it. */
export default async function bench(): Promise<BenchResult> {
  const bed = await tunnelBed();
  const source = await serve();
  const port = await freePort();
  await bed.tunnels.add(bed.machine.key, 'ada', {
    kind: 'local',
    listen: { host: 'localhost', port },
    to: { host: '127.0.0.1', port: source.port },
  });
  const peerPort = await freePort();
  const { sshd } = bed;
  const quiet = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
  const login = ['-F', 'none', '-i', sshd.identityFile, '-l', sshd.user, '-p', String(sshd.port), ...quiet];
  const ssh = spawn('ssh', [...login, '-N', '-L', `127.0.0.1:${peerPort}:127.0.0.1:${source.port}`, '127.0.0.1'], { stdio: 'ignore' });
  try {
    await untilOpen(peerPort);
    let block = 0;
    const down = await interleave(
      ROUNDS,
      async () => {
        let took = 0;
        block = Math.max(block, await longestBlock(async () => (took = await timed(() => receive(port)))));
        return took;
      },
      () => timed(() => receive(peerPort)),
    );
    const up = await interleave(
      ROUNDS,
      () => timed(() => send(port)),
      () => timed(() => send(peerPort)),
    );
    const many = await interleave(
      ROUNDS,
      () => timed(() => short(port)),
      () => timed(() => short(peerPort)),
    );
    const ratio = (one: { ours: number; peer: number }): number => Math.round((one.ours / one.peer) * 1000) / 1000;
    const extra = {
      mibPerSecond: Math.round((SIZE / MIB / median([down.ours])) * 1000),
      upRatio: ratio(up),
      thousandConnections: Math.round(many.ours),
      thousandRatio: ratio(many),
      longestBlock: Math.round(block),
    };
    return result({ bench: 'tunnel', unit: 'ms', ...down, peerName: 'ssh -L', limit: 1.5, ...extra });
  } finally {
    ssh.kill();
    source.server.close();
    await bed.stop();
  }
}

/** Sends 256 MiB to who says `g`, takes what others send, and answers `s` with one byte. */
async function serve(): Promise<{ port: number; server: Server }> {
  const block = Buffer.alloc(MIB, 'lab ');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      if (first[0] === 0x73) socket.end('s');
      else if (first[0] !== 0x67) socket.on('end', () => socket.end('.')).resume();
      else {
        let left = SIZE / MIB;
        const more = (): void => {
          while (left > 0) {
            left -= 1;
            if (!socket.write(block)) {
              socket.once('drain', more);
              return;
            }
          }
          socket.end();
        };
        more();
      }
    });
  }).listen(0, '127.0.0.1', 2048);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

async function receive(port: number): Promise<void> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  let got = 0;
  socket.on('data', (piece) => (got += piece.length)).write('g');
  await once(socket, 'end');
  if (got !== SIZE) throw new Error(`${got} bytes came.`);
}

async function send(port: number): Promise<void> {
  const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  const block = Buffer.alloc(MIB, 'lab ');
  for (let i = 0; i < SIZE / MIB; i++) if (!socket.write(block)) await once(socket, 'drain');
  socket.end();
  await once(socket.resume(), 'end');
}

/** A thousand connections, fifty at a time. */
async function short(port: number): Promise<void> {
  let left = 1000;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const socket = createConnection({ port, host: '127.0.0.1' });
      socket.write('s');
      await once(socket.resume(), 'end');
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function untilOpen(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('ssh -L did not open.');
}
