import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { TcpProbe } from '../../../src/adapters/net/portProbe';
import { allowAddresses, groupForRule } from '../../../src/core/cloud/life/allow';
import { ReachChecker } from '../../../src/core/cloud/life/reachCheck';
import { LifeSteps } from '../../../src/core/cloud/life/lifeSteps';
import { BulkActs, fitFor } from '../../../src/core/cloud/life/bulk';
import { MachineChanges } from '../../../src/core/cloud/life/changes';
import type { Instance, Machine } from '../../../src/core/cloud/model';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { asRoot } from '../../setup/packages.mjs';
import { done, failureOf } from '../support/outcome';
import { World } from './world';

const run = promisify(execFile);

describe('a machine’s life on the practice cloud', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let world: World;
  let changes: MachineChanges;
  let bulk: BulkActs;
  let reach: ReachChecker;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
    world = await World.open(cloud);
    const life = new LifeSteps(world.machines, world.operations, world.ports, world.acts, () => world.settings);
    changes = new MachineChanges(life);
    bulk = new BulkActs(life, world.operations);
    reach = new ReachChecker(world.machines, world.ports, world.acts, new TcpProbe(3_000));
    await done(world.launcher.launch(await world.spec()));
  });
  after(async () => {
    await world.close();
    await cloud.stop();
  });

  const named = async (name: string): Promise<InstanceMachine> => {
    await world.machines.refresh();
    const machine = world.machines.of('practice').find((one) => one.name === name);
    assert.ok(machine?.kind === 'instance', `${name} is not listed`);
    return machine;
  };
  /** What the cloud itself says. */
  const raw = async (id: string) =>
    (await world.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances?.[0];
  const ssh = async (alias: string, ...command: string[]) =>
    (await run('ssh', ['-F', join(world.home, '.ssh', 'skylab', 'hosts.conf'), '-o', 'BatchMode=yes', alias, ...command])).stdout.trim();
  const shown = (machine: Machine): Instance => {
    const now = world.machines.get(machine.key);
    assert.ok(now?.kind === 'instance');
    return now.instance;
  };

  it('is renamed, and its ssh name follows where it came from the name', async () => {
    const ada = await named('ada');
    assert.deepEqual(await changes.aliasAfterRename(ada, 'Grace H.'), { from: 'ada', to: 'grace-h' });
    await done(changes.rename(ada, 'Grace H.', await changes.aliasAfterRename(ada, 'Grace H.')));
    assert.equal(shown(ada).name, 'Grace H.');
    assert.equal(await ssh('grace-h', 'id -un'), 'admin');
    await assert.rejects(ssh('ada', 'true'));
    await done(changes.rename(await named('Grace H.'), 'ada', { from: 'grace-h' as never, to: 'ada' as never }));
    assert.equal(await ssh('ada', 'id -un'), 'admin');
  });

  it('gets tags, other values and loses them, and its own stay', async () => {
    const ada = await named('ada');
    await done(changes.setTags(ada, { set: { course: 'phys201', note: 'a=b <&> "c"' }, remove: [] }));
    await done(changes.setTags(await named('ada'), { set: { course: 'chem101' }, remove: ['note'] }));
    const { tags } = (await named('ada')).instance;
    assert.deepEqual([tags['course'], tags['note'], tags['skylab:owner']], ['chem101', undefined, 'ada']);
    assert.deepEqual(shown(ada).tags, tags);
  });

  it('is put into other security groups, and they count', async () => {
    const ada = await named('ada');
    const provider = await world.providers.for(world.account);
    const closed = await provider.createSecurityGroup('closed', 'nothing comes in', [], { Name: 'closed' });
    const groups = await provider.listSecurityGroups();
    const own = groups.filter(({ name }) => name === 'skylab-ada');
    await done(
      changes.setGroups(
        ada,
        groups.filter(({ id }) => id === closed),
      ),
    );
    await assert.rejects(ssh('ada', '-o', 'ConnectTimeout=2', 'true'));
    await done(changes.setGroups(await named('ada'), own));
    assert.equal(await ssh('ada', 'id -un'), 'admin');
    assert.deepEqual(
      (await named('ada')).instance.securityGroups.map(({ name }) => name),
      ['skylab-ada'],
    );
  });

  it('is not terminated while it is protected, and says so', async () => {
    const ada = await named('ada');
    assert.deepEqual(await changes.attributes(ada), { protected: false, onShutdown: 'stop' });
    await done(changes.setProtection(ada, true));
    assert.equal((await changes.attributes(ada)).protected, true);
    assert.equal((await world.lifecycle.previewTerminate(ada)).protected, true);
    const refused = await failureOf(world.lifecycle.terminate(ada, { keyPair: false, securityGroup: false }));
    assert.match(refused.sentence, /protect/i);
    assert.equal((await raw(ada.instance.id))?.State?.Name, 'running');
    await done(changes.setProtection(ada, false));
    assert.equal((await changes.attributes(ada)).protected, false);
  });

  it('terminates itself at a shutdown when that was asked for', async () => {
    const ada = await named('ada');
    await done(changes.setShutdownBehavior(ada, 'terminate'));
    assert.equal((await changes.attributes(ada)).onShutdown, 'terminate');
    assert.deepEqual(
      (await named('ada')).instance.securityGroups.map(({ name }) => name),
      ['skylab-ada'],
    );
    await done(changes.setShutdownBehavior(ada, 'stop'));
  });

  it('gets another size while it runs, and `ssh NAME` works again at its new address', async () => {
    const ada = await named('ada');
    await done(changes.resize(ada, 't3.medium'));
    const after = await named('ada');
    assert.deepEqual([after.instance.type, after.instance.state], ['t3.medium', 'running']);
    assert.notEqual(after.instance.publicAddress, ada.instance.publicAddress);
    assert.equal(await ssh('ada', 'id -un'), 'admin');
  });

  it('comes back in its old size when the new one is refused', async () => {
    const ada = await named('ada');
    const refused = await failureOf(changes.resize(ada, 'm7g.medium'));
    assert.match(refused.message, /architecture/);
    const after = await named('ada');
    assert.deepEqual([after.instance.type, after.instance.state], ['t3.medium', 'running']);
    assert.equal(await ssh('ada', '-o', 'ConnectionAttempts=30', 'id -un'), 'admin');
  });

  it('says that it cannot hibernate when it was not launched so', async () => {
    const refused = await failureOf(changes.hibernate(await named('ada')));
    assert.match(refused.message, /hibernat/i);
    assert.equal((await named('ada')).instance.state, 'running');
  });

  it('shows its screen as an image', async () => {
    const acts = await world.acts.for(world.account);
    const image = Buffer.from(await acts.screenshot((await named('ada')).instance.id));
    assert.deepEqual([...image.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  });

  it('is told to be fine when it is', async () => {
    const { cause, checks } = await reach.check(await named('ada'));
    assert.equal(cause, 'fine', JSON.stringify(checks));
    assert.deepEqual(
      checks.filter(({ result }) => result === 'bad'),
      [],
    );
    assert.ok(checks.some(({ title, text }) => title === 'Route' && text === 'to an internet gateway'));
  });

  it('is told to be shut off by its group, and lets in again once my address is allowed', async () => {
    const ada = await named('ada');
    const provider = await world.providers.for(world.account);
    const group = groupForRule(ada.instance, await provider.listSecurityGroups());
    assert.ok(group);
    await provider.removeRules(
      group.id,
      group.rules.filter(({ fromPort }) => fromPort === 22),
    );
    const { cause, repair, sentence } = await reach.check(ada);
    assert.deepEqual([cause, repair], ['groupClosed', 'allowMyAddress'], sentence);
    assert.match(sentence, /skylab-ada.*203\.0\.113\.10.*22/);
    await allowAddresses(provider, group.id, [cloud.clientAddress], 22);
    assert.equal((await reach.check(ada)).cause, 'fine');
  });

  it('is told to have no sshd', async () => {
    const ada = await named('ada');
    await ssh('ada', 'sudo systemctl stop ssh.socket ssh.service');
    const { cause, repair, sentence } = await reach.check(ada);
    assert.deepEqual([cause, repair], ['sshdDown', 'reboot'], sentence);
    const { container } = (await cloud.machines()).find(({ id }) => id === ada.instance.id) ?? {};
    assert.ok(container);
    const [program = '', ...args] = asRoot(['docker', 'exec', container, 'sh', '-c', 'systemctl start ssh.service']);
    await run(program, args);
    assert.equal((await reach.check(ada)).cause, 'fine');
  });

  it('is told to refuse the key that is set', async () => {
    const ada = await named('ada');
    const { identities, hostEntries } = world.ports;
    const [entry] = await hostEntries.list();
    assert.ok(entry);
    const { path } = await identities.create('other', 'not hers');
    await hostEntries.upsert({ ...entry, identityFile: path });
    const { cause, repair } = await reach.check(ada);
    await hostEntries.upsert(entry);
    assert.deepEqual([cause, repair], ['loginRefused', 'chooseKey']);
  });

  it('is told to have another host key', async () => {
    const ada = await named('ada');
    const { knownHosts } = world.ports;
    const before = await knownHosts.lookup(ada.instance.id, { host: '', port: 22 });
    const [key] = before.trusted;
    assert.ok(key);
    const blob = Buffer.from(key.blob, 'base64');
    blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
    await knownHosts.replace(ada.instance.id, { ...key, blob: blob.toString('base64') });
    const { cause, repair } = await reach.check(ada);
    await knownHosts.forget(ada.instance.id);
    await knownHosts.trust(ada.instance.id, before.trusted);
    assert.deepEqual([cause, repair], ['hostKeyChanged', 'compareHostKey']);
  });

  it('is told to be stopped', async () => {
    await done(world.lifecycle.stop(await named('ada')));
    const { cause, repair } = await reach.check(await named('ada'));
    assert.deepEqual([cause, repair], ['stopped', 'start']);
  });

  it('is stopped, tagged and terminated together with others, and who could not is named', async () => {
    const provider = await world.providers.for(world.account);
    const { imageId, instanceType } = await world.spec();
    const made = await provider.runInstances({
      clientToken: 'three',
      imageId,
      instanceType,
      keyName: '',
      securityGroupIds: [],
      rootDeviceName: '/dev/xvda',
      diskGiB: 8,
      userData: '',
      count: 3,
      tags: { Name: 'lab' },
    });
    for (const [i, { id }] of made.entries()) await provider.setTags([id], { Name: `lab-${i}` });
    await until(async () => (await lab()).every(({ instance }) => instance.state === 'running'));
    const [first, second] = await lab();
    assert.ok(first && second);

    await done(bulk.run({ kind: 'tag', tags: { Lab: 'week08' } }, await lab()).operation);
    assert.deepEqual(
      (await lab()).map(({ instance }) => instance.tags['Lab']),
      ['week08', 'week08', 'week08'],
    );

    await done(bulk.run({ kind: 'stop' }, [first, second]).operation);
    assert.deepEqual(
      (await lab()).map(({ instance }) => instance.state),
      ['stopped', 'stopped', 'running'],
    );
    assert.deepEqual(
      fitFor('start', await lab()).map(({ name }) => name),
      ['lab-0', 'lab-1'],
    );

    await done(changes.setProtection(second, true));
    const ending = bulk.run({ kind: 'terminate' }, await lab());
    const partly = await failureOf(ending.operation);
    assert.match(partly.message, /^2 of 3 machines were terminated\. lab-1: /);
    assert.deepEqual(
      ending.failed.map(({ machine }) => machine.name),
      ['lab-1'],
    );
    assert.deepEqual(
      (await lab()).map(({ instance }) => instance.state),
      ['terminated', 'stopped', 'terminated'],
    );
    await done(changes.setProtection(second, false));
    await done(
      bulk.run(
        { kind: 'terminate' },
        ending.failed.map(({ machine }) => machine),
      ).operation,
    );
  });

  const lab = async () => {
    await world.machines.refresh();
    return world.machines.of('practice').filter((one) => one.kind === 'instance' && one.name.startsWith('lab-')) as InstanceMachine[];
  };
  const until = async (look: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 30_000; !(await look());) {
      assert.ok(Date.now() < end, 'it never came so far');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
});

type InstanceMachine = Extract<Machine, { kind: 'instance' }>;
