import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { WorkerPasswordHasher } from '../../../../src/adapters/password/hasher';
import { SkylabError } from '../../../../src/core/errors';
import { Secret } from '../../../../src/core/secret';

describe('hashing a password', function () {
  this.timeout(60_000);
  let folder = '';
  let hasher: WorkerPasswordHasher;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'skylab-hasher-'));
    const outfile = path.join(folder, 'password-worker.js');
    buildSync({ entryPoints: ['src/adapters/password/worker.ts'], bundle: true, platform: 'node', outfile });
    hasher = new WorkerPasswordHasher(outfile);
  });
  after(() => {
    hasher.dispose();
    rmSync(folder, { recursive: true });
  });

  it('leaves the thread free for other work', async () => {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 5);
    assert.match(await hasher.hash(new Secret('x')), /^\$2a\$14\$[./A-Za-z0-9]{53}$/);
    clearInterval(timer);
    assert.ok(longest < 500, `blocked for ${longest.toFixed()} ms`);
  });

  it('refuses an empty password, one over 72 bytes and one with a zero character', async () => {
    for (const text of ['', 'é'.repeat(37), 'a\0b']) {
      await assert.rejects(hasher.hash(new Secret(text)), (error) => error instanceof SkylabError && error.code === 'BadPassword');
    }
    assert.equal(await hasher.verify(new Secret(''), `$2a$14$${'a'.repeat(53)}`), false);
  });

  it('says so when the worker is broken', async () => {
    const broken = path.join(folder, 'broken.js');
    writeFileSync(broken, 'process.exit(3);');
    for (const file of [broken, path.join(folder, 'missing.js')]) {
      await assert.rejects(new WorkerPasswordHasher(file).hash(new Secret('geheim')), (error) => {
        assert.ok(error instanceof SkylabError && error.code === 'HashFailed');
        return !error.sentence.includes('geheim');
      });
    }
  });
});
