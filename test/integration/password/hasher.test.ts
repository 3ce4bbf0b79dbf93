import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { WorkerPasswordHasher } from '../../../src/adapters/password/hasher';
import { CancelledError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';

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

  it('gives a hash of its own each time, which only the password opens', async () => {
    const password = new Secret('corrèct horse 🐎 "$HOME"');
    const [hash, other] = await Promise.all([hasher.hash(password), hasher.hash(password)]);
    assert.match(hash, /^\$2a\$14\$[./A-Za-z0-9]{53}$/);
    assert.notEqual(hash, other);
    assert.equal(await hasher.verify(password, hash), true);
    assert.equal(await hasher.verify(new Secret('corrèct horse 🐎 "$HOME" '), hash), false);
    assert.equal(await hasher.verify(password, 'corrèct horse'), false);
  });

  it('stops at once when cancelled, and hashes again afterwards', async () => {
    const cancel = new AbortController();
    const started = performance.now();
    setTimeout(() => cancel.abort(), 50);
    await assert.rejects(hasher.hash(new Secret('x'), cancel.signal), CancelledError);
    assert.ok(performance.now() - started < 1000);
    await assert.rejects(hasher.hash(new Secret('x'), cancel.signal), CancelledError);
    assert.match(await hasher.hash(new Secret('x')), /^\$2a\$/);
  });
});
