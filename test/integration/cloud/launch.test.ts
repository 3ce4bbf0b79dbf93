import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeInstancesCommand, DescribeSecurityGroupsCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { tagsOf } from '../../../src/adapters/aws/convert';
import type { Account, Machine } from '../../../src/core/cloud/model';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { asRoot } from '../../setup/packages.mjs';
import { startProxy } from '../support/proxy';
import { done, failureOf } from '../support/outcome';
import { NOTHING, World } from './world';

const run = promisify(execFile);

describe('launching on the practice cloud', function () {
  this.timeout(240_000);
  let cloud: PracticeCloud;
  let world: World;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
  });
  after(() => cloud.stop());
  beforeEach(async () => (world = await World.open(cloud)));
  afterEach(async () => {
    await cloud.faults.clear();
    await world.close();
  });

  const only = async (): Promise<Machine> => {
    await world.machines.refresh();
    const [machine, ...others] = world.machines.of('practice');
    assert.ok(machine && others.length === 0, `${others.length + 1} machines`);
    return machine;
  };
  const ssh = async (alias: string, ...command: string[]) =>
    (await run('ssh', ['-F', join(world.home, '.ssh', 'skylab', 'hosts.conf'), '-o', 'BatchMode=yes', alias, ...command])).stdout.trim();

  /** Ends every SSH connection to the machines from their side. */
  const cutLogins = async () => {
    for (const { container } of (await cloud.machines()).filter(({ state }) => state === 'running')) {
      const [program = '', ...args] = asRoot(['docker', 'exec', container, 'pkill', '-f', '^sshd(-session)?: admin']);
      await run(program, args);
    }
  };

  it('ends in `ssh NAME` working, follows stop, start and restart, and terminates into nothing', async () => {
    const name = `Ada's "lab" $(reboot) 🚀`;
    const operation = world.launcher.launch(await world.spec({ name, userData: '#!/bin/sh\necho set up > /root/done\n' }));
    const details = new Set<string>();
    operation.onChange((view) => view.steps.forEach((s) => s.detail !== undefined && details.add(s.detail)));
    await done(operation);
    assert.deepEqual(
      operation.view.steps.map((s) => s.state),
      operation.view.steps.map(() => 'done'),
    );
    assert.ok(details.has('waiting for SSH'), [...details].join('\n'));
    const machine = await only();
    assert.equal(operation.view.machineKey, machine.key);
    assert.equal(machine.name, name);
    assert.equal(await ssh('ada-s-lab-reboot', 'id -un; sudo cat /root/done'), 'admin\nset up');
    assert.deepEqual(world.asked, []);

    assert.ok(machine.kind === 'instance');
    const { id } = machine.instance;
    const [raw] = (await world.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances ?? [];
    assert.equal(raw?.MetadataOptions?.HttpTokens, 'required');
    assert.equal(raw.MetadataOptions.HttpPutResponseHopLimit, 1);
    const { Volumes } = await world.ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }));
    assert.ok(Volumes);
    assert.deepEqual(
      Volumes.map((v) => [v.Encrypted, v.Size, v.VolumeType, v.Attachments?.[0]?.DeleteOnTermination]),
      [[true, 12, 'gp3', true]],
    );
    const tags = tagsOf(Volumes[0]?.Tags);
    assert.deepEqual(tags, { ...machine.instance.tags });
    assert.equal(tags['skylab:owner'], 'ada');
    const groups = await world.ec2.send(new DescribeSecurityGroupsCommand({ GroupNames: ['skylab-ada'] }));
    const opened = groups.SecurityGroups?.[0]?.IpPermissions?.map((p) => [p.FromPort, p.IpRanges?.map((r) => r.CidrIp)]);
    assert.deepEqual(opened?.sort(), [
      [22, [`${cloud.clientAddress}/32`]],
      [443, ['0.0.0.0/0']],
      [80, ['0.0.0.0/0']],
    ]);

    const uptime = await ssh('ada-s-lab-reboot', 'stat -c %Y /proc/1');
    await done(world.lifecycle.reboot(await only()));
    assert.notEqual(await ssh('ada-s-lab-reboot', 'stat -c %Y /proc/1'), uptime);

    await done(world.lifecycle.stop(await only()));
    const stopped = await only();
    assert.equal(stopped.kind === 'instance' && stopped.instance.state, 'stopped');
    await done(world.lifecycle.start(stopped));
    const started = await only();
    assert.ok(started.kind === 'instance' && started.instance.publicAddress !== machine.instance.publicAddress);
    assert.equal(await ssh('ada-s-lab-reboot', 'id -un'), 'admin');

    const preview = await world.lifecycle.previewTerminate(started);
    assert.equal(preview.diskGiB, 12);
    const identityFile = join(world.home, '.ssh', 'skylab', 'keys', 'skylab-ada');
    assert.deepEqual(preview.leftovers.keyPairs, [{ name: 'skylab-ada', identityFile }]);
    assert.deepEqual(
      preview.leftovers.securityGroups.map(({ name }) => name),
      ['skylab-ada'],
    );
    await done(world.lifecycle.terminate(started, { keyPair: true, securityGroup: true }));
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('keeps a name of 255 odd characters as the tag, and `ssh` works by a short one', async () => {
    const name = `"it's" $(reboot) \`id\` \\ 🚀 `.repeat(12).slice(0, 254) + 'é';
    await done(world.launcher.launch(await world.spec({ name })));
    const machine = await only();
    assert.equal(machine.name, name);
    const [alias = ''] = (await world.remains()).entries;
    assert.match(alias, /^it-s-reboot-id-[a-z0-9-]{1,48}$/);
    assert.equal(await ssh(alias, 'id -un'), 'admin');
    await done(world.lifecycle.terminate(machine, { keyPair: true, securityGroup: true }));
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('gives no alias that the person’s own ssh config has', async () => {
    await mkdir(join(world.home, '.ssh'), { mode: 0o700 });
    await writeFile(join(world.home, '.ssh', 'config'), 'Host ada\n  HostName 10.0.0.9\n', { mode: 0o600 });
    await done(world.launcher.launch(await world.spec()));
    assert.deepEqual((await world.remains()).entries, ['ada-2']);
    assert.equal(await ssh('ada-2', 'id -un'), 'admin');
    await done(world.lifecycle.terminate(await only(), { keyPair: true, securityGroup: true }));
  });

  it('launches nothing while the ssh config cannot be read, and says why', async () => {
    await mkdir(join(world.home, '.ssh', 'config'), { recursive: true });
    const error = await failureOf(world.launcher.launch(await world.spec()));
    assert.match(error.sentence, /config cannot be read: it is a folder\. Nothing was changed\. Move the folder away/);
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('goes on with the set-up when the connection drops in the middle of it', async () => {
    await cloud.faults.set({ slowCloudInit: 12 });
    world.settings = { ...world.settings, consoleTimeoutMs: 500 };
    world.accepts = true;
    const operation = world.launcher.launch(await world.spec({ userData: '#!/bin/sh\nsleep 6\necho set up > /root/done\n' }));
    const seen = new Set<string>();
    let cut: Promise<unknown> | undefined;
    operation.onChange((view) => {
      const step = view.steps.find((s) => s.name === 'firstBoot' && s.state === 'running');
      if (step?.detail !== undefined) seen.add(step.detail);
      if (step !== undefined) cut ??= cutLogins();
    });
    await done(operation);
    await cut;
    assert.ok(seen.has('waiting for SSH after ada restarted'), [...seen].join('\n'));
    assert.equal(await ssh('ada', 'sudo cat /root/done'), 'set up');
    await done(world.lifecycle.terminate(await only(), { keyPair: true, securityGroup: true }));
  });

  for (const [step, left] of [
    ['check', []],
    ['run', ['launchToken', 'keyPair', 'securityGroup']],
    ['running', ['instance', 'keyPair', 'securityGroup']],
  ] as const)
    it(`says what is left when the cloud is lost at the step ${step}, and cleans up when it is back`, async () => {
      const proxy = await startProxy(Number(new URL(cloud.endpoint).port));
      try {
        const account = { ...world.account, endpoint: `http://127.0.0.1:${proxy.port}` } as Account;
        await world.accounts.add(account, world.keys());
        const spec = await world.spec();
        const operation = world.launcher.launch(spec);
        const cut = () => {
          if (operation.view.steps.some((s) => s.name === step && s.state === 'running')) void proxy.stop();
        };
        operation.onChange(cut);
        cut();
        const error = await failureOf(operation);
        assert.equal(error.code, 'EndpointUnreachable', error.sentence);
        const kinds = new Set(operation.view.leftovers.map((r) => r.kind as string));
        for (const kind of left) assert.ok(kinds.has(kind), `${kind}: ${[...kinds].join(' ')} ${error.sentence}`);
        await world.accounts.add(world.account, world.keys());
        for (const record of await world.operations.leftovers()) await done(world.cleanUp.start(record));
        assert.deepEqual(await world.remains(), NOTHING);
      } finally {
        await proxy.stop();
      }
    });

  it('launches one machine when the button is pressed twice', async () => {
    const spec = await world.spec();
    const first = world.launcher.launch(spec);
    const second = world.launcher.launch({ ...spec });
    assert.equal(first, second);
    await done(first);
    assert.deepEqual((await world.remains()).instances, ['ada']);
    await done(world.lifecycle.terminate(await only(), { keyPair: true, securityGroup: true }));
  });

  it('numbers several machines, each with its own entry; the group goes with the last one', async () => {
    await done(world.launcher.launch(await world.spec({ name: 'lab', count: 2 })));
    await world.machines.refresh();
    const machines = world.machines.of('practice');
    assert.deepEqual(
      machines.map((m) => m.name),
      ['lab-1', 'lab-2'],
    );
    assert.equal(await ssh('lab-2', 'id -un'), 'admin');
    const nothing = { keyPairs: [], securityGroups: [], addresses: [] };
    assert.deepEqual(await world.lifecycle.previewTerminate(machines[0]!), { protected: false, diskGiB: 12, leftovers: nothing });
    await done(world.lifecycle.terminate(machines[0]!, { keyPair: true, securityGroup: true }));
    assert.deepEqual((await world.remains()).keyPairs, ['skylab-ada']);
    await done(world.lifecycle.terminate(machines[1]!, { keyPair: true, securityGroup: true }));
    assert.deepEqual(await world.remains(), NOTHING);
  });

  for (const step of ['check', 'keyPair', 'securityGroup', 'run', 'running', 'hostKey', 'ssh', 'firstBoot'])
    it(`leaves nothing when it is cancelled at the step ${step}`, async () => {
      if (step === 'firstBoot') await cloud.faults.set({ slowCloudInit: 2 });
      const operation = world.launcher.launch(await world.spec());
      operation.onChange((view) => {
        if (view.state === 'running' && view.steps.some((s) => s.name === step && s.state === 'running')) operation.cancel();
      });
      if (operation.view.steps.some((s) => s.name === step && s.state === 'running')) operation.cancel();
      assert.equal((await operation.outcome).kind, 'cancelled', operation.log.join('\n'));
      assert.equal(operation.view.state, 'cancelled');
      assert.deepEqual(await world.remains(), NOTHING);
    });

  it('undoes key and group when the cloud has no capacity, and says so', async () => {
    await cloud.faults.set({ insufficientCapacity: true });
    const error = await failureOf(world.launcher.launch(await world.spec()));
    assert.equal(error.code, 'NoCapacity');
    assert.match(error.sentence, /no free machine of this size now\. Try again later/);
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('rides out a few throttled requests, and gives a sentence when they do not end', async () => {
    await cloud.faults.set({ throttle: { action: 'RunInstances', times: 2 } });
    await done(world.launcher.launch(await world.spec()));
    await done(world.lifecycle.terminate(await only(), { keyPair: true, securityGroup: true }));
    await cloud.faults.set({ throttle: { action: 'RunInstances', times: 1000 } });
    const error = await failureOf(world.launcher.launch(await world.spec()));
    assert.equal(error.code, 'Throttled');
    assert.match(error.sentence, /asked too often.*Wait a minute/);
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('says what to do about a bad key, an endpoint that is not there and an image of another region', async () => {
    const account = { ...world.account, id: 'other' };
    await assert.rejects(world.accounts.add(account, world.keys(undefined, 'wrong')), { code: 'BadKey' });
    await assert.rejects(world.accounts.add({ ...account, endpoint: 'http://127.0.0.1:9' } as typeof account, world.keys()), {
      code: 'EndpointUnreachable',
      message: /connection was refused/,
    });
    const error = await failureOf(world.launcher.launch(await world.spec({ imageId: 'ami-0123456789abcdef0' })));
    assert.match(error.sentence, /does not exist in us-east-1.*image ids differ from region to region/);
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('keeps a machine that never boots, says so, and cleans it up from the ledger when asked', async () => {
    await cloud.faults.set({ noBoot: true });
    world.settings = { ...world.settings, bootTimeoutMs: 3_000, consoleTimeoutMs: 1_000 };
    const operation = world.launcher.launch(await world.spec());
    const error = await failureOf(operation);
    assert.equal(error.code, 'NeverBooted');
    assert.match(error.sentence, /ada runs, but nobody could log in by SSH within 3 seconds.*kept and costs money/);
    assert.ok(operation.view.leftovers.some((r) => r.kind === 'instance'));
    const [record] = await world.operations.leftovers();
    assert.ok(record);
    await done(world.cleanUp.start(record));
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('finds what a crash left even when the answers were never noted', async () => {
    await done(world.launcher.launch(await world.spec()));
    const machine = await only();
    assert.ok(machine.kind === 'instance');
    const token = machine.instance.tags['skylab:launch']!;
    const identity = join(world.home, '.ssh', 'skylab', 'keys', 'skylab-ada');
    const record = {
      id: 'crashed',
      kind: 'launch' as const,
      title: 'Launch ada',
      accountId: 'practice',
      startedAt: 0,
      pid: 1,
      created: [
        { kind: 'launchToken' as const, id: token, accountId: 'practice', label: 'launch tag' },
        { kind: 'identityFile' as const, id: identity, label: 'private key' },
      ],
    };
    await world.ledger.save(record);
    await done(world.cleanUp.start(record));
    const { entries, knownHosts, ...cloudSide } = await world.remains();
    assert.deepEqual(cloudSide, { instances: [], groups: [], keyPairs: [], keys: [], ledger: [] });
    assert.deepEqual({ entries, knownHosts }, { entries: [], knownHosts: '' });
  });

  it('refuses a machine whose host key is not the one on its console', async () => {
    await cloud.faults.set({ consoleWrongKey: true });
    const error = await failureOf(world.launcher.launch(await world.spec()));
    assert.equal(error.code, 'HostKeyChanged');
    assert.match(error.sentence, /nothing was sent to it.*kept and costs money/);
    await done(world.lifecycle.terminate(await only(), { keyPair: true, securityGroup: true }));
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('asks once, with the fingerprint, when the console stays blank', async () => {
    await cloud.faults.set({ consoleBlank: true });
    world.settings = { ...world.settings, consoleTimeoutMs: 1_000 };
    world.accepts = true;
    await done(world.launcher.launch(await world.spec()));
    const machine = await only();
    assert.ok(machine.kind === 'instance');
    const [question, ...more] = world.asked;
    assert.ok(question && more.length === 0);
    const scanned = await run('sh', ['-c', `ssh-keyscan -T 5 ${machine.instance.publicAddress ?? ''} 2>/dev/null | ssh-keygen -l -f -`]);
    assert.ok(scanned.stdout.includes(question.fingerprint), `${scanned.stdout} ${question.fingerprint}`);
    await done(world.lifecycle.terminate(machine, { keyPair: true, securityGroup: true }));
  });

  it('shows what the set-up script does, and its last words when it fails', async () => {
    const script = '#!/bin/sh\necho "Setting up docker.io (26.1.5) ..."\nsleep 2\necho "E: no such thing" >&2\nexit 3\n';
    const operation = world.launcher.launch(await world.spec({ userData: script }));
    const details = new Set<string>();
    operation.onChange((view) => view.steps.forEach((s) => s.detail !== undefined && details.add(s.detail)));
    const error = await failureOf(operation);
    assert.equal(error.code, 'FirstBootFailed');
    assert.match(error.message, /failed: .*E: no such thing$/);
    assert.ok(details.has('running first-boot set-up: installing docker.io'), [...details].join('\n'));
    assert.equal(await ssh('ada', 'id -un'), 'admin');
    await done(world.lifecycle.terminate(await only(), { keyPair: true, securityGroup: true }));
  });
});
