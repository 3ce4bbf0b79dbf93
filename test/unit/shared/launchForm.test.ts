import assert from 'node:assert/strict';
import { fittingTypes, sizeCards, usualType, withFollowingNames } from '../../../src/shared/launchForm';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import type { FormInstanceType } from '../../../src/shared/messages';

const type = (name: string, vcpus: number, memoryMiB: number, ...architectures: string[]): FormInstanceType => ({
  name,
  vcpus,
  memoryMiB,
  architectures: architectures.length === 0 ? ['x86_64'] : architectures,
  freeTier: false,
});
const names = (types: readonly FormInstanceType[]) => types.map(({ name }) => name);

const aws = [
  type('m7i.large', 2, 8192),
  type('t3.medium', 2, 4096),
  type('t3.micro', 2, 1024),
  type('t3.small', 2, 2048),
  type('t4g.small', 2, 2048, 'arm64'),
  type('t1.micro', 1, 627, 'i386', 'x86_64'),
];

describe('the sizes that the launch form offers', () => {
  it('are the usual three for an Intel image, the middle one chosen', () => {
    assert.deepEqual(names(sizeCards(aws, 'x86_64')), ['t3.micro', 't3.small', 't3.medium']);
    assert.equal(usualType(aws, 'x86_64')?.name, 't3.small');
  });

  it('are only those that run the image', () => {
    assert.deepEqual(names(fittingTypes(aws, 'arm64')), ['t4g.small']);
    assert.deepEqual(names(sizeCards(aws, 'arm64')), ['t4g.small']);
    assert.equal(fittingTypes(aws, '').length, aws.length);
  });

  it('are the closest that another cloud has, each once', () => {
    const other = [type('huge', 64, 262144), type('medium', 2, 4096), type('tiny', 1, 512), type('small', 1, 2048)];
    assert.deepEqual(names(sizeCards(other, 'x86_64')), ['small', 'medium', 'huge']);
    assert.equal(usualType(other, 'x86_64')?.name, 'small');
  });

  it('are none where nothing fits', () => {
    assert.deepEqual(sizeCards([], 'x86_64'), []);
    assert.equal(usualType([type('tiny', 1, 512)], 'x86_64'), undefined);
  });
});

describe('the names of what is made with a machine', () => {
  const spec: LaunchSpec = {
    accountId: 'a',
    name: 'ada',
    imageId: 'ami-1',
    instanceType: 't3.small',
    keyPair: { kind: 'new', name: '' },
    securityGroup: { kind: 'new', name: '', ssh: true, http: false, https: true },
    diskGiB: 20,
    userData: '',
    count: 1,
  };

  it('follow the name of the machine and step aside for names that are taken', () => {
    const named = withFollowingNames(spec, ['skylab-ada'], ['default']);
    assert.deepEqual(named.keyPair, { kind: 'new', name: 'skylab-ada-2' });
    assert.deepEqual(named.securityGroup, { ...spec.securityGroup, name: 'skylab-ada' });
  });

  it('leave an existing key pair and group alone', () => {
    const existing: LaunchSpec = {
      ...spec,
      keyPair: { kind: 'existing', name: 'laptop' },
      securityGroup: { kind: 'existing', id: 'sg-1' },
    };
    assert.deepEqual(withFollowingNames(existing, [], []), existing);
  });
});
