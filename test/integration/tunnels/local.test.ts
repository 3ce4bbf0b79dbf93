import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createConnection } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { startProxy } from '../support/proxy';
import { freePort } from '../support/sshd';
import type { Bed } from './bed';
import { exchange, serve, tunnelBed } from './bed';

const run = promisify(execFile);
const local = (from: number, to: number) =>
  ({ kind: 'local', listen: { host: 'localhost', port: from }, to: { host: 'localhost', port: to } }) as const;

describe('a forwarded port', () => {
  let bed: Bed;
  let echo: { port: number; server: Server };
  before(async () => {
    bed = await tunnelBed();
    echo = await serve(0, (socket) => socket.pipe(socket));
  });
  after(async () => {
    echo.server.close();
    await bed.stop();
  });
  const forward = async (to: number): Promise<{ id: string; port: number; state: string }> => {
    const port = await freePort();
    const { id, state } = await bed.tunnels.add(bed.machine.key, 'ada', local(port, to));
    return { id, port, state: state.name };
  };

  it('opens the page of the machine for a real client, on both loopback addresses and on no other', async () => {
    const web = createServer((_request, response) => response.end('the notebook')).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { id, port } = await forward((web.address() as AddressInfo).port);
    await bed.state(id, 'open');
    for (const host of ['127.0.0.1', '[::1]']) {
      const { stdout } = await run('curl', ['-sS', '--noproxy', '*', `http://${host}:${port}/`]);
      assert.equal(stdout, 'the notebook', host);
    }
    const { stdout } = await run('ss', ['-Hltn', `sport = :${port}`]);
    const addresses = stdout.match(/\S+(?=:\d+\s+\S+:\*)/g);
    assert.deepEqual(addresses?.sort(), ['127.0.0.1', '[::1]']);
    web.closeAllConnections();
    web.close();
    await bed.tunnels.remove(id);
  });

  it('carries every byte both ways, counts them, and passes each end on while the other side goes on', async () => {
    const { id, port } = await forward(echo.port);
    const sent = randomBytes(3 * 1024 * 1024 + 5);
    assert.ok((await exchange(port, sent)).equals(sent));
    const { traffic } = await bed.state(id, 'open');
    assert.deepEqual([traffic.sent, traffic.received], [sent.length, sent.length]);
    await bed.tunnels.remove(id);
  });

  it('hands over all of an answer to a slow reader, also when the server closed at once', async () => {
    const answer = randomBytes(24 * 1024 * 1024);
    const oneShot = await serve(0, (socket) => {
      socket.resume();
      socket.end(answer, () => socket.destroySoon());
    });
    const { id, port } = await forward(oneShot.port);
    const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok((await buffer(socket)).equals(answer));
    socket.destroy();
    oneShot.server.close();
    await bed.tunnels.remove(id);
  });

  it('says that nothing listens there, and opens by itself when something does', async () => {
    const target = await freePort();
    const { id, port, state } = await forward(target);
    assert.equal(state, 'waiting');
    const { state: waiting } = await bed.state(id, 'waiting');
    assert.deepEqual(waiting, { name: 'waiting', reason: `Nothing listens on ${target} on ada.` });
    await assert.rejects(exchange(port, 'hello'), /ECONNRESET|socket hang up/);
    const late = await serve(target, (socket) => socket.pipe(socket));
    await bed.state(id, 'open');
    assert.equal(String(await exchange(port, 'hello')), 'hello');
    late.server.close();
    await bed.tunnels.remove(id);
  });

  it('says who has the port here, and goes to the next free one on request', async () => {
    const taken = await serve(0, (socket) => socket.end('somebody else'));
    const tunnel = await bed.tunnels.add(bed.machine.key, 'ada', local(taken.port, echo.port));
    assert.ok(tunnel.state.name === 'taken');
    assert.equal(
      tunnel.state.error.message,
      `On this computer port ${taken.port} is taken: node (process ${process.pid}, this editor) has it.`,
    );
    const free = await bed.tunnels.freePort(taken.port);
    assert.notEqual(free, taken.port);
    await bed.tunnels.changePort(tunnel.id, free);
    assert.equal(String(await exchange(free, 'mine')), 'mine');
    taken.server.close();
    await bed.tunnels.remove(tunnel.id);
  });

  it('gives the port back when stopped, and ends what is open', async () => {
    const { id, port } = await forward(echo.port);
    const socket = createConnection({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.write('a');
    await once(socket, 'data');
    const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    await bed.tunnels.stop(id);
    await closed;
    assert.equal(bed.tunnels.get(id)?.state.name, 'stopped');
    const again = await serve(port, (one) => one.end());
    again.server.close();
    await bed.tunnels.remove(id);
  });

  it('comes back after the connection was cut; who connects meanwhile waits for it', async () => {
    const line = await startProxy(bed.sshd.port);
    bed.via(line.port);
    (await bed.session()).close();
    const { id, port } = await forward(echo.port);
    await bed.state(id, 'open');
    const held = createConnection({ port, host: '127.0.0.1' });
    await once(held, 'connect');
    held.write('x');
    await once(held, 'data');
    const cut = once(held, 'error');
    bed.via(undefined);
    line.cut();
    assert.match(String(await cut), /ECONNRESET/);
    const { state } = await bed.state(id, 'reconnecting');
    assert.ok('reason' in state);
    assert.match(state.reason, /ada/);
    const waiting = exchange(port, 'hello again');
    bed.via(line.port);
    assert.equal(String(await waiting), 'hello again');
    await bed.state(id, 'open');
    bed.via(bed.sshd.port);
    await bed.tunnels.remove(id);
    await line.stop();
  });
});

describe('a machine that forbids forwarding', () => {
  it('is said to do so', async () => {
    const bed = await tunnelBed({ config: ['PermitOpen localhost:1'] });
    const port = await freePort();
    const tunnel = await bed.tunnels.add(bed.machine.key, 'ada', local(port, 22));
    assert.ok(tunnel.state.name === 'refused');
    assert.match(tunnel.state.reason, /does not let connections to localhost:22 through.*PermitOpen/);
    await assert.rejects(exchange(port, 'hello'), /ECONNRESET/);
    await bed.stop();
  });
});
