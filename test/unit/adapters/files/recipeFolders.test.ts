import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskRecipeFolders } from '../../../../src/adapters/files/recipeFolders';

describe('recipes on disk', () => {
  const folders = new DiskRecipeFolders();
  let root: string;
  const file = (path: string, text = '') => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'skylab-recipes-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  it('are found in a folder that is one, and right below one that holds some', async () => {
    file('b/recipe.yaml');
    file('a/recipe.yaml');
    file('notes/readme.txt');
    file('.git/recipe.yaml');
    assert.deepEqual(await folders.find(root), [join(root, 'a'), join(root, 'b')]);
    assert.deepEqual(await folders.find(join(root, 'a')), [join(root, 'a')]);
    await assert.rejects(folders.find(join(root, 'gone')), /cannot be read \(ENOENT\)/);
  });

  it('are read whole, hidden files too, without what git or the editor keeps there', async () => {
    file('.env', 'A=1');
    file('deep/er/x', 'x');
    file('.git/HEAD', 'ref');
    file('run.sh', '#!/bin/sh\n');
    chmodSync(join(root, 'run.sh'), 0o755);
    const read = await folders.files(root);
    assert.deepEqual(
      read.map(({ path, executable }) => [path, executable]),
      [
        ['.env', false],
        ['deep/er/x', false],
        ['run.sh', true],
      ],
    );
  });

  it('are refused with a link in them: it could name any file of this computer', async () => {
    symlinkSync('/etc/passwd', join(root, 'compose.yml'));
    await assert.rejects(folders.files(root), /compose\.yml is a link or a device/);
  });

  it('become a folder whole or not at all, with .env closed to others', async () => {
    const target = join(root, 'new', 'lab');
    const content = Buffer.from('x');
    const files = [
      { path: '.env', content, executable: false },
      { path: 'bin/run', content, executable: true },
    ];
    await folders.make(target, files);
    assert.equal(statSync(join(target, '.env')).mode & 0o777, 0o600);
    assert.equal(statSync(join(target, 'bin/run')).mode & 0o777, 0o755);
    assert.equal(statSync(target).mode & 0o777, 0o755);

    await assert.rejects(folders.make(target, [{ path: 'y', content, executable: false }]), /is there already/);
    assert.deepEqual(readdirSync(target).sort(), ['.env', 'bin']);

    await assert.rejects(folders.make(join(root, 'half'), [...files, { path: '.env/x', content, executable: false }]), /cannot be made/);
    assert.deepEqual(readdirSync(root), ['new'], 'nothing is left behind');
    assert.equal(readFileSync(join(target, 'bin/run'), 'utf8'), 'x');
  });
});
