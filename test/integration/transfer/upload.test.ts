import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CancelledError, SkylabError } from '../../../src/core/errors';
import type { RemoteSession } from '../../../src/core/remote/session';
import { Uploader } from '../../../src/core/transfer/upload';
import type { UploadProgress } from '../../../src/core/transfer/upload';
import { connect } from '../support/connect';
import { workerFolder } from '../support/folder';
import { startSshd } from '../support/sshd';
import type { Sshd } from '../support/sshd';

const asRoot = process.getuid?.() === 0;
const failsWith = (code: string, sentence?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.sentence);
  if (sentence !== undefined) assert.match(error.sentence, sentence);
  return true;
};

describe('uploading a folder over SSH', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let session: RemoteSession;
  let root = '';
  const uploader = new Uploader(workerFolder());

  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd.stop());
  beforeEach(async () => {
    session = await connect(sshd);
    root = mkdtempSync(path.join(tmpdir(), 'skylab-upload-'));
  });
  afterEach(() => {
    session.close();
    for (const folder of [root, ...readdirSync(sshd.home).map((name) => path.join(sshd.home, name))]) {
      spawnSync('chmod', ['-R', 'u+rwX', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const remote = (...parts: string[]): string => path.join(sshd.home, ...parts);
  const same = (a: string, b: string) => assert.equal(spawnSync('diff', ['-r', '--no-dereference', a, b], { encoding: 'utf8' }).stdout, '');
  /** Fills the local folder with files of this many bytes. */
  const fill = (files: number, bytes: number, content = 'x') => {
    for (let i = 0; i < files; i++) writeFileSync(path.join(root, `file-${i}`), content.repeat(bytes));
  };

  it('makes the same tree there: modes, links, dot-files, empty folders and odd names', async () => {
    mkdirSync(path.join(root, 'a/b/.c'), { recursive: true });
    mkdirSync(path.join(root, 'empty'));
    for (const name of ["it's", '$(reboot)', 'new\nline', 'é😀', '-rf *', 'x'.repeat(255), '.env'])
      writeFileSync(path.join(root, 'a/b', name), name);
    writeFileSync(path.join(root, 'run.sh'), '#!/bin/sh\n');
    chmodSync(path.join(root, 'run.sh'), 0o755);
    chmodSync(path.join(root, 'empty'), 0o500);
    symlinkSync('a/b', path.join(root, 'inside'));
    symlinkSync('nowhere', path.join(root, 'dangling'));
    symlinkSync('/etc/passwd', path.join(root, 'absolute'));
    symlinkSync('../..', path.join(root, 'outside'));
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
    const seen: UploadProgress[] = [];
    const result = await uploader.upload(
      session,
      { root, remoteDir: "my lab's/copy", ifExists: 'refuse' },
      { onProgress: (progress) => seen.push(progress) },
    );
    assert.equal(result.path, remote("my lab's/copy"));
    assert.deepEqual(
      result.skipped.map((entry) => entry.path),
      ['absolute', 'outside', 'pipe'],
    );
    assert.deepEqual(seen.at(-1), { files: 8, totalFiles: 8, bytes: result.bytes, totalBytes: result.bytes });
    for (const name of ['absolute', 'outside', 'pipe']) rmSync(path.join(root, name));
    same(root, result.path);
    assert.equal(statSync(path.join(result.path, 'run.sh')).mode & 0o777, 0o755);
    assert.equal(statSync(path.join(result.path, 'empty')).mode & 0o777, 0o500);
    assert.deepEqual(readdirSync(remote("my lab's")), ['copy']);
  });

  it('sends other contents where asked, a changed .env for its owner alone', async () => {
    writeFileSync(path.join(root, '.env'), 'A=1\n', { mode: 0o644 });
    const overrides = new Map([
      ['.env', Buffer.from("A='2'\n")],
      ['unit/lab.service', Buffer.from('[Unit]\n')],
    ]);
    const result = await uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'refuse', overrides });
    assert.equal(readFileSync(remote('lab/.env'), 'utf8'), "A='2'\n");
    assert.equal(statSync(remote('lab/.env')).mode & 0o777, 0o600);
    assert.equal(readFileSync(remote('lab/unit/lab.service'), 'utf8'), '[Unit]\n');
    assert.equal(readFileSync(path.join(root, '.env'), 'utf8'), 'A=1\n');
    assert.equal(result.files, 2);
  });

  it('replaces, refuses or merges where the folder is there already', async () => {
    fill(2, 10);
    mkdirSync(remote('lab/keep'), { recursive: true, mode: 0o700 });
    chmodSync(remote('lab'), 0o700);
    writeFileSync(remote('lab/keep/mine'), 'mine');
    writeFileSync(remote('lab/file-0'), 'old');
    const inode = statSync(remote('lab')).ino;
    await assert.rejects(uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'refuse' }), failsWith('RemoteFolderExists'));
    assert.equal(readFileSync(remote('lab/file-0'), 'utf8'), 'old');

    await uploader.upload(session, { root, remoteDir: '~/lab/', ifExists: 'merge' });
    assert.equal(readFileSync(remote('lab/keep/mine'), 'utf8'), 'mine');
    assert.equal(readFileSync(remote('lab/file-0'), 'utf8'), 'x'.repeat(10));
    assert.equal(statSync(remote('lab')).ino, inode);
    assert.equal(statSync(remote('lab')).mode & 0o777, 0o700);

    await uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'replace' });
    same(root, remote('lab'));
    assert.deepEqual(readdirSync(sshd.home), ['lab']);
  });

  it('follows a link that stands for the destination, and does not replace it', async () => {
    fill(1, 5);
    mkdirSync(remote('data'));
    symlinkSync('data', remote('lab'));
    for (const ifExists of ['replace', 'merge'] as const) {
      const result = await uploader.upload(session, { root, remoteDir: 'lab', ifExists });
      assert.equal(result.path, remote('data'));
      same(root, remote('data'));
    }
    assert.deepEqual(readdirSync(sshd.home), ['data', 'lab']);
  });

  it('does not write over a file, into a place above, or from an empty or missing folder', async () => {
    await assert.rejects(uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'replace' }), failsWith('FolderEmpty'));
    await assert.rejects(
      uploader.upload(session, { root: `${root}/gone`, remoteDir: 'lab', ifExists: 'replace' }),
      failsWith('FolderGone'),
    );
    fill(1, 1);
    writeFileSync(remote('lab'), 'a file');
    await assert.rejects(uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'replace' }), failsWith('RemoteNotAFolder'));
    for (const remoteDir of ['', '/', '.', '~', '../lab', 'a/../b', 'a\nb']) {
      await assert.rejects(uploader.upload(session, { root, remoteDir, ifExists: 'replace' }), failsWith('BadDestination'), remoteDir);
    }
    assert.equal(readFileSync(remote('lab'), 'utf8'), 'a file');
  });

  it('leaves nothing behind when cancelled, quickly, at any point', async () => {
    // Large enough that progress, told ten times a second, is told well before the end.
    fill(60, 4_000_000);
    mkdirSync(remote('lab'));
    writeFileSync(remote('lab/old'), 'old');
    for (const bytes of [0, 1, 10_000_000, 100_000_000]) {
      const cancel = new AbortController();
      let cancelledAt = 0;
      const onProgress = (progress: UploadProgress) => {
        if (progress.bytes < bytes || cancelledAt > 0) return;
        cancelledAt = Date.now();
        cancel.abort();
      };
      if (bytes === 0) cancel.abort();
      await assert.rejects(
        uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'replace' }, { signal: cancel.signal, onProgress }),
        CancelledError,
      );
      if (cancelledAt > 0) assert.ok(Date.now() - cancelledAt < 8000, `took ${Date.now() - cancelledAt} ms`);
      assert.deepEqual(readdirSync(sshd.home), ['lab']);
      assert.deepEqual(readdirSync(remote('lab')), ['old']);
    }
  });

  it('leaves the old or the new folder whole wherever the connection dies, and the next upload tidies up', async () => {
    fill(40, 500_000, 'n');
    let whole = 0;
    for (const killAt of [0, 1, 3_000_000, 9_000_000, 15_000_000, 19_900_000]) {
      rmSync(remote('lab'), { recursive: true, force: true });
      mkdirSync(remote('lab'));
      writeFileSync(remote('lab/old'), 'old');
      const line = await connect(sshd);
      let killed = false;
      const kill = (progress: UploadProgress) => {
        if (killed || progress.bytes < killAt) return;
        killed = true;
        sshd.dropSessions();
      };
      const outcome = await uploader.upload(line, { root, remoteDir: 'lab', ifExists: 'replace' }, { onProgress: kill }).then(
        () => 'done',
        (error: unknown) => error,
      );
      if (outcome !== 'done') failsWith('ConnectionLost')(outcome);
      const names = readdirSync(remote('lab'));
      if (names.length === 1) assert.deepEqual(names, ['old']);
      else same(root, remote('lab'));
      if (names.length > 1) whole++;
    }
    session = await connect(sshd);
    await uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'replace' });
    same(root, remote('lab'));
    assert.deepEqual(readdirSync(sshd.home), ['lab']);
    assert.ok(whole < 6, 'no connection died in time');
  });

  it('removes what dead uploads left, puts back an old folder, and spares a live one', async () => {
    fill(1, 5);
    const dead = '99999999';
    mkdirSync(remote(`lab.partial-abc.${dead}`, 'x'), { recursive: true });
    mkdirSync(remote(`lab.old-abc.${dead}`));
    writeFileSync(remote(`lab.old-abc.${dead}`, 'mine'), 'mine');
    const alive = await session.start({ argv: ['sh', '-c', 'echo $$; sleep 30; :', 'def'] });
    const [pid] = (await once(alive.stdout, 'data')) as [Buffer];
    mkdirSync(remote(`lab.partial-def.${pid.toString().trim()}`));
    await uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'merge' });
    alive.kill();
    assert.equal(readFileSync(remote('lab/mine'), 'utf8'), 'mine');
    assert.deepEqual(
      readdirSync(sshd.home).map((name) => name.split('.').slice(0, 2).join('.')),
      ['lab', 'lab.partial-def'],
    );
  });

  it('says that the file changed when one grows, shrinks or vanishes meanwhile, and leaves nothing', async () => {
    for (const size of [100, 512, 3_000_000]) {
      for (const change of [
        (file: string) => appendFileSync(file, 'x'),
        (file: string) => truncateSync(file, size - 1),
        (file: string) => rmSync(file),
      ]) {
        fill(3, size);
        const folder = workerFolder();
        const stale = await folder.list(root);
        change(path.join(root, 'file-1'));
        const late = new Uploader({ list: () => Promise.resolve(stale), tar: (...args) => folder.tar(...args) });
        await assert.rejects(late.upload(session, { root, remoteDir: 'lab', ifExists: 'refuse' }), failsWith('FileChanged', /file-1/));
        assert.deepEqual(readdirSync(sshd.home), []);
      }
    }
  });

  it('says that the folder vanished when it does, and leaves nothing', async () => {
    fill(300, 100_000);
    let gone = false;
    const onProgress = () => {
      if (!gone) rmSync(root, { recursive: true });
      gone = true;
    };
    await assert.rejects(
      uploader.upload(session, { root, remoteDir: 'lab', ifExists: 'refuse' }, { onProgress }),
      failsWith('FileChanged', /vanished/),
    );
    assert.deepEqual(readdirSync(sshd.home), []);
  });

  it('says that the disk is full, before or during the upload, and leaves nothing', async function () {
    const small = remote('small');
    mkdirSync(small);
    if (!asRoot || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]).status !== 0) {
      this.skip();
    }
    try {
      fill(10, 1_000_000);
      await assert.rejects(
        uploader.upload(session, { root, remoteDir: 'small/lab', ifExists: 'refuse' }),
        failsWith('RemoteDiskFull', /4 MiB are free/),
      );
      // The free space is used up by others while the upload runs.
      const folder = workerFolder();
      const listing = await folder.list(root);
      const modest = { ...listing, entries: listing.entries.map((entry) => ({ ...entry, size: 1 })) };
      const misled = new Uploader({
        list: () => Promise.resolve(modest),
        tar: (at, _listing, options) => folder.tar(at, listing, options),
      });
      await assert.rejects(misled.upload(session, { root, remoteDir: 'small/lab', ifExists: 'refuse' }), failsWith('RemoteDiskFull'));
      assert.deepEqual(readdirSync(small), []);
    } finally {
      execFileSync('umount', [small]);
    }
  });

  it('says that the place may not be written to', async function () {
    fill(1, 5);
    if (asRoot) {
      await assert.rejects(
        uploader.upload(session, { root, remoteDir: '/proc/lab', ifExists: 'refuse' }),
        (error) => error instanceof SkylabError && error.sentence.includes('/proc/lab'),
      );
      return;
    }
    await assert.rejects(uploader.upload(session, { root, remoteDir: '/lab', ifExists: 'refuse' }), failsWith('RemotePermissionDenied'));
    assert.equal(existsSync('/lab'), false);
  });

  it('gives up when no byte moves', async () => {
    fill(60, 1_000_000);
    const impatient = new Uploader(workerFolder(), { stallMs: 600, finishMs: 60_000 });
    let stopped: number[] = [];
    const onProgress = (progress: UploadProgress) => {
      // By then more is under way than fits between the two ends, so tar has been reading.
      if (stopped.length > 0 || progress.bytes < 12_000_000) return;
      const found = execFileSync('pgrep', ['-f', `^tar .*${remote('stalled')}`], { encoding: 'utf8' });
      stopped = found.trim().split('\n').map(Number);
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    };
    await assert.rejects(
      impatient.upload(session, { root, remoteDir: 'stalled', ifExists: 'refuse' }, { onProgress }),
      failsWith('UploadStalled'),
    );
    // A stopped process does not see the end of its input.
    for (const pid of stopped) process.kill(pid, 'SIGKILL');
  });
});
