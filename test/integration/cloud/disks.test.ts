import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskScript } from '../../../src/core/cloud/launching/diskScript';
import type { MountedDisk } from '../../../src/core/cloud/launching/firstBootPlan';
import { asRoot } from '../../setup/packages.mjs';

/** The script that a machine runs for its further disks, on real block devices: files that the kernel shows as disks. */
describe('the further disks of a machine', function () {
  this.timeout(60_000);
  let folder: string;
  const devices: string[] = [];

  const root = (...command: string[]): string => {
    const [program = '', ...args] = asRoot(command);
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  };
  /** A blank disk, known to the machine by the name. */
  const disk = (name: string, megabytes: number): string => {
    const file = join(folder, `${name}.img`);
    root('truncate', '-s', `${megabytes}M`, file);
    const device = root('losetup', '-f', '--show', file);
    devices.push(device);
    root('ln', '-s', device, join(folder, 'dev', name));
    return device;
  };
  const at = (place: string) => join(folder, place);
  const mounted = (change: Partial<MountedDisk>): MountedDisk => ({ device: '/dev/sdf', sizeGiB: 1, mountPoint: at('data'), ...change });
  const scriptOf = (...disks: MountedDisk[]): string => {
    const places = { dev: at('dev'), fstab: at('fstab'), dockerConfig: at('docker/daemon.json'), containerd: at('containerd') };
    writeFileSync(at('script'), diskScript(disks, places));
    return at('script');
  };
  const setUp = (...disks: MountedDisk[]) => root('sh', scriptOf(...disks));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skylab-disks-'));
    root('mkdir', at('dev'));
    writeFileSync(at('fstab'), '# the machine’s own\nUUID=1-2 / ext4 defaults 0 1\n');
  });
  afterEach(() => {
    for (const place of ['containerd', 'data', 'srv']) {
      try {
        root('umount', at(place));
      } catch {
        // It was not mounted.
      }
    }
    for (const device of devices.splice(0)) root('losetup', '-d', device);
    rmSync(folder, { recursive: true, force: true });
  });

  it('are formatted with as many inodes as asked, mounted by UUID, and the same when it is done again', () => {
    const device = disk('sdf', 64);
    const [one] = [mounted({ inodes: 40_000 })];
    assert.match(setUp(one), /making ext4/);
    assert.equal(root('findmnt', '-no', 'SOURCE,FSTYPE', at('data')).replace(/\s+/g, ' '), `${device} ext4`);
    const inodes = Number(root('stat', '-f', '-c', '%c', at('data')));
    assert.ok(inodes >= 40_000 && inodes < 45_000, String(inodes));
    const uuid = root('blkid', '-p', '-s', 'UUID', '-o', 'value', device);
    const fstab = readFileSync(at('fstab'), 'utf8');
    assert.ok(fstab.endsWith(`UUID=${uuid} ${at('data')} ext4 defaults,nofail,x-systemd.device-timeout=30s 0 2\n`), fstab);
    root('touch', at('data/kept'));
    setUp(one);
    assert.equal(readFileSync(at('fstab'), 'utf8'), fstab);
    assert.equal(root('ls', at('data/kept')), at('data/kept'));
  });

  it('keep the file system that they have: it is mounted as it is', () => {
    const device = disk('sdf', 64);
    root('mkfs.ext4', '-q', '-L', 'old-results', device);
    assert.match(setUp(mounted({ filesystem: 'ext4', inodes: 90_000 })), /holds ext4 and is mounted at .* as it is/);
    assert.equal(root('blkid', '-p', '-s', 'LABEL', '-o', 'value', device), 'old-results');
  });

  it('are left alone when they hold something else, and when they are not there', () => {
    const device = disk('sdf', 64);
    // One Linux partition of 1 MiB, as a master boot record has it.
    const entry = '\\0\\0\\0\\0\\203\\0\\0\\0\\0\\10\\0\\0\\0\\10\\0\\0';
    root(
      'sh',
      '-c',
      `printf '${entry}' | dd of=${device} bs=1 seek=446 conv=notrunc status=none; printf '\\125\\252' | dd of=${device} bs=1 seek=510 conv=notrunc status=none; sync`,
    );
    const before = root('sha256sum', join(folder, 'sdf.img'));
    assert.throws(() => setUp(mounted({})), /holds partitions: it was left alone/);
    assert.equal(root('sha256sum', join(folder, 'sdf.img')), before);
    assert.doesNotMatch(readFileSync(at('fstab'), 'utf8'), /data/);
  });

  it('take Docker’s data, beside what its configuration says already', () => {
    disk('xvdg', 64);
    root('mkdir', at('docker'));
    writeFileSync(at('docker/daemon.json'), '{"log-driver": "local"}');
    setUp(mounted({ device: '/dev/sdg', mountPoint: at('srv'), dockerData: true }));
    assert.deepEqual(JSON.parse(readFileSync(at('docker/daemon.json'), 'utf8')), { 'log-driver': 'local', 'data-root': at('srv/docker') });
    assert.equal(root('stat', '-c', '%a', at('srv/docker')), '711');
    // Docker 29 keeps its images with containerd
    root('touch', at('containerd/image'));
    assert.equal(root('ls', at('srv/containerd')), 'image');
    const bind = `${at('srv/containerd')} ${at('containerd')} none bind,nofail,x-systemd.requires-mounts-for=${at('srv')} 0 0\n`;
    assert.equal(readFileSync(at('fstab'), 'utf8').split(bind).length, 2);
    setUp(mounted({ device: '/dev/sdg', mountPoint: at('srv'), dockerData: true }));
    assert.equal(readFileSync(at('fstab'), 'utf8').split(bind).length, 2, 'done again, nothing is added');
  });

  it('become xfs where that is asked for', () => {
    const device = disk('sdf', 320);
    assert.match(setUp(mounted({ filesystem: 'xfs' })), /making xfs/);
    assert.equal(root('findmnt', '-no', 'SOURCE,FSTYPE', at('data')).replace(/\s+/g, ' '), `${device} xfs`);
    assert.match(readFileSync(at('fstab'), 'utf8'), / xfs defaults,nofail,/);
  });

  it('are found among NVMe disks by the name that each of them tells, in whatever order they came up', () => {
    const [first, second] = [disk('nvme1n1', 64), disk('nvme2n1', 64)];
    disk('nvme0n1', 64);
    // The controller's answer to "Identify": the kernel's part is played by what Python loads before the script.
    writeFileSync(at('sitecustomize.py'), NVME_CONTROLLERS);
    const told = { nvme0n1: 'Another Maker', nvme1n1: 'sdg', nvme2n1: '/dev/xvdf' };
    const script = [mounted({}), mounted({ device: '/dev/sdg', mountPoint: at('srv') })];
    root('env', `PYTHONPATH=${folder}`, `DISKS=${JSON.stringify(told)}`, 'sh', scriptOf(...script));
    assert.equal(root('findmnt', '-no', 'SOURCE', at('data')), second);
    assert.equal(root('findmnt', '-no', 'SOURCE', at('srv')), first);
  });
});

/** Answers as EBS's controllers do: model number in bytes 24 to 63, the device name of the launch from byte 3072 on. */
const NVME_CONTROLLERS = `
import ctypes, fcntl, json, os, struct

def ioctl(disk, request, command):
    assert request == 0xC0484E41, request
    (opcode, _, _, namespace, _, _, _, address, _, length, what, *_) = struct.unpack('<BBHIIIQQII6III', command)
    assert (opcode, namespace, length, what) == (6, 0, 4096, 1), (opcode, namespace, length, what)
    told = json.loads(os.environ['DISKS'])[os.path.basename(disk.name)]
    ours = told.replace('/dev/', '')[:2] in ('sd', 'xv')
    model = b'Amazon Elastic Block Store' if ours else b'Another Maker'
    answer = bytearray(4096)
    answer[24:64] = model.ljust(40)
    answer[3072:3104] = told.encode().ljust(32)
    ctypes.memmove(address, bytes(answer), 4096)
    return 0

fcntl.ioctl = ioctl
`;
