import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formOf } from '../../../src/core/deploy/plan';
import { caseOf, folderOf } from '../../unit/core/deploy/support';
import { findProgram } from '../../../src/adapters/files/programs';
import { until } from '../practice-cloud/lab';

/** The command of the health check that the review offers for a service. */
function offered(service: string): string {
  const { findings } = formOf(caseOf(folderOf({ 'compose.yml': `services:\n  web:\n    restart: always\n${service}` })));
  const text = findings.find(({ id }) => id === 'health')?.fix?.changes[0]?.after ?? '';
  const test = /test: \['CMD-SHELL', '(.*)'\]/.exec(text)?.[1];
  assert.ok(test, text);
  return test.replaceAll("''", "'").replaceAll('$$', '$');
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

describe('a health check that the review offers', function () {
  this.timeout(30_000);
  let folder: string;
  let caddy: ChildProcess;
  let [admin, site, nobody] = [0, 0, 0];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skylab-health-'));
    [admin, site, nobody] = await Promise.all([freePort(), freePort(), freePort()]);
    const text = `{\n\tadmin 127.0.0.1:${admin}\n}\nhttp://127.0.0.1:${site} {\n\trespond "who are you" 401\n}\n`;
    writeFileSync(join(folder, 'Caddyfile'), text);
    const args = ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
    caddy = spawn('caddy', args, {
      env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      stdio: 'ignore',
    });
    const answers = (port: number) =>
      new Promise<true | undefined>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(undefined));
        socket.on('connect', () => socket.end());
      });
    for (const port of [admin, site]) await until(20, 'Caddy', () => answers(port));
    // no program but these: what Alpine's slim images have
    mkdirSync(join(folder, 'bin'));
    for (const name of ['sh', 'grep', 'wget']) {
      const program = await findProgram(name);
      if (program !== undefined) symlinkSync(program, join(folder, 'bin', name));
    }
  });
  after(() => {
    caddy.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const passes = (command: string, path = process.env['PATH'] ?? '') =>
    spawnSync('/bin/sh', ['-c', command], { env: { PATH: path }, encoding: 'utf8', timeout: 15_000 }).status === 0;

  it('passes for a page that asks for a password, with curl and where there is only wget, and not where nobody listens', () => {
    const check = (port: number) => offered(`    image: nginx\n    ports: ["80:${port}"]\n`);
    assert.ok(passes(check(site)));
    assert.ok(!passes(check(nobody)));
    assert.ok(passes(check(site), join(folder, 'bin')));
    assert.ok(!passes(check(nobody), join(folder, 'bin')));
  });

  it('passes for a Caddy that runs, and not where none does', () => {
    const check = offered('    image: caddy:2\n');
    assert.ok(passes(check.replace(':2019', `:${admin}`)));
    assert.ok(!passes(check.replace(':2019', `:${nobody}`)));
  });
});
