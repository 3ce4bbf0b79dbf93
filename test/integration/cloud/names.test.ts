import assert from 'node:assert/strict';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { AwsZones } from '../../../src/adapters/aws/zones';
import { NodeDnsLookup } from '../../../src/adapters/net/dnsLookup';
import { Launcher, type LaunchPorts } from '../../../src/core/cloud/launch';
import { Lifecycle } from '../../../src/core/cloud/lifecycle';
import type { Instance, Machine } from '../../../src/core/cloud/model';
import { zoneFor } from '../../../src/core/cloud/names/name';
import { Naming } from '../../../src/core/cloud/names/naming';
import type { DnsZones, NameQuestions, Zone } from '../../../src/core/cloud/names/ports';
import type { Operation } from '../../../src/core/operations/operations';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { startNameServer } from '../support/nameServer';
import { World } from './world';

async function done(operation: Operation): Promise<void> {
  const outcome = await operation.outcome;
  assert.equal(outcome.kind, 'done', outcome.kind === 'failed' ? `${outcome.error.stack ?? ''}\n${operation.log.join('\n')}` : 'cancelled');
}

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
});
