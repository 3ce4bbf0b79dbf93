import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createConnection, createServer } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import { renderHostEntries, withInclude } from '../../../src/core/ssh/hostEntries';
import type { RemoteSession } from '../../../src/core/remote/session';
import { Syncer } from '../../../src/core/transfer/sync';
import { Uploader } from '../../../src/core/transfer/upload';
import { skip } from '../../support/skip';
import { workerFolder } from '../support/folder';
import { otherOpenSsh, runIn, scratchIn, startOtherSshd } from '../support/otherOpenSsh';
import { acceptAny, person, silentLog } from '../support/person';

const root = process.getuid?.() === 0;

for (const other of otherOpenSsh()) {
  describe(`OpenSSH ${other.version}`, () => {
    let sshd: Awaited<ReturnType<typeof startOtherSshd>>;
    let session: RemoteSession;
    const ends: (() => unknown)[] = [];
    before(async function () {
      if (!root) skip(this, 'chroot needs root');
      sshd = await startOtherSshd(other);
      ends.push(() => sshd.stop());
      session = await new Ssh2Dialer({ homeDir: sshd.home }, silentLog).dial(sshd.target('ada'), {
        verify: acceptAny,
        questions: person(),
      });
    });
    after(() => Promise.all(ends.map((end) => end())));

    it('lets in, runs commands side by side and tells how they ended', async () => {
      const all = await Promise.all([1, 2, 3].map((number) => session.run({ argv: ['sh', '-c', `sleep 0.1; echo ${number}`] })));
      assert.deepEqual(all, ['1', '2', '3']);
      await assert.rejects(session.run({ argv: ['sh', '-c', 'exit 3'] }), /exit code 3/);
    });

    it('takes a folder whole, and replaces it by the next', async () => {
      const folder = path.join(sshd.folder, 'course');
      mkdirSync(path.join(folder, 'data'), { recursive: true });
      writeFileSync(path.join(folder, '.env'), 'A=1\n');
      writeFileSync(path.join(folder, 'data/names'), 'ada\n', { mode: 0o755 });
      const uploader = new Uploader(workerFolder());
      await uploader.upload(session, { root: folder, remoteDir: 'lab', ifExists: 'refuse' });
      writeFileSync(path.join(folder, '.env'), 'A=2\n');
      await uploader.upload(session, { root: folder, remoteDir: 'lab', ifExists: 'replace' });
      execFileSync('diff', ['-r', folder, path.join(sshd.home, 'lab')]);
    });

    it('is synced to: only what changed is sent, and the same comes back', async () => {
      const folder = path.join(sshd.folder, 'work');
      mkdirSync(folder);
      for (const name of ['a', 'b', 'c']) writeFileSync(path.join(folder, name), name);
      const syncer = new Syncer(workerFolder());
      const sync = () => syncer.sync(() => Promise.resolve(session), { root: folder, remoteDir: 'synced', deletes: true });
      assert.equal((await sync()).files, 3);
      writeFileSync(path.join(folder, 'b'), 'another b');
      rmSync(path.join(folder, 'c'));
      const second = await sync();
      assert.deepEqual([second.files, second.deleted], [1, 1]);
      execFileSync('diff', ['-r', folder, path.join(sshd.home, 'synced')]);
      assert.equal((await sync()).files, 0);
    });

    it('has its files read and written whole', async () => {
      const files = await session.files();
      await files.write('notes.txt', Buffer.from('first'), { ifExists: 'refuse', create: true });
      await files.write('notes.txt', Buffer.from('second'), { ifExists: 'replace', create: false });
      assert.equal((await files.read('notes.txt')).toString(), 'second');
      const names: string[] = [];
      for await (const entries of files.list('.')) names.push(...entries.map(({ name }) => name));
      assert.ok(names.includes('notes.txt'), names.join(' '));
      assert.deepEqual(
        names.filter((name) => /notes/.test(name)),
        ['notes.txt'],
      );
      await files.remove('notes.txt', { recursive: false });
    });

    it('forwards streams both ways', async () => {
      const echo = createServer((socket) => socket.pipe(socket));
      await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
      const { port } = echo.address() as AddressInfo;
      const said = async (stream: Duplex): Promise<string> => {
        stream.end('hello');
        return text(stream);
      };
      assert.equal(await said(await session.connect({ host: '127.0.0.1', port })), 'hello');
      const listener = await session.listen({ host: 'localhost', port: 0 }, (stream) => stream.pipe(stream));
      assert.ok(listener.port !== undefined);
      assert.equal(await said(createConnection({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true })), 'hello');
      await listener.close();
      await new Promise((resolve) => echo.close(resolve));
    });

    it('reads the entries that Skylab writes, and means the same by them', () => {
      const scratch = scratchIn(other);
      try {
        const inside = (name: string): string => path.join(scratch.inside, name);
        const target = { ...sshd.target('ada'), identityFile: inside('key'), hostKeyAlias: 'i-0123456789abcdef0' };
        writeFileSync(path.join(scratch.outside, 'hosts.conf'), renderHostEntries([target], inside('known_hosts')));
        const persons = 'Host *\n  User nobody\n  ServerAliveInterval 7\n';
        writeFileSync(path.join(scratch.outside, 'config'), withInclude(persons, inside('*.conf')) ?? '');
        const answer = runIn(other, ['ssh', '-T', '-G', '-F', inside('config'), 'ada']);
        for (const line of [
          'hostname 127.0.0.1',
          'user root',
          `port ${sshd.port}`,
          'hostkeyalias i-0123456789abcdef0',
          `identityfile ${inside('key')}`,
          `userknownhostsfile ${inside('known_hosts')}`,
          'stricthostkeychecking true',
          'serveraliveinterval 15',
        ])
          assert.ok(answer.split('\n').includes(line), `${line}\n${answer}`);
        const unrelated = runIn(other, ['ssh', '-T', '-G', '-F', inside('config'), 'eve']);
        assert.match(unrelated, /^user nobody$/m);
      } finally {
        scratch.remove();
      }
    });
  });
}

describe('versions of OpenSSH', () => {
  it('are several: an old one and a new one at least', () => {
    const majors = otherOpenSsh().map(({ version }) => Number.parseFloat(version));
    assert.ok(Math.min(...majors) < 9 && Math.max(...majors) >= 10, majors.join(', '));
  });
});
