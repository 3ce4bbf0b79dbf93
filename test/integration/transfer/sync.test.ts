import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SkylabError } from '../../../src/core/errors';
import type { RemoteSession } from '../../../src/core/remote/session';
import type { SyncOptions, SyncRequest } from '../../../src/core/transfer/sync';
import { Syncer } from '../../../src/core/transfer/sync';
import { connect } from '../support/connect';
import { workerFolder } from '../support/folder';
import { startSshd } from '../support/sshd';
import type { Sshd } from '../support/sshd';

const failsWith = (code: string, sentence?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.sentence);
  if (sentence !== undefined) assert.match(error.sentence, sentence);
  return true;
};

describe('syncing a folder over SSH', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let session: RemoteSession;
  let root = '';
  const syncer = new Syncer(workerFolder());

  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd.stop());
  beforeEach(async () => {
    session = await connect(sshd);
    root = mkdtempSync(path.join(tmpdir(), 'skylab-sync-'));
    // The folder's own mode is the machine's affair.
    chmodSync(root, 0o755);
  });
  afterEach(() => {
    session.close();
    for (const folder of [root, ...readdirSync(sshd.home).map((name) => path.join(sshd.home, name))]) {
      spawnSync('chmod', ['-R', 'u+rwX', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const here = (...parts: string[]): string => path.join(root, ...parts);
  const remote = (...parts: string[]): string => path.join(sshd.home, ...parts);
  const sync = (request: Partial<SyncRequest> = {}, options: SyncOptions = {}) =>
    syncer.sync(async () => session, { root, remoteDir: 'lab', ...request }, options);
  /** What rsync would still change: nothing, where the two folders are the same in content, mode, time and links. */
  const differences = (...options: string[]): string =>
    execFileSync('rsync', ['-rlptn', '--omit-dir-times', '--checksum', '--itemize-changes', ...options, `${root}/`, `${remote('lab')}/`], {
      encoding: 'utf8',
    });
  const settled = async (): Promise<string[]> => {
    for (let i = 0; i < 50 && readdirSync(sshd.home).some((name) => name.startsWith('.skylab-sync')); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return readdirSync(sshd.home);
  };
  const write = (name: string, content: string, mtime?: number): void => {
    mkdirSync(path.dirname(here(name)), { recursive: true });
    writeFileSync(here(name), content);
    if (mtime !== undefined) utimesSync(here(name), mtime, mtime);
  };

  it('makes the same tree there the first time: modes, times, links, dot-files, empty folders and odd names', async () => {
    for (const name of ["it's", '$(reboot)', 'new\nline', 'é😀', '-rf *', 'x'.repeat(255), '.env', ' ']) write(`a/b/${name}`, name);
    mkdirSync(here('empty'));
    chmodSync(here('empty'), 0o500);
    write('run.sh', '#!/bin/sh\n');
    chmodSync(here('run.sh'), 0o755);
    symlinkSync('a/b', here('inside'));
    const result = await sync({ remoteDir: "my lab's/copy" });
    assert.equal(result.path, remote("my lab's/copy"));
    renameSync(result.path, remote('lab'));
    assert.equal(differences('--delete'), '');
    assert.equal(result.files, 9);
    assert.deepEqual(await settled(), ['lab', "my lab's"]);
    assert.deepEqual(readdirSync(remote("my lab's")), []);
  });

  it('sends only what changed, and keeps the folder itself and what is only there', async () => {
    for (let i = 0; i < 20; i++) write(`d${i % 3}/f${i}`, `file ${i}`);
    await sync();
    const inode = statSync(remote('lab')).ino;
    const kept = statSync(remote('lab/d0/f0')).ino;
    writeFileSync(remote('lab/d0/theirs'), 'theirs');
    write('d1/f1', 'longer than before');
    write('d9/new', 'new');
    rmSync(here('d2/f2'));
    const result = await sync();
    assert.deepEqual([result.files, result.extra, result.deleted], [2, 2, 0]);
    assert.equal(statSync(remote('lab')).ino, inode);
    assert.equal(statSync(remote('lab/d0/f0')).ino, kept);
    assert.equal(readFileSync(remote('lab/d0/theirs'), 'utf8'), 'theirs');
    assert.equal(readFileSync(remote('lab/d2/f2'), 'utf8'), 'file 2');
    assert.equal(differences(), '');
    const again = await sync();
    assert.deepEqual([again.files, again.bytes, again.touched], [0, 0, 0]);
    assert.deepEqual(await settled(), ['lab']);
  });

  it('deletes what is not here any more only when asked to, after showing it', async () => {
    for (const name of ['keep', 'gone/a', 'gone/b/c', 'also']) write(name, name);
    await sync();
    rmSync(here('gone'), { recursive: true });
    rmSync(here('also'));
    const shown: string[] = [];
    await assert.rejects(sync({ deletes: true }, { confirm: async (plan) => (shown.push(...plan.difference.extra), false) }), /Cancelled/);
    assert.deepEqual(shown, ['also', 'gone', 'gone/a', 'gone/b', 'gone/b/c']);
    assert.equal(existsSync(remote('lab/gone/b/c')), true);
    const result = await sync({ deletes: true });
    assert.equal(result.deleted, 5);
    assert.equal(differences('--delete'), '');
    assert.deepEqual(await settled(), ['lab']);
  });

  it('does not delete anything when the folder here is empty or gone', async () => {
    write('keep', 'keep');
    await sync();
    rmSync(here('keep'));
    mkdirSync(here('hollow'));
    await assert.rejects(sync({ deletes: true }), failsWith('FolderEmpty', /empty.*nothing was changed/));
    await assert.rejects(sync({ deletes: true, root: here('missing') }), failsWith('FolderGone'));
    assert.equal(readFileSync(remote('lab/keep'), 'utf8'), 'keep');
  });

  it('does not send large files again whose time alone is new, and sets their time', async () => {
    write('big', 'b'.repeat(3_000_000), 1_700_000_000);
    write('other', 'c'.repeat(3_000_000), 1_700_000_000);
    await sync();
    const inode = statSync(remote('lab/big')).ino;
    utimesSync(here('big'), 1_750_000_000, 1_750_000_000);
    write('other', 'd'.repeat(3_000_000), 1_750_000_000);
    const result = await sync();
    assert.deepEqual([result.files, result.bytes, result.touched], [1, 3_000_000, 1]);
    assert.equal(statSync(remote('lab/big')).ino, inode);
    assert.equal(differences(), '');
  });

  it('finds a changed content behind an equal size and time when asked to compare contents', async () => {
    write('f', 'one', 1_700_000_000);
    write('g', 'one', 1_700_000_000);
    await sync();
    write('f', 'two', 1_700_000_000);
    assert.equal((await sync()).files, 0);
    assert.equal((await sync({ contents: true })).files, 1);
    assert.equal(readFileSync(remote('lab/f'), 'utf8'), 'two');
  });

  it('replaces a link that stands where a folder or file belongs, and never writes through it', async () => {
    write('data/x', 'mine');
    write('conf', 'mine');
    await sync();
    mkdirSync(remote('elsewhere'));
    writeFileSync(remote('elsewhere/x'), 'theirs');
    writeFileSync(remote('secret'), 'theirs');
    rmSync(remote('lab/data'), { recursive: true });
    rmSync(remote('lab/conf'));
    symlinkSync('../elsewhere', remote('lab/data'));
    symlinkSync('../secret', remote('lab/conf'));
    await sync();
    assert.equal(readFileSync(remote('elsewhere/x'), 'utf8'), 'theirs');
    assert.equal(readFileSync(remote('secret'), 'utf8'), 'theirs');
    assert.equal(differences('--delete'), '');
  });

  it('leaves out what ignore files say, keeps the same on the machine, and sends the .env that Compose needs', async () => {
    write('.gitignore', 'node_modules/\n*.log\n.env\n/data/\n');
    write('.skylabignore', '!/data/\n*.tmp\n');
    for (const name of [
      'compose.yml',
      '.env',
      'sub/.env',
      'a.log',
      'a.tmp',
      'data/x.csv',
      'node_modules/m/i.js',
      '.git/config',
      'src/a.py',
    ])
      write(name, name);
    const ignore = { gitignore: true };
    const result = await sync({ ignore });
    const there = execFileSync('find', ['.', '-type', 'f'], { cwd: remote('lab'), encoding: 'utf8' })
      .trim()
      .split('\n')
      .sort();
    assert.deepEqual(there, ['./.env', './.gitignore', './.skylabignore', './compose.yml', './data/x.csv', './src/a.py']);
    assert.deepEqual(result.ignore?.needed, ['.env']);
    assert.deepEqual(result.ignore.left.map(({ path: left, by }) => `${left} ${by}`).sort(), [
      'a.log .gitignore',
      'a.tmp .skylabignore',
      'node_modules .gitignore',
      'sub/.env .gitignore',
    ]);
    mkdirSync(remote('lab/node_modules/theirs'), { recursive: true });
    writeFileSync(remote('lab/b.log'), 'theirs');
    writeFileSync(remote('lab/junk'), 'theirs');
    mkdirSync(remote('lab/.git'));
    assert.equal((await sync({ ignore, deletes: true })).deleted, 1);
    assert.deepEqual(
      [existsSync(remote('lab/node_modules/theirs')), existsSync(remote('lab/b.log')), existsSync(remote('lab/.git'))],
      [true, true, true],
    );
  });

  it('looks at named files alone, also in the login folder, and refuses to follow a link on the way', async () => {
    for (const name of ['a', 'b', 'd/e/f', 'd/e/g', 'd/[h]*']) write(name, name);
    const result = await sync({ remoteDir: '.', only: ['a', 'd/e', 'd/[h]*', 'missing'] });
    assert.deepEqual([result.files, result.path], [4, sshd.home]);
    assert.deepEqual(
      readdirSync(remote()).filter((name) => !name.startsWith('.')),
      ['a', 'd'],
    );
    await sync();
    rmSync(here('d/e/f'));
    write('a', 'changed');
    write('b', 'changed');
    const deletes = await sync({ only: ['a', 'd/e/f'], deletes: true });
    assert.deepEqual([deletes.files, deletes.deleted], [1, 1]);
    assert.deepEqual([readFileSync(remote('lab/a'), 'utf8'), readFileSync(remote('lab/b'), 'utf8')], ['changed', 'b']);
    assert.deepEqual(readdirSync(remote('lab/d/e')), ['g']);
    rmSync(remote('lab/d/e'), { recursive: true });
    mkdirSync(remote('elsewhere'));
    symlinkSync('../../elsewhere', remote('lab/d/e'));
    write('d/e/g', 'changed');
    await assert.rejects(sync({ only: ['d/e/g'], deletes: true }), failsWith('SyncBlocked', /d\/e is .*nothing was changed/));
    assert.deepEqual(readdirSync(remote('elsewhere')), []);
  });

  it('does not delete anything when everything here has vanished at once', async () => {
    for (const name of ['a', 'b']) write(name, name);
    await sync();
    for (const name of ['a', 'b']) rmSync(here(name));
    await assert.rejects(sync({ only: ['a', 'b'], deletes: true }), failsWith('FolderEmpty'));
    assert.deepEqual(readdirSync(remote('lab')), ['a', 'b']);
  });

  it('turns files into folders and back, and a folder into a file only where deleting is allowed', async () => {
    write('a', 'file');
    write('b/c', 'inside');
    symlinkSync('a', here('l'));
    await sync();
    rmSync(here('a'));
    write('a/now', 'folder');
    rmSync(here('l'));
    write('l', 'file');
    await sync();
    assert.equal(differences('--delete'), '');
    rmSync(here('b'), { recursive: true });
    symlinkSync('a', here('b'));
    await assert.rejects(sync(), failsWith('SyncBlocked', /b is a folder on the machine.*nothing was changed/));
    await sync({ deletes: true });
    assert.equal(readlinkSync(remote('lab/b')), 'a');
    assert.equal(differences('--delete'), '');
  });
});
