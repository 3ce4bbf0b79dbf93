import assert from 'node:assert/strict';
import { BulkActs } from '../../../src/core/cloud/life/bulk';
import { MachineChanges } from '../../../src/core/cloud/life/changes';
import { LifeSteps } from '../../../src/core/cloud/life/lifeSteps';
import type { Machine } from '../../../src/core/cloud/model';
import type { CloudProvider } from '../../../src/core/cloud/ports';
import { releaseAddress } from '../../../src/core/cloud/removal';
import type { CloudResources } from '../../../src/core/cloud/resources/ports';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { done, failureOf } from '../support/outcome';
import { NOTHING, World } from './world';

type InstanceMachine = Extract<Machine, { kind: 'instance' }>;

describe('what a terminated machine leaves behind', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let world: World;
  let provider: CloudProvider;
  let resources: CloudResources;
  let life: LifeSteps;
  let bulk: BulkActs;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
  });
  after(() => cloud.stop());
  beforeEach(async () => {
    world = await World.open(cloud);
    provider = await world.providers.for(world.account);
    resources = await world.providers.resources(world.account);
    life = new LifeSteps(world.machines, world.operations, world.ports, world.acts, () => world.settings);
    bulk = new BulkActs(life, world.operations);
  });
  afterEach(async () => {
    await cloud.faults.clear();
    for (const address of await resources.listAddresses()) await releaseAddress(resources, address);
    await world.close();
  });

  const all = async (): Promise<readonly InstanceMachine[]> => {
    await world.machines.refresh();
    return world.machines
      .of('practice')
      .filter((one): one is InstanceMachine => one.kind === 'instance' && one.instance.state !== 'terminated');
  };
  /** Machines with a key pair and group that a launch of Skylab made, each with an address that one of Skylab's launches got. */
  const lab = async (...names: readonly string[]): Promise<readonly InstanceMachine[]> => {
    const tags = { 'skylab:launch': 'one', 'skylab:key': 'new' };
    const { publicKey } = await world.ports.identities.create('lab', 'lab');
    await provider.importKeyPair('lab', publicKey, tags);
    const group = await provider.createSecurityGroup('lab', 'Lab', [], tags);
    const { imageId, instanceType } = await world.spec();
    const made = await provider.runInstances({
      clientToken: names.join('-'),
      imageId,
      instanceType,
      keyName: 'lab',
      securityGroupIds: [group],
      rootDeviceName: '/dev/xvda',
      diskGiB: 8,
      userData: '',
      count: names.length,
      tags,
    });
    for (const [i, { id }] of made.entries()) {
      await provider.setTags([id], { Name: names[i] ?? '' });
      await resources.associateAddress(await resources.allocateAddress({ ...tags, Name: names[i] ?? '' }), id);
    }
    for (const end = Date.now() + 30_000; ;) {
      const found = await all();
      if (found.length === names.length && found.every(({ instance }) => instance.state === 'running')) return found;
      assert.ok(Date.now() < end, 'they never ran');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const ips = async () => (await resources.listAddresses()).map(({ publicIp }) => publicIp);

  it('is named before, with its elastic address, and goes along where that is wanted', async () => {
    await done(world.launcher.launch(await world.spec({ network: { publicAddress: 'elastic' } })));
    const [ada] = await all();
    assert.ok(ada);
    const { leftovers } = await world.lifecycle.previewTerminate(ada);
    assert.deepEqual(
      leftovers.addresses.map(({ address, made }) => [address.publicIp, made]),
      [[ada.instance.publicAddress, true]],
    );
    await done(world.lifecycle.terminate(ada, { keyPair: true, securityGroup: true, addresses: 'made' }));
    assert.deepEqual([await world.remains(), await ips()], [NOTHING, []]);
  });

  it('stays where nothing else was wanted, and an address that no launch got stays until it is chosen', async () => {
    const [ada, bob] = await lab('ada', 'bob');
    assert.ok(ada && bob);
    const [own] = (await resources.listAddresses()).filter(({ instanceId }) => instanceId === bob.instance.id);
    assert.ok(own);
    await resources.removeTags([own.allocationId], ['skylab:launch']);
    await done(world.lifecycle.terminate(bob, { keyPair: true, securityGroup: true, addresses: 'made' }));
    // ada still uses key pair and group.
    const { groups, keyPairs } = await world.remains();
    assert.deepEqual([groups, keyPairs, (await ips()).includes(own.publicIp)], [['lab'], ['lab'], true]);
    await done(world.lifecycle.terminate(ada, { keyPair: false, securityGroup: false }));
    const after = await world.remains();
    assert.deepEqual([after.groups, after.keyPairs, (await ips()).length], [['lab'], ['lab'], 2]);
    for (const { id } of (await provider.listSecurityGroups()).filter(({ name }) => name === 'lab')) await provider.deleteSecurityGroup(id);
    await provider.deleteKeyPair('lab');
  });

  it('is said when it could not go, and the rest goes all the same', async () => {
    const [ada] = await lab('ada');
    assert.ok(ada);
    await cloud.faults.set({ error5xx: { action: 'ReleaseAddress', times: 9 } });
    const failure = await failureOf(world.lifecycle.terminate(ada, { keyPair: true, securityGroup: true, addresses: 'all' }));
    assert.match(failure.message, /^ada is gone, but not all that would go along: .*release/);
    await cloud.faults.clear();
    assert.deepEqual([await world.remains(), (await ips()).length], [NOTHING, 1]);
  });

  it('goes with many machines at once, as far as those that stay do not need it', async () => {
    const [ada, bob, eve] = await lab('ada', 'bob', 'eve');
    assert.ok(ada && bob && eve);
    const changes = new MachineChanges(life);
    await done(changes.setProtection(eve, true));
    const [preview] = await bulk.previewTerminate([ada, bob, eve]);
    const { addresses, keyPairs, securityGroups } = preview?.leftovers ?? {};
    assert.deepEqual([addresses?.length, keyPairs?.length, securityGroups?.length], [3, 1, 1]);
    const also = { keyPair: true, securityGroup: true, addresses: 'made' } as const;
    const partly = bulk.run({ kind: 'terminate', also }, [ada, bob, eve]);
    assert.match((await failureOf(partly.operation)).message, /^2 of 3 machines were terminated\. eve: /);
    const [kept] = await all();
    assert.deepEqual(
      [await ips(), (await world.remains()).groups, (await world.remains()).keyPairs],
      [[kept?.instance.publicAddress], ['lab'], ['lab']],
    );
    await done(changes.setProtection(eve, false));
    await done(bulk.run({ kind: 'terminate', also }, [eve]).operation);
    assert.deepEqual([await world.remains(), await ips()], [NOTHING, []]);
  });
});
