import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHostEntryStore } from '../../../src/adapters/files/hostEntryStore';
import { pause } from '../../../src/core/errors';
import { parseKnownHosts } from '../../../src/core/ssh/hostKeys';

describe('ssh files with several windows at once', () => {
  let home = '';
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'skylab-windows-'))));
  afterEach(() => rmSync(home, { recursive: true }));
  const writer = (...args: string[]): ChildProcess =>
    spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, '../support/writer.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  it('lose nothing when three windows write, over the lock of a dead one', async () => {
    const names = ['a', 'b', 'c'];
    writeFileSync(join(home, 'seed'), '');
    await new FileHostEntryStore(home).upsert({ alias: 'seed' as never, hostName: 'h', port: 22, user: 'u', hostKeyAlias: 'seed' });
    writeFileSync(join(home, '.ssh/skylab/hosts.conf.lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), id: 'x' }));
    const windows = names.map((name) => writer('entries', home, name, '15'));
    for (const [code] of await Promise.all(windows.map((one) => once(one, 'close')))) assert.equal(code, 0);
    const expected = [...names.flatMap((name) => Array.from({ length: 15 }, (_, i) => `${name}-${i}`)), 'seed'].sort();
    assert.deepEqual((await new FileHostEntryStore(home).list()).map(({ alias }) => alias as string).sort(), expected);
    assert.equal(parseKnownHosts(readFileSync(join(home, '.ssh/skylab/known_hosts'), 'utf8')).length, 45);
    assert.deepEqual(readdirSync(join(home, '.ssh/skylab')).sort(), ['hosts.conf', 'known_hosts']);
  }).timeout(40_000);

  it('are old or new and never half after a crash at any moment', async () => {
    const path = join(home, 'file');
    for (let i = 0; i < 4; i++) {
      const window = writer('forever', path);
      assert.ok(window.stdout);
      await once(window.stdout, 'data');
      await pause(15 + i * 7);
      window.kill('SIGKILL');
      await once(window, 'close');
      const text = readFileSync(path, 'utf8');
      assert.equal(text.length, 200_000);
      assert.equal(new Set(text.split('\n')).size, 2);
    }
    assert.ok(existsSync(path));
  }).timeout(40_000);
});
