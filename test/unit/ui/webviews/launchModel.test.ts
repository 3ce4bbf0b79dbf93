import assert from 'node:assert/strict';
import type { LaunchOptions } from '../../../../src/core/cloud/launch';
import type { Image, IngressRule } from '../../../../src/core/cloud/model';
import type { Prices } from '../../../../src/core/cloud/money/ports';
import type { LaunchSpec } from '../../../../src/shared/launchSpec';
import { formData, opens } from '../../../../src/ui/webviews/launchModel';

const image = (id: string, label: string, architecture = 'x86_64', minDiskGiB = 8): Image => ({
  id,
  label,
  name: label.toLowerCase(),
  architecture,
  createdAt: '2026-10-01T00:00:00Z',
  loginUser: 'admin',
  featured: true,
  rootDeviceName: '/dev/xvda',
  minDiskGiB,
});
const type = (name: string, memoryMiB: number, architecture = 'x86_64') => ({
  name,
  vcpus: 2,
  memoryMiB,
  architectures: [architecture],
  freeTier: false,
});

const account = { kind: 'profile', id: 'phys', name: 'phys-dept', profile: 'phys', region: 'us-east-1' } as const;
const options: LaunchOptions = {
  images: [image('ami-arm', 'Debian 13', 'arm64'), image('ami-ubuntu', 'Ubuntu 26.04 LTS'), image('ami-debian', 'Debian 13', 'x86_64', 30)],
  instanceTypes: [type('t3.small', 2048), type('c7i.large', 4096), type('t4g.small', 2048, 'arm64')],
  keyPairs: [
    { name: 'a-lost-one', type: 'rsa', fingerprint: 'x' },
    { name: 'laptop', type: 'ed25519', fingerprint: 'y', identityFile: '/home/ada/.ssh/laptop' },
  ],
  securityGroups: [{ id: 'sg-1', name: 'web', description: 'web', vpcId: 'vpc-1', rules: [], tags: {} }],
  publicKeys: [],
  myAddresses: ['203.0.113.7'],
};
const sources = { accounts: [account], account, options, found: [], machines: [], prices: undefined, last: undefined };

const last: LaunchSpec = {
  accountId: 'phys',
  name: 'ada',
  imageId: 'ami-ubuntu',
  instanceType: 'c7i.large',
  keyPair: { kind: 'existing', name: 'laptop', identityFile: '/home/ada/.ssh/laptop' },
  securityGroup: { kind: 'existing', id: 'sg-1' },
  diskGiB: 40,
  userData: '#!/bin/sh\ntrue\n',
  count: 3,
};

describe('what the launch form opens with', () => {
  it('suits most the first time: the newest Debian for Intel, 2 GiB, a new key and group, a disk that fits', () => {
    assert.deepEqual(formData(sources).defaults, {
      accountId: 'phys',
      name: '',
      imageId: 'ami-debian',
      instanceType: 't3.small',
      keyPair: { kind: 'new', name: '' },
      securityGroup: { kind: 'new', name: '', ssh: true, http: true, https: true },
      diskGiB: 30,
      userData: '',
      count: 1,
    });
  });

  it('is the last launch of this account, without its name and number', () => {
    const { defaults } = formData({ ...sources, last });
    assert.deepEqual(defaults, { ...last, name: '', count: 1, keyPair: { kind: 'existing', name: 'laptop' } });
  });

  it('leaves out of the last launch what is gone', () => {
    const gone = { ...options, keyPairs: [], securityGroups: [], images: options.images.filter(({ id }) => id !== 'ami-ubuntu') };
    const { defaults } = formData({ ...sources, options: gone, last });
    assert.equal(defaults.imageId, 'ami-debian');
    assert.equal(defaults.instanceType, 't3.small');
    assert.equal(defaults.keyPair.kind, 'new');
    assert.equal(defaults.securityGroup.kind, 'new');
    assert.equal(defaults.diskGiB, 40);
  });

  it('remembers an image that a search has found', () => {
    const found = [image('ami-rocky', 'Rocky Linux 10')];
    const shown = formData({ ...sources, found, last: { ...last, imageId: 'ami-rocky' } });
    assert.equal(shown.defaults.imageId, 'ami-rocky');
    assert.deepEqual(shown.images.at(-1)?.label, 'Rocky Linux 10');
  });

  it('does not stumble over what an older version has kept, nor over another account', () => {
    for (const odd of [null, 'ada', { accountId: 'phys' }, { ...last, accountId: 'chem' }]) {
      assert.equal(formData({ ...sources, last: odd }).defaults.imageId, 'ami-debian', JSON.stringify(odd));
    }
  });

  it('shows key pairs whose private key is here first, and no path of a private key', () => {
    const shown = formData(sources);
    assert.deepEqual(shown.keyPairs, [
      { name: 'laptop', type: 'ed25519', here: true },
      { name: 'a-lost-one', type: 'rsa', here: false },
    ]);
    assert.ok(!JSON.stringify(shown).includes('/home/ada/.ssh/laptop'));
  });

  it('still opens for an account that has no images and no types', () => {
    const { defaults } = formData({ ...sources, options: { ...options, images: [], instanceTypes: [] } });
    assert.equal(defaults.imageId, '');
    assert.equal(defaults.instanceType, '');
  });

  it('takes what the last launch had besides, as far as it is still there and still to come', () => {
    const offers = {
      networks: [
        {
          id: 'vpc-1',
          name: 'lab',
          cidr: '10.0.0.0/16',
          isDefault: false,
          subnets: [
            {
              id: 'subnet-1',
              name: '',
              vpcId: 'vpc-1',
              zone: 'us-east-1a',
              cidr: '10.0.1.0/24',
              ipv6: false,
              freeAddresses: 250,
              publicByDefault: true,
              defaultForZone: false,
            },
          ],
        },
      ],
      zones: ['us-east-1a'],
      notOfferedIn: {},
      placementGroups: [],
      instanceProfiles: [],
      vcpusInUse: 4,
    };
    const more = {
      network: { subnetId: 'subnet-1' },
      tags: { course: 'phys201' },
      expiry: { hours: 8, action: 'stop' as const },
      hostname: 'ada',
    };
    const withOffers = { ...options, offers };
    const shown = formData({ ...sources, options: withOffers, last: { ...last, ...more } });
    assert.deepEqual(shown.defaults.network, more.network);
    assert.deepEqual(shown.defaults.tags, more.tags);
    assert.deepEqual(shown.defaults.expiry, more.expiry);
    assert.equal(shown.defaults.hostname, undefined, 'the next machine has a name of its own');
    assert.deepEqual(shown.offers.subnets[0], {
      id: 'subnet-1',
      label: 'lab · subnet-1 · us-east-1a · 10.0.1.0/24',
      zone: 'us-east-1a',
      freeAddresses: 250,
      publicByDefault: true,
      ipv6: false,
    });
    assert.equal(shown.offers.vcpusInUse, 4);
    const gone = formData({ ...sources, options: withOffers, last: { ...last, ...more, network: { subnetId: 'subnet-9' } } });
    assert.equal(gone.defaults.network, undefined);
  });

  it('shows prices of the account’s region, and what each group lets in, source by source', () => {
    const prices: Prices = {
      known: () => undefined,
      knownTypes: (region) => new Map(region === 'us-east-1' ? [['t3.small', { perHour: 0.02, asOf: '2026-11-01', source: 'table' }]] : []),
      storage: (_region, type) => (type === 'gp3' ? { perGiBMonth: 0.08, asOf: '2026-11-01', source: 'table' } : undefined),
      address: () => undefined,
      refresh: () => Promise.resolve(),
    };
    const rules: IngressRule[] = [
      { protocol: '-1', fromPort: -1, toPort: -1, cidrs: [], groups: ['sg-1'] },
      { protocol: 'tcp', fromPort: 22, toPort: 22, cidrs: ['203.0.113.7/32', '2001:db8::7/128'] },
    ];
    const securityGroups = options.securityGroups.map((group) => ({ ...group, rules }));
    const shown = formData({ ...sources, prices, options: { ...options, securityGroups } });
    assert.deepEqual(shown.prices, { types: { 't3.small': { perHour: 0.02, asOf: '2026-11-01' } }, disks: { gp3: 0.08 } });
    assert.deepEqual(
      shown.securityGroups[0]?.rules.map(({ protocol, from }) => `${protocol} ${from}`),
      ['all sg-1', 'tcp 203.0.113.7/32', 'tcp 2001:db8::7/128'],
    );
  });

  it('is a spec from elsewhere when one is given, as it stands there', () => {
    const given = { ...last, name: 'of the file', count: 30 };
    const shown = formData({ ...sources, given, opening: 3 });
    assert.deepEqual(shown.defaults, given);
    assert.equal(shown.opening, 3);
  });
});

describe('what a security group opens, in words', () => {
  const rule = (fromPort: number, toPort: number, cidrs: string[], protocol: IngressRule['protocol'] = 'tcp'): IngressRule => ({
    protocol,
    fromPort,
    toPort,
    cidrs,
  });

  it('names ports and who may come', () => {
    const rules = [rule(22, 22, ['203.0.113.7/32']), rule(80, 80, ['0.0.0.0/0']), rule(443, 443, ['0.0.0.0/0', '::/0'])];
    assert.equal(opens(rules), 'Lets in 22 from 203.0.113.7; 80 and 443 from anywhere.');
  });

  it('knows ranges, other protocols, whole networks and IPv6', () => {
    const rules = [
      rule(8000, 8010, ['10.0.0.0/8']),
      rule(60000, 61000, ['2001:db8::7/128'], 'udp'),
      rule(-1, -1, ['10.0.0.0/8'], 'icmp'),
      rule(0, 65535, ['192.0.2.1/32']),
      rule(-1, -1, ['192.0.2.1/32'], '-1'),
    ];
    assert.equal(
      opens(rules),
      'Lets in 8000-8010 and ping from 10.0.0.0/8; 60000-61000/udp from 2001:db8::7; all TCP and everything from 192.0.2.1.',
    );
  });

  it('says when nobody may come', () => {
    assert.equal(opens([]), 'Lets nothing in from outside.');
    assert.equal(opens([rule(22, 22, [])]), 'Lets nothing in from outside.');
  });
});
