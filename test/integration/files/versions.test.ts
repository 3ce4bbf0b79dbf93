import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import type { RemoteSession } from '../../../src/core/remote/session';
import { FileDownloader } from '../../../src/core/transfer/download/fileDownload';
import { FolderDownloader } from '../../../src/core/transfer/download/folderDownload';
import { skip } from '../../support/skip';
import { otherOpenSsh, startOtherSshd } from '../support/otherOpenSsh';
import { acceptAny, person, silentLog } from '../support/person';
import { diskReceiver } from '../support/receiver';

for (const other of otherOpenSsh()) {
  describe(`files over the SFTP of OpenSSH ${other.version}`, function () {
    this.timeout(30_000);
    let sshd: Awaited<ReturnType<typeof startOtherSshd>>;
    let session: RemoteSession;
    let here = '';
    const ends: (() => unknown)[] = [];
    before(async function () {
      if (process.getuid?.() !== 0) skip(this, 'chroot needs root');
      sshd = await startOtherSshd(other);
      ends.push(() => sshd.stop());
      const options = { verify: acceptAny, questions: person() };
      session = await new Ssh2Dialer({ homeDir: sshd.home }, silentLog).dial(sshd.target('ada'), options);
      ends.push(() => session.close());
      here = mkdtempSync(path.join(tmpdir(), 'skylab-versions-'));
      ends.push(() => rmSync(here, { recursive: true }));
    });
    after(async () => {
      for (const end of ends.reverse()) await end();
    });

    it('are written whole, renamed, copied and deleted', async () => {
      // relative paths count from the login folder of the release’s own user database
      const folder = await session.run({ argv: ['pwd'] });
      const at = (name: string): string => `${folder}/${name}`;
      const outside = (name: string): string => path.join(other.root, folder, name);
      const files = await session.files();
      await files.write(at('notes'), Buffer.alloc(600_000, 'a'), { create: true, ifExists: 'refuse' });
      chmodSync(outside('notes'), 0o640);
      symlinkSync('notes', outside('link'));
      await files.write(at('link'), Buffer.from('short'), { create: false, ifExists: 'replace' });
      assert.equal(readFileSync(outside('notes'), 'utf8'), 'short');
      assert.equal(statSync(outside('notes')).mode & 0o777, 0o640);
      await files.makeFolder(at('box'));
      await files.copy(at('notes'), at('box/two'), { ifExists: 'refuse' });
      await assert.rejects(files.rename(at('notes'), at('box/two'), { ifExists: 'refuse' }), /already/);
      await files.rename(at('notes'), at('box/two'), { ifExists: 'replace' });
      assert.deepEqual(readdirSync(outside('box')), ['two']);
      await files.remove(at('box'), { recursive: true });
      await files.remove(at('link'), { recursive: false });
      assert.deepEqual(readdirSync(path.join(other.root, folder)), []);
    });

    it('come down as a folder and as a file', async () => {
      const folder = await session.run({ argv: ['pwd'] });
      const lab = path.join(other.root, folder, 'lab');
      mkdirSync(path.join(lab, 'é', 'd'.repeat(200)), { recursive: true });
      writeFileSync(path.join(lab, 'é', 'd'.repeat(200), 'deep'), 'deep');
      writeFileSync(path.join(lab, 'large'), Buffer.alloc(3_000_001, 'x'));
      const receiver = diskReceiver();
      const remotePath = `${folder}/lab`;
      await new FolderDownloader(receiver).download(session, { remotePath, dest: path.join(here, 'lab'), ifExists: 'refuse' });
      execFileSync('diff', ['-r', lab, path.join(here, 'lab')]);
      await new FileDownloader(receiver).download(() => Promise.resolve(session), {
        remotePath: `${remotePath}/large`,
        dest: path.join(here, 'large'),
        ifExists: 'refuse',
        machineKey: 'given/ada',
        verify: true,
      });
      execFileSync('cmp', [path.join(lab, 'large'), path.join(here, 'large')]);
      receiver.dispose();
      rmSync(lab, { recursive: true });
    });
  });
}
