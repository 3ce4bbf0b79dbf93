import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeVolumesCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
} from '@aws-sdk/client-ec2';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { asRoot } from '../../setup/packages.mjs';
import { DEBIAN, Lab, knock, run, until } from './lab';

const USER_DATA = '#cloud-config\nwrite_files:\n  - path: /etc/lab\n    content: from user data\nruncmd:\n  - [touch, /etc/ran]\n';

describe('a practice machine from launch to termination', function () {
  this.timeout(60_000);
  let cloud: PracticeCloud;
  let lab: Lab;
  let id: string;
  let machine: Instance;
  let keys: string[];
  let address: string;

  const root = async (...argv: string[]): Promise<string> => {
    const [file, ...args] = asRoot(argv);
    return (await run(file!, args)).stdout;
  };

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
    lab = new Lab(cloud);
    const { Images } = await lab.client.send(new DescribeImagesCommand(DEBIAN));
    const newest = Images?.toSorted((a, b) => (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''))[0];
    assert.equal(newest?.Name, 'debian-13-amd64-20260601-2495');
    await lab.prepare(newest.ImageId ?? '');
  });

  after(async () => {
    lab.dispose();
    await cloud.stop();
  });

  it('is pending, then running with a public address', async () => {
    id = await lab.launch({
      UserData: Buffer.from(USER_DATA).toString('base64'),
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 12, VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true } },
      ],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'ada' }] },
        { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'ada' }] },
      ],
    });
    machine = await lab.reach(id, 'running');
    address = machine.PublicIpAddress ?? '';
    assert.match(address, /^127\.\d+\.\d+\.\d+$/);
    assert.deepEqual(machine.Tags, [{ Key: 'Name', Value: 'ada' }]);
    assert.equal(machine.MetadataOptions?.HttpTokens, 'required');
  });

  it('has the encrypted and tagged root volume that was asked for, and no other', async () => {
    const { Volumes } = await lab.client.send(new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }));
    assert.equal(Volumes?.length, 1);
    const [volume] = Volumes;
    assert.deepEqual([volume!.Size, volume!.Encrypted, volume!.VolumeType], [12, true, 'gp3']);
    assert.deepEqual(volume!.Tags, [{ Key: 'Name', Value: 'ada' }]);
    assert.equal(volume!.Attachments?.[0]?.DeleteOnTermination, true);
  });

  it('prints its host keys on the console, and ssh accepts them as the real ones', async () => {
    keys = await until(30, 'host keys on the console', async () => {
      const found = await lab.consoleKeys(id);
      return found.length > 0 ? found : undefined;
    });
    const result = await until(30, 'ssh', async () => {
      const attempt = await lab.ssh(address, keys, 'id -un; hostname');
      return attempt.code === 0 ? attempt : undefined;
    });
    assert.deepEqual(result.stdout.split('\n').slice(0, 2), ['admin', `ip-${machine.PrivateIpAddress?.replaceAll('.', '-')}`]);
  });

  it('carries out its user data at the first boot', async () => {
    const result = await lab.ssh(address, keys, 'cloud-init status --wait; cat /etc/lab; ls /etc/ran; systemctl is-system-running --wait');
    assert.match(result.stdout, /status: done\n+from user data\n?\/etc\/ran\nrunning/);
  });

  it('asks for a token before it tells about itself (IMDSv2)', async () => {
    const url = 'http://169.254.169.254/latest';
    const result = await lab.ssh(
      address,
      keys,
      `curl -s -o /dev/null -w '%{http_code} ' ${url}/meta-data/instance-id; ` +
        `curl -s -H "X-aws-ec2-metadata-token: $(curl -sX PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' ${url}/api/token)" ${url}/meta-data/instance-id`,
    );
    assert.equal(result.stdout, `401 ${id}`);
  });

  it('is silent on a closed port, and answers once a rule opens it', async () => {
    const serve = await lab.ssh(address, keys, 'sudo systemd-run -q python3 -m http.server 8080 --directory /etc/cloud');
    assert.equal(serve.code, 0, serve.stderr);
    assert.equal(await knock(address, 8080), 'timeout');
    await lab.open(8080);
    assert.equal(await until(10, 'port 8080 open', async () => ((await knock(address, 8080)) === 'open' ? 'open' : undefined)), 'open');
    await lab.open(8081, '198.51.100.7/32');
    assert.equal(await knock(address, 8081), 'timeout');
  });

  it('comes back after a reboot at the same address', async () => {
    const before = await lab.ssh(address, keys, 'cat /proc/sys/kernel/random/boot_id; systemctl show -p UserspaceTimestampMonotonic');
    await lab.client.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    await until(40, 'ssh after the reboot', async () => {
      const attempt = await lab.ssh(address, keys, 'systemctl is-system-running --wait; systemctl show -p UserspaceTimestampMonotonic');
      return attempt.stdout.startsWith('running') && !before.stdout.includes(attempt.stdout.split('\n')[1] ?? '-') ? true : undefined;
    });
  });

  it('has another address after stop and start, keeps its files, and answers no more at the old one', async () => {
    const old = address;
    await lab.client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    const stopped = await lab.reach(id, 'stopped');
    assert.equal(stopped.PublicIpAddress, undefined);
    assert.equal(await knock(old, 22), 'timeout');
    await lab.client.send(new StartInstancesCommand({ InstanceIds: [id] }));
    address = (await lab.reach(id, 'running')).PublicIpAddress ?? '';
    assert.notEqual(address, old);
    const result = await until(30, 'ssh at the new address', async () => {
      const attempt = await lab.ssh(address, keys, 'cat /etc/lab');
      return attempt.code === 0 ? attempt : undefined;
    });
    assert.equal(result.stdout.trim(), 'from user data');
  });

  it('is stopped when it is shut down from inside', async () => {
    await lab.ssh(address, keys, 'sudo systemctl poweroff');
    const stopped = await lab.reach(id, 'stopped');
    assert.equal(stopped.StateReason?.Code, 'Client.InstanceInitiatedShutdown');
  });

  it('keeps its group from being deleted, and leaves nothing behind when it is terminated', async () => {
    const removeGroup = (): Promise<unknown> => lab.client.send(new DeleteSecurityGroupCommand({ GroupId: lab.groupId }));
    await assert.rejects(removeGroup(), { name: 'DependencyViolation' });
    const [container] = (await cloud.machines()).map((entry) => entry.container);
    await lab.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await lab.reach(id, 'terminated');
    assert.equal((await root('docker', 'ps', '-aq', '--filter', `name=${container}`)).trim(), '');
    assert.equal((await root('docker', 'volume', 'ls', '-q', '--filter', `name=${container}`)).trim(), '');
    assert.doesNotMatch(await root('iptables-save'), new RegExp(`${machine.PrivateIpAddress}/`));
    const { Volumes } = await lab.client.send(new DescribeVolumesCommand({}));
    assert.deepEqual(Volumes, []);
    await removeGroup();
    await lab.client.send(new DeleteKeyPairCommand({ KeyName: lab.keyName }));
  });
});

describe('a practice cloud that ends', function () {
  this.timeout(60_000);

  const root = async (script: string): Promise<string> => {
    const [file, ...args] = asRoot(['sh', '-c', script]);
    return (await run(file!, args)).stdout;
  };
  /** Every container, network, volume and rule of a cloud: chains and bridges carry a digest of its name. */
  const remains = async (name: string): Promise<string> => {
    const tag = createHash('sha256').update(name).digest('hex').slice(0, 4);
    const label = `--filter label=skylab.practice-cloud=${name}`;
    return root(
      `docker ps -aq ${label}; docker network ls -q ${label}; docker volume ls -q | grep '^${name}-'; iptables-save | grep -i 'sky${tag}'`,
    );
  };
  const withMachine = async (cloud: PracticeCloud): Promise<void> => {
    const lab = new Lab(cloud);
    try {
      const { Images } = await lab.client.send(new DescribeImagesCommand(DEBIAN));
      await lab.prepare(Images?.[0]?.ImageId ?? '');
      await lab.reach(await lab.launch(), 'running');
    } finally {
      lab.dispose();
    }
  };

  it('takes its machines, networks and rules with it, beside another that keeps running', async () => {
    const [one, other] = await Promise.all([startPracticeCloud(), startPracticeCloud()]);
    try {
      await withMachine(one);
      assert.notEqual(await remains(one.name), '');
      await one.stop();
      assert.equal(await remains(one.name), '');
      assert.notEqual(await remains(other.name), '');
      assert.equal((await fetch(other.checkAddressUrl)).status, 200);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });

  it('is cleaned up after by the next one when it was killed', async () => {
    const killed = await startPracticeCloud();
    await withMachine(killed);
    const claim = JSON.parse(await root(`cat /run/skylab-practice-cloud/${killed.name}.json`)) as { pid: number };
    await root(`kill -9 ${claim.pid}`);
    assert.notEqual(await remains(killed.name), '');
    const next = await startPracticeCloud();
    try {
      assert.equal(await remains(killed.name), '');
      assert.equal(await root(`ls -d /run/skylab-practice-cloud/${killed.name}* 2>/dev/null`), '');
    } finally {
      await Promise.all([next.stop(), killed.stop()]);
    }
  });
});
