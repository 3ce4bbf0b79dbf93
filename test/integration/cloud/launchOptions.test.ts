import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  DescribeAddressesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  ModifyInstanceAttributeCommand,
} from '@aws-sdk/client-ec2';
import { tagsOf } from '../../../src/adapters/aws/convert';
import type { Machine } from '../../../src/core/cloud/model';
import { SkylabError } from '../../../src/core/errors';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { keygen } from '../support/sshd';
import { done } from '../support/outcome';
import { NOTHING, World } from './world';

const run = promisify(execFile);

describe('a launch with every option', function () {
  this.timeout(120_000);
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

  const only = async (): Promise<Machine & { readonly kind: 'instance' }> => {
    await world.machines.refresh();
    const there = world.machines.of('practice').filter((m) => m.kind === 'instance' && m.instance.state !== 'terminated');
    const [machine, ...others] = there;
    assert.ok(machine?.kind === 'instance' && others.length === 0, `${others.length + 1} machines`);
    return machine;
  };
  const ssh = async (alias: string, command: string, ...options: string[]) =>
    (
      await run('ssh', ['-F', join(world.home, '.ssh', 'skylab', 'hosts.conf'), '-o', 'BatchMode=yes', ...options, alias, command])
    ).stdout.trim();

  it('makes the machine as asked: network, disks, tags, protection, users, packages, host name, end, files and a command', async () => {
    const key = join(world.home, 'grace');
    keygen(key);
    await mkdir(join(world.home, 'lab', 'sub'), { recursive: true });
    await writeFile(join(world.home, 'lab', 'sub', 'run.sh'), '#!/bin/sh\necho from the lab folder\n', { mode: 0o755 });
    await writeFile(join(world.home, 'notes.txt'), 'notes\n', { mode: 0o600 });
    const { offers } = await world.launcher.options('practice');
    const subnet = offers?.networks[0]?.subnets[1];
    assert.ok(subnet);
    const operation = world.launcher.launch(
      await world.spec({
        network: { subnetId: subnet.id, publicAddress: 'yes' },
        securityGroup: {
          kind: 'new',
          name: 'skylab-ada',
          ssh: true,
          http: false,
          https: false,
          rules: [
            { protocol: 'tcp', ports: '8000-8100', from: 'anywhere' },
            { protocol: 'tcp', ports: '22', from: 'me' },
          ],
        },
        protect: true,
        onShutdown: 'terminate',
        keepDisk: true,
        diskType: 'gp2',
        disks: [
          { sizeGiB: 5, type: 'gp3', deleteOnTermination: false },
          { sizeGiB: 6, type: 'gp2', encrypted: false },
        ],
        tags: { course: 'physics 8' },
        hostname: 'ada.lab.example.org',
        users: [
          { name: 'grace', publicKeys: [(await readFile(`${key}.pub`, 'utf8')).trim()], sudo: true },
          { name: 'alan', publicKeys: [(await readFile(`${key}.pub`, 'utf8')).trim()] },
        ],
        userData: '#!/bin/sh\nhostname -f > /root/seen-by-script\n',
        expiry: { hours: 9, action: 'terminate' },
        copies: [
          { from: 'lab', to: 'course/lab' },
          { from: 'notes.txt', to: 'papers/' },
        ],
        runAfter: 'course/lab/sub/run.sh; cat papers/notes.txt; id -un',
      }),
    );
    await done(operation);
    assert.ok(
      operation.log.some((line) => line === 'from the lab folder'),
      operation.log.join('\n'),
    );
    const machine = await only();
    const { id } = machine.instance;
    const [raw] = (await world.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances ?? [];
    assert.equal(raw?.SubnetId, subnet.id);
    assert.equal(raw.Placement?.AvailabilityZone, subnet.zone);
    assert.equal(raw.Tags?.find((tag) => tag.Key === 'course')?.Value, 'physics 8');
    assert.deepEqual(
      raw.SecurityGroups?.map((g) => g.GroupName),
      ['skylab-ada'],
    );
    const attribute = async (Attribute: 'disableApiTermination' | 'instanceInitiatedShutdownBehavior') =>
      world.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
    assert.equal((await attribute('disableApiTermination')).DisableApiTermination?.Value, true);
    assert.equal((await attribute('instanceInitiatedShutdownBehavior')).InstanceInitiatedShutdownBehavior?.Value, 'terminate');
    const { Volumes = [] } = await world.ec2.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
    );
    const disks = Volumes.map((v) => [
      v.Attachments?.[0]?.Device,
      v.Size,
      v.VolumeType,
      v.Encrypted,
      v.Attachments?.[0]?.DeleteOnTermination,
    ]);
    assert.deepEqual(disks.sort(), [
      ['/dev/sdf', 5, 'gp3', true, false],
      ['/dev/sdg', 6, 'gp2', false, true],
      [disks.at(-1)?.[0], 12, 'gp2', true, false],
    ]);
    for (const volume of Volumes) assert.equal(tagsOf(volume.Tags)['course'], 'physics 8');
    const groups = await world.ec2.send(new DescribeSecurityGroupsCommand({ GroupNames: ['skylab-ada'] }));
    const opened = groups.SecurityGroups?.[0]?.IpPermissions?.map((p) => [p.FromPort, p.ToPort, p.IpRanges?.map((r) => r.CidrIp)]);
    assert.deepEqual(opened?.sort(), [
      [22, 22, [`${cloud.clientAddress}/32`]],
      [8000, 8100, ['0.0.0.0/0']],
    ]);

    assert.equal(await ssh('ada', 'hostname; hostname -f; sudo cat /root/seen-by-script'), 'ada\nada.lab.example.org\nada.lab.example.org');
    assert.equal(await ssh('ada', 'id -un; sudo -n id -un', '-l', 'grace', '-i', key), 'grace\nroot');
    assert.equal(await ssh('ada', 'id -un; sudo -n id -un 2>/dev/null || echo no', '-l', 'alan', '-i', key), 'alan\nno');
    assert.equal(
      await ssh('ada', 'sudo stat -c "%a %U" /etc/sudoers.d/60-skylab-grace; sudo visudo -c >/dev/null && echo fine'),
      '440 root\nfine',
    );
    assert.match(await ssh('ada', 'sudo sh /usr/local/lib/skylab/end status'), /due=1\d{9}[\s\S]*action=terminate/);
    assert.equal(
      await ssh('ada', 'stat -c "%a %n" papers/notes.txt course/lab/sub/run.sh'),
      '600 papers/notes.txt\n755 course/lab/sub/run.sh',
    );
    assert.match(await ssh('ada', 'sudo cloud-init schema --system 2>&1'), /Valid schema user-data/);

    await world.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value: false } }));
    await done(world.lifecycle.terminate(machine, { keyPair: true, securityGroup: true }));
    assert.deepEqual(await world.remains(), NOTHING);
  });

  it('comes up with an elastic address, by which `ssh NAME` reaches it; clean-up gives it back', async () => {
    await done(world.launcher.launch(await world.spec({ network: { publicAddress: 'elastic' } })));
    const { Addresses = [] } = await world.ec2.send(new DescribeAddressesCommand({}));
    const machine = await only();
    assert.deepEqual(
      Addresses.map((a) => [a.PublicIp, a.InstanceId]),
      [[machine.instance.publicAddress, machine.instance.id]],
    );
    const [entry] = await world.ports.hostEntries.list();
    assert.equal(entry?.hostName, Addresses[0]?.PublicIp);
    assert.equal(await ssh('ada', 'id -un'), 'admin');
    const token = machine.instance.tags['skylab:launch']!;
    const record = { id: 'crashed', kind: 'launch' as const, title: 'Launch ada', accountId: 'practice', startedAt: 0, pid: 1 };
    const created = [{ kind: 'launchToken' as const, id: token, accountId: 'practice', label: 'launch tag' }];
    await done(world.cleanUp.start({ ...record, created }));
    assert.deepEqual((await world.ec2.send(new DescribeAddressesCommand({}))).Addresses, []);
  });

  it('puts what the person wrote behind what was chosen: both cloud-configs count, packed where they are long', async () => {
    const own = [
      '#cloud-config',
      'write_files:',
      "  - { path: /root/own, content: 'grüße', permissions: '0600' }",
      'runcmd:',
      '  - cp /root/own /root/copied; id grace > /root/found',
      '  - echo "Ende äöü" > /root/end',
      `# ${'é'.repeat(7_000)}`,
    ].join('\n');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl grace';
    await done(
      world.launcher.launch(
        await world.spec({
          name: 'class',
          count: 2,
          hostname: 'lab.example.org',
          network: { publicAddress: 'yes' },
          userData: own,
          users: [{ name: 'grace', publicKeys: Array.from({ length: 40 }, (_, i) => `${key}${i}`), sudo: true }],
        }),
      ),
    );
    for (const n of [1, 2]) {
      assert.equal(
        await ssh(`class-${n}`, 'hostname; hostname -f; sudo cat /root/copied /root/end'),
        `lab-${n}\nlab-${n}.example.org\ngrüßeEnde äöü`,
      );
      assert.match(
        await ssh(`class-${n}`, 'sudo cat /root/found; sudo -u grace sudo -n id -un; sudo cat /home/grace/.ssh/authorized_keys | wc -l'),
        /grace.*\nroot\n40$/,
      );
    }
    await world.machines.refresh();
    for (const machine of world.machines.of('practice'))
      await done(world.lifecycle.terminate(machine, { keyPair: true, securityGroup: true }));
  });

  it('adds what a group of the person’s own lacks, and takes exactly that away when the launch does not come about', async () => {
    const provider = await world.providers.for(world.account);
    const group = await provider.createSecurityGroup('own', 'own', [{ protocol: 'tcp', fromPort: 22, toPort: 22, cidrs: ['0.0.0.0/0'] }], {
      Name: 'own',
    });
    const other = await provider.createSecurityGroup('other', 'other', [], { Name: 'other' });
    const rules = async () => (await provider.listSecurityGroups()).find((g) => g.id === group)?.rules;
    const before = await rules();
    const securityGroup = {
      kind: 'existing' as const,
      id: group,
      more: [other],
      rules: [
        { protocol: 'tcp' as const, ports: '22', from: 'me' },
        { protocol: 'tcp' as const, ports: '8888', from: 'me' },
        { protocol: 'tcp' as const, ports: '8899-8900', from: other },
      ],
    };
    const failed = world.launcher.launch(await world.spec({ securityGroup, network: { publicAddress: 'elastic' } }));
    failed.onChange((view) => {
      if (view.steps.some((step) => step.name === 'run' && step.state === 'running')) failed.cancel();
    });
    assert.equal((await failed.outcome).kind, 'cancelled', failed.log.join('\n'));
    assert.ok(
      failed.log.some((line) => /own now lets in tcp 8888 from 203\.0\.113\.10\/32/.test(line)),
      failed.log.join('\n'),
    );
    assert.deepEqual(await rules(), before);
    assert.deepEqual((await world.ec2.send(new DescribeAddressesCommand({}))).Addresses, []);
    assert.deepEqual(await world.ledger.list(), []);

    const kept = world.launcher.launch(await world.spec({ securityGroup, runAfter: 'echo so far; echo "no such lab" >&2; exit 3' }));
    const outcome = await kept.outcome;
    assert.ok(outcome.kind === 'failed' && outcome.error instanceof SkylabError);
    assert.match(
      outcome.error.sentence,
      /command after set-up failed on ada with code 3: so far \/ no such lab .*ada was kept and costs money/,
    );
    const machine = await only();
    assert.deepEqual(machine.instance.securityGroups.map((g) => g.name).sort(), ['other', 'own']);
    assert.equal(await ssh('ada', 'id -un'), 'admin');
    assert.deepEqual((await rules())?.map((rule) => [rule.fromPort, rule.toPort, rule.cidrs, rule.groups]).sort(), [
      [22, 22, ['0.0.0.0/0'], undefined],
      [8888, 8888, [`${cloud.clientAddress}/32`], undefined],
      [8899, 8900, [], [other]],
    ]);
    const [record] = await world.operations.leftovers();
    assert.ok(record);
    await done(world.cleanUp.start(record));
    assert.deepEqual(await rules(), before);
    assert.deepEqual((await world.remains()).instances, []);
    for (const id of [group, other]) await provider.deleteSecurityGroup(id);
  });

  it('refuses before anything is made what cloud-init would not take, and shows beforehand what would be sent', async () => {
    const bad = world.launcher.launch(await world.spec({ userData: '#cloud-config\npackages: git\nruncmd: [ls]\n' }));
    const outcome = await bad.outcome;
    assert.ok(outcome.kind === 'failed' && outcome.error instanceof SkylabError);
    assert.match(outcome.error.sentence, /not one that cloud-init takes: packages: .*nothing was launched/);
    const spec = await world.spec({ packages: ['git'], protect: true, instanceType: 't3.micro' });
    const elsewhere = { ...spec, keyPair: { kind: 'existing' as const, name: 'nope' } };
    const preview = await world.launcher.preview(spec);
    assert.match(preview.firstBoot, /^#cloud-config\npackage_update: true\npackages:\n {2}- git\n$/);
    assert.deepEqual(Reflect.get(preview.request, 'SecurityGroupIds'), ['<the new group skylab-ada>']);
    assert.equal(Reflect.get(preview.request, 'DisableApiTermination'), true);
    assert.equal(preview.refused, undefined);
    assert.match((await world.launcher.preview(elsewhere)).refused?.sentence ?? '', /no key pair named nope/);
    await world.launcher.tryLaunch(spec);
    await assert.rejects(world.launcher.tryLaunch(elsewhere));
    assert.deepEqual(await world.remains(), NOTHING);
  });
});
