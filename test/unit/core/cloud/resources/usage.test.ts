import assert from 'node:assert/strict';
import type { Instance } from '../../../../../src/core/cloud/model';
import { rulesForMe } from '../../../../../src/core/cloud/resources/groups';
import { monthlyCost, sumOf } from '../../../../../src/core/cloud/resources/costs';
import type { OwnGroup, OwnImage, Snapshot, Volume } from '../../../../../src/core/cloud/resources/ports';
import { Uses, type Inventory } from '../../../../../src/core/cloud/resources/usage';
import { freeDevice } from '../../../../../src/core/cloud/resources/volumes';
import { instance } from '../support';

const volume = (id: string, more: Partial<Volume> = {}): Volume => ({
  id,
  name: '',
  sizeGiB: 10,
  type: 'gp3',
  encrypted: true,
  zone: 'a',
  state: 'available',
  createdAt: 0,
  tags: {},
  ...more,
});
const attached = (id: string, instanceId: string, device: string): Volume =>
  volume(id, { state: 'in-use', attachment: { instanceId, device, deleteOnTermination: false } });
const snapshot = (id: string, volumeId: string, more: Partial<Snapshot> = {}): Snapshot => ({
  id,
  name: '',
  description: '',
  volumeId,
  sizeGiB: 10,
  state: 'completed',
  progress: 1,
  createdAt: 0,
  tags: {},
  ...more,
});
const image = (id: string, more: Partial<OwnImage> = {}): OwnImage => ({
  id,
  name: id,
  state: 'available',
  architecture: 'x86_64',
  createdAt: 0,
  snapshotIds: [],
  sizeGiB: 8,
  isPublic: false,
  tags: {},
  ...more,
});
const group = (id: string, more: Partial<OwnGroup> = {}): OwnGroup => ({
  id,
  name: id,
  description: '',
  vpcId: 'vpc-1',
  rules: [],
  tags: {},
  refersTo: [],
  furtherRules: 0,
  ...more,
});
const ada = (more: Partial<Instance> = {}): Instance => instance('i-ada', { name: 'ada', ...more });
const nothing: Inventory = { instances: [], interfaces: [], templates: [], images: [], volumes: [], snapshots: [] };
const names = (use: ReturnType<Uses['volume']>): string =>
  use.state === 'used' ? use.by.map(({ kind, name }) => `${kind} ${name}`).join(', ') : use.state;

describe('what counts as unused', () => {
  it('a disk that no machine has, once it is made', () => {
    const uses = new Uses({ ...nothing, instances: [ada()] });
    assert.equal(names(uses.volume(volume('v'))), 'unused');
    assert.equal(names(uses.volume(attached('v', 'i-ada', '/dev/sdf'))), 'machine ada');
    assert.equal(names(uses.volume(attached('v', 'i-other', '/dev/sdf'))), 'machine i-other');
    for (const state of ['creating', 'deleting', 'error'] as const)
      assert.equal(names(uses.volume(volume('v', { state }))), 'unknown', state);
  });

  it('an address that nobody has; not one of a load balancer, nor one that a service holds', () => {
    const lb = { id: 'eni-1', description: 'ELB app/front', groupIds: [] };
    const uses = new Uses({ ...nothing, instances: [ada()], interfaces: [lb] });
    const address = { allocationId: 'a', publicIp: '192.0.2.1', tags: {} };
    assert.equal(names(uses.address(address)), 'unused');
    assert.equal(names(uses.address({ ...address, instanceId: 'i-ada' })), 'machine ada');
    assert.equal(names(uses.address({ ...address, networkInterfaceId: 'eni-1' })), 'service ELB app/front');
    assert.equal(names(uses.address({ ...address, managed: true })), 'kept');
    assert.equal(names(uses.address({ ...address, associationId: 'x' })), 'unknown');
  });

  it('a group without machine, service, other group or template', () => {
    const of = (more: Partial<Inventory>, one = group('sg-1')): string => names(new Uses({ ...nothing, ...more }).group(one));
    assert.equal(of({}), 'unused');
    assert.equal(of({ instances: [ada({ securityGroups: [{ id: 'sg-1', name: 'x' }] })] }), 'machine ada');
    assert.equal(
      of({ interfaces: [{ id: 'eni-1', description: 'RDSNetworkInterface', groupIds: ['sg-1'] }] }),
      'service RDSNetworkInterface',
    );
    assert.equal(of({ interfaces: [{ id: 'eni-1', description: '', groupIds: ['sg-1'], instanceId: 'i-ada' }] }), 'machine i-ada');
    assert.equal(of({ groups: [group('sg-2', { name: 'web', refersTo: ['sg-1'] })] }), 'group web');
    assert.equal(of({ groups: [group('sg-1', { refersTo: ['sg-1'] })] }), 'unused');
    assert.equal(of({ templates: [{ name: 'lab', groups: ['sg-1'], snapshotIds: [] }] }), 'template lab');
    assert.equal(of({}, group('sg-1', { name: 'default' })), 'kept');
    assert.equal(of({}, group('sg-1', { tags: { 'aws:cloudformation:stack-name': 'x' } })), 'kept');
  });

  it('nothing whose users could not be asked for', () => {
    const without = (part: keyof Inventory): Uses =>
      new Uses(Object.fromEntries(Object.entries(nothing).filter(([name]) => name !== part)));
    assert.equal(names(without('interfaces').group(group('sg-1'))), 'unknown');
    assert.equal(names(without('templates').image(image('ami-1'))), 'unknown');
    assert.equal(names(without('instances').keyPair({ name: 'k', type: '', fingerprint: '' })), 'unknown');
    assert.equal(names(without('templates').snapshot(snapshot('s', 'gone'))), 'unknown');
  });

  it('an image and a key pair that no machine, also a stopped one, was launched with', () => {
    const stopped = ada({ state: 'stopped', imageId: 'ami-1', keyName: 'class' });
    const uses = new Uses({ ...nothing, instances: [stopped, instance('i-2', { state: 'terminated', imageId: 'ami-2', keyName: 'old' })] });
    const pair = (name: string) => ({ name, type: 'ed25519', fingerprint: '' });
    assert.deepEqual([uses.image(image('ami-1')), uses.keyPair(pair('class'))].map(names), ['machine ada', 'machine ada']);
    assert.deepEqual([uses.image(image('ami-2')), uses.keyPair(pair('old'))].map(names), ['unused', 'unused']);
    assert.equal(names(uses.image(image('ami-2', { isPublic: true }))), 'kept');
    assert.equal(names(uses.image(image('ami-2', { state: 'pending' }))), 'unknown');
  });

  it('a snapshot of no image whose disk is gone; never one that a backup service made', () => {
    const inventory = { ...nothing, volumes: [volume('v', { name: 'data' })], images: [image('ami-1', { snapshotIds: ['s-1'] })] };
    const uses = new Uses(inventory);
    assert.equal(names(uses.snapshot(snapshot('s-1', 'gone'))), 'image ami-1');
    assert.equal(names(uses.snapshot(snapshot('s-2', 'v'))), 'disk data');
    assert.equal(names(uses.snapshot(snapshot('s-2', 'gone'))), 'unused');
    assert.equal(names(uses.snapshot(snapshot('s-2', 'gone', { tags: { 'aws:backup:source-resource': 'x' } }))), 'kept');
    assert.equal(names(uses.snapshot(snapshot('s-2', 'gone', { state: 'pending' }))), 'unknown');
  });

  it('is looked up for 10,000 disks within the time of a test', () => {
    const instances = Array.from({ length: 10_000 }, (_, i) => instance(`i-${i}`, { name: `m${i}` }));
    const volumes = instances.map(({ id }, i) => attached(`v-${i}`, id, '/dev/sdf'));
    const uses = new Uses({ ...nothing, instances, volumes });
    assert.ok(volumes.every((one) => uses.volume(one).state === 'used'));
  });
});

describe('the device name of a new disk', () => {
  it('is the first that the machine does not use, by whatever name it calls them', () => {
    const volumes = [attached('a', 'i-1', '/dev/sdf'), attached('b', 'i-1', '/dev/xvdg'), attached('c', 'i-2', '/dev/sdh')];
    assert.equal(freeDevice([], 'i-1'), '/dev/sdf');
    assert.equal(freeDevice(volumes, 'i-1'), '/dev/sdh');
  });

  it('is none when all are taken', () => {
    const letters = Array.from('bcdefghijklmnopqrstuvwxyz');
    const volumes = letters.map((letter) => attached(letter, 'i-1', `/dev/sd${letter}`));
    assert.throws(() => freeDevice(volumes, 'i-1'), /no device name left/);
  });
});

describe('what something costs in a month', () => {
  const prices = {
    storage: (_: string, type: string) =>
      type === 'io9' ? undefined : { perGiBMonth: type === 'snapshot' ? 0.05 : 0.08, asOf: '2026-01-01', source: 'table' as const },
    address: () => ({ perHour: 0.005, asOf: '2026-01-01', source: 'table' as const }),
  };
  const cost = (resource: Parameters<typeof monthlyCost>[0], inventory: Inventory = {}) =>
    monthlyCost(resource, inventory, prices, 'us-east-1');

  it('is by size and type, by the hour, at most that for copies, and unknown without a price', () => {
    assert.deepEqual(cost({ kind: 'volumes', id: 'v', item: volume('v', { sizeGiB: 100 }) }), { usd: 8, atMost: false });
    assert.equal(cost({ kind: 'volumes', id: 'v', item: volume('v', { type: 'io9' }) }), undefined);
    assert.deepEqual(cost({ kind: 'snapshots', id: 's', item: snapshot('s', 'v') }), { usd: 0.5, atMost: true });
    assert.deepEqual(cost({ kind: 'addresses', id: 'a', item: { allocationId: 'a', publicIp: '192.0.2.1', tags: {} } }), {
      usd: 3.65,
      atMost: false,
    });
    assert.equal(cost({ kind: 'groups', id: 'g', item: group('g') }), undefined);
  });

  it('is, of an image, that of its copies of disks', () => {
    const snapshots = [snapshot('s-1', 'v'), snapshot('s-2', 'v', { sizeGiB: 30 })];
    const one = { kind: 'images' as const, id: 'ami-1', item: image('ami-1', { snapshotIds: ['s-1', 's-2'] }) };
    assert.deepEqual(cost(one, { snapshots }), { usd: 2, atMost: true });
  });

  it('adds up to what is known', () => {
    assert.equal(sumOf([undefined, undefined]), undefined);
    assert.deepEqual(sumOf([{ usd: 1, atMost: false }, undefined, { usd: 2, atMost: true }]), { usd: 3, atMost: true });
  });
});

describe('letting my address in', () => {
  const ssh = (cidrs: readonly string[], description?: string) => ({
    protocol: 'tcp' as const,
    fromPort: 22,
    toPort: 22,
    cidrs,
    ...(description === undefined ? {} : { description }),
  });
  const mine = 'SSH for ada (Skylab)';
  const want = (rules: OwnGroup['rules'], addresses = ['203.0.113.10'], tags = {}) =>
    rulesForMe(group('g', { rules, tags }), addresses, 'ada');

  it('adds one rule for all families, and leaves those of others', () => {
    const others = [ssh(['198.51.100.1/32'], 'SSH for bob (Skylab)'), ssh(['192.0.2.0/24'])];
    assert.deepEqual(want(others, ['203.0.113.10', '2001:db8::1']), [...others, ssh(['203.0.113.10/32', '2001:db8::1/128'], mine)]);
  });

  it('replaces the rule that Skylab wrote before, and that of my own launch', () => {
    assert.deepEqual(want([ssh(['198.51.100.1/32'], mine)]), [ssh(['203.0.113.10/32'], mine)]);
    const launched = ssh(['198.51.100.1/32'], 'SSH from the launching computer');
    assert.deepEqual(want([launched], undefined, { 'skylab:owner': 'ada' }), [ssh(['203.0.113.10/32'], mine)]);
    assert.deepEqual(want([launched], undefined, { 'skylab:owner': 'bob' }), [launched, ssh(['203.0.113.10/32'], mine)]);
  });

  it('changes nothing where I am let in already', () => {
    assert.equal(want([ssh(['203.0.113.10/32'], mine)]), undefined);
    assert.equal(want([ssh(['203.0.113.10/32'], 'SSH from the launching computer')]), undefined);
    assert.equal(want([ssh(['203.0.113.0/24'])]), undefined);
    assert.equal(want([{ protocol: '-1', fromPort: 0, toPort: 65535, cidrs: ['0.0.0.0/0'] }]), undefined);
  });

  it('writes only what EC2 takes as a description', () => {
    const [rule] = rulesForMe(group('g'), ['203.0.113.10'], 'ädä|<x>') ?? [];
    assert.equal(rule?.description, 'SSH for _d___x_ (Skylab)');
  });
});
