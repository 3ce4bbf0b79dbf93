import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LaunchMore } from '../../../src/shared/launchMore';
import { checkSpec, parseSpec, SpecRefused } from '../../../src/shared/launchSpec';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@home';
const good = {
  accountId: 'a',
  name: 'ada',
  imageId: 'ami-1',
  instanceType: 't3.small',
  keyPair: { kind: 'new', name: 'skylab-ada' },
  securityGroup: { kind: 'new', name: 'skylab-ada', ssh: true, http: true, https: true },
  diskGiB: 20,
  userData: '',
  count: 3,
};
const NOW = Date.parse('2026-01-01T00:00:00Z');
const FULL: LaunchMore = {
  minCount: 2,
  loginUser: 'cloud-user',
  network: { zone: 'us-east-1a', subnetId: 'subnet-1', publicAddress: 'elastic', ipv6: true },
  instanceProfile: 'lab-role',
  protect: true,
  onShutdown: 'terminate',
  hibernation: true,
  keepDisk: true,
  diskType: 'gp2',
  disks: [
    { sizeGiB: 50, type: 'gp3', encrypted: false, deleteOnTermination: false, mountPoint: '/data', filesystem: 'ext4', inodes: 1_000_000 },
    { sizeGiB: 125, type: 'st1', mountPoint: '/srv/docker', filesystem: 'xfs', dockerData: true },
    { sizeGiB: 1 },
  ],
  placement: { group: 'close', tenancy: 'dedicated' },
  tags: { course: 'physics 8', 'a:b': '' },
  hostname: 'ada.lab.example.org',
  packages: ['git', 'g++', 'python3-venv', 'docker.io'],
  users: [
    { name: 'grace', publicKeys: [KEY], sudo: true },
    { name: 'alan', publicKeys: [`from="10.0.0.0/8" ${KEY}`] },
  ],
  copies: [{ from: '/home/ada/lab', to: 'lab' }],
  runAfter: 'cd lab && make',
  expiry: { hours: 4, idleMinutes: 30, action: 'terminate' },
  dns: false,
};
const problems = (change: object) => checkSpec({ ...good, ...change }, {}, NOW);
const says = (change: object, field: string, sentence: RegExp) => {
  const found = problems(change);
  assert.match(found[field] ?? `nothing at ${field}, but ${JSON.stringify(found)}`, sentence);
};

describe('what a launch may ask for besides', () => {
  it('is taken as it is given, and read again the same', () => {
    const spec = { ...good, ...FULL };
    assert.deepEqual(problems(FULL), {});
    assert.deepEqual(parseSpec(spec), spec);
    assert.deepEqual(parseSpec(JSON.parse(JSON.stringify(parseSpec(spec)))), spec);
  });

  it('may name whom the image lets in, and nothing that ssh would take for an option', () => {
    for (const loginUser of ['-oProxyCommand=x', 'a b', 'a@b', 3, 'x'.repeat(40)]) says({ loginUser }, 'loginUser', /name of a user/);
  });

  it('may be content with fewer machines, from one to as many as are wanted', () => {
    says({ minCount: 4 }, 'minCount', /No more than the number of machines/);
    for (const minCount of [0, 1.5, '2', null]) says({ minCount }, 'minCount', /how many machines are enough/);
    assert.equal(parseSpec({ ...good, minCount: 3 }).minCount, undefined, 'as many at least as at most is all or none');
  });

  it('may be left out, and loses what is empty or does not belong', () => {
    const empty = {
      network: { zone: '', subnetId: '', ipv6: false, color: 'red' },
      instanceProfile: '',
      protect: false,
      disks: [],
      tags: {},
      packages: [],
      users: [],
      copies: [],
      runAfter: ' \n',
      hostname: '',
      placement: {},
      surprise: 1,
    };
    assert.deepEqual(problems(empty), {});
    assert.deepEqual(parseSpec({ ...good, ...empty }), parseSpec(good));
  });

  it('says beside each disk what is wrong with it', () => {
    const disk = (change: object) => ({ disks: [{ sizeGiB: 10, ...change }] });
    says(disk({ sizeGiB: 1.5 }), 'disks.0.sizeGiB', /whole GiB/);
    says(disk({ type: 'st1' }), 'disks.0.sizeGiB', /st1 has 125 to 16384 GiB/);
    says(disk({ type: 'gp9' }), 'disks.0.type', /gp3, gp2/);
    says(disk({ mountPoint: 'data' }), 'disks.0.mountPoint', /absolute path/);
    says(disk({ mountPoint: '/data/../etc' }), 'disks.0.mountPoint', /absolute path/);
    for (const place of ['/etc', '/usr', '/var/lib', '/lib64'])
      says(disk({ mountPoint: place }), 'disks.0.mountPoint', /belongs to the system/);
    says(disk({ dockerData: true }), 'disks.0.mountPoint', /Docker keeps its data there/);
    says(disk({ inodes: 5 }), 'disks.0.mountPoint', /where the disk is mounted/);
    says(disk({ mountPoint: '/d', filesystem: 'xfs', inodes: 5 }), 'disks.0.inodes', /leave the number out/);
    says(disk({ mountPoint: '/d', sizeGiB: 1, inodes: 262_145 }), 'disks.0.inodes', /at most 262144/);
    const twice = [
      { sizeGiB: 1, mountPoint: '/d' },
      { sizeGiB: 1, mountPoint: '/d' },
    ];
    says({ disks: twice }, 'disks.1.mountPoint', /Another disk/);
    says({ disks: Array.from({ length: 12 }, () => ({ sizeGiB: 1 })) }, 'disks', /at most 11/);
    says({ diskType: 'sc1' }, 'diskType', /cannot start/);
    says({ diskType: 'standard', diskGiB: 2000 }, 'diskType', /1 to 1024/);
  });

  it('checks the network against what is known of it', () => {
    const known = { subnets: [{ id: 'subnet-1', zone: 'us-east-1a', ipv6: false }] };
    const found = checkSpec({ ...good, network: { subnetId: 'subnet-1', zone: 'us-east-1b', ipv6: true } }, known);
    assert.deepEqual(Object.keys(found), ['network.zone', 'network.ipv6']);
    assert.match(checkSpec({ ...good, network: { subnetId: 'subnet-2' } }, known)['network.subnetId'] ?? '', /no subnet subnet-2/);
    says({ network: { publicAddress: 'maybe' } }, 'network.publicAddress', /subnet, yes, no, elastic/);
  });

  it('says which rule lets in nothing that makes sense', () => {
    const rules = (rule: object) => ({
      securityGroup: { ...good.securityGroup, rules: [{ protocol: 'tcp', ports: '22', from: 'me', ...rule }] },
    });
    for (const from of ['me', 'anywhere', '10.0.0.0/8', '2001:db8::/32', 'sg-0123456789abcdef0'])
      assert.deepEqual(problems(rules({ from })), {});
    assert.deepEqual(problems(rules({ ports: '8000-8100' })), {});
    says(rules({ ports: '8100-8000' }), 'securityGroup.rules.0.ports', /8000-8100/);
    says(rules({ ports: '' }), 'securityGroup.rules.0.ports', /Give a port/);
    says(rules({ protocol: 'icmp' }), 'securityGroup.rules.0.ports', /has no ports/);
    says(rules({ protocol: 'http' }), 'securityGroup.rules.0.protocol', /tcp, udp/);
    says(rules({ from: 'home' }), 'securityGroup.rules.0.from', /address block/);
    says(rules({ description: 'ümlaut' }), 'securityGroup.rules.0.description', /letters, digits/);
    says({ securityGroup: { kind: 'existing', id: 'sg-1', more: ['sg-1'] } }, 'securityGroup.more', /twice/);
    says({ securityGroup: { kind: 'existing', id: 'sg-1', more: ['a', 'b', 'c', 'd', 'e'] } }, 'securityGroup.more', /at most 5/);
  });

  it('takes public keys as authorized_keys has them, and never a private one', () => {
    const user = (change: object) => ({ users: [{ name: 'grace', publicKeys: [KEY], ...change }] });
    says(user({ publicKeys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] }), 'users.0.publicKeys', /private key/);
    says(user({ publicKeys: ['hello'] }), 'users.0.publicKeys', /ssh-ed25519 AAAA/);
    says(user({ publicKeys: [`${KEY}\n${KEY}`] }), 'users.0.publicKeys', /Paste a public key/);
    says(user({ publicKeys: [] }), 'users.0.publicKeys', /cannot log in/);
    says(user({ name: 'Grace H' }), 'users.0.name', /lower-case/);
    says(user({ name: 'root' }), 'users.0.name', /exists already/);
  });

  it('lets an end contradict neither the shutdown nor a spot machine', () => {
    says({ onShutdown: 'stop', expiry: { hours: 1, action: 'terminate' } }, 'expiry.action', /same for both/);
    says({ spot: {}, expiry: { hours: 1, action: 'stop' } }, 'expiry.action', /spot machine cannot be stopped/);
    says({ spot: {}, hibernation: true }, 'hibernation', /spot/);
    says({ spot: { maxPricePerHour: 0 } }, 'spot.maxPricePerHour', /US dollars/);
    says({ expiry: { at: '2025-12-31T00:00:00Z', action: 'stop' } }, 'expiry.at', /has passed/);
    says({ expiry: { hours: 1, at: '2026-02-01T00:00:00Z', action: 'stop' } }, 'expiry.hours', /not both/);
    says({ expiry: { action: 'stop' } }, 'expiry', /after how many hours/);
    says({ expiry: { idleMinutes: 1, action: 'stop' } }, 'expiry.idleMinutes', /5 to/);
  });

  it('keeps tags, names, packages and options free of what would be something else', () => {
    says({ tags: { 'skylab:owner': 'eve' } }, 'tags.skylab:owner', /not free to use/);
    says({ tags: { Name: 'eve' } }, 'tags.Name', /name of the machine/);
    says({ tags: { a: 'x'.repeat(257) } }, 'tags.a', /256/);
    says({ hostname: 'ada_lab' }, 'hostname', /letters, digits and dashes/);
    says({ hostname: '10.0.0.1' }, 'hostname', /address/);
    says({ packages: ['--allow-unauthenticated'] }, 'packages.0', /not the name of a package/);
    says({ packages: ['git; reboot'] }, 'packages.0', /not the name of a package/);
    says({ instanceProfile: 'arn:aws:iam::1:x/y' }, 'instanceProfile', /instance profile/);
    const preset = { kind: 'graphterm', role: 'server', auth: 'singleuser', otherOptions: '' };
    const flags = Object.fromEntries(
      ['https', 'pylab', 'netcdf', 'r', 'allowEmbed', 'allowShare', 'logging', 'oshell', 'screen'].map((f) => [f, false]),
    );
    assert.deepEqual(problems({ preset: { ...preset, ...flags } }), {});
    says({ preset: { ...preset, ...flags, role: 'host' } }, 'preset.primary', /machine that it joins/);
    says({ preset: { ...preset, ...flags, otherOptions: '$(reboot)' } }, 'preset.otherOptions', /letters, digits/);
    says({ preset }, 'preset.https', /yes or no/);
  });

  it('answers with sentences, whatever is sent, and never with a crash', () => {
    const names = [...Object.keys(FULL), 'spot', 'preset', 'securityGroup'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), fc.anything())), (change) => {
        try {
          const spec = parseSpec({ ...good, ...change });
          assert.deepEqual(parseSpec(spec), spec);
        } catch (error) {
          assert.ok(error instanceof SpecRefused, String(error));
          for (const sentence of Object.values(error.problems)) assert.ok(sentence.length > 5);
        }
      }),
    );
  });
});
