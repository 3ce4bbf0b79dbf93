import type { LaunchSpec } from '../../src/shared/launchSpec';
import type { FormImage, FormInstanceType, LaunchFormData } from '../../src/shared/messages';

export const spec: LaunchSpec = {
  accountId: 'phys',
  name: '',
  imageId: 'ami-debian',
  instanceType: 't3.small',
  keyPair: { kind: 'new', name: '' },
  securityGroup: { kind: 'new', name: '', ssh: true, http: true, https: true },
  diskGiB: 20,
  userData: '',
  count: 1,
};

const image = (id: string, label: string, name: string, loginUser: string, architecture = 'x86_64', featured = true): FormImage => ({
  id,
  label,
  name,
  loginUser,
  architecture,
  featured,
  createdAt: '2026-10-02T08:00:00.000Z',
  minDiskGiB: 8,
});

const type = (name: string, vcpus: number, memoryMiB: number, architecture = 'x86_64'): FormInstanceType => ({
  name,
  vcpus,
  memoryMiB,
  architectures: [architecture],
  freeTier: name === 't3.micro',
});

/** An account as the form sees it; `spec` are its defaults. */
export const data: LaunchFormData = {
  accounts: [
    { id: 'phys', name: 'phys-dept', region: 'us-east-1' },
    { id: 'chem', name: 'chem-dept', region: 'eu-central-1' },
  ],
  accountId: 'phys',
  opening: 0,
  capabilities: {
    securityGroups: true,
    instanceTypes: true,
    networks: true,
    importKeyPair: true,
    tagsOnLaunch: true,
    attributes: true,
    addresses: true,
    volumes: true,
    spot: true,
    hibernation: true,
    prices: true,
    dns: true,
  },
  images: [
    image('ami-debian', 'Debian 13', 'debian-13-amd64-20261001-2250', 'admin'),
    image('ami-debian-arm', 'Debian 13', 'debian-13-arm64-20261001-2250', 'admin', 'arm64'),
    image('ami-ubuntu', 'Ubuntu 26.04 LTS', 'ubuntu/images/hvm-ssd-gp3/ubuntu-amd64-server-20261001', 'ubuntu'),
    image('ami-amazon', 'Amazon Linux 2023', 'al2023-ami-2023.9.20261001.0-kernel-6.12-x86_64', 'ec2-user'),
    image('ami-own', 'course-2026', 'course-2026', 'admin', 'x86_64', false),
  ],
  instanceTypes: [
    type('t3.micro', 2, 1024),
    type('t3.small', 2, 2048),
    type('t3.medium', 2, 4096),
    type('c7i.large', 2, 4096),
    type('m7i.2xlarge', 8, 32768),
    type('t4g.micro', 2, 1024, 'arm64'),
    type('t4g.small', 2, 2048, 'arm64'),
    type('t4g.medium', 2, 4096, 'arm64'),
  ],
  keyPairs: [
    { name: 'laptop', type: 'ed25519', here: true },
    { name: 'old-desktop', type: 'rsa', here: false },
  ],
  securityGroups: [
    { id: 'sg-1', name: 'default', description: 'default VPC security group', opens: 'everything from the group itself', rules: [] },
    {
      id: 'sg-2',
      name: 'web',
      description: 'web',
      opens: 'Lets in 22 from 203.0.113.7; 80 and 443 from anywhere.',
      rules: [
        { protocol: 'tcp', fromPort: 22, toPort: 22, from: '203.0.113.7/32' },
        { protocol: 'tcp', fromPort: 80, toPort: 80, from: '0.0.0.0/0' },
        { protocol: 'tcp', fromPort: 443, toPort: 443, from: '0.0.0.0/0' },
      ],
    },
  ],
  offers: {
    zones: ['us-east-1a', 'us-east-1b'],
    subnets: [
      {
        id: 'subnet-a',
        label: 'web · us-east-1a · 10.0.1.0/24',
        zone: 'us-east-1a',
        freeAddresses: 250,
        publicByDefault: true,
        ipv6: true,
      },
      {
        id: 'subnet-b',
        label: 'inner · us-east-1b · 10.0.2.0/24',
        zone: 'us-east-1b',
        freeAddresses: 3,
        publicByDefault: false,
        ipv6: false,
      },
    ],
    notOfferedIn: { 'm7i.2xlarge': ['us-east-1b'] },
    placementGroups: ['tight'],
    instanceProfiles: ['reads-course-bucket'],
  },
  prices: {
    types: {
      't3.micro': { perHour: 0.0104, asOf: '2026-11-01' },
      't3.small': { perHour: 0.0208, asOf: '2026-11-01' },
      't3.medium': { perHour: 0.0416, asOf: '2026-11-01' },
    },
    disks: { gp3: 0.08, st1: 0.045 },
    addressPerHour: 0.005,
  },
  publicKeys: [{ path: '~/.ssh/id_ed25519.pub', comment: 'ada@laptop' }],
  myAddresses: ['203.0.113.7'],
  takenNames: ['grace'],
  machines: [{ key: 'phys/i-1', name: 'grace' }],
  defaults: spec,
};

const FAMILIES = ['c5', 'c6i', 'c7i', 'm5', 'm6i', 'm7i', 'r5', 'r6i', 'r7i', 'x2', 'z1d', 'i4i'];

/** As many as a large region offers: 1,373 types and 1,177 images. */
export function largeAccount(): LaunchFormData {
  const types = Array.from({ length: 1373 - data.instanceTypes.length }, (_, i) => {
    const family = FAMILIES[i % FAMILIES.length] ?? 'c5';
    const size = Math.floor(i / FAMILIES.length) + 1;
    return type(`${family}${size > 60 ? 'n' : ''}.${size}xlarge`, 4 * size, 8192 * size);
  });
  const images = Array.from({ length: 1177 - data.images.length }, (_, i) =>
    image(`ami-${(0x10000000 + i * 7919).toString(16)}`, `lab-image-${i}`, `lab-image-${i}-amd64-server`, 'admin', 'x86_64', false),
  );
  return { ...data, images: [...data.images, ...images], instanceTypes: [...data.instanceTypes, ...types] };
}

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0Hc5qJYJ3Zp0r2mS1yJd1mC8hZ9b0Cqv8Zq1xWl3aB grace@laptop';

/** A spec that uses every part of the form. */
export const everything: LaunchSpec = {
  ...spec,
  name: 'ada',
  securityGroup: {
    kind: 'existing',
    id: 'sg-2',
    rules: [
      { protocol: 'tcp', ports: '8888', from: 'me' },
      { protocol: 'tcp', ports: '22', from: 'anywhere' },
      { protocol: 'udp', ports: '60000-61000', from: '198.51.100.0/24' },
    ],
    more: ['sg-1'],
  },
  network: { zone: 'us-east-1b', subnetId: 'subnet-b', publicAddress: 'elastic' },
  keepDisk: true,
  disks: [
    { sizeGiB: 50, mountPoint: '/data', inodes: 8_000_000, dockerData: true },
    { sizeGiB: 200, type: 'st1', mountPoint: '/archive', filesystem: 'xfs' },
  ],
  expiry: { hours: 8, idleMinutes: 60, action: 'stop' },
  packages: ['git', 'docker.io', 'python3-venv', 'tmux'],
  users: [{ name: 'grace', publicKeys: [KEY], sudo: true }],
  userData: '#!/bin/sh\ntrue\n',
  copies: [{ from: '/home/ada/lab', to: '~/lab' }],
  runAfter: 'cd lab && ./prepare.sh',
  tags: { course: 'phys201', owner: 'ada' },
  protect: true,
  instanceProfile: 'reads-course-bucket',
  placement: { group: 'tight' },
  preset: {
    kind: 'graphterm',
    role: 'notebook',
    auth: 'multiuser',
    https: true,
    pylab: true,
    netcdf: false,
    r: false,
    allowEmbed: false,
    allowShare: true,
    logging: false,
    oshell: false,
    screen: false,
    otherOptions: '',
  },
};
