import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CancelledError, SkylabError } from '../../../src/core/errors';
import type { RemoteSession } from '../../../src/core/remote/session';
import type { LocalFolder } from '../../../src/core/transfer/ports';
import type { Connect } from '../../../src/core/transfer/sync';
import { Syncer } from '../../../src/core/transfer/sync';
import { connect } from '../support/connect';
import { workerFolder } from '../support/folder';
import type { Proxy } from '../support/proxy';
import { startProxy } from '../support/proxy';
import { startSshd } from '../support/sshd';
import type { Sshd } from '../support/sshd';

const failsWith = (code: string, sentence?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.sentence);
  if (sentence !== undefined) assert.match(error.sentence, sentence);
  return true;
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a sync that something goes wrong with', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let session: RemoteSession;
  let root = '';
  const proxies: Proxy[] = [];
  /** Gives up at the first lost connection. */
  const once = new Syncer(workerFolder(), { stallMs: 60_000, finishMs: 60_000, retryMs: [] });
  const stubborn = new Syncer(workerFolder(), { stallMs: 60_000, finishMs: 60_000, retryMs: Array.from({ length: 12 }, () => 10) });

  before(async () => {
    sshd = await startSshd({ unprivileged: true });
  });
  after(() => sshd.stop());
  beforeEach(async () => {
    session = await connect(sshd);
    root = mkdtempSync(path.join(tmpdir(), 'skylab-sync-'));
    chmodSync(root, 0o755);
  });
  afterEach(async () => {
    session.close();
    for (const proxy of proxies.splice(0)) await proxy.stop();
    await quiet();
    for (const folder of [root, ...readdirSync(sshd.home).map((name) => path.join(sshd.home, name))]) {
      spawnSync('chmod', ['-R', 'u+rwX', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const here = (...parts: string[]): string => path.join(root, ...parts);
  const remote = (...parts: string[]): string => path.join(sshd.home, ...parts);
  const same = (): boolean =>
    execFileSync('rsync', ['-rlptn', '--omit-dir-times', '--delete', '--checksum', '--itemize-changes', `${root}/`, `${remote('lab')}/`], {
      encoding: 'utf8',
    }) === '';
  /** Everything that can be told about a tree, times included. */
  const snapshot = (folder: string): string =>
    execFileSync(
      'sh',
      ['-c', 'cd "$1" && find . -printf "%P %y %m %s %T@ %l\\n" | sort && find . -type f -exec sha256sum {} + | sort -k 2', 'sh', folder],
      {
        encoding: 'utf8',
      },
    );
  const direct: Connect = async () => session;
  /** Waits until no command of a sync is left. */
  const quiet = async (): Promise<void> => {
    for (let i = 0; i < 100 && spawnSync('pgrep', ['-f', '^sh -c .*skylab-sync']).status === 0; i++) await pause(50);
  };
  const work = (): string[] => readdirSync(sshd.home).filter((name) => name.startsWith('.skylab-sync-'));
  /** Connections that die after so many bytes towards the machine. @param total counts what went through */
  const dying =
    (bytes: number): Connect =>
    async () => {
      const proxy = await startProxy(sshd.port, bytes);
      proxies.push(proxy);
      return connect(sshd, proxy.port);
    };
  /** The first connection dies, the others live. */
  const dyingOnce = (bytes: number): Connect => {
    let lines = 0;
    return (signal) => (lines++ === 0 ? dying(bytes)(signal) : direct(signal));
  };
  const fill = (files: number, bytes: number, content: string): void => {
    for (let i = 0; i < files; i++) {
      mkdirSync(here(`d${i % 4}`), { recursive: true });
      writeFileSync(here(`d${i % 4}`, `f${i}`), `${content}${i}`.repeat(bytes).slice(0, bytes));
    }
  };
  const random = (bytes: number): Buffer => crypto.getRandomValues(Buffer.alloc(Math.min(bytes, 65_536))).subarray(0, bytes);
  const large = (name: string, bytes: number): void =>
    writeFileSync(here(name), Buffer.concat(Array.from({ length: Math.ceil(bytes / 65_536) }, () => random(65_536))).subarray(0, bytes));

  it('goes on by itself after each lost connection, and sends no file twice', async () => {
    fill(80, 200_000, 'x');
    let lines = 0;
    const result = await stubborn.sync(
      (signal) => {
        lines++;
        return dying(5_000_000)(signal);
      },
      { root, remoteDir: 'lab' },
    );
    assert.ok(lines > 3, `${lines} connections`);
    assert.ok(same());
    // What was under way when a line died comes again; what had arrived does not.
    assert.ok(result.bytes < 3 * 80 * 200_000, `${result.bytes} bytes`);
    await quiet();
    assert.deepEqual(work(), []);
  });

  it('goes on within a large file where it stopped', async () => {
    large('big', 12_000_000);
    await assert.rejects(
      once.sync(dying(8_000_000), { root, remoteDir: 'lab' }),
      failsWith('ConnectionLost', /lab on the machine is as it was/),
    );
    await quiet();
    assert.equal(existsSync(remote('lab')), false);
    const result = await once.sync(direct, { root, remoteDir: 'lab' });
    assert.ok(result.keptBytes > 4_000_000, `kept ${result.keptBytes}`);
    assert.equal(result.bytes + result.keptBytes, 12_000_000);
    assert.ok(same());
    await quiet();
    assert.deepEqual(work(), []);
  });

  it('starts a large file anew when its beginning has changed meanwhile', async () => {
    large('big', 12_000_000);
    await assert.rejects(once.sync(dying(8_000_000), { root, remoteDir: 'lab' }), failsWith('ConnectionLost'));
    await quiet();
    large('big', 12_000_000);
    const result = await once.sync(direct, { root, remoteDir: 'lab' });
    assert.equal(result.keptBytes, 0);
    assert.ok(same());
  });

  it('throws away what is older than two days', async () => {
    large('big', 12_000_000);
    await assert.rejects(once.sync(dying(8_000_000), { root, remoteDir: 'lab' }), failsWith('ConnectionLost'));
    await quiet();
    const old = Date.now() / 1000 - 4 * 86_400;
    utimesSync(remote(work()[0]!, 'c'), old, old);
    assert.equal((await once.sync(direct, { root, remoteDir: 'lab' })).keptBytes, 0);
  });

  it('leaves the new folder or the untouched old one wherever the connection dies, and says which', async () => {
    fill(30, 20_000, 'old');
    await once.sync(direct, { root, remoteDir: 'lab' });
    fill(20, 30_000, 'new');
    writeFileSync(here('d0/added'), 'added');
    rmSync(here('d1/f1'));
    await quiet();
    const before = snapshot(remote('lab'));
    const outcomes = { untouched: 0, complete: 0 };
    for (let bytes = 3000; bytes < 640_000 && outcomes.complete < 2; bytes += 37_003) {
      const outcome = await once.sync(dyingOnce(bytes), { root, remoteDir: 'lab', deletes: true }).then(
        () => 'done',
        (error: unknown) => error,
      );
      await quiet();
      const now = same() ? 'complete' : 'untouched';
      outcomes[now]++;
      if (now === 'untouched') assert.equal(snapshot(remote('lab')), before);
      if (outcome === 'done') assert.equal(now, 'complete');
      else assert.match((outcome as SkylabError).sentence, now === 'untouched' ? /the machine is as it was/ : /^$/);
    }
    assert.ok(outcomes.untouched > 3, JSON.stringify(outcomes));
    assert.ok((await once.sync(direct, { root, remoteDir: 'lab', deletes: true })).files >= 0);
    assert.ok(same());
  });

  it('puts everything back when one file may not be replaced', async () => {
    fill(12, 1000, 'old');
    await once.sync(direct, { root, remoteDir: 'lab' });
    await quiet();
    writeFileSync(remote('lab/d3/theirs'), 'theirs');
    chmodSync(remote('lab/d3'), 0o555);
    const before = snapshot(remote('lab'));
    fill(12, 1100, 'new');
    writeFileSync(here('d0/added'), 'added');
    mkdirSync(here('d00'));
    rmSync(here('d1/f1'));
    await assert.rejects(
      once.sync(direct, { root, remoteDir: 'lab', deletes: true }),
      failsWith('RemotePermissionDenied', /d3.*lab on the machine is as it was/),
    );
    assert.equal(snapshot(remote('lab')), before);
    chmodSync(remote('lab/d3'), 0o755);
    await once.sync(direct, { root, remoteDir: 'lab', deletes: true });
    assert.ok(same());
    await quiet();
    assert.deepEqual(work(), []);
  });

  it('takes back what a sync had done that was killed while it put files in place', async () => {
    fill(12, 1000, 'old');
    await once.sync(direct, { root, remoteDir: 'lab' });
    await quiet();
    const before = snapshot(remote('lab'));
    fill(12, 1100, 'new');
    writeFileSync(here('d0/added'), 'added');
    // A cp that ends the whole command once it has put the new files there.
    const bin = remote('bin');
    mkdirSync(bin);
    writeFileSync(
      path.join(bin, 'cp'),
      '#!/bin/sh\n/bin/cp "$@"; code=$?\ncase "$*" in *-Rdf*) pkill -KILL -f "^sh -c .*skylab-sync";; esac\nexit $code\n',
      { mode: 0o755 },
    );
    const killed = wrapped(session, bin);
    await assert.rejects(once.sync(async () => killed, { root, remoteDir: 'lab' }));
    await quiet();
    assert.notEqual(snapshot(remote('lab')), before);
    await once.plan(direct, { root, remoteDir: 'lab' });
    assert.equal(snapshot(remote('lab')), before);
    await once.sync(direct, { root, remoteDir: 'lab' });
    assert.ok(same());
  });

  it('leaves nothing behind when cancelled', async () => {
    fill(40, 4_000_000, 'x');
    mkdirSync(remote('lab'));
    writeFileSync(remote('lab/old'), 'old');
    if (process.getuid?.() === 0) chownSync(remote('lab'), 23456, 23456);
    for (const bytes of [0, 1, 10_000_000, 90_000_000]) {
      const cancel = new AbortController();
      if (bytes === 0) cancel.abort();
      const onProgress = (progress: { bytes: number }) => progress.bytes >= bytes && cancel.abort();
      await assert.rejects(once.sync(direct, { root, remoteDir: 'lab' }, { signal: cancel.signal, onProgress }), CancelledError);
      assert.deepEqual(readdirSync(sshd.home), ['lab']);
      assert.deepEqual(readdirSync(remote('lab')), ['old']);
    }
  });

  it('says that a file changed here while it was read, and that the machine has the old folder', async () => {
    for (const size of [1000, 3_000_000]) {
      fill(3, size, 'x');
      const stale = await workerFolder().list(root);
      truncateSync(here('d1/f1'), size - 1);
      const folder: LocalFolder = {
        list: () => Promise.resolve(stale),
        tar: (...args) => workerFolder().tar(...args),
        hash: (...args) => workerFolder().hash(...args),
      };
      const late = new Syncer(folder, { stallMs: 60_000, finishMs: 60_000, retryMs: [] });
      await assert.rejects(late.sync(direct, { root, remoteDir: 'lab' }), failsWith('FileChanged', /f1.*lab on the machine is as it was/));
      await quiet();
      assert.equal(existsSync(remote('lab')), false);
    }
  });

  it('says that the disk is full, before or during the transfer, and leaves the old folder and the room', async function () {
    const small = mkdtempSync(path.join(tmpdir(), 'skylab-small-'));
    if (process.getuid?.() !== 0 || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]).status !== 0) {
      rmSync(small, { recursive: true });
      this.skip();
    }
    // The other server has a mount namespace of its own, in which this file system does not exist.
    const server = await startSshd({ home: small });
    const line = await connect(server);
    const direct = async () => line;
    try {
      fill(2, 1_000_000, 'old');
      // A mounted file system: what is prepared must lie on it as well.
      await once.sync(direct, { root, remoteDir: 'lab' });
      await quiet();
      const before = snapshot(path.join(small, 'lab'));
      fill(6, 1_000_000, 'new');
      await assert.rejects(once.sync(direct, { root, remoteDir: 'lab' }), failsWith('RemoteDiskFull', /MiB are free.*is as it was/));
      const listing = await workerFolder().list(root);
      const folder: LocalFolder = {
        list: () =>
          Promise.resolve({ ...listing, entries: listing.entries.map((entry) => ({ ...entry, size: entry.kind === 'file' ? 1 : 0 })) }),
        tar: (at, _items, options) =>
          workerFolder().tar(at, { entries: listing.entries.map((entry) => ({ ...entry, name: `t/${entry.path}` })) }, options),
        hash: (...args) => workerFolder().hash(...args),
      };
      const misled = new Syncer(folder, { stallMs: 60_000, finishMs: 60_000, retryMs: [] });
      await assert.rejects(misled.sync(direct, { root, remoteDir: 'lab' }), failsWith('RemoteDiskFull', /is as it was/));
      await quiet();
      assert.equal(snapshot(path.join(small, 'lab')), before);
      assert.deepEqual(readdirSync(small), ['lab']);
    } finally {
      line.close();
      await server.stop();
      execFileSync('umount', [small]);
      rmSync(small, { recursive: true });
    }
  });

  it('prepares inside the destination where the folder above may not be written to', async () => {
    fill(5, 1000, 'x');
    mkdirSync(remote('shared/lab'), { recursive: true });
    if (process.getuid?.() === 0) chownSync(remote('shared/lab'), 23456, 23456);
    else chmodSync(remote('shared'), 0o555);
    await once.sync(direct, { root, remoteDir: 'shared/lab' });
    await quiet();
    assert.deepEqual(readdirSync(remote('shared')), ['lab']);
    assert.deepEqual(readdirSync(remote('shared/lab')).sort(), ['d0', 'd1', 'd2', 'd3']);
  });

  it('lets two syncs to the same folder pass one after the other', async () => {
    fill(40, 50_000, 'x');
    await Promise.all(
      [1, 2, 3].map(() => once.sync(direct, { root, remoteDir: 'lab' }).catch((error: unknown) => failsWith('RemoteChanged')(error))),
    );
    await once.sync(direct, { root, remoteDir: 'lab' });
    assert.ok(same());
    assert.equal(statSync(remote('lab')).isDirectory(), true);
    await quiet();
    assert.deepEqual(work(), []);
    assert.match(readFileSync(remote('lab/d0/f0'), 'utf8'), /^x0/);
  });
});

/** The same connection, on which other programs stand first in the PATH. */
function wrapped(session: RemoteSession, bin: string): RemoteSession {
  return {
    user: session.user,
    run: (command, options) => session.run(command, options),
    start: (command, options) => session.start({ ...command, argv: ['env', `PATH=${bin}:/usr/bin:/bin`, ...command.argv] }, options),
    connect: (to, options) => session.connect(to, options),
    listen: (at, accept) => session.listen(at, accept),
    files: (signal) => session.files(signal),
    onClose: (listener) => session.onClose(listener),
    close: () => session.close(),
  };
}
