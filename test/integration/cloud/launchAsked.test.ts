import assert from 'node:assert/strict';
import {
  AssociateSubnetCidrBlockCommand,
  CreatePlacementGroupCommand,
  DeletePlacementGroupCommand,
  DescribeAddressesCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeVolumesCommand,
  ModifyInstanceAttributeCommand,
  type Instance as SdkInstance,
} from '@aws-sdk/client-ec2';
import { tagsOf } from '../../../src/adapters/aws/convert';
import { SkylabError } from '../../../src/core/errors';
import type { Operation } from '../../../src/core/operations/operations';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { startFaultyEndpoint } from '../support/faultyEndpoint';
import { iam } from '../support/iam';
import { NOTHING, World } from './world';

describe('what a launch asks the cloud for', function () {
  this.timeout(60_000);
  let cloud: PracticeCloud;
  let world: World;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
  });
  after(() => cloud.stop());
  beforeEach(async () => {
    world = await World.open(cloud);
    world.settings = { ...world.settings, consoleTimeoutMs: 60_000 };
  });
  afterEach(async () => {
    await cloud.faults.clear();
    await world.close();
  });

  /** Launches machines that never boot, looks at them while they run, and takes them back. */
  async function launched(change: Partial<LaunchSpec>, look: (there: readonly SdkInstance[], operation: Operation) => Promise<void>) {
    await cloud.faults.set({ noBoot: true, ...faults });
    const operation = world.launcher.launch(await world.spec(change));
    await new Promise<void>((resolve, reject) => {
      operation.onChange((view) => {
        if (view.steps.some((step) => step.name === 'hostKey' && step.state === 'running')) resolve();
        else if (view.state === 'failed') reject(new Error(operation.log.join('\n')));
      });
    });
    try {
      const answer = await world.ec2.send(
        new DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] }),
      );
      await look(
        (answer.Reservations ?? []).flatMap((one) => one.Instances ?? []),
        operation,
      );
    } finally {
      operation.cancel();
      await operation.outcome;
    }
    assert.deepEqual(await world.remains(), NOTHING);
  }
  let faults = {};
  afterEach(() => (faults = {}));

  it('takes three machines where five are wanted and two are enough, and gives back the addresses that are left over', async () => {
    faults = { room: 3 };
    await launched({ name: 'lab', count: 5, minCount: 2, network: { publicAddress: 'elastic' } }, async (there, operation) => {
      assert.deepEqual(there.map((one) => tagsOf(one.Tags)['Name']).sort(), ['lab-1', 'lab-2', 'lab-3']);
      const { Addresses = [] } = await world.ec2.send(new DescribeAddressesCommand({}));
      assert.deepEqual(Addresses.map((one) => one.InstanceId).sort(), there.map((one) => one.InstanceId).sort());
      assert.match(operation.log.join('\n'), /3 of 5 were launched: the cloud has no more/);
      assert.equal(operation.view.steps.find((step) => step.name === 'run')?.title, 'Launch 2 to 5 machines');
    });
    assert.deepEqual((await world.ec2.send(new DescribeAddressesCommand({}))).Addresses, []);
  });

  it('calls one machine out of several by its number too', async () => {
    faults = { room: 1 };
    await launched({ name: 'lab', count: 4, minCount: 1 }, (there) => {
      assert.deepEqual(
        there.map((one) => tagsOf(one.Tags)['Name']),
        ['lab-1'],
      );
      return Promise.resolve();
    });
  });

  it('launches none where the cloud has fewer than are enough', async () => {
    await cloud.faults.set({ noBoot: true, room: 2 });
    const outcome = await world.launcher.launch(await world.spec({ name: 'lab', count: 5, minCount: 3 })).outcome;
    assert.ok(outcome.kind === 'failed' && outcome.error instanceof SkylabError);
    assert.match(outcome.error.sentence, /no free machine of this size now/);
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('gives a machine the role of an instance profile, and offers the profiles that machines have', async () => {
    const TRUST = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    });
    await iam(cloud, 'CreateRole', { RoleName: 'reads-course', AssumeRolePolicyDocument: TRUST });
    await iam(cloud, 'CreateInstanceProfile', { InstanceProfileName: 'lab-profile', Path: '/team/' });
    await iam(cloud, 'AddRoleToInstanceProfile', { InstanceProfileName: 'lab-profile', RoleName: 'reads-course' });
    await launched({ name: 'lab', count: 2, instanceProfile: 'lab-profile' }, async (there) => {
      const { IamInstanceProfileAssociations: given = [] } = await world.ec2.send(new DescribeIamInstanceProfileAssociationsCommand({}));
      assert.deepEqual(given.map((one) => one.InstanceId).sort(), there.map((one) => one.InstanceId).sort());
      for (const { IamInstanceProfile } of given) assert.match(IamInstanceProfile?.Arn ?? '', /:instance-profile\/team\/lab-profile$/);
      assert.deepEqual((await world.launcher.options('practice')).offers?.instanceProfiles, ['lab-profile']);
    });
  });

  it('says that a profile does not exist before anything is made', async () => {
    const outcome = await world.launcher.launch(await world.spec({ instanceProfile: 'no-such-profile' })).outcome;
    assert.ok(outcome.kind === 'failed' && outcome.error instanceof SkylabError);
    assert.match(outcome.error.sentence, /no-such-profile/);
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('offers a form without profiles to whoever may not list them: the name can be typed', async () => {
    const way = await startFaultyEndpoint(cloud.endpoint, {
      fate: (action) => (action === 'DescribeIamInstanceProfileAssociations' ? 'refused' : undefined),
    });
    const poor = await World.open({ ...cloud, endpoint: way.endpoint });
    try {
      const { offers } = await poor.launcher.options('practice');
      assert.deepEqual(offers?.instanceProfiles, []);
      assert.ok(offers.zones.length > 0);
      const { request } = await poor.launcher.preview(await poor.spec({ instanceProfile: 'typed' }));
      assert.deepEqual(Reflect.get(request, 'IamInstanceProfile'), { Name: 'typed' });
    } finally {
      await poor.close();
      await way.stop();
    }
  });

  it('asks for a spot machine: one-time, at most so much an hour, terminated when it is taken away', async () => {
    await launched({ spot: { maxPricePerHour: 0.0125 } }, async ([machine]) => {
      assert.equal(machine?.InstanceLifecycle, 'spot');
      const { SpotInstanceRequests: [request, ...others] = [] } = await world.ec2.send(
        new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [machine.SpotInstanceRequestId ?? ''] }),
      );
      assert.equal(others.length, 0);
      assert.deepEqual(
        [request?.InstanceId, request?.Type, request?.SpotPrice, request?.InstanceInterruptionBehavior],
        [machine.InstanceId, 'one-time', '0.0125', 'terminate'],
      );
      assert.equal(tagsOf(request?.Tags)['skylab:launch'], tagsOf(machine.Tags)['skylab:launch']);
      assert.equal(await attribute(machine, 'instanceInitiatedShutdownBehavior'), 'terminate');
    });
  });

  it('gives a machine an IPv6 address of its subnet, and says where the subnet has none', async () => {
    const { offers } = await world.launcher.options('practice');
    const subnet = offers?.networks.find((network) => network.isDefault)?.subnets[0];
    assert.ok(subnet);
    const without = await world.launcher.launch(await world.spec({ network: { subnetId: subnet.id, ipv6: true } })).outcome;
    assert.ok(without.kind === 'failed' && without.error instanceof SkylabError);
    assert.match(without.error.sentence, /no IPv6/);
    await world.ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId: subnet.id, Ipv6CidrBlock: '2001:db8:1234:1a00::/64' }));
    await launched({ network: { subnetId: subnet.id, ipv6: true, publicAddress: 'yes' } }, ([machine]) => {
      const [card, ...others] = machine?.NetworkInterfaces ?? [];
      assert.equal(others.length, 0);
      assert.equal(card?.SubnetId, subnet.id);
      assert.deepEqual(
        card.Ipv6Addresses?.map((one) => one.Ipv6Address?.startsWith('2001:db8:1234:1a')),
        [true],
      );
      assert.notEqual(machine?.PublicIpAddress, undefined);
      return Promise.resolve();
    });
  });

  it('puts machines into a placement group, on hardware of their own, in the zone that is asked for', async () => {
    await world.ec2.send(new CreatePlacementGroupCommand({ GroupName: 'close', Strategy: 'cluster' }));
    assert.deepEqual((await world.launcher.options('practice')).offers?.placementGroups, [{ name: 'close', strategy: 'cluster' }]);
    await launched({ placement: { group: 'close', tenancy: 'dedicated' }, network: { zone: 'us-east-1c' } }, ([machine]) => {
      const { AvailabilityZone, GroupName, Tenancy } = machine?.Placement ?? {};
      assert.deepEqual(
        { AvailabilityZone, GroupName, Tenancy },
        { AvailabilityZone: 'us-east-1c', GroupName: 'close', Tenancy: 'dedicated' },
      );
      return Promise.resolve();
    });
    await world.ec2.send(new DeletePlacementGroupCommand({ GroupName: 'close' }));
    const outcome = await world.launcher.launch(await world.spec({ placement: { group: 'close' } })).outcome;
    assert.ok(outcome.kind === 'failed' && outcome.error instanceof SkylabError);
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('lets a machine be hibernated, protects it, and keeps its disk', async () => {
    await launched({ hibernation: true, keepDisk: true, protect: true, onShutdown: 'terminate' }, async ([machine]) => {
      assert.equal(machine?.HibernationOptions?.Configured, true);
      assert.equal(await attribute(machine, 'disableApiTermination'), true);
      assert.equal(await attribute(machine, 'instanceInitiatedShutdownBehavior'), 'terminate');
      const [disk] = machine.BlockDeviceMappings ?? [];
      assert.equal(disk?.Ebs?.DeleteOnTermination, false);
      const { Volumes: [volume] = [] } = await world.ec2.send(new DescribeVolumesCommand({ VolumeIds: [disk.Ebs.VolumeId ?? ''] }));
      assert.deepEqual([volume?.Size, volume?.VolumeType, volume?.Encrypted], [12, 'gp3', true]);
      await world.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: machine.InstanceId, DisableApiTermination: { Value: false } }));
    });
    const { Volumes = [] } = await world.ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: 'status', Values: ['available'] }] }));
    assert.equal(Volumes.length, 1, 'the disk outlives its machine');
  });

  async function attribute(machine: SdkInstance, Attribute: 'disableApiTermination' | 'instanceInitiatedShutdownBehavior') {
    const answer = await world.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: machine.InstanceId, Attribute }));
    return (answer.DisableApiTermination ?? answer.InstanceInitiatedShutdownBehavior)?.Value;
  }
});
