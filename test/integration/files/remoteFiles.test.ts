import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { SkylabError } from '../../../src/core/errors';
import type { RemoteEntry, RemoteFiles } from '../../../src/core/remote/files';
import type { RemoteSession } from '../../../src/core/remote/session';
import { decodeName } from '../../../src/core/transfer/names';
import { connect } from '../support/connect';
import { startProxy } from '../support/proxy';
import { startSshd } from '../support/sshd';
import type { Sshd } from '../support/sshd';
import { skip } from '../../support/skip';

const asRoot = process.getuid?.() === 0;
const failsWith = (code: string, sentence?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.sentence);
  if (sentence !== undefined) assert.match(error.sentence, sentence);
  return true;
};

async function entries(files: RemoteFiles, folder: string): Promise<RemoteEntry[]> {
  const all: RemoteEntry[] = [];
  for await (const portion of files.list(folder)) all.push(...portion);
  return all;
}

describe('the files of a machine, over SFTP', function () {
  this.timeout(30_000);
  let sshd: Sshd;
  let session: RemoteSession;
  let files: RemoteFiles;

  before(async () => {
    sshd = await startSshd();
    session = await connect(sshd);
    files = await session.files();
  });
  after(async () => {
    session.close();
    await sshd.stop();
  });
  afterEach(() => {
    execFileSync('find', [sshd.home, '-mindepth', '1', '-delete']);
  });
  const at = (...parts: string[]): string => path.join(sshd.home, ...parts);

  it('are listed with kind, size, time, mode and owner, hidden ones too', async () => {
    writeFileSync(at('.hidden'), 'secret', { mode: 0o600 });
    mkdirSync(at('folder'));
    symlinkSync('folder', at('link'));
    execFileSync('mkfifo', [at('pipe')]);
    const found = (await entries(files, '')).sort((a, b) => (a.name < b.name ? -1 : 1));
    assert.deepEqual(
      found.map(({ name, kind }) => [name, kind]),
      [
        ['.hidden', 'file'],
        ['folder', 'directory'],
        ['link', 'symlink'],
        ['pipe', 'other'],
      ],
    );
    const real = statSync(at('.hidden'));
    const { size, mtime, mode, uid, gid } = found[0]!;
    assert.deepEqual(
      { size, mtime, mode, uid, gid },
      { size: 6, mtime: Math.floor(real.mtimeMs / 1000), mode: 0o600, uid: real.uid, gid: real.gid },
    );
    assert.equal(await files.linkTarget('link'), 'folder');
    assert.equal((await files.stat('link')).kind, 'directory');
    assert.equal(await files.realPath('link'), at('folder'));
  });

  it('come in portions from a folder with thousands of them, each once', async () => {
    mkdirSync(at('big'));
    for (let i = 0; i < 3000; i++) writeFileSync(at('big', `file-${i}`), '');
    let portions = 0;
    const names = new Set<string>();
    for await (const portion of files.list('big')) {
      portions++;
      for (const { name } of portion) names.add(name);
    }
    assert.equal(names.size, 3000);
    assert.ok(portions > 10, `${portions} portions`);
  });

  it('keep names that are no text: listed, read, renamed, deleted', async () => {
    const raw = Buffer.from([0x66, 0xff, 0x0a, 0xc3]);
    writeFileSync(Buffer.concat([Buffer.from(`${sshd.home}/`), raw]), 'bytes');
    const [only] = await entries(files, '.');
    assert.equal(only?.name, decodeName(raw));
    assert.equal((await files.read(only.name)).toString(), 'bytes');
    await files.write(only.name, Buffer.from('more'), { create: false, ifExists: 'replace' });
    await files.rename(only.name, `${only.name}2`, { ifExists: 'refuse' });
    await files.copy(`${only.name}2`, `${only.name}3`, { ifExists: 'refuse' });
    assert.deepEqual(readdirSync(sshd.home, 'buffer').map(String).sort().length, 2);
    mkdirSync(at('f'));
    await files.rename(`${only.name}3`, `f/${only.name}`, { ifExists: 'refuse' });
    await files.remove('f', { recursive: true });
    await files.remove(`${only.name}2`, { recursive: false });
    assert.deepEqual(readdirSync(sshd.home), []);
  });

  it('are read whole, however large, and files of /proc that say they are empty', async () => {
    const content = Buffer.alloc(20_000_003, 'skylab ');
    writeFileSync(at('large'), content);
    assert.ok((await files.read('large')).equals(content));
    assert.equal((await files.read('/proc/version')).toString(), readFileSync('/proc/version', 'utf8'));
    writeFileSync(at('empty'), '');
    assert.equal((await files.read('empty')).length, 0);
    await assert.rejects(files.read('large', { limit: 1_000_000 }), failsWith('RemoteFileTooLarge', /20 MiB.*Download it instead/));
    await assert.rejects(files.read('.'), failsWith('RemoteIsAFolder'));
    await assert.rejects(files.read('/dev/zero'), failsWith('RemoteFileFailed', /device/));
  });

  it('are read in ranges, which end where the file ends, also when it shrinks meanwhile', async () => {
    writeFileSync(at('data'), Buffer.alloc(1_000_000, 1));
    const file = await files.open('data');
    assert.equal((await file.read(999_990, 100)).length, 10);
    assert.equal((await file.read(2_000_000, 100)).length, 0);
    truncateSync(at('data'), 300_001);
    assert.equal((await file.read(0, 1_000_000)).length, 300_001);
    assert.equal((await file.stat()).size, 300_001);
    await file.close();
  });

  it('are written whole: the old file’s mode, owner and links stay, and nothing else is left', async () => {
    mkdirSync(at('real'));
    writeFileSync(at('real/run.sh'), 'old', { mode: 0o600 });
    chmodSync(at('real/run.sh'), 0o4755);
    if (asRoot) execFileSync('chown', ['23456:23457', at('real/run.sh')]);
    chmodSync(at('real/run.sh'), 0o4755);
    symlinkSync('real/run.sh', at('link'));
    const before = statSync(at('real/run.sh'));
    await files.write('link', Buffer.alloc(700_001, 'x'), { create: false, ifExists: 'replace' });
    const after = statSync(at('real/run.sh'));
    assert.equal(readFileSync(at('real/run.sh')).length, 700_001);
    assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid]);
    assert.notEqual(after.ino, before.ino);
    assert.equal(readlinkSync(at('link')), 'real/run.sh');
    assert.deepEqual(readdirSync(at('real')), ['run.sh']);
  });

  it('are made new with the login’s own umask, and only where that was asked for', async () => {
    await files.write('new', Buffer.from('a'), { create: true, ifExists: 'refuse' });
    const umask = (await session.run({ argv: ['sh', '-c', 'umask'] })).trim();
    assert.equal(statSync(at('new')).mode & 0o777, 0o666 & ~parseInt(umask, 8));
    await assert.rejects(files.write('new', Buffer.from('b'), { create: true, ifExists: 'refuse' }), failsWith('RemoteFileExists'));
    await assert.rejects(files.write('other', Buffer.from('b'), { create: false, ifExists: 'replace' }), failsWith('RemoteFileNotFound'));
    await assert.rejects(
      files.write('no/where', Buffer.from('b'), { create: true, ifExists: 'refuse' }),
      failsWith('RemoteFileNotFound', /folder/),
    );
    await assert.rejects(files.makeFolder('new'), failsWith('RemoteFileExists'));
    assert.equal(readFileSync(at('new'), 'utf8'), 'a');
  });

  it('take names of 255 bytes', async () => {
    const long = 'é'.repeat(127) + 'x';
    await files.write(long, Buffer.from('1'), { create: true, ifExists: 'refuse' });
    await files.write(long, Buffer.from('2'), { create: true, ifExists: 'replace' });
    assert.equal(readFileSync(at(long), 'utf8'), '2');
    await assert.rejects(
      files.write(`${long}y`, Buffer.from('1'), { create: true, ifExists: 'refuse' }),
      failsWith('RemoteFileFailed', /too long/),
    );
  });

  it('are renamed, never over another unless that was asked for', async () => {
    writeFileSync(at('a'), 'a');
    writeFileSync(at('b'), 'b');
    await assert.rejects(files.rename('a', 'b', { ifExists: 'refuse' }), failsWith('RemoteFileExists'));
    assert.equal(readFileSync(at('b'), 'utf8'), 'b');
    await files.rename('a', 'b', { ifExists: 'replace' });
    assert.equal(readFileSync(at('b'), 'utf8'), 'a');
    await assert.rejects(files.rename('gone', 'c', { ifExists: 'refuse' }), failsWith('RemoteFileNotFound'));
  });

  it('are deleted with everything in a folder, and never through a link', async () => {
    mkdirSync(at('keep'));
    writeFileSync(at('keep/file'), '');
    mkdirSync(at('-rf/deep'), { recursive: true });
    symlinkSync('../keep', at('-rf/link'));
    symlinkSync('keep', at('link'));
    await assert.rejects(files.remove('-rf', { recursive: false }));
    assert.ok(existsSync(at('-rf/deep')));
    await files.remove('-rf', { recursive: true });
    await files.remove('link', { recursive: true });
    assert.deepEqual(readdirSync(sshd.home), ['keep']);
    assert.ok(existsSync(at('keep/file')));
  });

  it('change their mode, set-id bits included', async () => {
    writeFileSync(at('file'), '');
    await files.setMode('file', 0o2750);
    assert.equal(lstatSync(at('file')).mode & 0o7777, 0o2750);
  });

  it('say who the login is', async () => {
    const who = await files.identity();
    assert.equal(who.uid, process.getuid?.());
    assert.ok(who.groups.has(process.getgid?.() ?? -1));
  });

  it('come back on the same connection after their SFTP server was killed', async () => {
    writeFileSync(at('file'), 'x');
    const own = await connect(sshd);
    const first = await own.files();
    assert.equal(await own.files(), first);
    // only what hangs below this connection's own sshd
    await own.run({ argv: ['sh', '-c', 'pkill -KILL -P "$PPID" sftp-server'] });
    await assert.rejects(first.read('file'), failsWith('ConnectionLost'));
    assert.equal((await (await own.files()).read('file')).toString(), 'x');
    own.close();
  });

  it('fail with a sentence, and never hang, when the connection is cut in the middle of anything', async () => {
    const proxy = await startProxy(sshd.port);
    writeFileSync(at('large'), Buffer.alloc(30_000_000));
    try {
      for (const ms of [1, 5, 20, 60]) {
        const own = await connect(sshd, proxy.port);
        const theirs = await own.files();
        setTimeout(() => proxy.cut(), ms);
        const both = await Promise.allSettled([
          theirs.read('large'),
          theirs.write('out', Buffer.alloc(30_000_000, 1), { create: true, ifExists: 'replace' }),
        ]);
        for (const one of both) if (one.status === 'rejected') failsWith('ConnectionLost')(one.reason);
        assert.equal(both[1].status, existsSync(at('out')) ? 'fulfilled' : 'rejected');
        rmSync(at('out'), { force: true });
      }
    } finally {
      await proxy.stop();
    }
  });
});

describe('files that the login user may not have', function () {
  this.timeout(30_000);
  let sshd: Sshd;
  let session: RemoteSession;
  let files: RemoteFiles;

  before(async function () {
    if (!asRoot) skip(this, 'sshd for another user needs root');
    sshd = await startSshd({ unprivileged: true });
    session = await connect(sshd);
    files = await session.files();
  });
  after(async () => {
    if (!asRoot) return;
    session.close();
    await sshd.stop();
  });
  const at = (...parts: string[]): string => path.join(sshd.home, ...parts);

  it('are refused with a sentence, untouched', async () => {
    writeFileSync(at('root'), 'root', { mode: 0o600 });
    mkdirSync(at('closed'), { mode: 0o755 });
    await assert.rejects(
      files.read(at('root')),
      failsWith('RemotePermissionDenied', /root on 127\.0\.0\.1 cannot be read|root on machine cannot be read/),
    );
    await assert.rejects(
      files.write(at('root'), Buffer.from('x'), { create: false, ifExists: 'replace' }),
      failsWith('RemotePermissionDenied'),
    );
    await assert.rejects(
      files.write(at('closed/new'), Buffer.from('x'), { create: true, ifExists: 'refuse' }),
      failsWith('RemotePermissionDenied'),
    );
    await assert.rejects(files.makeFolder(at('closed/new')), failsWith('RemotePermissionDenied'));
    await assert.rejects(
      files.remove(at('closed'), { recursive: true }).then(() => files.remove('/etc/ssh', { recursive: true })),
      failsWith('RemotePermissionDenied'),
    );
    assert.equal(readFileSync(at('root'), 'utf8'), 'root');
    assert.deepEqual(
      readdirSync(sshd.home).filter((name) => name.includes('skylab-tmp')),
      [],
    );
  });

  it('keep their owner when the group may write them, and when only the file is writable', async () => {
    const gid = statSync(sshd.home).gid;
    writeFileSync(at('shared'), 'old');
    execFileSync('chown', [`0:${gid}`, at('shared')]);
    chmodSync(at('shared'), 0o664);
    mkdirSync(at('fixed'));
    writeFileSync(at('fixed/mine'), 'old and longer');
    execFileSync('chown', [`${statSync(sshd.home).uid}`, at('fixed/mine')]);
    for (const name of ['shared', 'fixed/mine']) {
      await files.write(name, Buffer.from('new'), { create: false, ifExists: 'replace' });
      assert.equal(readFileSync(at(name), 'utf8'), 'new', name);
    }
    assert.equal(statSync(at('shared')).uid, 0);
    assert.deepEqual(readdirSync(at('fixed')), ['mine']);
    assert.deepEqual(
      readdirSync(sshd.home).filter((name) => name.includes('skylab-tmp')),
      [],
    );
  });
});

describe('files on a disk that is full or read-only', function () {
  this.timeout(30_000);
  let sshd: Sshd;
  let session: RemoteSession;
  let disk = '';

  before(async function () {
    if (!asRoot) skip(this, 'sshd for another user needs root');
    sshd = await startSshd();
    session = await connect(sshd);
    disk = path.join(sshd.folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  });
  after(async () => {
    if (!asRoot) return;
    session.close();
    execFileSync('umount', [disk]);
    await sshd.stop();
  });

  it('are as they were, and the sentence says how much is free', async () => {
    const files = await session.files();
    const file = path.join(disk, 'notes');
    writeFileSync(file, 'old');
    await assert.rejects(
      files.write(file, Buffer.alloc(2_000_000), { create: true, ifExists: 'replace' }),
      failsWith('RemoteDiskFull', /too full for .*KiB are free/),
    );
    assert.equal(readFileSync(file, 'utf8'), 'old');
    assert.deepEqual(readdirSync(disk), ['notes']);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await assert.rejects(
      files.write(file, Buffer.from('x'), { create: true, ifExists: 'replace' }),
      failsWith('RemotePermissionDenied', /read-only/),
    );
    await assert.rejects(files.makeFolder(path.join(disk, 'f')), failsWith('RemotePermissionDenied', /read-only/));
  });
});

describe('a machine without SFTP', function () {
  this.timeout(30_000);

  it('says so, with where to look', async () => {
    const instead = (command: string): string =>
      `ForceCommand case "$SSH_ORIGINAL_COMMAND" in *sftp-server*) ${command};; *) exec sh -c "$SSH_ORIGINAL_COMMAND";; esac`;
    const sshd = await startSshd({ config: [instead('exit 1')] });
    const noisy = await startSshd({ config: [instead('echo welcome to the lab')] });
    for (const one of [sshd, noisy]) {
      const session = await connect(one);
      await assert.rejects(session.files(), failsWith('NoSftp', /sftp subsystem/));
      assert.equal(await session.run({ argv: ['echo', 'still there'] }), 'still there');
      session.close();
      await one.stop();
    }
  });
});
