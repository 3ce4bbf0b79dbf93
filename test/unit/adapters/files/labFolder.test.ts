import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskLabFolderReader } from '../../../../src/adapters/files/labFolder';
import { CancelledError, SkylabError } from '../../../../src/core/errors';

describe('a lab folder on disk', () => {
  const reader = new DiskLabFolderReader();
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'skylab-lab-'));
    await mkdir(join(root, 'notebooks'));
    await writeFile(join(root, 'compose.yml'), 'services: {}\n');
    await writeFile(join(root, 'notebooks', 'a.ipynb'), '{}');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('gives its small text files and the names of the rest', async () => {
    await writeFile(join(root, '.env'), 'A=1\n');
    await writeFile(join(root, 'lab.service'), '[Unit]\n');
    await mkdir(join(root, 'caddy'));
    await writeFile(join(root, 'caddy', 'Caddyfile'), ':80\n');
    await symlink('notebooks', join(root, 'link'));
    const folder = await reader.read(root);
    assert.deepEqual(folder.entries, ['.env', 'caddy', 'compose.yml', 'lab.service', 'link', 'notebooks']);
    assert.deepEqual(folder.folders, ['caddy', 'link', 'notebooks']);
    assert.deepEqual(
      [folder.compose?.path, folder.env?.text, folder.caddyfile?.path, folder.units.map((unit) => unit.path)],
      ['compose.yml', 'A=1\n', 'caddy/Caddyfile', ['lab.service']],
    );
  });

  it('prefers the Compose file that Compose prefers', async () => {
    await writeFile(join(root, 'compose.yaml'), 'services: {}\n');
    await writeFile(join(root, 'docker-compose.yml'), 'services: {}\n');
    assert.equal((await reader.read(root)).compose?.path, 'compose.yaml');
  });

  it('that is gone is named in a sentence', async () => {
    await rm(root, { recursive: true });
    await assert.rejects(
      reader.read(root),
      (error) => error instanceof SkylabError && error.message === `The folder ${root} is not there any more.`,
    );
    await assert.rejects(reader.digest(root, new Map()), SkylabError);
  });

  it('has the same digest until a name, a content or an executable bit changes', async () => {
    const digest = (overrides = new Map<string, Buffer>()) => reader.digest(root, overrides);
    const first = await digest();
    await utimes(join(root, 'compose.yml'), 1, 1);
    assert.equal(await digest(), first, 'a new time is no change');
    assert.notEqual(await digest(new Map([['.env', Buffer.from('A=1')]])), first);
    assert.equal(
      await digest(new Map([['compose.yml', Buffer.from('services: {}\n')]])),
      first,
      'an override with the same content is no change',
    );
    await chmod(join(root, 'compose.yml'), 0o755);
    const executable = await digest();
    assert.notEqual(executable, first);
    await writeFile(join(root, 'notebooks', 'b.ipynb'), '');
    assert.notEqual(await digest(), executable);
  });

  it('stops hashing when it is cancelled', async () => {
    await assert.rejects(reader.digest(root, new Map(), AbortSignal.abort()), CancelledError);
  });
});
