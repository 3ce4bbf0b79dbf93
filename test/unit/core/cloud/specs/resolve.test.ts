import assert from 'node:assert/strict';
import type { LaunchOptions } from '../../../../../src/core/cloud/launch';
import type { Image } from '../../../../../src/core/cloud/model';
import { launchLike } from '../../../../../src/core/cloud/specs/like';
import { RecentLaunches } from '../../../../../src/core/cloud/specs/recent';
import { accountOf, resolveSpec, SpecMisfits } from '../../../../../src/core/cloud/specs/resolve';
import type { FileSpec } from '../../../../../src/core/cloud/specs/specFile';
import type { LaunchSpec } from '../../../../../src/shared/launchSpec';
import { ACCOUNT, instance, MapMemento } from '../support';

const image = (id: string, name: string, createdAt: string, architecture = 'x86_64'): Image => ({
  id,
  name,
  label: name,
  architecture,
  createdAt,
  loginUser: 'admin',
  featured: true,
  rootDeviceName: '/dev/xvda',
  minDiskGiB: 8,
});
const group = (id: string, name: string) => ({ id, name, description: '', vpcId: 'vpc-1', rules: [], tags: {} });
const pair = (name: string, identityFile?: string) => ({
  name,
  type: 'ed25519',
  fingerprint: '',
  ...(identityFile === undefined ? {} : { identityFile }),
});
const OPTIONS = {
  images: [
    image('ami-old', 'debian-13-amd64-20260101', '2026-01-01'),
    image('ami-new', 'debian-13-amd64-20261001', '2026-10-01'),
    image('ami-arm', 'debian-13-arm64-20261101', '2026-11-01', 'arm64'),
  ],
  instanceTypes: [{ name: 't3.small', vcpus: 2, memoryMiB: 2048, architectures: ['x86_64'], freeTier: false }],
  keyPairs: [pair('skylab-ada', '/home/ada/.ssh/skylab/keys/skylab-ada'), pair('lost')],
  securityGroups: [group('sg-1', 'course'), group('sg-2', 'twice'), group('sg-3', 'twice'), group('sg-4', 'skylab-ada')],
  publicKeys: [],
  myAddresses: [],
} as unknown as LaunchOptions;

const FILE: FileSpec = { name: 'ada', image: 'ami-old', instanceType: 't3.small', securityGroup: { existing: 'course' } };
const resolve = (change: Partial<FileSpec>, found?: Image) =>
  resolveSpec({ ...FILE, ...change }, ACCOUNT, OPTIONS, () => Promise.resolve(found), '/home/ada');
const misfits = async (change: Partial<FileSpec>) => {
  try {
    await resolve(change);
  } catch (error) {
    assert.ok(error instanceof SpecMisfits, String(error));
    return error.misfits.map(({ path, message }) => `${path.join('.')}: ${message}`);
  }
  return [];
};

describe('a spec file in an account', () => {
  it('takes the newest image whose name fits, among the known publishers’ only', async () => {
    const { spec } = await resolve({ image: { name: 'debian-13-*', architecture: 'x86_64' } });
    assert.equal(spec.imageId, 'ami-new');
    assert.deepEqual(await misfits({ image: { name: 'debian' } }), [
      "image: None of Skylab's images and your own in us-east-1 is called debian.",
    ]);
    assert.match((await misfits({ image: 'ami-elsewhere' })).join('\n'), /ids differ from region to region/);
  });

  it('finds groups by name, and says which are not there or not one', async () => {
    assert.deepEqual((await resolve({})).spec.securityGroup, { kind: 'existing', id: 'sg-1' });
    assert.match((await misfits({ securityGroup: { existing: 'twice' } })).join('\n'), /several groups named twice: give its id/);
    assert.match((await misfits({ securityGroup: { existing: 'none' } })).join('\n'), /phys-dept has no security group none/);
  });

  it('run a second time uses its key pair again, and gives its group a free name', async () => {
    const { spec, remarks } = await resolve({ keyPair: { new: 'skylab-ada' }, securityGroup: { new: 'skylab-ada', open: ['ssh'] } });
    assert.deepEqual(spec.keyPair, { kind: 'existing', name: 'skylab-ada', identityFile: '/home/ada/.ssh/skylab/keys/skylab-ada' });
    assert.equal(spec.securityGroup.kind === 'new' && spec.securityGroup.name, 'skylab-ada-2');
    assert.equal(remarks.length, 2);
    const lost = await resolve({ keyPair: { new: 'lost' } });
    assert.deepEqual(lost.spec.keyPair, { kind: 'new', name: 'skylab-ada-2' });
  });

  it('says what no account could give, field by field', async () => {
    assert.deepEqual(await misfits({ instanceType: 'x9.huge', diskGiB: 4 }), [
      "instanceType: This account's region does not offer x9.huge.",
      'diskGiB: This image needs a disk of at least 8 GiB.',
    ]);
  });

  it('belongs to the account that it names', () => {
    assert.equal(accountOf({ ...FILE, account: 'phys-dept' }, [ACCOUNT])?.id, 'acc');
    assert.equal(accountOf(FILE, [ACCOUNT])?.id, 'acc');
    assert.equal(accountOf(FILE, [ACCOUNT, { ...ACCOUNT, id: 'b', name: 'b' }]), undefined);
    assert.throws(() => accountOf({ ...FILE, account: 'other' }, [ACCOUNT]), /Skylab has no account named other/);
  });
});

const SPEC: LaunchSpec = {
  accountId: 'acc',
  name: 'ada',
  imageId: 'ami-1',
  instanceType: 't3.micro',
  keyPair: { kind: 'new', name: 'skylab-ada' },
  securityGroup: { kind: 'new', name: 'skylab-ada', ssh: true, http: true, https: true },
  diskGiB: 40,
  userData: '#!/bin/sh\n',
  count: 1,
};

describe('recent launches', () => {
  it('are kept newest first, twenty of them, each once', async () => {
    const memento = new MapMemento();
    const recent = new RecentLaunches(memento);
    for (let i = 0; i < 25; i++) await recent.add({ ...SPEC, name: `m${i % 22}` }, i);
    const names = recent.list().map(({ spec }) => spec.name);
    assert.deepEqual(names.slice(0, 4), ['m2', 'm1', 'm0', 'm21']);
    assert.equal(names.length, 20);
    await memento.set('skylab.recentLaunches', [{ spec: { name: 'of an older version' }, at: 1 }, 7, ...[{ spec: SPEC, at: 2 }]]);
    assert.deepEqual(recent.list(), [{ spec: SPEC, at: 2 }]);
  });

  it('tell how another machine like one is launched; what they do not, the machine tells', () => {
    const machine = instance('i-1', {
      name: 'ada',
      keyName: 'skylab-ada',
      tags: { Name: 'ada', Course: '8', 'skylab:launch': 'x', 'aws:y': 'z' },
      subnetId: 'subnet-1',
    });
    const like = launchLike(machine, [{ spec: SPEC }], OPTIONS, 'ada-2');
    assert.deepEqual(like, {
      ...SPEC,
      name: 'ada-2',
      instanceType: 't3.small',
      keyPair: { kind: 'existing', name: 'skylab-ada', identityFile: '/home/ada/.ssh/skylab/keys/skylab-ada' },
      securityGroup: { kind: 'existing', id: 'sg-1' },
      network: { subnetId: 'subnet-1' },
      tags: { Course: '8' },
    });
    const strange = launchLike({ ...machine, imageId: 'ami-other', keyName: 'gone' }, [{ spec: SPEC }], OPTIONS, 'b');
    assert.equal(strange.userData, '');
    assert.deepEqual(strange.keyPair, { kind: 'new', name: 'skylab-b' });
  });
});
