import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIfThere, writeWhole } from '../../../../src/adapters/files/atomic';
import { withLock } from '../../../../src/adapters/files/lock';
import { pause, SkylabError } from '../../../../src/core/errors';

describe('files written whole', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'skylab-files-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
  const says = (text: RegExp) => (error: unknown) => error instanceof SkylabError && text.test(error.message) && error.next !== undefined;

  it('are private when new, in private folders', async () => {
    const path = join(folder, 'a', 'b', 'file');
    await writeWhole(path, 'text');
    assert.equal(readFileSync(path, 'utf8'), 'text');
    assert.equal(mode(path), '600');
    assert.equal(mode(join(folder, 'a')), '700');
  });

  it('keep the mode of the file they replace', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    await writeWhole(path, 'new');
    assert.equal(mode(path), '640');
    await writeWhole(path, 'new', { mode: 0o600 });
    assert.equal(mode(path), '600');
  });

  it('go where a symbolic link leads, and the link stays', async () => {
    mkdirSync(join(folder, 'dotfiles'));
    writeFileSync(join(folder, 'dotfiles', 'config'), 'old');
    symlinkSync(join('dotfiles', 'config'), join(folder, 'config'));
    await writeWhole(join(folder, 'config'), 'new');
    assert.ok(lstatSync(join(folder, 'config')).isSymbolicLink());
    assert.equal(readFileSync(join(folder, 'dotfiles', 'config'), 'utf8'), 'new');
  });

  it('leave nothing else behind, and sweep up after an old crash', async () => {
    const path = join(folder, 'file');
    const old = join(folder, '.file.aa.skylab-tmp');
    writeFileSync(old, 'half');
    utimesSync(old, 0, 0);
    await writeWhole(path, 'text');
    assert.deepEqual(readdirSync(folder), ['file']);
  });

  it('are empty only where there is no file', async () => {
    assert.equal(await readIfThere(join(folder, 'none')), undefined);
    assert.equal(await readIfThere(join(folder, 'no', 'folder')), undefined);
    writeFileSync(join(folder, 'empty'), '');
    assert.equal((await readIfThere(join(folder, 'empty')))?.length, 0);
  });

  it('say what is in the way: a folder, a file for a folder, a link to nowhere or in a circle', async () => {
    mkdirSync(join(folder, 'dir'));
    writeFileSync(join(folder, 'plain'), 'x');
    symlinkSync('nowhere', join(folder, 'dangling'));
    symlinkSync('circle', join(folder, 'circle'));
    for (const [name, text] of [
      ['dir', /is a folder/],
      ['plain/x', /is a file/],
      ['dangling', /symbolic link to a file that does not exist/],
      ['circle', /circle/],
    ] as const) {
      await assert.rejects(readIfThere(join(folder, name)), says(text), name);
      await assert.rejects(writeWhole(join(folder, name), 'x'), says(text), name);
    }
    assert.ok(lstatSync(join(folder, 'dangling')).isSymbolicLink());
    assert.deepEqual(readdirSync(folder).sort(), ['circle', 'dangling', 'dir', 'plain']);
  });

  it('say that a file may not be read, and leave it alone', async () => {
    const path = join(folder, 'locked');
    writeFileSync(path, 'mine');
    chmodSync(path, 0);
    chmodSync(folder, 0o755);
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      await assert.rejects(readIfThere(path), says(/this account may not/));
      if (root) await assert.rejects(writeWhole(path, 'x'), says(/this account may not/));
    } finally {
      if (root) process.seteuid?.(0);
    }
    chmodSync(path, 0o600);
    assert.equal(readFileSync(path, 'utf8'), 'mine');
  });
});

describe('the lock on a file', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'skylab-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one task at a time', async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        withLock(join(folder, 'f'), async () => {
          most = Math.max(most, ++inside);
          await pause(1);
          inside--;
        }),
      ),
    );
    assert.equal(most, 1);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is given back when the task fails', async () => {
    await assert.rejects(
      withLock(join(folder, 'f'), () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withLock(join(folder, 'f'), async () => 'next'), 'next');
  });

  it('of a window that is gone is broken; of one that lives it is waited for', async () => {
    const lock = join(folder, 'f.lock');
    const { hostname } = await import('node:os');
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), id: 'x' }));
    assert.equal(await withLock(join(folder, 'f'), async () => 'broken'), 'broken');
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, host: hostname(), id: 'x' }));
    const done: string[] = [];
    const waiting = withLock(join(folder, 'f'), async () => done.push('task'));
    await pause(100);
    assert.ok(existsSync(lock));
    done.push('released');
    rmSync(lock);
    await waiting;
    assert.deepEqual(done, ['released', 'task']);
  });
});
