import assert from 'node:assert/strict';
import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { AwsZones } from '../../../src/adapters/aws/zones';
import { NodeDnsLookup } from '../../../src/adapters/net/dnsLookup';
import { Launcher, type LaunchPorts } from '../../../src/core/cloud/launch';
import { Lifecycle } from '../../../src/core/cloud/lifecycle';
import type { Instance, Machine } from '../../../src/core/cloud/model';
import { MachineNames } from '../../../src/core/cloud/names/machineNames';
import { zoneFor } from '../../../src/core/cloud/names/name';
import { Naming } from '../../../src/core/cloud/names/naming';
import type { DnsZones, NameQuestions, Zone } from '../../../src/core/cloud/names/ports';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { startNameServer } from '../support/nameServer';
import { done } from '../support/outcome';
import { World } from './world';

describe('DNS names of machines, in the practice cloud', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let world: World;
  let route53: Route53Client;
  let zones: DnsZones;
  let server: Awaited<ReturnType<typeof startNameServer>>;
  let launcher: Launcher;
  let lifecycle: Lifecycle;
  /** Zones that a registrar knows. */
  let delegated: string[] = [];
  let questions: Parameters<NameQuestions[keyof NameQuestions]>[] = [];
  let answers = { createZone: true, takeOver: true };
  let ports: LaunchPorts;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
    world = await World.open(cloud);
    const { endpoint, region, credentials } = cloud;
    route53 = new Route53Client({ endpoint, region, credentials });
    const aws = new AwsZones(world.providers);
    zones = await aws.for(world.account);
    // The world's name servers, as they would answer from the zones.
    server = await startNameServer(async (name, type) => {
      if (/^ns-.*awsdns/.test(name)) return type === 'A' ? ['127.0.0.1'] : [];
      if (type === 'NS' && !delegated.includes(name)) return undefined;
      const holder = zoneFor(name, await zones.listZones());
      if (holder === undefined) return undefined;
      if (type === 'NS') return zones.nameServers(holder.id);
      const found = await zones.records(holder.id, [name]);
      return found.length === 0 ? undefined : (found.find((record) => record.type === type)?.values ?? []);
    });
    ports = {
      ...world.ports,
      names: {
        zones: (account) => aws.for(account),
        lookup: new NodeDnsLookup([`127.0.0.1:${server.port}`], server.port),
        questions: {
          createZone: (question) => Promise.resolve((questions.push([question]), answers.createZone)),
          takeOver: (question) => Promise.resolve((questions.push([question]), answers.takeOver)),
          tellNameServers: (...told) => void questions.push(told),
        },
      },
    };
    launcher = new Launcher(world.accounts, world.machines, world.operations, ports, () => world.settings);
    lifecycle = new Lifecycle(world.machines, world.operations, ports, world.acts, () => world.settings);
  });
  after(async () => {
    route53.destroy();
    await server.stop();
    await world.close();
    await cloud.stop();
  });
  beforeEach(() => {
    questions = [];
    answers = { createZone: true, takeOver: true };
    delegated = [];
  });

  const zone = async (name: string): Promise<Zone> => {
    const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name: name, CallerReference: `${name}-${Date.now()}` }));
    const id = HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
    return { id, name, private: false };
  };
  const set = (id: string, name: string, type: 'A' | 'CNAME' | 'TXT', value: string) =>
    route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: id,
        ChangeBatch: {
          Changes: [{ Action: 'UPSERT', ResourceRecordSet: { Name: name, Type: type, TTL: 300, ResourceRecords: [{ Value: value }] } }],
        },
      }),
    );
  const standing = async (id: string, ...names: string[]) =>
    (await zones.records(id, names)).map(({ name, type, values }) => [name, type, ...values].join(' '));
  const machineNamed = async (name: string): Promise<Extract<Machine, { kind: 'instance' }>> => {
    await world.machines.refresh();
    const machine = world.machines.of('practice').find((one) => one.name === name);
    assert.ok(machine?.kind === 'instance');
    return machine;
  };
  const launched = async (name: string, change: Parameters<World['spec']>[0] = {}) => {
    const key = `skylab-${name}`;
    const spec = await world.spec({
      name,
      keyPair: { kind: 'new', name: key },
      securityGroup: { kind: 'new', name: key, ssh: true, http: false, https: false },
      ...change,
    });
    return launcher.launch(spec);
  };
  const address = ({ publicAddress }: Instance) => publicAddress ?? '';

  it('a dotted name is set in the longest zone, resolves, follows stop and start, and goes when the machine is terminated', async () => {
    const [parent, child] = [await zone('example.edu'), await zone('labs.example.edu')];
    delegated = ['labs.example.edu'];
    await set(child.id, 'ada.labs.example.edu', 'TXT', '"keep me"');
    const operation = await launched('ada.labs.example.edu');
    await done(operation);
    assert.ok(operation.view.steps.some((step) => step.detail === 'ada.labs.example.edu resolves'));
    assert.ok(server.asked.includes('ada.labs.example.edu A'));
    const first = await machineNamed('ada.labs.example.edu');
    assert.equal(first.instance.tags['skylab:dns'], 'ada.labs.example.edu');
    assert.deepEqual((await standing(child.id, 'ada.labs.example.edu')).sort(), [
      `ada.labs.example.edu A ${address(first.instance)}`,
      'ada.labs.example.edu TXT "keep me"',
    ]);
    assert.deepEqual(await standing(parent.id, 'ada.labs.example.edu'), []);
    const [record] = (await zones.records(child.id, ['ada.labs.example.edu'])).filter(({ type }) => type === 'A');
    assert.equal(record?.ttl, 60);

    await done(lifecycle.stop(first));
    await done(lifecycle.start(await machineNamed(first.name)));
    const second = await machineNamed(first.name);
    assert.notEqual(address(second.instance), address(first.instance));
    assert.ok((await standing(child.id, 'ada.labs.example.edu')).includes(`ada.labs.example.edu A ${address(second.instance)}`));

    await set(child.id, '*.ada.labs.example.edu', 'CNAME', 'ada.labs.example.edu.');
    await set(child.id, 'other.labs.example.edu', 'A', address(second.instance));
    await done(lifecycle.terminate(second, { keyPair: true, securityGroup: true }));
    assert.deepEqual(await standing(child.id, 'ada.labs.example.edu', '*.ada.labs.example.edu', 'other.labs.example.edu'), [
      'ada.labs.example.edu TXT "keep me"',
      `other.labs.example.edu A ${address(second.instance)}`,
    ]);
    assert.equal((await zones.listZones()).length, 2);
    assert.deepEqual(questions, []);
  });

  it('without a zone, one is offered before anything is made; its name servers are shown when the registrar lacks them', async () => {
    answers.createZone = false;
    const without = await launched('bob.lab.test');
    await done(without);
    assert.deepEqual(questions, [[{ name: 'bob.lab.test', zone: 'lab.test' }]]);
    assert.equal((await machineNamed('bob.lab.test')).instance.tags['skylab:dns'], undefined);
    await done(lifecycle.terminate(await machineNamed('bob.lab.test'), { keyPair: true, securityGroup: true }));

    answers.createZone = true;
    questions = [];
    const operation = await launched('eve.lab.test');
    await done(operation);
    const made = (await zones.listZones()).find(({ name }) => name === 'lab.test');
    assert.ok(made);
    const nameServers = await zones.nameServers(made.id);
    assert.ok(nameServers.length > 1);
    assert.deepEqual(questions, [[{ name: 'eve.lab.test', zone: 'lab.test' }], ['lab.test', nameServers, []]]);
    assert.ok(operation.log.some((line) => line.includes(`until the registrar of lab.test names these servers: ${nameServers.join(' ')}`)));
    await done(lifecycle.terminate(await machineNamed('eve.lab.test'), { keyPair: true, securityGroup: true }));
    assert.deepEqual(await standing(made.id, 'eve.lab.test'), []);
  });

  it('a name that leads elsewhere is not taken over without a yes; a canceled launch puts it back and deletes its zone', async () => {
    const { id } = await zone('example.com');
    await set(id, 'lab.example.com', 'A', '198.51.100.7');
    answers.takeOver = false;
    await done(await launched('lab.example.com'));
    assert.deepEqual(questions, [[{ name: 'lab.example.com', pointsTo: ['198.51.100.7'] }]]);
    assert.deepEqual(await standing(id, 'lab.example.com'), ['lab.example.com A 198.51.100.7']);
    await done(lifecycle.terminate(await machineNamed('lab.example.com'), { keyPair: true, securityGroup: true }));
    assert.deepEqual(await standing(id, 'lab.example.com'), ['lab.example.com A 198.51.100.7']);

    answers.takeOver = true;
    const operation = await launched('lab.example.com');
    operation.onChange((view) => {
      if (view.steps.some(({ name, state }) => name === 'dnsName' && state === 'done')) operation.cancel();
    });
    assert.equal((await operation.outcome).kind, 'cancelled');
    assert.deepEqual(await standing(id, 'lab.example.com'), ['lab.example.com A 198.51.100.7']);

    const fresh = await launched('lab.fresh.test');
    fresh.onChange((view) => {
      if (view.steps.some(({ name, state }) => name === 'keyPair' && state === 'running')) fresh.cancel();
    });
    assert.equal((await fresh.outcome).kind, 'cancelled');
    assert.ok(!(await zones.listZones()).some(({ name }) => name === 'fresh.test'));
  });

  it('several machines get numbered names below the zone', async () => {
    const { id } = await zone('course.test');
    await done(await launched('lab.course.test', { count: 2 }));
    const both = [await machineNamed('lab-1.course.test'), await machineNamed('lab-2.course.test')];
    assert.deepEqual(
      await standing(id, 'lab-1.course.test', 'lab-2.course.test', 'lab.course.test'),
      both.map(({ name, instance }) => `${name} A ${address(instance)}`),
    );
    for (const machine of both) await done(lifecycle.terminate(machine, { keyPair: true, securityGroup: true }));
    assert.deepEqual(await standing(id, 'lab-1.course.test', 'lab-2.course.test'), []);
  });

  it('a CNAME is never put at the zone itself, nor beside other records', async () => {
    const apex = await zone('apex.test');
    await set(apex.id, 'mail.apex.test', 'TXT', '"v=spf1 -all"');
    const naming = new Naming(ports.names!, world.providers);
    const io = { signal: new AbortController().signal, report: () => undefined, log: () => undefined, created: () => Promise.resolve() };
    const tried = (name: string) => naming.prepare(world.account, [{ name, alias: true }], 'token', io);
    await assert.rejects(tried('apex.test'), /apex\.test cannot be an alias: it is the zone itself/);
    await assert.rejects(tried('mail.apex.test'), /cannot be an alias: it holds other records/);
    assert.equal((await tried('www.apex.test'))?.[0]?.zone.id, apex.id);
  });

  describe('of machines that are there already', () => {
    let names: MachineNames;
    let watching: { dispose(): void };
    before(() => {
      names = new MachineNames(world.machines, world.operations, ports.names!, new Naming(ports.names!, world.providers), ports.log);
      watching = names.watch();
    });
    after(() => watching.dispose());

    /** Launched without Skylab, and running. */
    const bare = async (name: string) => {
      const { imageId, instanceType } = await world.spec();
      const base = { clientToken: name, imageId, instanceType, keyName: '', securityGroupIds: [], rootDeviceName: '/dev/xvda' };
      await (await world.providers.for(world.account)).runInstances({ ...base, diskGiB: 8, userData: '', count: 1, tags: { Name: name } });
      return isThere(name, (machine) => machine.instance.state === 'running' && machine.instance.publicAddress !== undefined);
    };
    const isThere = async (name: string, wanted: (machine: Awaited<ReturnType<typeof machineNamed>>) => boolean) => {
      for (const end = Date.now() + 30_000; ;) {
        const machine = await machineNamed(name);
        if (wanted(machine)) return machine;
        assert.ok(Date.now() < end, `${name} is ${machine.instance.state}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };

    it('is set, changed and taken away; what else stands in the zone stays', async () => {
      const { id } = await zone('later.test');
      delegated = ['later.test'];
      await set(id, 'one.later.test', 'TXT', '"keep me"');
      const later = await bare('later');
      const ip = address(later.instance);
      await done(names.set(later, { name: 'one.later.test', wildcard: true }));
      assert.deepEqual((await standing(id, 'one.later.test', '*.one.later.test')).sort(), [
        '*.one.later.test CNAME one.later.test',
        `one.later.test A ${ip}`,
        'one.later.test TXT "keep me"',
      ]);
      await done(names.set(await machineNamed('later'), { name: 'two.later.test' }));
      assert.deepEqual(await standing(id, 'one.later.test', '*.one.later.test', 'two.later.test'), [
        'one.later.test TXT "keep me"',
        `two.later.test A ${ip}`,
      ]);
      assert.equal((await machineNamed('later')).instance.tags['skylab:dns'], 'two.later.test');
      await done(names.remove(await machineNamed('later')));
      assert.deepEqual(await standing(id, 'one.later.test', 'two.later.test'), ['one.later.test TXT "keep me"']);
      assert.deepEqual([(await machineNamed('later')).instance.tags['skylab:dns'], questions], ['', []]);
    });

    it('follows at a refresh when the machine was stopped and started elsewhere, and leaves one that somebody else has set', async () => {
      const { id } = await zone('away.test');
      const away = await bare('away');
      await done(names.set(away, { name: 'away.test', wildcard: true }));
      const elsewhere = async () => {
        await world.ec2.send(new StopInstancesCommand({ InstanceIds: [away.instance.id] }));
        await isThere('away', ({ instance }) => instance.state === 'stopped');
        await world.ec2.send(new StartInstancesCommand({ InstanceIds: [away.instance.id] }));
        return isThere('away', ({ instance }) => instance.state === 'running' && instance.publicAddress !== undefined);
      };
      const followed = async () => {
        const found = world.operations.list().filter(({ view }) => view.title === 'Follow the address of away');
        return Promise.all(found.map(async ({ outcome }) => (await outcome).kind));
      };
      const moved = await elsewhere();
      assert.notEqual(address(moved.instance), address(away.instance));
      assert.deepEqual(await followed(), ['done']);
      const leading = async () => (await standing(id, 'away.test', '*.away.test')).filter((line) => / (A|CNAME) /.test(line)).sort();
      assert.deepEqual(await leading(), ['*.away.test CNAME away.test', `away.test A ${address(moved.instance)}`]);

      await set(id, 'away.test', 'A', '198.51.100.9');
      await elsewhere();
      assert.deepEqual((await followed()).sort(), ['done', 'failed']);
      assert.deepEqual(await leading(), ['*.away.test CNAME away.test', 'away.test A 198.51.100.9']);
    });

    it('goes at the end also where it was set by hand: CNAME and wildcard; one that leads elsewhere stays', async () => {
      const { id } = await zone('hand.test');
      const machine = await bare('lab.hand.test');
      const { publicDnsName = '' } = machine.instance;
      await set(id, 'lab.hand.test', 'CNAME', `${publicDnsName}.`);
      await set(id, '*.lab.hand.test', 'A', address(machine.instance));
      await set(id, '*.hand.test', 'A', '198.51.100.9');
      await done(lifecycle.terminate(machine, { keyPair: false, securityGroup: false }));
      assert.deepEqual(await standing(id, 'lab.hand.test', '*.lab.hand.test', '*.hand.test'), ['*.hand.test A 198.51.100.9']);
      const other = await bare('other.hand.test');
      await set(id, 'other.hand.test', 'CNAME', 'www.example.org.');
      await set(id, '*.other.hand.test', 'A', '198.51.100.9');
      await done(lifecycle.terminate(other, { keyPair: false, securityGroup: false }));
      assert.equal((await standing(id, 'other.hand.test', '*.other.hand.test')).length, 2);
    });
  });
});
