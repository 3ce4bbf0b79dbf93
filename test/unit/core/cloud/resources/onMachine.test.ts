import assert from 'node:assert/strict';
import { findDisk, growthOf, mountsOf, readDisks } from '../../../../../src/core/cloud/resources/onMachine';
import type { Volume } from '../../../../../src/core/cloud/resources/ports';

const volume = (id: string, device: string): Volume => ({
  id,
  name: 'data',
  sizeGiB: 10,
  type: 'gp3',
  encrypted: true,
  zone: 'a',
  state: 'in-use',
  createdAt: 0,
  attachment: { instanceId: 'i-1', device, deleteOnTermination: false },
  tags: {},
});
/** As util-linux 2.38 prints it on a Nitro machine. */
const nitro = readDisks(`{"blockdevices": [
  {"name":"nvme0n1", "serial":"vol0aaa", "mountpoint":null, "fstype":null, "children": [
    {"name":"nvme0n1p1", "serial":null, "mountpoint":"/", "fstype":"ext4"}]},
  {"name":"nvme1n1", "serial":"vol0bbb", "mountpoint":"/data", "fstype":"xfs"},
  {"name":"nvme2n1", "serial":"vol0ccc", "mountpoint":null, "fstype":null, "children": [
    {"name":"nvme2n1p1", "serial":null, "mountpoint":null, "fstype":"LVM2_member", "children": [
      {"name":"vg-lv", "serial":null, "mountpoint":"/srv", "fstype":"ext4"}]}]},
  {"name":"nvme3n1", "serial":"vol0ddd", "mountpoint":null, "fstype":null}]}`);
const xen = readDisks(`{"blockdevices": [
  {"name":"xvda", "serial":null, "mountpoint":null, "fstype":null, "children": [
    {"name":"xvda1", "serial":null, "mountpoint":"/", "fstype":"ext4"}]},
  {"name":"xvdf", "serial":null, "mountpoint":"[SWAP]", "fstype":"swap"}]}`);
const on = (id: string, device = '/dev/sdz') => {
  const disk = findDisk(nitro, volume(id, device));
  assert.ok(disk, id);
  return disk;
};
const commands = (id: string): string[] => (growthOf(on(id))?.commands ?? []).map(({ argv }) => argv.join(' '));

describe('a volume on its machine', () => {
  it('is found by its serial number, whatever it was called when it was attached', () => {
    assert.equal(on('vol-0bbb').name, 'nvme1n1');
    assert.equal(findDisk(nitro, volume('vol-0eee', '/dev/nvme1n1')), undefined);
  });

  it('is found by the letter of its device where the hypervisor tells no serial number', () => {
    assert.equal(findDisk(xen, volume('vol-1', '/dev/sdf'))?.name, 'xvdf');
    assert.equal(findDisk(xen, volume('vol-1', '/dev/sda1'))?.name, 'xvda');
    assert.equal(findDisk(xen, volume('vol-1', '/dev/sdg')), undefined);
  });

  it('is mounted where it, a part of it, or what is built on it is', () => {
    assert.deepEqual(
      ['vol-0aaa', 'vol-0bbb', 'vol-0ccc', 'vol-0ddd'].map((id) => mountsOf(on(id))),
      [['/'], ['/data'], ['/srv'], []],
    );
    assert.deepEqual(xen.flatMap(mountsOf), ['/', '[SWAP]']);
  });

  it('grows by its partition and its own file system, and is left alone where that is not known', () => {
    assert.deepEqual(commands('vol-0aaa'), ['growpart /dev/nvme0n1 1', 'resize2fs /dev/nvme0n1p1']);
    assert.deepEqual(commands('vol-0bbb'), ['xfs_growfs /data']);
    assert.deepEqual([growthOf(on('vol-0ccc')), growthOf(on('vol-0ddd'))], [undefined, undefined]);
    assert.ok((growthOf(on('vol-0aaa'))?.commands ?? []).every(({ sudo }) => sudo === true));
  });

  it('is not guessed at when the machine answers something else', () => {
    assert.throws(() => readDisks('lsblk: unrecognized option'), /did not list its disks/);
    assert.deepEqual(readDisks('{}'), []);
  });
});
