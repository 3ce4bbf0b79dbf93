import assert from 'node:assert/strict';
import { RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { AwsResources } from '../../../src/adapters/aws/resources';
import type { Machine } from '../../../src/core/cloud/model';
import { ResourceActs } from '../../../src/core/cloud/resources/acts';
import { nameOf, ResourceStock } from '../../../src/core/cloud/resources/stock';
import type { ResourceKind } from '../../../src/core/cloud/resources/usage';
import { SkylabError } from '../../../src/core/errors';
import type { Operation } from '../../../src/core/operations/operations';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { World } from './world';

/** Why it failed, as the person reads it. */
async function failureOf(operation: Operation): Promise<SkylabError> {
  const outcome = await operation.outcome;
  assert.ok(outcome.kind === 'failed', operation.log.join('\n'));
  assert.ok(outcome.error instanceof SkylabError, outcome.error.stack);
  return outcome.error;
}

async function done(operation: Operation): Promise<void> {
  const outcome = await operation.outcome;
  assert.equal(outcome.kind, 'done', outcome.kind === 'failed' ? `${outcome.error.stack ?? ''}\n${operation.log.join('\n')}` : 'cancelled');
}

describe('the resources of an account', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let world: World;
  let acts: ResourceActs;
  let stock: ResourceStock;
  let aws: AwsResources;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
  });
  after(() => cloud.stop());
  beforeEach(async () => {
    world = await World.open(cloud);
    aws = new AwsResources(world.account, () => world.providers.client(world.account));
    const resources = () => Promise.resolve(aws);
    const access = { session: () => Promise.reject(new Error('No SSH here.')), release: () => undefined };
    const { ports, machines, operations } = world;
    acts = new ResourceActs({ ...ports, machines, operations, resources, access }, () => ({ owner: 'ada', version: '0.1.0', pollMs: 100 }));
    stock = new ResourceStock(world.accounts, machines, resources);
  });
  afterEach(async () => {
    await cloud.faults.clear();
    stock.dispose();
    await world.close();
  });

  /** Launched without Skylab: what others made is shown and served, too. */
  const launched = async (name: string): Promise<Extract<Machine, { kind: 'instance' }>> => {
    const images = await (await world.providers.for(world.account)).listImages();
    const tags = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: name }] }];
    const { Instances } = await world.ec2.send(
      new RunInstancesCommand({ ImageId: images[0]!.id, InstanceType: 't3.small', MinCount: 1, MaxCount: 1, TagSpecifications: tags }),
    );
    const id = Instances?.[0]?.InstanceId;
    for (;;) {
      await world.machines.refresh();
      const machine = world.machines.of('practice').find((m) => m.kind === 'instance' && m.instance.id === id);
      if (machine?.kind === 'instance' && machine.instance.state === 'running') return machine;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const end = async (machine: Extract<Machine, { kind: 'instance' }>): Promise<void> => {
    await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine.instance.id] }));
  };
  /** Name and use of each row, as the view has them after a refresh. */
  const rows = async (kind: ResourceKind): Promise<string[]> => {
    await stock.refresh('practice', kind);
    const status = stock.status('practice', kind);
    assert.ok(status.state === 'loaded', status.state === 'failed' ? status.error.stack : status.state);
    return stock.list('practice', kind).map((one) => {
      const use = stock.useOf('practice', one);
      return `${nameOf(one)}: ${use.state === 'used' ? use.by.map((user) => `${user.kind} ${user.name}`).join(', ') : use.state}`;
    });
  };
  const volume = async (name: string) => {
    const found = (await aws.listVolumes()).find((one) => one.name === name);
    assert.ok(found, `no disk ${name}`);
    return found;
  };

  it('gives a machine a new disk, takes it away, copies it, grows it and deletes it', async () => {
    const ada = await launched('ada');
    const zone = ada.instance.zone ?? '';
    await done(acts.volumes.create(world.account, { name: 'data', sizeGiB: 20, zone, type: 'gp3', encrypted: true }, ada));
    const data = await volume('data');
    assert.deepEqual(
      [data.sizeGiB, data.type, data.encrypted, data.state, data.attachment?.device, data.attachment?.deleteOnTermination],
      [20, 'gp3', true, 'in-use', '/dev/sdf', false],
    );
    assert.deepEqual([data.tags['skylab:owner'], data.tags['skylab:version']], ['ada', '0.1.0']);
    assert.ok((await rows('volumes')).includes('data: machine ada'));

    await done(acts.volumes.create(world.account, { name: 'more', sizeGiB: 5, zone, type: 'gp3', encrypted: true }, ada));
    assert.equal((await volume('more')).attachment?.device, '/dev/sdg');

    await done(acts.volumes.detach(world.account, data));
    assert.ok((await rows('volumes')).includes('data: unused'));
    await done(acts.volumes.snapshot(world.account, data, 'before the exam'));
    assert.deepEqual(await rows('snapshots'), ['before the exam: disk data']);

    const smaller = await failureOf(acts.volumes.grow(world.account, data, 20));
    assert.equal(smaller.code, 'TooSmall');
    await done(acts.volumes.grow(world.account, data, 30));
    assert.equal((await volume('data')).sizeGiB, 30);

    await done(acts.volumes.delete(world.account, [data]));
    assert.deepEqual(await rows('snapshots'), ['before the exam: unused']);
    assert.deepEqual(await world.ledger.list(), []);
    await end(ada);
  });

  it('refuses a disk of another zone in words, and undoes a disk that could not be attached', async () => {
    const ada = await launched('ada');
    const zones = await aws.listZones();
    const elsewhere = zones.find((zone) => zone !== ada.instance.zone) ?? '';
    await done(acts.volumes.create(world.account, { name: 'far', sizeGiB: 1, zone: elsewhere, type: 'gp3', encrypted: true }));
    const refused = await failureOf(acts.volumes.attach(world.account, await volume('far'), ada));
    assert.match(refused.sentence, new RegExp(`ada is in ${ada.instance.zone ?? ''}, the disk in ${elsewhere}`));
    await end(ada);
    const gone = await failureOf(
      acts.volumes.create(
        world.account,
        { name: 'lost', sizeGiB: 1, zone: ada.instance.zone ?? '', type: 'gp3', encrypted: true },
        {
          ...ada,
          instance: { ...ada.instance, id: 'i-00000000000000000' },
        },
      ),
    );
    assert.equal(gone.code, 'NoSuchInstance');
    assert.ok(!(await aws.listVolumes()).some(({ name }) => name === 'lost'));
    assert.deepEqual(await world.ledger.list(), []);
    await done(acts.volumes.delete(world.account, [await volume('far')]));
  });
});
