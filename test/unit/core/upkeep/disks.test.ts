import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import { moveDocker } from '../../../../src/core/upkeep/disks/docker';
import { parseDiskFacts } from '../../../../src/core/upkeep/disks/facts';
import { mountRemote } from '../../../../src/core/upkeep/disks/remote';
import { mountProblem, releaseDisk, useDisk } from '../../../../src/core/upkeep/disks/tasks';
import type { Plan } from '../../../../src/core/upkeep/task';
import { linesOf } from '../../../../src/core/upkeep/task';

const lsblk = JSON.stringify({
  blockdevices: [
    {
      name: '/dev/nvme0n1',
      type: 'disk',
      size: 8 * 2 ** 30,
      fstype: null,
      uuid: null,
      mountpoints: [null],
      model: 'Amazon EBS',
      ro: false,
      children: [
        { name: '/dev/nvme0n1p1', type: 'part', size: 8 * 2 ** 30, fstype: 'ext4', uuid: 'aa', mountpoints: ['/'], model: null, ro: false },
      ],
    },
    { name: '/dev/nvme1n1', type: 'disk', size: 100 * 2 ** 30, fstype: null, uuid: null, mountpoints: [null], model: null, ro: false },
    { name: '/dev/nvme2n1', type: 'disk', size: 2 ** 30, fstype: 'xfs', uuid: 'bb', mountpoints: [null], model: null, ro: false },
    { name: '/dev/nvme3n1', type: 'disk', size: 2 ** 30, fstype: null, uuid: null, mountpoints: [null], model: null, ro: false },
  ],
});
const facts = (more = '') =>
  parseDiskFacts(
    `apt\nlsblk ${lsblk}\ntype /dev/nvme3n1 LVM2_member\nclean /dev/nvme1n1\nclean /dev/nvme3n1\nmakes ext4\nfuse\nfree 1000000 /\n${more}`,
  );
/** /dev/nvme2n1 is mounted at /data. */
const withData = (more: string) =>
  parseDiskFacts(
    `apt\nlsblk ${lsblk.replace('"fstype":"xfs","uuid":"bb","mountpoints":[null]', '"fstype":"xfs","uuid":"bb","mountpoints":["/data"]')}\nfree 1000000 /data\n${more}`,
  );
const coded = (text: string): string => Buffer.from(text).toString('base64');
const code = (wanted: string) => (error: unknown) => error instanceof SkylabError && error.code === wanted;
const use = (device: string, mount = '/data'): Plan => useDisk({ device, mount, format: 'ext4', inodes: 2_000_000 }).plan(facts());

describe('a data disk', () => {
  it('is formatted only when it is blank, with as many files as are wanted', () => {
    assert.deepEqual(linesOf(use('/dev/nvme1n1')), [
      'makes a file system on /dev/nvme1n1: ext4 for 2000000 files, 100 GiB; it is blank now',
      'mounts /dev/nvme1n1 at /data',
      'writes it into /etc/fstab by its UUID: it is mounted at every start',
    ]);
    assert.deepEqual(linesOf(use('/dev/nvme2n1')), [
      'mounts /dev/nvme2n1 at /data',
      'writes it into /etc/fstab by its UUID: it is mounted at every start',
    ]);
    assert.throws(() => use('/dev/nvme3n1'), code('NotBlank'));
    assert.throws(() => use('/dev/nvme0n1'), code('NotBlank'), 'it has partitions');
    assert.throws(() => use('/dev/nvme0n1p1'), code('DiskInUse'));
    assert.throws(() => use('/dev/sdz'), code('NoDisk'));
  });

  it('is mounted neither over the system nor outside of plain paths', () => {
    for (const good of ['/data', '/mnt/data', '/srv/lab-1']) assert.equal(mountProblem(good), undefined);
    for (const bad of ['', '/', 'data', '/etc', '/usr', '/a b', '/data/../etc', '/data/', '/home']) assert.ok(mountProblem(bad), bad);
    assert.throws(() => releaseDisk('/').plan(facts()), code('SystemDisk'));
  });

  it('takes Docker’s data only where there is room for them, and keeps the rest of daemon.json', () => {
    const mounted = (bytes: number) => withData(`docker /var/lib/docker\nbytes ${bytes}\ndaemon ${coded('{"log-driver":"local"}')}`);
    const plan = moveDocker('/data').plan(mounted(1000));
    const last = plan.acts[0]?.changes.at(-1)?.command;
    assert.deepEqual(JSON.parse(String(last?.stdin)), { 'log-driver': 'local', 'data-root': '/data/docker' });
    assert.throws(() => moveDocker('/data').plan(mounted(2_000_000)), code('DiskFull'));
    assert.throws(() => moveDocker('/elsewhere').plan(mounted(1)), code('NoMountPoint'));
  });

  it('takes Docker’s data neither into a folder that holds something nor while containers go on without Docker', () => {
    const mounted = (more: string) => withData(`docker /var/lib/docker\nbytes 1\n${more}`);
    assert.throws(() => moveDocker('/data').plan(mounted('filled /data/docker')), code('FolderTaken'));
    assert.throws(() => moveDocker('/data').plan(mounted(`daemon ${coded('{"live-restore": true}')}`)), code('LiveRestore'));
    assert.throws(() => releaseDisk('/data').plan({ ...mounted(''), dockerRoot: '/data' }), code('DiskInUse'));
  });

  it('brings containerd’s images along, and changes nothing else in its configuration', () => {
    const toml = 'version = 2\nroot = "/var/lib/containerd"\n\n[plugins."x"]\n  root = "/srv/x"\n';
    const mounted = withData(`docker /data/docker\nbytes 1\nimages 5 /var/lib/containerd\ntoml ${coded(toml)}`);
    const changes = moveDocker('/data').plan(mounted).acts[0]?.changes ?? [];
    assert.deepEqual(
      changes.map(({ line }) => line),
      [
        'stops Docker and its containers',
        'copies /var/lib/containerd to /data/containerd',
        'has containerd keep the images in /data/containerd, by /etc/containerd/config.toml',
        'has Docker keep its data in /data/docker, by /etc/docker/daemon.json, and starts it',
      ],
    );
    assert.equal(changes[2]?.command.stdin, 'root = "/data/containerd"\nversion = 2\n\n[plugins."x"]\n  root = "/srv/x"\n');
  });
});

describe('a folder of another machine', () => {
  const wish = { host: 'data@store', port: 22, folder: '/export', mount: '/mnt/my-data', writable: false, identityFile: '/root/.ssh/id' };

  it('is mounted by a unit named after its place, to read only unless it is asked otherwise', () => {
    const plan = mountRemote(wish).plan(facts());
    assert.match(
      linesOf(plan).join('\n'),
      /installs sshfs\nsees that data@store lets root in and has the folder\nwrites \/etc\/systemd\/system\/mnt-my\\x2ddata\.mount: data@store:\/export at \/mnt\/my-data, to read only\n/,
    );
    const unit = String(plan.acts[1]?.changes[1]?.command.stdin);
    assert.match(unit, /^Options=.*StrictHostKeyChecking=yes.*,ro$/m);
    assert.doesNotMatch(String(mountRemote({ ...wish, writable: true }).plan(facts()).acts[1]?.changes[1]?.command.stdin), /,ro$/m);
  });

  it('is refused where its name could be an option or a line of its own', () => {
    for (const bad of [{ host: '-oProxyCommand=x' }, { folder: '/a\nb' }, { identityFile: '/x,allow' }, { mount: '/etc' }])
      assert.throws(() => mountRemote({ ...wish, ...bad }).plan(facts()), code('NoRemoteFolder'), JSON.stringify(bad));
  });
});
