import assert from 'node:assert/strict';
import { SkylabError } from '../../../src/core/errors';
import type { RemoteFolder } from '../../../src/core/upkeep/disks/remote';
import { mountRemote, unmountRemote } from '../../../src/core/upkeep/disks/remote';
import { restartMachine } from '../../../src/core/upkeep/packages/tasks';
import { UpkeepBed } from './bed';

describe('a folder that another machine gives over SSH', function () {
  this.timeout(120_000);
  let store: UpkeepBed;
  let bed: UpkeepBed;
  let address: string;

  before(async function () {
    this.timeout(600_000);
    store = await UpkeepBed.start('store', { devices: true });
    await store.bed.lab.open(22);
    bed = await store.beside('reader');
    address = (await store.bed.lab.instance(store.bed.instanceId)).PrivateIpAddress ?? '';
    await store.remote('mkdir data && echo "from the store" >data/readme');
    const key = await bed.remote(
      'sudo install -d -m 0700 /root/.ssh; sudo ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_store; sudo cat /root/.ssh/id_store.pub',
    );
    await store.remote(`echo '${key}' >>.ssh/authorized_keys`);
  });

  after(async () => {
    bed.bed.dispose();
    await store.stop();
  });

  const folder = (wish: Partial<RemoteFolder> = {}) =>
    mountRemote({
      host: `admin@${address}`,
      port: 22,
      folder: '/home/admin/data',
      mount: '/mnt/store-1',
      writable: false,
      identityFile: '/root/.ssh/id_store',
      ...wish,
    });

  it('is not mounted while something is missing: the reason is said, and no unit is left', async () => {
    const reason = async (wish: Partial<RemoteFolder> = {}): Promise<string> => {
      const error = await bed.fails(folder(wish));
      assert.equal(await bed.remote('ls /etc/systemd/system/mnt-*.mount 2>/dev/null; true'), '');
      return error instanceof SkylabError ? (error.code ?? error.message) : String(error);
    };
    assert.equal(await reason(), 'UnknownHost');
    const line = await store.remote('cat /etc/ssh/ssh_host_ed25519_key.pub');
    await bed.remote(`echo '${address} ${line}' | sudo tee /root/.ssh/known_hosts`);
    assert.equal(await reason({ identityFile: '/root/.ssh/id_none' }), 'NoKey');
    assert.equal(await reason({ host: `root@${address}` }), 'NotLetIn');
    assert.equal(await reason({ folder: '/home/admin/elsewhere' }), 'NoRemoteFolder');
  });

  it('is refused a place that is taken: by files, by a unit of somebody else’s', async () => {
    await bed.refuses(folder({ mount: '/etc/ssh' }), 'MountTaken');
    await bed.remote('echo "[Mount]" | sudo tee /etc/systemd/system/mnt-theirs.mount');
    await bed.refuses(folder({ mount: '/mnt/theirs' }), 'MountTaken');
    await bed.remote('sudo rm /etc/systemd/system/mnt-theirs.mount');
  });

  it('can be read, and not written, by everybody', async () => {
    await bed.does(folder());
    assert.equal(await bed.remote('cat /mnt/store-1/readme'), 'from the store');
    assert.match((await bed.bed.ssh('touch /mnt/store-1/new')).stderr, /Read-only file system/);
    assert.equal(await bed.remote('systemd-analyze verify "/etc/systemd/system/mnt-store\\x2d1.mount" 2>&1'), '');
  });

  it('is there again after a restart of the machine', async () => {
    await bed.doesOnce(restartMachine);
    assert.equal(await bed.remote('systemctl is-system-running --wait >/dev/null; cat /mnt/store-1/readme'), 'from the store');
  });

  it('can be written where that is asked for', async () => {
    await bed.does(folder({ writable: true }));
    await bed.remote('echo mine >/mnt/store-1/new');
    assert.equal(await store.remote('cat data/new; stat -c %U data/new'), 'mine\nadmin');
  });

  it('stays as it was where a change does not succeed', async () => {
    await bed.remote('sudo sh -c "cd /usr/bin && mv sshfs sshfs.kept && ln -s false sshfs"');
    await bed.fails(folder());
    await bed.remote('sudo mv /usr/bin/sshfs.kept /usr/bin/sshfs');
    assert.equal((await bed.proposed(folder({ writable: true }))).acts.length, 1, 'it is to be mounted again, and no more');
    assert.doesNotMatch(await bed.remote('cat /etc/systemd/system/mnt-store*.mount'), /,ro$/m);
    await bed.does(folder({ writable: true }));
    assert.equal(await bed.remote('cat /mnt/store-1/new'), 'mine');
  });

  it('is gone with its unit, and with nothing of the other machine’s', async () => {
    await bed.does(unmountRemote('/mnt/store-1'));
    assert.equal(
      await bed.remote('ls /mnt/store-1 /etc/systemd/system/mnt-*.mount 2>/dev/null; findmnt -t fuse.sshfs; true'),
      '/mnt/store-1:',
    );
    assert.equal(await store.remote('cat data/readme'), 'from the store');
  });
});
