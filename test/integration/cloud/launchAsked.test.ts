import assert from 'node:assert/strict';
import { DescribeAddressesCommand, DescribeInstancesCommand, type Instance as SdkInstance } from '@aws-sdk/client-ec2';
import { tagsOf } from '../../../src/adapters/aws/convert';
import { SkylabError } from '../../../src/core/errors';
import type { Operation } from '../../../src/core/operations/operations';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
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
});
