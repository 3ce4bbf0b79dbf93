import assert from 'node:assert/strict';
import { arrangeImages, imageOf, loginUserOf, type RawImage } from '../../../../src/core/cloud/images';

const raw = (name: string, ownerId: string, createdAt: string, architecture = name.includes('arm64') ? 'arm64' : 'x86_64'): RawImage => ({
  id: `ami-${name}-${createdAt}`,
  name,
  ownerId,
  architecture,
  createdAt,
  rootDeviceName: '/dev/xvda',
  minDiskGiB: 8,
});
const DEBIAN = '136693071363';
const UBUNTU = '099720109477';
const AMAZON = '137112412989';
const ubuntu = (release: string, serial: string, arch = 'amd64') =>
  `ubuntu/images/hvm-ssd-gp3/ubuntu-x-${release}-${arch}-server-${serial}`;

describe('the images that are offered', () => {
  it('begin with the newest Debian, Ubuntu LTS and Amazon Linux, one build each, then the releases before', () => {
    const images = arrangeImages([
      raw('my-own-image', '123456789012', '2026-11-01'),
      raw('debian-12-amd64-20260501-2300', DEBIAN, '2026-05-01'),
      raw('debian-13-amd64-20260101-2000', DEBIAN, '2026-01-01'),
      raw('debian-13-amd64-20260601-2400', DEBIAN, '2026-06-01'),
      raw('debian-13-arm64-20260601-2400', DEBIAN, '2026-06-01'),
      raw('debian-11-amd64-20260601-2400', DEBIAN, '2026-06-01'),
      raw(ubuntu('26.04', '20260601'), UBUNTU, '2026-06-01'),
      raw(ubuntu('24.04', '20260601'), UBUNTU, '2026-06-01'),
      raw(ubuntu('25.04', '20260601'), UBUNTU, '2026-06-02'),
      raw('al2023-ami-2023.8.20260601.0-kernel-6.12-x86_64', AMAZON, '2026-06-01'),
      raw('al2023-ami-2023.9.20260801.0-kernel-6.12-x86_64', AMAZON, '2026-08-01'),
    ]);
    assert.deepEqual(
      images.filter((i) => i.featured).map((i) => `${i.label} ${i.architecture} ${i.createdAt} ${i.loginUser}`),
      [
        'Debian 13 x86_64 2026-06-01 admin',
        'Debian 13 arm64 2026-06-01 admin',
        'Ubuntu 26.04 LTS x86_64 2026-06-01 ubuntu',
        'Amazon Linux 2023 x86_64 2026-08-01 ec2-user',
        'Debian 12 x86_64 2026-05-01 admin',
        'Ubuntu 24.04 LTS x86_64 2026-06-01 ubuntu',
      ],
    );
    assert.ok(images.some((i) => i.name === 'my-own-image' && !i.featured));
  });

  it('never feature an image that only borrows the name of a distribution', () => {
    assert.equal(arrangeImages([raw('debian-13-amd64-20260601-2400', '666666666666', '2026-06-01')])[0]?.featured, false);
  });

  it('know whom they let in', () => {
    const users: [string, string][] = [
      ['debian-13-amd64-20260601-2400', 'admin'],
      [ubuntu('24.04', '1'), 'ubuntu'],
      ['al2023-ami-2023.8.20260601.0-kernel-6.12-x86_64', 'ec2-user'],
      ['amzn2-ami-hvm-2.0-x86_64-gp2', 'ec2-user'],
      ['CentOS Linux 7 x86_64 HVM EBS', 'centos'],
      ['CentOS Stream 9 x86_64', 'ec2-user'],
      ['Fedora-Cloud-Base-AmazonEC2.x86_64-41', 'fedora'],
      ['Rocky-9-EC2-Base-9.5.x86_64', 'rocky'],
      ['RHEL-9.4.0_HVM-x86_64', 'ec2-user'],
      ['somebody-s-image', 'ec2-user'],
    ];
    for (const [name, user] of users) assert.equal(loginUserOf({ name }), user, name);
    assert.equal(loginUserOf({ name: 'course-2026', description: 'built on Ubuntu 24.04' }), 'ubuntu');
    assert.equal(imageOf(raw('Rocky-9-EC2-Base', '792107900819', '2026')).label, 'Rocky-9-EC2-Base');
  });
});
