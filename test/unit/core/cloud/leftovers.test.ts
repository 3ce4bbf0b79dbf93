import assert from 'node:assert/strict';
import { leftoversOf, taken } from '../../../../src/core/cloud/life/leftovers';
import type { Instance } from '../../../../src/core/cloud/model';
import type { ElasticAddress } from '../../../../src/core/cloud/resources/ports';
import { instance } from './support';

describe('what stays behind of terminated machines', () => {
  const one = (id: string, groups: readonly string[], change: Partial<Instance> = {}): Instance => ({
    ...instance(id),
    keyName: 'lab',
    securityGroups: groups.map((name) => ({ id: `sg-${name}`, name })),
    ...change,
  });
  const group = (name: string, made: boolean) => ({
    id: `sg-${name}`,
    name,
    description: '',
    vpcId: 'vpc-1',
    rules: [],
    tags: made ? { 'skylab:launch': 'l' } : {},
  });
  const pair = (name: string, tags?: Readonly<Record<string, string>>) => ({
    name,
    type: 'ed25519',
    fingerprint: '',
    ...(tags === undefined ? {} : { tags }),
  });
  const address = (publicIp: string, instanceId: string, change: Partial<ElasticAddress> = {}): ElasticAddress => ({
    allocationId: `eipalloc-${publicIp}`,
    publicIp,
    instanceId,
    tags: {},
    ...change,
  });
  const identities = { find: (name: string) => Promise.resolve(`/keys/${name}`) } as Parameters<typeof leftoversOf>[2]['identities'];
  const look = (gone: readonly Instance[], around: Partial<Parameters<typeof leftoversOf>[1]>) =>
    leftoversOf(gone, { instances: gone, keyPairs: [], groups: [], addresses: [], ...around }, { identities });

  it('is what Skylab made and nobody else uses', async () => {
    const [ada, bob] = [one('i-1', ['own', 'shared', 'theirs']), one('i-2', ['shared'])];
    const around = {
      instances: [ada, bob],
      groups: [group('own', true), group('shared', true), group('theirs', false)],
      keyPairs: [pair('lab', { 'skylab:launch': 'l', 'skylab:key': 'new' })],
    };
    const alone = await look([ada], around);
    assert.deepEqual([alone.securityGroups, alone.keyPairs], [[{ id: 'sg-own', name: 'own' }], []]);
    const both = await look([ada, bob], around);
    assert.deepEqual(
      [both.securityGroups.map(({ name }) => name), both.keyPairs],
      [['own', 'shared'], [{ name: 'lab', identityFile: '/keys/lab' }]],
    );
  });

  it('has the person’s own private key never among it', async () => {
    const { keyPairs } = await look([one('i-1', [])], { keyPairs: [pair('lab', { 'skylab:launch': 'l', 'skylab:key': 'imported' })] });
    assert.deepEqual(keyPairs, [{ name: 'lab' }]);
  });

  it('has a key pair without tags among it only where the machine tells that it was made for it', async () => {
    const keyPairs = [pair('lab')];
    assert.deepEqual((await look([one('i-1', [])], { keyPairs })).keyPairs, []);
    const told = one('i-1', [], { tags: { 'skylab:key': 'new' } });
    assert.deepEqual((await look([told], { keyPairs })).keyPairs, [{ name: 'lab', identityFile: '/keys/lab' }]);
    assert.deepEqual((await look([told], { keyPairs, instances: [told, one('i-2', [])] })).keyPairs, []);
  });

  it('has their elastic addresses among it, but not those that a service of the cloud holds', async () => {
    const addresses = [
      address('1.1.1.1', 'i-1', { tags: { 'skylab:launch': 'l' } }),
      address('2.2.2.2', 'i-1'),
      address('3.3.3.3', 'i-2'),
      address('4.4.4.4', 'i-1', { managed: true }),
    ];
    const found = await look([one('i-1', [])], { addresses });
    const ips = (which: Parameters<typeof taken>[1]['addresses']) => {
      const also = { keyPair: true, securityGroup: true, ...(which === undefined ? {} : { addresses: which }) };
      return taken(found, also).addresses.map((left) => left.address.publicIp);
    };
    assert.deepEqual([ips('all'), ips('made'), ips('others'), ips(undefined)], [['1.1.1.1', '2.2.2.2'], ['1.1.1.1'], ['2.2.2.2'], []]);
  });
});
