import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Instance } from '../../../src/core/cloud/model';
import type { RunInstancesRequest } from '../../../src/core/cloud/ports';
import { SkylabError } from '../../../src/core/errors';
import type { QuirkOptions } from '../../quirk-server/server';
import { openPrivateCloud, until, type PrivateCloud } from './support';

const REQUEST: RunInstancesRequest = {
  clientToken: 'launch-1',
  imageId: 'ami-00000007',
  instanceType: 'm1.small',
  keyName: '',
  securityGroupIds: [],
  rootDeviceName: '',
  diskGiB: 1,
  userData: '',
  count: 1,
  tags: { Name: 'ada', 'skylab:launch': 'launch-1', 'skylab:owner': 'ada', course: 'Physics 101' },
};

for (const version of ['5.4', '5.12'] as const)
  describe(`machines of an OpenNebula ${version}`, () => {
    let lab: PrivateCloud;
    const open = async (options: Partial<QuirkOptions> = {}) => (lab = await openPrivateCloud({ version, ...options }));
    afterEach(() => lab.stop());

    const listed = async () => {
      const all: Instance[] = [];
      for await (const page of lab.provider.listInstances()) all.push(...page);
      return all;
    };
    const isIn = (state: Instance['state'], id = 'i-00000007') =>
      until(async () => (await lab.provider.describeInstances([id])).find((i) => i.state === state));

    it('a launch shows name and tags at once, and again when it is listed; the first address leads to it', async () => {
      await open();
      const [made] = await lab.provider.runInstances(REQUEST);
      assert.equal(made?.name, 'ada');
      const running = await isIn('running');
      assert.equal(running.name, 'ada');
      assert.equal(running.privateAddress, '10.0.0.5');
      assert.equal(running.publicAddress, undefined);
      assert.equal(running.keyName, undefined);
      assert.deepEqual(running.tags, { Name: 'ada', 'skylab:launch': 'launch-1', 'skylab:owner': 'ada', COURSE: 'Physics 101' });
      assert.deepEqual(running.securityGroups, []);
    });

    it('the same launch again makes no second machine', async () => {
      await open();
      await lab.provider.runInstances(REQUEST);
      await lab.provider.runInstances(REQUEST);
      assert.equal((await listed()).length, 1);
    });

    it('a launch is not tried before: what would be a dry run elsewhere launches here', async () => {
      await open();
      await lab.provider.checkRunInstances(REQUEST);
      assert.deepEqual(await listed(), []);
    });

    it('a type that the cloud does not know is told, with whom to ask for the names', async () => {
      await open();
      await assert.rejects(lab.provider.runInstances({ ...REQUEST, instanceType: 'lab.huge' }), (error: SkylabError) => {
        assert.match(error.sentence, /knows no instance type lab\.huge\. .*EC2_INSTANCE_TYPE/);
        return error.code === 'NoSuchType';
      });
      assert.deepEqual(await listed(), []);
    });

    it('an image that is not there is told', async () => {
      await open();
      await assert.rejects(lab.provider.runInstances({ ...REQUEST, imageId: 'ami-00000099' }), { code: 'NoSuchImage' });
    });

    it('a full quota is an error, although the cloud says 200', async () => {
      await open({ room: 1 });
      await assert.rejects(lab.provider.runInstances({ ...REQUEST, count: 2 }), (error: SkylabError) => {
        assert.match(error.sentence, /A quota .* limit of 2 reached/);
        return error.code === 'OverLimit';
      });
    });

    it('a count from 1 to 5 takes as many as fit', async () => {
      await open({ room: 3 });
      const made = await lab.provider.runInstances({ ...REQUEST, count: 5, minCount: 1 });
      assert.equal(made.length, 3);
    });

    it('a stop is told as stopping although the cloud says "shutting-down", and a start follows', async () => {
      await open({ stopMs: 300 });
      await lab.provider.runInstances(REQUEST);
      await isIn('running');
      await lab.provider.stop(['i-00000007']);
      assert.deepEqual(
        (await listed()).map((i) => i.state),
        ['stopping'],
      );
      await isIn('stopped');
      await lab.provider.start(['i-00000007']);
      await isIn('running');
    });

    it('a machine that ends is told as terminated, and stays told for a while', async () => {
      await open({ stopMs: 300 });
      await lab.provider.runInstances(REQUEST);
      await isIn('running');
      await lab.provider.terminate(['i-00000007']);
      assert.deepEqual(
        (await listed()).map((i) => i.state),
        ['shutting-down'],
      );
      await isIn('terminated');
    });

    it('a machine whose host is lost vanishes from the list', async () => {
      await open();
      await lab.provider.runInstances(REQUEST);
      await isIn('running');
      const [vm] = lab.server.cloud.vms;
      assert.ok(vm !== undefined);
      vm.status = 'unkn';
      assert.deepEqual(await lab.provider.describeInstances(['i-00000007']), []);
    });

    it('a start that the state does not allow is told so, and asked for once only', async () => {
      await open();
      await lab.provider.runInstances(REQUEST);
      await isIn('running');
      await assert.rejects(lab.provider.start(['i-00000007']), { code: 'WrongState' });
      assert.equal(lab.server.asked.filter((one) => one.action === 'StartInstances').length, 1);
    });

    it('a machine that the cloud does not know is said to be gone, also where the cloud answers as if all were well', async () => {
      await open();
      for (const id of ['i-00000099', '99'])
        for (const act of ['start', 'stop', 'terminate'] as const)
          await assert.rejects(lab.provider[act]([id]), { code: 'NoSuchInstance' }, `${act} ${id}`);
    });

    it('a crash of the server is told as one, and a launch that may have happened is not sent again', async () => {
      await open({ crashes: ['RunInstances'] });
      await assert.rejects(lab.provider.runInstances(REQUEST), { code: 'CloudFailure', message: /internal error/ });
      assert.equal(lab.server.asked.filter((one) => one.action === 'RunInstances').length, 1);
    });

    it('names and tags are changed, whatever characters their names have', async () => {
      await open();
      await lab.provider.runInstances(REQUEST);
      await lab.provider.setTags(['i-00000007'], { Name: 'grace', 'cost center: lab': 'b <c> & "d"', empty: '' });
      const [machine] = await listed();
      assert.equal(machine?.name, 'grace');
      assert.equal(machine.tags['COST_CENTER__LAB'], 'b <c> & "d"');
    });

    it('the cloud makes the key pair, and the private key that it hands out is one that ssh-keygen reads', async () => {
      await open();
      const secret = await lab.provider.createKeyPair?.('lab-key');
      const pem = secret?.reveal() ?? '';
      assert.match(pem, /^-----BEGIN RSA PRIVATE KEY-----\n[\s\S]+\n-----END RSA PRIVATE KEY-----\n$/);
      const folder = mkdtempSync(join(tmpdir(), 'skylab-key-'));
      writeFileSync(join(folder, 'key'), pem, { mode: 0o600 });
      const publicKey = execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'key')], { encoding: 'utf8' }).trim();
      rmSync(folder, { recursive: true });
      assert.equal(`${publicKey} lab-key`, lab.server.cloud.keyPairs.get('lab-key')?.publicKey);
      assert.deepEqual(
        (await lab.provider.listKeyPairs()).map((pair) => pair.name),
        ['lab-key'],
      );
      await lab.provider.deleteKeyPair('lab-key');
      await lab.provider.deleteKeyPair('lab-key');
      assert.deepEqual(await lab.provider.listKeyPairs(), []);
    });

    it('a key pair that a machine uses is said to be in use', async () => {
      await open();
      await lab.provider.createKeyPair?.('lab-key');
      await lab.provider.runInstances({ ...REQUEST, keyName: 'lab-key' });
      assert.equal((await listed())[0]?.keyName, 'lab-key');
      await assert.rejects(lab.provider.deleteKeyPair('lab-key'), { code: 'InUse' });
    });

    it('what it cannot do is said in a sentence before anything is asked', async () => {
      await open();
      const before = lab.server.asked.length;
      const { provider } = lab;
      for (const act of [
        () => provider.createSecurityGroup('g', '', [], {}),
        () => provider.addRules('g', []),
        () => provider.removeRules('g', []),
        () => provider.deleteSecurityGroup('g'),
        () => provider.importKeyPair('k', 'ssh-ed25519 AAAA', {}),
      ])
        await assert.rejects(act(), (error: SkylabError) => {
          assert.match(error.sentence, /^OpenNebula's EC2 interface at http:.* cannot .*Sunstone/);
          return error instanceof SkylabError && error.code === 'Unsupported';
        });
      assert.equal(lab.server.asked.length, before);
    });
  });
