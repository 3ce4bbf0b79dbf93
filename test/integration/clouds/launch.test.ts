import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../../src/core/cloud/model';
import { sentenceOf } from '../../../src/core/errors';
import type { Operation } from '../../../src/core/operations/operations';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import type { QuirkOptions } from '../../quirk-server/server';
import { skip } from '../../support/skip';
import { World } from '../cloud/world';
import { startSshd, type Sshd } from '../support/sshd';
import { openPrivateCloud, until, type PrivateCloud } from './support';

/** Each machine is a real OpenSSH server on a loopback address of its own, which lets in the key that the cloud has made. */
const addressOf = (n: number): string => `127.77.0.${n}`;

describe('a launch in an OpenNebula', function () {
  this.timeout(60_000);
  let lab: PrivateCloud;
  let world: World;
  const servers: Sshd[] = [];

  before(function () {
    // Machines listen on port 22, and let in root, as OpenNebula's images do.
    if (process.getuid?.() !== 0) skip(this, 'only root may listen on port 22');
  });

  async function open(options: Partial<QuirkOptions> = {}): Promise<void> {
    lab = await openPrivateCloud({
      onLaunch: async (vm) => {
        const address = addressOf(vm.id);
        servers.push(await startSshd({ authorizedKeys: [vm.publicKey], config: [`ListenAddress ${address}:22`] }));
        return [address, `192.168.7.${vm.id}`];
      },
      ...options,
    });
    const credentials = { accessKeyId: 'ada', secretAccessKey: lab.server.storedHash };
    const checkAddressUrl = 'http://127.0.0.1:9/never-asked';
    const { endpoint } = lab.server;
    world = await World.open({ endpoint, region: 'us-east-1', credentials, checkAddressUrl });
    await world.accounts.add(lab.account, lab.keys);
    await world.accounts.remove(world.account.id);
    world.accepts = true;
  }

  afterEach(async () => {
    await world.close();
    await lab.stop();
    for (const server of servers.splice(0)) await server.stop();
  });

  const spec = (change: Partial<LaunchSpec> = {}): LaunchSpec => ({
    accountId: lab.account.id,
    name: 'ada',
    imageId: 'ami-00000007',
    instanceType: 'm1.small',
    keyPair: { kind: 'new', name: 'skylab-ada' },
    securityGroup: { kind: 'new', name: 'skylab-ada', ssh: true, http: false, https: false },
    diskGiB: 20,
    userData: '',
    count: 1,
    ...change,
  });
  const failure = async (operation: Operation) => {
    const outcome = await operation.outcome;
    if (outcome.kind !== 'failed') assert.fail(`It ended as ${outcome.kind}.`);
    return sentenceOf(outcome.error);
  };
  const machines = (): readonly Machine[] => world.machines.of(lab.account.id);
  const done = async (operation: Operation) => {
    const outcome = await operation.outcome;
    assert.equal(outcome.kind, 'done', outcome.kind === 'failed' ? outcome.error.stack : '');
  };

  it('the key pair is made by the cloud and its private key kept for the person alone; ssh logs in with it', async () => {
    await open();
    await done(world.launcher.launch(spec()));
    const [machine] = machines();
    assert.equal(machine?.name, 'ada');
    const [entry] = await world.ports.hostEntries.list();
    assert.equal(entry?.user, 'root');
    assert.equal(entry.hostName, addressOf(7));
    const key = entry.identityFile ?? '';
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(
      execFileSync('ssh-keygen', ['-y', '-f', key], { encoding: 'utf8' }).trim().split(' ')[1],
      readFileSync(`${key}.pub`, 'utf8').split(' ')[1],
    );
    const options = ['-F', 'none', '-i', key, '-o', 'IdentitiesOnly=yes', '-o', `UserKnownHostsFile=${world.home}/.ssh/skylab/known_hosts`];
    const told = execFileSync(
      'ssh',
      [...options, '-o', 'StrictHostKeyChecking=yes', '-o', `HostKeyAlias=${entry.hostKeyAlias}`, `root@${entry.hostName}`, 'echo in'],
      { encoding: 'utf8' },
    );
    assert.equal(told.trim(), 'in');
  });

  it('the host key, which no console vouches for, is asked about once, with the reason', async () => {
    await open();
    const begun = Date.now();
    await done(world.launcher.launch(spec()));
    assert.equal(world.asked.length, 1);
    assert.match(world.asked[0]?.why ?? '', /no cloud console/);
    assert.ok(Date.now() - begun < 20_000, 'no console is waited for');
  });

  it('no security group is made, and nothing is asked that the cloud does not have', async () => {
    await open();
    await done(world.launcher.launch(spec()));
    assert.deepEqual(
      lab.server.asked.filter((one) => one.status === 404).map((one) => one.action),
      [],
    );
  });

  it('a set-up script is run over SSH, since the cloud’s machines do not run user data, and its words are in the log', async () => {
    await open();
    const operation = world.launcher.launch(spec({ userData: '#!/bin/sh\necho "hello from $0"\ntouch "$HOME/was-set-up"\n' }));
    await done(operation);
    assert.ok(existsSync(join(servers[0]?.home ?? '', 'was-set-up')));
    assert.ok(operation.log.some((line) => /hello from /.test(line)));
    assert.equal(lab.server.cloud.vms[0]?.userData, undefined);
  });

  it('a set-up script that fails is quoted, and the machine is kept', async () => {
    await open();
    const sentence = await failure(world.launcher.launch(spec({ userData: '#!/bin/sh\necho "no such course" >&2\nexit 3\n' })));
    assert.match(sentence, /Set-up of ada failed with code 3: no such course/);
    assert.equal(machines().length, 1);
  });

  it('what the cloud would pass over without a word is refused before anything is made', async () => {
    await open();
    const sentence = await failure(world.launcher.launch(spec({ disks: [{ sizeGiB: 5 }], protect: true, spot: {} })));
    assert.match(sentence, /has no disks in a launch, no termination protection and roles, no spot machines\. Take that out/);
    assert.deepEqual(lab.server.cloud.vms, []);
  });

  it('a type that is not there: the key pair is taken back, in the cloud and here', async () => {
    await open();
    assert.match(await failure(world.launcher.launch(spec({ instanceType: 'lab.huge' }))), /knows no instance type lab\.huge/);
    assert.deepEqual([...lab.server.cloud.keyPairs.keys()], []);
    assert.equal(await world.ports.identities.find('skylab-ada'), undefined);
    assert.deepEqual(await world.ledger.list(), []);
  });

  it('a cancelled launch leaves nothing behind', async () => {
    await open({ bootMs: 60_000 });
    const operation = world.launcher.launch(spec());
    await until(() => Promise.resolve(lab.server.cloud.vms.length > 0 && machines().length > 0 ? true : undefined), 20_000);
    operation.cancel();
    assert.equal((await operation.outcome).kind, 'cancelled');
    assert.ok(lab.server.cloud.vms.every((vm) => vm.status === 'done'));
    assert.deepEqual([...lab.server.cloud.keyPairs.keys()], []);
    assert.deepEqual(await world.ledger.list(), []);
  });

  it('an elastic address leads to the machine after a start, and the ssh entry follows it', async () => {
    // The address is another name of the same machine: its server listens there, too.
    await open({
      elasticIps: ['127.77.1.1'],
      onLaunch: async (vm) => {
        const config = [`ListenAddress ${addressOf(vm.id)}:22`, 'ListenAddress 127.77.1.1:22'];
        servers.push(await startSshd({ authorizedKeys: [vm.publicKey], config }));
        return [addressOf(vm.id)];
      },
    });
    await done(world.launcher.launch(spec()));
    const [machine] = machines();
    assert.ok(machine?.kind === 'instance');
    await done(world.lifecycle.stop(machine));
    const [stopped] = machines();
    assert.equal(stopped?.kind === 'instance' && stopped.instance.state, 'stopped');
    const resources = await world.providers.resources(lab.account);
    await resources.associateAddress(await resources.allocateAddress({}), machine.instance.id);
    await done(world.lifecycle.start(machine));
    assert.equal((await world.ports.hostEntries.list())[0]?.hostName, '127.77.1.1');
  });

  it('a terminated machine takes its ssh entry, its host key and the key pair that was made for it along', async () => {
    await open({ elasticIps: ['127.77.1.1'] });
    await done(world.launcher.launch(spec()));
    const [machine] = machines();
    assert.ok(machine?.kind === 'instance');
    const key = join(world.home, '.ssh', 'skylab', 'keys', 'skylab-ada');
    const resources = await world.providers.resources(lab.account);
    await resources.associateAddress(await resources.allocateAddress({}), machine.instance.id);
    const { leftovers } = await world.lifecycle.previewTerminate(machine);
    assert.deepEqual([leftovers.keyPairs, existsSync(key)], [[{ name: 'skylab-ada', identityFile: key }], true]);
    assert.deepEqual(
      leftovers.addresses.map(({ address, made }) => [address.publicIp, made]),
      [['127.77.1.1', false]],
    );
    await done(world.lifecycle.terminate(machine, { keyPair: true, securityGroup: true, addresses: 'all' }));
    assert.deepEqual(await world.ports.hostEntries.list(), []);
    assert.ok(lab.server.cloud.vms.every((vm) => vm.status === 'done'));
    assert.deepEqual([[...lab.server.cloud.keyPairs.keys()], existsSync(key), await resources.listAddresses()], [[], false, []]);
  });

  it('a key pair that was there before its machine stays', async () => {
    await open();
    const secret = await (await world.providers.for(lab.account)).createKeyPair?.('mine');
    assert.ok(secret);
    await world.ports.identities.keep('mine', secret);
    await done(world.launcher.launch(spec({ keyPair: { kind: 'existing', name: 'mine' } })));
    const [machine] = machines();
    assert.ok(machine);
    assert.deepEqual((await world.lifecycle.previewTerminate(machine)).leftovers.keyPairs, []);
  });
});
