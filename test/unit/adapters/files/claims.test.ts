import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileClaims } from '../../../../src/adapters/files/claims';

describe('what one window of several does', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'skylab-claims-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('goes to one of them, however many ask at once', async () => {
    const windows = Array.from({ length: 20 }, () => new FileClaims(join(folder, 'claims')));
    const got = await Promise.all(windows.map((one) => one.claim('acc/i-1 1800000000000 30')));
    assert.equal(got.filter(Boolean).length, 1);
    assert.deepEqual(await Promise.all(['acc/i-1 1800000000000 10', 'acc/../i-1'].map((what) => windows[0]!.claim(what))), [true, true]);
  });

  it('is forgotten after a week', async () => {
    const claims = new FileClaims(folder);
    await claims.claim('old');
    const [file = ''] = await readdir(folder);
    const then = Date.now() / 1000 - 8 * 24 * 3600;
    await utimes(join(folder, file), then, then);
    await claims.claim('new');
    assert.deepEqual([(await readdir(folder)).length, await claims.claim('old')], [1, true]);
  });
});
