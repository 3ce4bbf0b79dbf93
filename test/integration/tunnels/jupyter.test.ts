import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { findJupyter, parseJupyter } from '../../../src/core/remote/jupyter';
import type { RemoteSession } from '../../../src/core/remote/session';
import { connect } from '../support/connect';
import { freePort } from '../support/sshd';
import type { Sshd } from '../support/sshd';
import { startSshd } from '../support/sshd';

/** Answers as jupyter_server does without a login. */
async function jupyter(port: number): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.statusCode = request.url === '/api' ? 200 : 403;
    response.end('{"version": "2.17.0"}');
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const told = (port: number, pid: number, more: object = {}) => ({
  base_url: '/',
  hostname: 'localhost',
  password: false,
  pid,
  port,
  root_dir: '/home/ada/notebooks',
  secure: false,
  sock: '',
  token: 'c0ffee',
  url: `http://localhost:${port}/`,
  version: '2.17.0',
  ...more,
});

describe('Jupyter servers of a machine', () => {
  let sshd: Sshd;
  let session: RemoteSession;
  let runtime: string;
  before(async () => {
    sshd = await startSshd();
    session = await connect(sshd);
    runtime = path.join(sshd.home, '.local/share/jupyter/runtime');
    mkdirSync(runtime, { recursive: true });
  });
  after(async () => {
    session.close();
    await sshd.stop();
  });

  it('are found by the files that they write, with folder and token; those that have ended are not', async () => {
    const { server, port } = await jupyter(0);
    const write = (pid: number, value: object): void =>
      writeFileSync(path.join(runtime, `jpserver-${pid}.json`), JSON.stringify(value, undefined, 2));
    write(process.pid, told(port, process.pid, { base_url: '/user/ada' }));
    write(4194305, told(await freePort(), 4194305));
    writeFileSync(path.join(runtime, `nbserver-${process.ppid}.json`), '{"half":');
    const found = (await findJupyter(session)).filter(({ container, folder }) => container === undefined && folder !== undefined);
    assert.deepEqual(
      found.map(({ at, basePath, folder, token }) => ({ at, basePath, folder, token: token?.reveal() })),
      [{ at: { host: 'localhost', port }, basePath: '/user/ada/', folder: '/home/ada/notebooks', token: 'c0ffee' }],
    );
    assert.doesNotMatch(JSON.stringify(found), /c0ffee/);
    server.close();
  });

  it('are found on their usual ports, where something else is not taken for one', async function () {
    const { server, port } = await jupyter(8897).catch(() => this.skip());
    const other = createServer((_request, response) => response.end('{"version": 3}')).listen(8898, '127.0.0.1');
    await once(other, 'listening').catch(() => undefined);
    const ports = (await findJupyter(session)).map(({ at }) => at.port);
    assert.ok(ports.includes(port));
    assert.ok(!ports.includes(8898));
    server.close();
    other.close();
  });

  it('are reached in containers: where published, or at the container itself', () => {
    const inside = JSON.stringify(told(8888, 7, { hostname: '0.0.0.0', root_dir: '/home/jovyan' }));
    const found = parseJupyter(
      [
        'at machine',
        'at container /lab-notebook-1 172.17.0.2, 8888/tcp=0.0.0.0=9999;8888/tcp=::=9999;',
        `server ${inside}`,
        'at container /hidden 172.18.0.3,172.19.0.2, ',
        `server ${inside}`,
        'at container /alone  ',
        `server ${inside}`,
        '',
      ].join('\n'),
    );
    assert.deepEqual(
      found.map(({ at, container }) => [container, at.host, at.port]),
      [
        ['lab-notebook-1', 'localhost', 9999],
        ['hidden', '172.18.0.3', 8888],
      ],
    );
  });
});
