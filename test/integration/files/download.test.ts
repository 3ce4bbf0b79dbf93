import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CancelledError, SkylabError } from '../../../src/core/errors';
import type { RemoteSession } from '../../../src/core/remote/session';
import { FileDownloader } from '../../../src/core/transfer/download/fileDownload';
import type { FileRequest } from '../../../src/core/transfer/download/fileDownload';
import { FolderDownloader } from '../../../src/core/transfer/download/folderDownload';
import type { DownloadProgress } from '../../../src/core/transfer/download/folderDownload';
import { connect } from '../support/connect';
import { startProxy } from '../support/proxy';
import { diskReceiver } from '../support/receiver';
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
const same = (a: string, b: string) => assert.equal(spawnSync('diff', ['-r', '--no-dereference', a, b], { encoding: 'utf8' }).stdout, '');

describe('downloads over SSH', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let session: RemoteSession;
  let here = '';
  const receiver = diskReceiver();
  const folders = new FolderDownloader(receiver);

  before(async () => {
    sshd = await startSshd();
    session = await connect(sshd);
  });
  after(async () => {
    session.close();
    receiver.dispose();
    await sshd.stop();
  });
  beforeEach(() => (here = mkdtempSync(path.join(tmpdir(), 'skylab-download-'))));
  afterEach(() => {
    for (const folder of [here, sshd.home]) spawnSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(here, { recursive: true, force: true });
    execFileSync('find', [sshd.home, '-mindepth', '1', '-delete']);
  });
  const remote = (...parts: string[]): string => path.join(sshd.home, ...parts);
  const local = (...parts: string[]): string => path.join(here, ...parts);
  const fill = (files: number, bytes: number) => {
    mkdirSync(remote('lab/deep/er'), { recursive: true });
    for (let i = 0; i < files; i++) writeFileSync(remote('lab', i % 2 ? 'deep/er' : '.', `file-${i}`), Buffer.alloc(bytes, i));
  };

  describe('of a folder', () => {
    const download = (ifExists: 'refuse' | 'replace' | 'merge' = 'refuse', over = session) =>
      folders.download(over, { remotePath: 'lab', dest: local('lab'), ifExists });

    it('make the same tree here: modes, times, links, dot-files, empty folders and odd names', async () => {
      mkdirSync(remote('lab/a/b/.c'), { recursive: true });
      mkdirSync(remote('lab/empty'));
      const odd = ["it's", '$(reboot)', 'new\nline', 'é😀', '-rf *', 'x'.repeat(255), '.env', 'back\\slash'];
      for (const name of odd) writeFileSync(remote('lab/a/b', name), name);
      writeFileSync(Buffer.concat([Buffer.from(`${remote('lab')}/`), Buffer.from([0x66, 0xff])]), 'bytes');
      mkdirSync(remote('lab', 'd'.repeat(200), 'e'.repeat(200)), { recursive: true });
      writeFileSync(remote('lab', 'd'.repeat(200), 'e'.repeat(200), 'deep'), 'deep');
      writeFileSync(remote('lab/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
      utimesSync(remote('lab/run.sh'), 1_600_000_000, 1_600_000_000);
      linkSync(remote('lab/run.sh'), remote('lab/same.sh'));
      symlinkSync('a/b', remote('lab/inside'));
      symlinkSync('nowhere', remote('lab/dangling'));
      const progress: DownloadProgress[] = [];
      const result = await folders.download(
        session,
        { remotePath: 'lab', dest: local('lab'), ifExists: 'refuse' },
        { onProgress: (one) => progress.push(one) },
      );
      same(remote('lab'), local('lab'));
      assert.deepEqual(result.skipped, []);
      assert.equal(result.files, odd.length + 4);
      assert.equal(statSync(local('lab/run.sh')).mode & 0o777, 0o755);
      assert.equal(statSync(local('lab/run.sh')).mtimeMs, 1_600_000_000_000);
      assert.deepEqual(progress.at(-1), { files: result.files, totalFiles: result.files, bytes: result.bytes, totalBytes: result.bytes });
      assert.deepEqual(readdirSync(here), ['lab']);
    });

    it('leave out links that lead out, pipes and what may not be read, and say each with its reason', async () => {
      fill(2, 10);
      symlinkSync('/etc/passwd', remote('lab/absolute'));
      symlinkSync('../..', remote('lab/outside'));
      mkdirSync(remote('lab/x/y'), { recursive: true });
      mkdirSync(remote('lab/e'));
      symlinkSync('../../e', remote('lab/x/y/d'));
      symlinkSync('d/../..', remote('lab/x/y/sly'));
      execFileSync('mkfifo', [remote('lab/pipe')]);
      const result = await download();
      assert.deepEqual(result.skipped.map(({ path: skipped }) => skipped).sort(), ['absolute', 'outside', 'pipe', 'x/y/sly']);
      assert.ok(lstatSync(local('lab/x/y/d')).isSymbolicLink());
      for (const name of ['absolute', 'outside', 'pipe', 'x/y/sly']) assert.ok(!existsSync(local('lab', name)), name);
    });

    it('replace, refuse or merge where the folder is here already', async () => {
      fill(2, 10);
      mkdirSync(local('lab/deep'), { recursive: true });
      writeFileSync(local('lab/deep/mine'), 'mine');
      writeFileSync(local('lab/file-0'), 'old');
      await assert.rejects(download('refuse'), failsWith('LocalExists'));
      assert.equal(readFileSync(local('lab/file-0'), 'utf8'), 'old');
      await download('merge');
      assert.equal(readFileSync(local('lab/deep/mine'), 'utf8'), 'mine');
      assert.equal(readFileSync(local('lab/file-0')).length, 10);
      await download('replace');
      same(remote('lab'), local('lab'));
      assert.deepEqual(readdirSync(here), ['lab']);
    });

    it('merge nothing where a folder here is a link or a file: never through it', async () => {
      fill(2, 10);
      mkdirSync(local('elsewhere'));
      mkdirSync(local('lab'));
      symlinkSync('../elsewhere', local('lab/deep'));
      await assert.rejects(download('merge'), failsWith('MergeClash', /deep/));
      assert.deepEqual(readdirSync(local('elsewhere')), []);
      assert.deepEqual(readdirSync(local('lab')), ['deep']);
      assert.deepEqual(readdirSync(here).sort(), ['elsewhere', 'lab']);
    });

    it('say what is wrong with a folder that is gone, a file, or empty', async () => {
      await assert.rejects(download(), failsWith('RemoteFileNotFound'));
      writeFileSync(remote('lab'), '');
      await assert.rejects(download(), failsWith('RemoteNotAFolder'));
      rmSync(remote('lab'));
      mkdirSync(remote('lab'));
      assert.equal((await download()).files, 0);
      assert.deepEqual(readdirSync(local('lab')), []);
    });

    it('are gone without a trace when they are canceled', async () => {
      fill(30, 1_000_000);
      const abort = new AbortController();
      const options = { signal: abort.signal, onProgress: () => abort.abort() };
      await assert.rejects(
        folders.download(session, { remotePath: 'lab', dest: local('lab'), ifExists: 'refuse' }, options),
        CancelledError,
      );
      assert.deepEqual(readdirSync(here), []);
    });

    it('put right what a crash left beside the folder', async () => {
      fill(2, 10);
      const dead = 2 ** 22 + 1;
      mkdirSync(local(`lab.old-0123456789ab.${dead}`));
      mkdirSync(local(`lab.partial-0123456789ab.${dead}`));
      writeFileSync(local(`lab.old-0123456789ab.${dead}/kept`), '');
      await assert.rejects(
        folders.download(session, { remotePath: 'gone', dest: local('lab'), ifExists: 'replace' }),
        failsWith('RemoteFileNotFound'),
      );
      assert.deepEqual(readdirSync(here), ['lab']);
      assert.deepEqual(readdirSync(local('lab')), ['kept']);
    });

    it('end complete or untouched wherever the connection is cut', async () => {
      fill(40, 100_000);
      mkdirSync(local('lab'));
      writeFileSync(local('lab/old'), 'old');
      const proxy = await startProxy(sshd.port);
      const seen = new Set<string>();
      try {
        for (let bytes = 0; bytes <= 5_000_000; bytes += 390_000) {
          const own = await connect(sshd, proxy.port);
          let cut = false;
          const options = {
            onProgress: (progress: DownloadProgress) => {
              if (!cut && progress.bytes >= bytes) proxy.cut();
              cut ||= progress.bytes >= bytes;
            },
          };
          // progress is told at most ten times a second: a throttle in between makes each cut land elsewhere
          const outcome = await folders
            .download(own, { remotePath: 'lab', dest: local('lab'), ifExists: 'replace' }, options)
            .then(() => 'complete', failsWith('ConnectionLost', /Nothing was changed here/));
          seen.add(String(outcome));
          if (outcome === 'complete') {
            same(remote('lab'), local('lab'));
            rmSync(local('lab'), { recursive: true });
            mkdirSync(local('lab'));
            writeFileSync(local('lab/old'), 'old');
          }
          assert.deepEqual(readdirSync(local('lab')), ['old']);
          assert.deepEqual(readdirSync(here), ['lab']);
          own.close();
        }
      } finally {
        await proxy.stop();
      }
      assert.ok(seen.has('true'), 'at least one was cut');
    });

    it('are refused when a file in it shrinks while it is sent: tar fills such a file up with zeros', async () => {
      mkdirSync(remote('lab'));
      writeFileSync(remote('lab/large'), Buffer.alloc(60_000_000, 1));
      mkdirSync(local('lab'));
      const options = { onProgress: () => truncateSync(remote('lab/large'), 1000) };
      await assert.rejects(
        folders.download(session, { remotePath: 'lab', dest: local('lab'), ifExists: 'replace' }, options),
        failsWith('FileChanged', /^large on the machine shrank/),
      );
      assert.deepEqual(readdirSync(local('lab')), []);
      assert.deepEqual(readdirSync(here), ['lab']);
    });

    it('go without what the login user may not read, and never replace a whole folder by such a one', async function () {
      if (!asRoot) skip(this, 'sshd for another user needs root');
      const other = await startSshd({ unprivileged: true });
      const own = await connect(other);
      try {
        mkdirSync(path.join(other.home, 'lab/closed'), { recursive: true });
        writeFileSync(path.join(other.home, 'lab/open'), 'open');
        writeFileSync(path.join(other.home, 'lab/geheïm'), 'root', { mode: 0o600 });
        chmodSync(path.join(other.home, 'lab/closed'), 0o700);
        const result = await download('refuse', own);
        assert.deepEqual(result.skipped.map(({ path: skipped, reason }) => `${skipped}: ${reason}`).sort(), [
          'closed: The login user may not read it.',
          'geheïm: The login user may not read it.',
        ]);
        assert.deepEqual(readdirSync(local('lab')), ['open']);
        writeFileSync(local('lab/mine'), '');
        await assert.rejects(download('replace', own), failsWith('DownloadIncomplete'));
        assert.ok(existsSync(local('lab/mine')));
        chmodSync(path.join(other.home, 'lab'), 0o700);
        await assert.rejects(
          folders.download(own, { remotePath: 'lab', dest: local('two'), ifExists: 'refuse' }),
          failsWith('RemotePermissionDenied'),
        );
        assert.deepEqual(readdirSync(here), ['lab']);
      } finally {
        own.close();
        await other.stop();
      }
    });

    it('are given up when nothing comes any more', async () => {
      fill(40, 1_000_000);
      const proxy = await startProxy(sshd.port);
      const own = await connect(sshd, proxy.port);
      try {
        const request = { remotePath: 'lab', dest: local('lab'), ifExists: 'refuse' as const };
        const options = { onProgress: () => proxy.silence() };
        await assert.rejects(new FolderDownloader(receiver, 800).download(own, request, options), failsWith('DownloadStalled'));
        assert.deepEqual(readdirSync(here), []);
      } finally {
        await proxy.stop();
        own.close();
      }
    });

    it('hold no more than a few MiB in memory', async () => {
      mkdirSync(remote('lab'));
      const file = remote('lab/large');
      writeFileSync(file, '');
      truncateSync(file, 250_000_000);
      const before = process.memoryUsage().rss;
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
      await download();
      clearInterval(watch);
      assert.equal(statSync(local('lab/large')).size, 250_000_000);
      assert.ok(most - before < 150 * 2 ** 20, `${((most - before) / 2 ** 20).toFixed(0)} MiB`);
    });
  });

  describe('of a file', () => {
    const request = (more: Partial<FileRequest> = {}): FileRequest => ({
      remotePath: 'data',
      dest: local('data'),
      ifExists: 'refuse',
      machineKey: 'given/lab',
      ...more,
    });
    const files = new FileDownloader(receiver, [10, 50, 100]);
    const content = Buffer.alloc(12_000_001);
    /** Progress is told at most ten times a second: here of every piece, so that what it sets off lands where it should. */
    const toldOften = async <T>(act: () => Promise<T>): Promise<T> => {
      const now = Date.now;
      let ticks = now();
      Date.now = () => (ticks += 200);
      try {
        return await act();
      } finally {
        Date.now = now;
      }
    };
    for (let i = 0; i < content.length; i += 7) content[i] = i % 251;

    it('keep content, mode and time; a private one is its owner’s alone', async () => {
      writeFileSync(remote('data'), content);
      chmodSync(remote('data'), 0o755);
      utimesSync(remote('data'), 1_600_000_000, 1_600_000_000);
      const result = await files.download(() => Promise.resolve(session), request({ verify: true }));
      assert.equal(result.bytes, content.length);
      assert.ok(readFileSync(local('data')).equals(content));
      assert.equal(statSync(local('data')).mode & 0o777, 0o755);
      assert.equal(statSync(local('data')).mtimeMs, 1_600_000_000_000);
      await assert.rejects(
        files.download(() => Promise.resolve(session), request()),
        failsWith('LocalExists'),
      );
      await files.download(() => Promise.resolve(session), request({ ifExists: 'replace', isPrivate: true }));
      assert.equal(statSync(local('data')).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(here), ['data']);
    });

    it('go on where they stopped when the connection drops, as often as it does', async () => {
      writeFileSync(remote('data'), content);
      const proxy = await startProxy(sshd.port);
      let cuts = 0;
      let read = 0;
      let last = 0;
      const options = {
        onProgress: ({ bytes }: DownloadProgress) => {
          read += Math.max(0, bytes - last);
          last = bytes;
          if (cuts < 5 && bytes > (cuts + 1) * 2_000_000) {
            cuts++;
            proxy.cut();
          }
        },
      };
      try {
        await toldOften(() => files.download(() => connect(sshd, proxy.port), request(), options));
      } finally {
        await proxy.stop();
      }
      assert.equal(cuts, 5);
      assert.ok(readFileSync(local('data')).equals(content));
      assert.equal(read, content.length);
      assert.deepEqual(readdirSync(here), ['data']);
    });

    it('stay as a partial file when the machine is gone, and are continued later; a changed file begins anew', async () => {
      writeFileSync(remote('data'), content);
      const stop = async (after: number): Promise<void> => {
        const abort = new AbortController();
        const options = { signal: abort.signal, onProgress: ({ bytes }: DownloadProgress) => (bytes >= after ? abort.abort() : undefined) };
        await assert.rejects(
          toldOften(() => files.download(() => Promise.resolve(session), request(), options)),
          CancelledError,
        );
      };
      await stop(1);
      const [partial = ''] = readdirSync(here);
      assert.match(partial, /^data\.[0-9a-f]{12}-[0-9a-f]{12}\.skylab-partial$/);
      const kept = statSync(local(partial)).size;
      assert.ok(kept > 0 && kept < content.length, String(kept));
      const bytes: number[] = [];
      await files.download(() => Promise.resolve(session), request(), { onProgress: (one) => bytes.push(one.bytes) });
      assert.ok((bytes[0] ?? 0) >= kept);
      assert.ok(readFileSync(local('data')).equals(content));
      rmSync(local('data'));

      await stop(1);
      writeFileSync(remote('data'), 'short now');
      await files.download(() => Promise.resolve(session), request());
      assert.equal(readFileSync(local('data'), 'utf8'), 'short now');
      assert.deepEqual(readdirSync(here), ['data']);
    });

    it('never join the beginning of one state to the end of another, though size and time are the same', async () => {
      writeFileSync(remote('data'), content);
      utimesSync(remote('data'), 1_600_000_000, 1_600_000_000);
      const abort = new AbortController();
      const options = { signal: abort.signal, onProgress: ({ bytes }: DownloadProgress) => (bytes > 0 ? abort.abort() : undefined) };
      await assert.rejects(
        toldOften(() => files.download(() => Promise.resolve(session), request(), options)),
        CancelledError,
      );
      const other = Buffer.from(content);
      other.fill(1, 100_000, 120_000);
      writeFileSync(remote('data'), other);
      utimesSync(remote('data'), 1_600_000_000, 1_600_000_000);
      await assert.rejects(
        files.download(() => Promise.resolve(session), request()),
        failsWith('DownloadMismatch'),
      );
      await files.download(() => Promise.resolve(session), request());
      assert.ok(readFileSync(local('data')).equals(other));
    });

    it('end with a sentence when the file shrinks meanwhile, and with a note when it grows', async () => {
      writeFileSync(remote('data'), content);
      let once = () => truncateSync(remote('data'), 1_500_000);
      const options = {
        onProgress: () => {
          once();
          once = () => undefined;
        },
      };
      await assert.rejects(
        files.download(() => Promise.resolve(session), request(), options),
        failsWith('FileChanged', /shrank/),
      );
      assert.deepEqual(readdirSync(here), []);
      writeFileSync(remote('data'), content);
      once = () => appendFileSync(remote('data'), 'more');
      const result = await files.download(() => Promise.resolve(session), request(), options);
      assert.match(result.notes.join(), /went on changing: its first 12000001 bytes are here/);
      assert.ok(readFileSync(local('data')).equals(content));
    });

    it('say what is wrong: gone, a folder, no room here', async () => {
      const from = () => Promise.resolve(session);
      await assert.rejects(files.download(from, request()), failsWith('RemoteFileNotFound'));
      mkdirSync(remote('data'));
      await assert.rejects(files.download(from, request()), failsWith('RemoteIsAFolder'));
      rmSync(remote('data'), { recursive: true });
      writeFileSync(remote('data'), content);
      await assert.rejects(files.download(from, request({ dest: local('no/data') })), failsWith('LocalFolderGone'));
      if (!asRoot) return;
      mkdirSync(local('disk'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', local('disk')]);
      try {
        await assert.rejects(files.download(from, request({ dest: local('disk/data') })), failsWith('LocalDiskFull', /12 MiB are needed/));
        assert.deepEqual(readdirSync(local('disk')), []);
        fill(40, 100_000);
        await assert.rejects(
          folders.download(session, { remotePath: 'lab', dest: local('disk/lab'), ifExists: 'refuse' }),
          failsWith('LocalDiskFull'),
        );
        assert.deepEqual(readdirSync(local('disk')), []);
      } finally {
        execFileSync('umount', [local('disk')]);
      }
    });
  });
});
