import assert from 'node:assert/strict';
import { ResourceActs } from '../../../src/core/cloud/resources/acts';
import type { CloudResources } from '../../../src/core/cloud/resources/ports';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { startFaultyEndpoint, type FaultyEndpoint } from '../support/faultyEndpoint';
import { done } from '../support/outcome';
import { World } from './world';

describe('what is made once although the cloud’s answer is lost', function () {
  this.timeout(60_000);
  let cloud: PracticeCloud;
  let faulty: FaultyEndpoint;
  let world: World;
  let resources: CloudResources;
  let acts: ResourceActs;
  let losing: string[] = [];

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
    const fate = (action: string) => {
      const at = losing.indexOf(action);
      if (at < 0) return undefined;
      losing.splice(at, 1);
      return 'answerLost' as const;
    };
    faulty = await startFaultyEndpoint(cloud.endpoint, { fate });
    const { endpoint } = faulty;
    const { region, credentials, checkAddressUrl } = cloud;
    world = await World.open({ endpoint, region, credentials, checkAddressUrl });
    resources = await world.providers.resources(world.account);
    const access = { session: () => Promise.reject(new Error('No SSH here.')), release: () => undefined };
    const { ports, machines, operations } = world;
    const of = () => Promise.resolve(resources);
    acts = new ResourceActs({ ...ports, machines, operations, resources: of, access }, () => ({ version: '0.1.0', pollMs: 100 }));
  });
  after(async () => {
    await world.close();
    await faulty.stop();
    await cloud.stop();
  });
  afterEach(async () => {
    losing = [];
    for (const address of await resources.listAddresses()) await resources.releaseAddress(address);
  });

  const asked = (action: string): number => faulty.counts.get(action) ?? 0;

  it('is an elastic address', async () => {
    losing = ['AllocateAddress'];
    await done(acts.addresses.allocate(world.account, 'lab'));
    assert.deepEqual(
      (await resources.listAddresses()).map(({ tags }) => tags['Name']),
      ['lab'],
    );
    assert.deepEqual([losing, await world.ledger.list()], [[], []]);
  });

  it('is an elastic address whose answer is lost at each attempt', async () => {
    const before = asked('AllocateAddress');
    losing = Array.from({ length: 9 }, () => 'AllocateAddress');
    await done(acts.addresses.allocate(world.account, 'lab'));
    assert.deepEqual([(await resources.listAddresses()).length, asked('AllocateAddress') - before], [1, 1]);
  });

  it('is a disk, its copy, and an image', async () => {
    losing = ['CreateVolume', 'CreateSnapshot', 'CreateImage'];
    const { imageId, instanceType } = await world.spec();
    const provider = await world.providers.for(world.account);
    const base = { clientToken: 'one', imageId, instanceType, keyName: '', securityGroupIds: [], rootDeviceName: '/dev/xvda' };
    const [made] = await provider.runInstances({ ...base, diskGiB: 8, userData: '', count: 1, tags: { Name: 'ada' } });
    const zone = made?.zone ?? '';
    await done(acts.volumes.create(world.account, { name: 'data', sizeGiB: 1, zone, type: 'gp3', encrypted: true }));
    const disks = (await resources.listVolumes()).filter(({ name }) => name === 'data');
    assert.equal(disks.length, 1);
    await done(acts.volumes.snapshot(world.account, disks[0]!, 'copy'));
    assert.equal((await resources.listSnapshots()).filter(({ name }) => name === 'copy').length, 1);
    await world.machines.refresh();
    const [ada] = world.machines.of('practice');
    assert.ok(ada);
    await done(acts.images.create(world.account, ada, 'ready', false));
    assert.deepEqual(
      (await resources.listOwnImages()).map(({ name }) => name),
      ['ready'],
    );
    assert.deepEqual([losing, await world.ledger.list()], [[], []]);
  });

  it('are the elastic addresses of a launch, each of its own', async () => {
    assert.deepEqual(await resources.listAddresses(), []);
    losing = ['AllocateAddress', 'AllocateAddress'];
    const operation = world.launcher.launch(await world.spec({ name: 'lab', count: 2, network: { publicAddress: 'elastic' } }));
    for (const end = Date.now() + 30_000; operation.view.steps.find(({ name }) => name === 'address')?.state !== 'done';) {
      assert.ok(Date.now() < end, operation.log.join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual([losing, (await resources.listAddresses()).length], [[], 2]);
    operation.cancel();
    await operation.outcome;
    assert.deepEqual(await resources.listAddresses(), []);
  });
});
