import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer as createWeb } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { parseTunnel } from '../../../src/core/ssh/tunnels/spec';
import type { TunnelKind } from '../../../src/core/ssh/tunnels/spec';
import type { Tunnel } from '../../../src/core/ssh/tunnels/tunnels';
import { startProxy } from '../support/proxy';
import { freePort } from '../support/sshd';
import type { Bed } from './bed';
import { exchange, serve, tunnelBed } from './bed';

const run = promisify(execFile);

describe('tunnels of other kinds', () => {
  let bed: Bed;
  let folder: string;
  let web: ReturnType<typeof createWeb>;
  let webPort = 0;
  before(async () => {
    bed = await tunnelBed();
    folder = mkdtempSync(path.join(tmpdir(), 'skylab-tunnels-'));
    web = createWeb((request, response) => response.end(`page ${String(request.headers.host)}`)).listen(0, '127.0.0.1');
    await once(web, 'listening');
    webPort = (web.address() as AddressInfo).port;
  });
  after(async () => {
    web.closeAllConnections();
    web.close();
    await bed.stop();
    rmSync(folder, { recursive: true });
  });
  const add = (typed: string, kind: TunnelKind): Promise<Tunnel> => {
    const spec = parseTunnel(typed, kind);
    assert.ok(spec, typed);
    return bed.tunnels.add(bed.machine.key, 'ada', spec);
  };

  it('lead from a Unix socket here to one of the machine, and let nobody else at it', async () => {
    const there = path.join(folder, 'there.sock');
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(there);
    await once(server, 'listening');
    const here = path.join(folder, 'here.sock');
    const { id, state } = await add(`${here}:${there}`, 'local');
    assert.equal(state.name, 'open');
    assert.equal(statSync(here).mode & 0o777, 0o600);
    const socket = createConnection({ path: here, allowHalfOpen: true });
    socket.end('through two sockets');
    assert.equal(await text(socket), 'through two sockets');
    await bed.tunnels.remove(id);
    server.close();
    const again = await add(`${here}:${there}`, 'local');
    assert.deepEqual(again.state, { name: 'waiting', reason: `Nothing listens on ${there} on ada.` });
    await bed.tunnels.remove(again.id);
  });

  it('let the machine reach a port here on one that it chooses, and take it back', async () => {
    const { id, state, remotePort } = await add(`0:localhost:${webPort}`, 'reverse');
    assert.equal(state.name, 'open');
    assert.ok(remotePort !== undefined && remotePort > 0);
    const { stdout } = await run('curl', ['-sS', '--noproxy', '*', `http://127.0.0.1:${remotePort}/`]);
    assert.equal(stdout, `page 127.0.0.1:${remotePort}`);
    await bed.tunnels.remove(id);
    await assert.rejects(exchange(remotePort, ''), /ECONNREFUSED/);
  });

  it('let the machine reach a socket here through a socket there', async () => {
    const here = path.join(folder, 'app.sock');
    const there = path.join(folder, 'forwarded.sock');
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(here);
    await once(server, 'listening');
    const { id, state } = await add(`${there}:${here}`, 'reverse');
    assert.equal(state.name, 'open');
    const socket = createConnection({ path: there, allowHalfOpen: true });
    socket.end('back and forth');
    assert.equal(await text(socket), 'back and forth');
    await bed.tunnels.remove(id);
    server.close();
  });

  it('say that nothing listens here, and that the machine has the port already', async () => {
    const nothing = await freePort();
    const free = await freePort();
    const { id } = await add(`${free}:localhost:${nothing}`, 'reverse');
    await exchange(free, 'x').catch(() => undefined);
    const { state } = await bed.state(id, 'waiting');
    assert.deepEqual(state, { name: 'waiting', reason: `Nothing listens on ${nothing} on this computer.` });
    await bed.tunnels.remove(id);
    const taken = await add(`${webPort}:localhost:1`, 'reverse');
    assert.ok(taken.state.name === 'refused');
    assert.match(taken.state.reason, /does not open localhost:\d+\. Something there listens on it already/);
    await bed.tunnels.remove(taken.id);
  });

  it('open again on the machine after the connection was cut', async () => {
    const line = await startProxy(bed.sshd.port);
    bed.via(line.port);
    (await bed.session()).close();
    const there = await freePort();
    const { id } = await add(`${there}:localhost:${webPort}`, 'reverse');
    await bed.state(id, 'open');
    line.cut();
    await bed.state(id, 'reconnecting');
    await bed.state(id, 'open');
    const { stdout } = await run('curl', ['-sS', '--noproxy', '*', `http://127.0.0.1:${there}/`]);
    assert.match(stdout, /^page/);
    await bed.tunnels.remove(id);
    bed.via(bed.sshd.port);
    (await bed.session()).close();
    await line.stop();
  });

  describe('a SOCKS proxy', () => {
    let port = 0;
    before(async () => {
      port = await freePort();
      const { state } = await add(String(port), 'socks');
      assert.equal(state.name, 'open');
    });
    const curl = async (way: string, url: string): Promise<string> =>
      (await run('curl', ['-sS', '--noproxy', '', '--max-time', '5', '--proxy', `${way}://127.0.0.1:${port}`, url])).stdout;

    for (const way of ['socks5h', 'socks5', 'socks4a', 'socks4']) {
      it(`serves ${way}; the machine resolves names`, async () => {
        const host = way === 'socks4' ? '127.0.0.1' : 'localhost';
        assert.equal(await curl(way, `http://${host}:${webPort}/`), `page ${host}:${webPort}`);
      });
    }

    it('reaches IPv6 addresses', async () => {
      const six = createWeb((_request, response) => response.end('six')).listen(0, '::1');
      await once(six, 'listening');
      assert.equal(await curl('socks5h', `http://[::1]:${(six.address() as AddressInfo).port}/`), 'six');
      six.closeAllConnections();
      six.close();
    });

    it('tells the client that nothing listens there, and stays open for the others', async () => {
      const nothing = await freePort();
      await assert.rejects(curl('socks5h', `http://localhost:${nothing}/`), /5\b/);
      assert.equal(bed.tunnels.list().find(({ spec }) => spec.kind === 'socks')?.state.name, 'open');
    });

    it('ends clients that want a password, listen, or speak something else', async () => {
      assert.deepEqual([...(await exchange(port, Buffer.from([5, 1, 2])))], [5, 0xff]);
      assert.deepEqual([...(await exchange(port, Buffer.from([5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80])))].slice(0, 4), [5, 0, 5, 7]);
      await assert.rejects(exchange(port, 'GET / HTTP/1.1\r\n\r\n'), /ECONNRESET/);
    });
  });

  it('carry a thousand connections at once, though the machine gives one session', async () => {
    const strict = await tunnelBed({ config: ['MaxSessions 1'] });
    const port = await freePort();
    const echo = await serve(0, (socket) => socket.pipe(socket));
    await strict.tunnels.add(strict.machine.key, 'ada', parseTunnel(`${port}:localhost:${echo.port}`, 'local')!);
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
        socket.write(`${i}.`);
        await once(socket, 'readable');
        return socket;
      }),
    );
    const answers = await Promise.all(
      sockets.map((socket, i) => {
        socket.end(`${i}`);
        return text(socket);
      }),
    );
    answers.forEach((answer, i) => assert.equal(answer, `${i}.${i}`));
    assert.deepEqual(
      strict.tunnels.list().map(({ traffic: { total } }) => total),
      [1000],
    );
    echo.server.close();
    await strict.stop();
  });
});
