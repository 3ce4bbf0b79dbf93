import assert from 'node:assert/strict';
import {
  CreateKeyPairCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeVolumesCommand,
  EC2Client,
  type EC2ServiceException,
} from '@aws-sdk/client-ec2';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { DEBIAN, Lab, knock, until } from './lab';

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

describe('what a practice cloud refuses, and the faults it has on demand', function () {
  this.timeout(60_000);
  let cloud: PracticeCloud;
  let lab: Lab;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
    lab = new Lab(cloud);
    const { Images } = await lab.client.send(new DescribeImagesCommand(DEBIAN));
    await lab.prepare(Images?.[0]?.ImageId ?? '');
  });

  after(async () => {
    lab.dispose();
    await cloud.stop();
  });

  afterEach(() => cloud.faults.clear());

  const as = async (credentials: Keys, maxAttempts = 1): Promise<unknown> => {
    const client = new EC2Client({ region: cloud.region, endpoint: cloud.endpoint, maxAttempts, credentials });
    try {
      return await client.send(new DescribeInstancesCommand({}));
    } finally {
      client.destroy();
    }
  };
  const refused = (code: string, status: number) => (error: EC2ServiceException) => {
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], [code, status]);
    return true;
  };

  describe('accounts', () => {
    it('answers AuthFailure to an unknown access key and to a wrong secret', async () => {
      await assert.rejects(as({ accessKeyId: 'AKIANOBODY0000000001', secretAccessKey: 'practice' }), refused('AuthFailure', 401));
      await assert.rejects(as({ ...cloud.credentials, secretAccessKey: 'wrong' }), refused('AuthFailure', 401));
    });

    it('accepts a session with its token, and answers RequestExpired when it is over', async () => {
      await as({ accessKeyId: 'ASIAPRACTICE00000001', secretAccessKey: 'practice', sessionToken: 'practice-session' });
      const over = { accessKeyId: 'ASIAPRACTICE00000002', secretAccessKey: 'practice', sessionToken: 'expired-session' };
      await assert.rejects(as(over), refused('RequestExpired', 400));
    });

    it('lets a read-only account look and not touch', async () => {
      const credentials = { accessKeyId: 'AKIAPRACTICEREADONLY', secretAccessKey: 'practice' };
      await as(credentials);
      const client = new EC2Client({ region: cloud.region, endpoint: cloud.endpoint, credentials });
      await assert.rejects(client.send(new CreateKeyPairCommand({ KeyName: 'no' })), refused('UnauthorizedOperation', 403));
      client.destroy();
    });

    it('tells the address that clients here seem to have', async () => {
      assert.equal((await (await fetch(cloud.checkAddressUrl)).text()).trim(), '203.0.113.10');
    });
  });

  describe('launches', () => {
    it('gives the same instance to the same client token, and refuses other arguments with it', async () => {
      const once = await lab.launch({ ClientToken: 'token-1' });
      assert.equal(await lab.launch({ ClientToken: 'token-1' }), once);
      await assert.rejects(lab.launch({ ClientToken: 'token-1', InstanceType: 't3.large' }), { name: 'IdempotentParameterMismatch' });
    });

    it('refuses what does not exist or does not fit', async () => {
      await assert.rejects(lab.launch({ KeyName: 'nobody' }), { name: 'InvalidKeyPair.NotFound' });
      await assert.rejects(lab.launch({ ImageId: 'ami-00000000000000000' }), { name: 'InvalidAMIID.NotFound' });
      await assert.rejects(lab.launch({ InstanceType: 't9.huge' as 't3.large' }), { name: 'InvalidInstanceType' });
      await assert.rejects(lab.launch({ InstanceType: 't4g.small' }), { name: 'InvalidParameterValue' });
      const tiny = [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 4 } }];
      await assert.rejects(lab.launch({ BlockDeviceMappings: tiny }), { name: 'InvalidBlockDeviceMapping' });
      await assert.rejects(lab.launch({ DryRun: true }), { name: 'DryRunOperation' });
    });

    it('takes the size of the root volume from the image where none is given', async () => {
      const id = await lab.launch({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true } }] });
      const { Volumes } = await lab.client.send(
        new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
      );
      assert.deepEqual(
        Volumes?.map((volume) => [volume.Size, volume.Encrypted, volume.Attachments?.[0]?.DeleteOnTermination]),
        [[8, true, true]],
      );
    });
  });

  describe('faults', () => {
    it('throttles an action as often as asked, which the SDK gets over by itself', async () => {
      await cloud.faults.set({ throttle: { action: 'DescribeInstances', times: 1 } });
      await assert.rejects(as(cloud.credentials), refused('RequestLimitExceeded', 503));
      await as(cloud.credentials);
      await cloud.faults.set({ throttle: { action: 'DescribeInstances', times: 2 } });
      await as(cloud.credentials, 3);
    });

    it('has internal errors', async () => {
      await cloud.faults.set({ error5xx: { action: '*', times: 1 } });
      await assert.rejects(as(cloud.credentials), refused('InternalError', 500));
    });

    it('has no capacity', async () => {
      await cloud.faults.set({ insufficientCapacity: true });
      await assert.rejects(lab.launch(), refused('InsufficientInstanceCapacity', 500));
    });

    it('has a machine that runs and never boots', async () => {
      await cloud.faults.set({ noBoot: true });
      const id = await lab.launch();
      const address = (await lab.reach(id, 'running')).PublicIpAddress ?? '';
      await new Promise((resolve) => setTimeout(resolve, 3000));
      assert.equal(await lab.console(id), '');
      assert.notEqual(await knock(address, 22), 'open');
      const { InstanceStatuses } = await lab.client.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }));
      assert.equal(InstanceStatuses?.[0]?.InstanceStatus?.Status, 'initializing');
    });

    it('has a blank console, a wrong host key on it, and a slow first boot', async () => {
      await cloud.faults.set({ slowCloudInit: 6 });
      const id = await lab.launch();
      const address = (await lab.reach(id, 'running')).PublicIpAddress ?? '';
      const booting = await until(30, 'sshd', async () => ((await knock(address, 22)) === 'open' ? Date.now() : undefined));
      // The console's keys come at the end of cloud-init, which is held up.
      assert.deepEqual(await lab.consoleKeys(id), []);
      const real = await until(30, 'host keys', async () => {
        const found = await lab.consoleKeys(id);
        return found.length > 0 ? found : undefined;
      });
      assert.ok(Date.now() - booting > 4000, 'cloud-init was not slowed down');
      await cloud.faults.set({ consoleWrongKey: true });
      const wrong = await lab.consoleKeys(id);
      assert.equal(wrong.length, 1);
      assert.ok(!real.includes(wrong[0]!));
      assert.notEqual((await lab.ssh(address, wrong, 'true')).code, 0);
      await cloud.faults.set({ consoleBlank: true });
      assert.equal(await lab.console(id), '');
      await cloud.faults.clear();
      assert.equal((await lab.ssh(address, await lab.consoleKeys(id), 'true')).code, 0);
    });

    it('refuses a fault that it does not know', async () => {
      await assert.rejects(cloud.faults.set({ typo: true } as object), /unknown fault: typo/);
    });
  });
});
