import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { AwsResources } from '../../../src/adapters/aws/resources';
import type { Machine } from '../../../src/core/cloud/model';
import { ActCleanUp, isAct } from '../../../src/core/cloud/resources/actCleanUp';
import { ResourceActs } from '../../../src/core/cloud/resources/acts';
import { singleRules } from '../../../src/core/cloud/resources/rules';
import { nameOf, ResourceStock } from '../../../src/core/cloud/resources/stock';
import type { Swept } from '../../../src/core/cloud/resources/sweep';
import type { ResourceKind } from '../../../src/core/cloud/resources/usage';
import type { SshAlias } from '../../../src/core/ssh/model';
import type { LedgerRecord } from '../../../src/core/operations/operations';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { done, failureOf } from '../support/outcome';
import { World } from './world';

const run = promisify(execFile);
type InstanceMachine = Extract<Machine, { kind: 'instance' }>;

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

  const known = async (name: string): Promise<InstanceMachine | undefined> => {
    await world.machines.refresh();
    const found = world.machines.of('practice').find((machine) => machine.name === name);
    return found?.kind === 'instance' && found.instance.state === 'running' ? found : undefined;
  };
  /** A machine launched without Skylab: what others made is shown and served, too. The tests share those of the same name. */
  const launched = async (name: string): Promise<InstanceMachine> => {
    const there = await known(name);
    if (there !== undefined) return there;
    const images = await (await world.providers.for(world.account)).listImages();
    const tags = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: name }] }];
    await world.ec2.send(
      new RunInstancesCommand({ ImageId: images[0]!.id, InstanceType: 't3.small', MinCount: 1, MaxCount: 1, TagSpecifications: tags }),
    );
    for (;;) {
      const machine = await known(name);
      if (machine !== undefined) return machine;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
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
    await done(acts.images.deleteSnapshots(world.account, await aws.listSnapshots()));
    await done(acts.volumes.detach(world.account, await volume('more')));
    await done(acts.volumes.delete(world.account, [await volume('more')]));
    assert.deepEqual(await world.ledger.list(), []);
  });

  it('refuses a disk of another zone in words, and undoes a disk that could not be attached', async () => {
    const ada = await launched('ada');
    const zones = await aws.listZones();
    const elsewhere = zones.find((zone) => zone !== ada.instance.zone) ?? '';
    await done(acts.volumes.create(world.account, { name: 'far', sizeGiB: 1, zone: elsewhere, type: 'gp3', encrypted: true }));
    const refused = await failureOf(acts.volumes.attach(world.account, await volume('far'), ada));
    assert.match(refused.sentence, new RegExp(`ada is in ${ada.instance.zone ?? ''}, the disk in ${elsewhere}`));
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

  it('gives a machine an address that stays: its row and its ssh entry follow, there and back', async () => {
    const ada = await launched('ada');
    const before = ada.instance.publicAddress ?? '';
    const alias = 'ada' as SshAlias;
    await world.ports.hostEntries.upsert({ alias, hostName: before, port: 22, user: 'admin', hostKeyAlias: ada.instance.id });
    const hostName = async () => (await world.ports.hostEntries.list())[0]?.hostName;
    const shown = () => {
      const machine = world.machines.get(ada.key);
      return machine?.kind === 'instance' ? machine.instance.publicAddress : undefined;
    };

    await done(acts.addresses.allocate(world.account, 'lab', ada));
    const [address] = await aws.listAddresses();
    assert.ok(address);
    assert.notEqual(address.publicIp, before);
    assert.deepEqual([await hostName(), shown(), address.instanceId], [address.publicIp, address.publicIp, ada.instance.id]);
    assert.deepEqual(await rows('addresses'), [`${address.publicIp}: machine ada`]);

    await done(acts.addresses.disassociate(world.account, address));
    assert.deepEqual(await rows('addresses'), [`${address.publicIp}: unused`]);
    assert.notEqual(shown(), address.publicIp);
    assert.equal(await hostName(), shown());

    const bob = await launched('bob');
    const [free] = await aws.listAddresses();
    assert.ok(free);
    await done(acts.addresses.associate(world.account, free, bob));
    assert.deepEqual(await rows('addresses'), [`${address.publicIp}: machine bob`]);
    const [taken] = await aws.listAddresses();
    assert.ok(taken);
    await done(acts.addresses.release(world.account, [taken]));
    assert.deepEqual(await rows('addresses'), []);
  });

  it('gives an address back that a machine could not get', async () => {
    const ada = await launched('ada');
    const failed = acts.addresses.allocate(world.account, '', { ...ada, instance: { ...ada.instance, id: 'i-00000000000000000' } });
    assert.equal((await failureOf(failed)).code, 'NoSuchInstance');
    assert.deepEqual(await aws.listAddresses(), []);
    assert.deepEqual(await world.ledger.list(), []);
  });

  it('makes an image of a machine, says who launched from it, and deregisters it with its copies', async () => {
    const ada = await launched('ada');
    await done(acts.images.create(world.account, ada, 'ready for class', false));
    assert.deepEqual(await rows('images'), ['ready for class: unused']);
    assert.equal((await failureOf(acts.images.create(world.account, ada, 'ready for class', false))).code, 'ImageExists');
    const [image] = await aws.listOwnImages();
    assert.ok(image);
    const [copy] = await aws.listSnapshots();
    assert.deepEqual(image.snapshotIds, [copy?.id]);
    assert.equal(copy?.tags['skylab:owner'], 'ada');
    assert.match((await rows('snapshots')).join(), /: image ready for class/);
    const refused = await failureOf(acts.images.deleteSnapshots(world.account, [copy]));
    assert.equal(refused.code, 'InUse');

    await done(acts.images.deregister(world.account, [image], true));
    assert.deepEqual(await rows('images'), []);
    assert.deepEqual(await rows('snapshots'), []);
  });

  it('makes a key pair whose private half is here, imports one, and deletes both', async () => {
    await done(acts.keyPairs.create(world.account, 'class'));
    const file = await world.ports.identities.find('class');
    assert.ok(file);
    const pair = (await aws.listKeyPairs()).find(({ name }) => name === 'class');
    const { stdout } = await run('ssh-keygen', ['-l', '-f', file]);
    assert.ok(stdout.includes(pair?.fingerprint.replace(/=+$/, '') ?? 'no pair'), `${stdout} ${pair?.fingerprint ?? ''}`);
    await done(acts.keyPairs.import(world.account, 'mine', await world.ports.identities.publicKeyOf(file)));
    assert.deepEqual(await rows('keyPairs'), ['class: unused', 'mine: unused']);
    const twice = await failureOf(acts.keyPairs.import(world.account, 'mine', await world.ports.identities.publicKeyOf(file)));
    assert.equal(twice.code, 'KeyPairExists');
    assert.deepEqual(await rows('keyPairs'), ['class: unused', 'mine: unused']);
    await done(acts.keyPairs.delete(world.account, ['class', 'mine'], [file]));
    assert.deepEqual([await rows('keyPairs'), await world.ports.identities.find('class')], [[], undefined]);
  });

  it('changes the rules of a group, new ones first, and refuses when someone else was quicker', async () => {
    const group = async (name: string) => {
      const found = (await aws.listSecurityGroups()).find((one) => one.name === name);
      assert.ok(found, `no group ${name}`);
      return found;
    };
    const tcp = (port: number, cidrs: readonly string[], more: object = {}) => ({
      protocol: 'tcp' as const,
      fromPort: port,
      toPort: port,
      cidrs,
      ...more,
    });
    await done(acts.groups.create(world.account, { name: 'front', description: 'Front' }, []));
    await done(acts.groups.create(world.account, { name: 'lab', description: 'Lab' }, [tcp(22, ['198.51.100.1/32'])]));
    const before = await group('lab');
    const { id: front } = await group('front');
    const want = [
      tcp(22, ['203.0.113.10/32', '2001:db8::/32'], { description: 'Ada' }),
      { protocol: 'udp' as const, fromPort: 6000, toPort: 6010, cidrs: ['10.0.0.0/8'] },
      { protocol: '-1' as const, fromPort: 0, toPort: 65535, cidrs: [], groups: [front] },
    ];
    await done(acts.groups.change(world.account, before, want));
    const after = await group('lab');
    assert.deepEqual(singleRules(after.rules), singleRules(want));
    assert.deepEqual(
      (await rows('groups')).filter((row) => row.startsWith('front')),
      ['front: group lab'],
    );

    assert.equal((await failureOf(acts.groups.change(world.account, before, []))).code, 'GroupChanged');
    assert.deepEqual(singleRules((await group('lab')).rules), singleRules(want));
    // Undo is the way back.
    await done(acts.groups.change(world.account, after, before.rules));
    assert.deepEqual(singleRules((await group('lab')).rules), singleRules(before.rules));
    await done(acts.groups.delete(world.account, [await group('lab'), await group('front')]));
  });

  it('describes a rule anew without closing its port', async () => {
    const rule = { protocol: 'tcp' as const, fromPort: 22, toPort: 22, cidrs: ['198.51.100.1/32'], description: 'old' };
    await done(acts.groups.create(world.account, { name: 'lab', description: 'Lab' }, [rule]));
    const lab = async () => (await aws.listSecurityGroups()).find(({ name }) => name === 'lab')!;
    const operation = acts.groups.change(world.account, await lab(), [{ ...rule, description: 'Ada' }]);
    await done(operation);
    assert.deepEqual((await lab()).rules, [{ ...rule, description: 'Ada' }]);
    assert.deepEqual(
      operation.view.steps.map(({ name, state }) => `${name} ${state}`),
      ['look done', 'add skipped', 'describe done', 'remove skipped'],
    );
    await done(acts.groups.delete(world.account, [await lab()]));
  });

  it('sweeps what nobody uses, leaves what someone began to use, and says what failed', async () => {
    const ada = await launched('ada');
    const zone = ada.instance.zone ?? '';
    const disk = (name: string) => acts.volumes.create(world.account, { name, sizeGiB: 1, zone, type: 'gp3', encrypted: true });
    await done(disk('one'));
    await done(disk('two'));
    await done(acts.volumes.snapshot(world.account, await volume('one'), 'copy'));
    await done(acts.addresses.allocate(world.account, 'idle'));
    await done(acts.keyPairs.create(world.account, 'old'));
    await done(acts.groups.create(world.account, { name: 'empty', description: 'Empty' }, []));
    await done(acts.images.create(world.account, ada, 'forgotten', false));
    const kinds = ['volumes', 'snapshots', 'addresses', 'keyPairs', 'groups', 'images'] as const;
    for (const kind of kinds) await stock.refresh('practice', kind);
    const unused = kinds.flatMap((kind) => stock.list('practice', kind).filter((one) => stock.useOf('practice', one).state === 'unused'));
    assert.deepEqual(
      unused.map(nameOf).filter((name) => !/^[\d.]+$/.test(name)),
      ['one', 'two', 'old', 'empty', 'forgotten'],
    );
    // Between the look and the sweep somebody takes one of the disks.
    await done(acts.volumes.attach(world.account, await volume('two'), ada));
    const swept: Swept[] = [];
    await done(acts.sweeper.start(world.account, unused, swept));
    assert.deepEqual(
      swept.filter(({ result }) => result !== 'gone').map(({ resource, result }) => `${nameOf(resource)} ${result}`),
      ['two used'],
    );
    assert.equal(swept.length, 6);
    assert.deepEqual(await aws.listOwnImages(), []);
    assert.deepEqual(await aws.listAddresses(), []);
    assert.ok((await aws.listVolumes()).every(({ name }) => name !== 'one'));
    // The copy of the disk that is gone stays: it was not among what was chosen.
    assert.deepEqual(await rows('snapshots'), ['copy: unused']);
    const [copy] = stock.list('practice', 'snapshots');
    assert.ok(copy);
    await cloud.faults.set({ error5xx: { action: 'DeleteSnapshot', times: 5 } });
    const failed: Swept[] = [];
    await done(acts.sweeper.start(world.account, [copy], failed));
    assert.deepEqual(
      failed.map(({ result }) => result),
      ['failed'],
    );
    assert.match(failed[0]?.why ?? '', /delete the snapshot/);
    await cloud.faults.clear();
  });

  it('removes, when asked after a crash, what an act had made', async () => {
    const ada = await launched('ada');
    // The window dies while the disk is being made: its record stays on the ledger, with nothing but the tag.
    const crashed = acts.volumes.create(
      world.account,
      { name: 'half', sizeGiB: 1, zone: ada.instance.zone ?? '', type: 'gp3', encrypted: true },
      ada,
    );
    let record: LedgerRecord | undefined;
    for (let running = true; running;) {
      record ??= (await world.ledger.list()).find(isAct);
      running = await Promise.race([
        crashed.outcome.then(() => false),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 2)),
      ]);
    }
    await done(crashed);
    assert.ok(record, 'nothing stood on the ledger');
    await world.ledger.save(record);
    const { identities } = world.ports;
    const cleanUp = new ActCleanUp(world.accounts, world.operations, { resources: () => Promise.resolve(aws), identities });
    await done(cleanUp.start(record));
    assert.ok(!(await aws.listVolumes()).some(({ name }) => name === 'half'));
    assert.deepEqual(await world.ledger.list(), []);
    await done(cleanUp.start(record));
  });
});
