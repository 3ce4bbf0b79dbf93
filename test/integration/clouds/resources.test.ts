import assert from 'node:assert/strict';
import type { CloudResources } from '../../../src/core/cloud/resources/ports';
import type { SkylabError } from '../../../src/core/errors';
import type { QuirkOptions } from '../../quirk-server/server';
import { openPrivateCloud, until, type PrivateCloud } from './support';

const TOKEN = { type: '', encrypted: false, zone: 'default', clientToken: 't' };

describe('what an OpenNebula has besides machines', () => {
  let lab: PrivateCloud;
  let resources: CloudResources;
  const open = async (options: Partial<QuirkOptions> = {}) => {
    lab = await openPrivateCloud(options);
    resources = await lab.providers.resources(lab.account);
  };
  afterEach(() => lab.stop());

  /** A running machine; its number is that of the image before it plus one. */
  const machine = async () => {
    const imageId = (await lab.provider.listImages())[0]?.id ?? '';
    const base = { securityGroupIds: [], rootDeviceName: '', diskGiB: 1, userData: '', keyName: '', tags: { Name: 'ada' } };
    const [made] = await lab.provider.runInstances({
      ...base,
      clientToken: crypto.randomUUID(),
      imageId,
      instanceType: 'm1.small',
      count: 1,
    });
    const id = made?.id ?? '';
    return until(async () => (await lab.provider.describeInstances([id])).find((one) => one.state === 'running'));
  };

  for (const version of ['5.4', '5.12'] as const) {
    // Numbers 8 and 9 are those that cannot be read as octal numbers: the cloud answers a crash after its work. 10 is answered as 8.
    for (const first of [8, 9, 10])
      it(`${version}: disk ${first} is made, attached, detached and deleted, whatever the cloud answers`, async () => {
        await open({ version, first: { vm: first, image: first - 1 } });
        const { id: instanceId } = await machine();
        const made = await resources.createVolume({ sizeGiB: 3, ...TOKEN }, { Name: 'data', 'skylab:owner': 'ada' });
        assert.equal(made.id, `vol-${String(first).padStart(8, '0')}`);
        assert.deepEqual((await resources.volume(made.id))?.tags, { Name: 'data', 'skylab:owner': 'ada' });
        assert.equal((await resources.volume(made.id))?.sizeGiB, 3);

        await resources.attachVolume(made.id, instanceId, '/dev/sdf');
        const attached = await resources.volume(made.id);
        assert.equal(attached?.state, 'in-use');
        assert.equal(attached.attachment?.instanceId, instanceId);
        // Another machine cannot have it as well.
        await assert.rejects(resources.attachVolume(made.id, 'i-00000077', '/dev/sdf'), { code: 'InUse' });

        await resources.detachVolume(made.id);
        assert.equal((await resources.volume(made.id))?.state, 'available');
        assert.deepEqual(lab.server.cloud.vms[0]?.disks, []);
        await assert.rejects(resources.detachVolume(made.id), { code: 'NotAttached' });
        await resources.deleteVolume(made.id);
        assert.equal(await resources.volume(made.id), undefined);
      });

    it(`${version}: a disk that another window attached is found on its machine and detached`, async () => {
      await open({ version });
      await machine();
      const { id: instanceId } = await machine();
      const { id } = await resources.createVolume({ sizeGiB: 1, ...TOKEN }, {});
      await resources.attachVolume(id, instanceId, '/dev/sdf');
      lab.providers.forget(lab.account.id);
      const other = await (await openAnotherWindow()).resources(lab.account);
      await other.detachVolume(id);
      assert.equal((await other.volume(id))?.state, 'available');
    });

    it(`${version}: a real failure stays one`, async () => {
      await open({ version });
      const { id } = await resources.createVolume({ sizeGiB: 1, ...TOKEN }, {});
      await assert.rejects(resources.attachVolume(id, 'i-00000055', '/dev/sdf'));
      assert.equal((await resources.volume(id))?.state, 'available');
      await assert.rejects(resources.deleteVolume('vol-00000099'));
    });
  }

  const openAnotherWindow = async () => {
    const { AwsProviders } = await import('../../../src/adapters/aws/providers');
    const { MapVault } = await import('../../unit/core/cloud/support');
    const vault = new MapVault();
    await vault.set(lab.account.id, lab.keys);
    return new AwsProviders(vault);
  };

  it('5.4: a snapshot is made of a disk, a disk of the snapshot, and both are deleted', async () => {
    await open();
    const { id } = await resources.createVolume({ sizeGiB: 5, ...TOKEN }, {});
    const snapshot = await resources.createSnapshot(id, 'before the exam', { Name: 'exam' });
    const [listed] = await resources.listSnapshots();
    assert.equal(listed?.id, snapshot.id);
    assert.equal(listed.state, 'completed');
    assert.equal(listed.name, 'exam');
    const copy = await resources.createVolume({ sizeGiB: 5, snapshotId: snapshot.id, ...TOKEN }, {});
    assert.equal((await resources.volume(copy.id))?.sizeGiB, 5);
    await resources.deleteSnapshot(snapshot.id);
    assert.deepEqual(await resources.listSnapshots(), []);
    assert.equal(await resources.snapshot(snapshot.id), undefined);
  });

  it('5.12: a snapshot that the cloud cannot mark is told as its fault', async () => {
    await open({ version: '5.12' });
    const { id } = await resources.createVolume({ sizeGiB: 5, ...TOKEN }, {});
    await assert.rejects(resources.createSnapshot(id, 'x', {}), { code: 'OpenNebulaFault', message: /versions 5\.6 to 5\.12/ });
  });

  it('5.4: an elastic address is got, given to a machine, shown there, taken away and given back', async () => {
    await open();
    const { id } = await machine();
    const address = await resources.allocateAddress({});
    assert.equal(address.publicIp, '198.51.100.10');
    await resources.associateAddress(address, id);
    assert.equal((await lab.provider.describeInstances([id]))[0]?.publicAddress, '198.51.100.10');
    assert.equal((await resources.listAddresses())[0]?.instanceId, id);
    await resources.disassociateAddress(address);
    assert.equal((await lab.provider.describeInstances([id]))[0]?.publicAddress, undefined);
    await resources.releaseAddress(address);
    assert.deepEqual(await resources.listAddresses(), []);
  });

  it('5.4: when all elastic addresses are taken, that is said', async () => {
    await open({ elasticIps: [] });
    await assert.rejects(resources.allocateAddress({}), { code: 'OverLimit', message: /no free elastic address/ });
  });

  it('5.12: an address that the cloud loses while it hands it out is told as lost', async () => {
    await open({ version: '5.12' });
    await assert.rejects(resources.allocateAddress({}), (error: SkylabError) => {
      assert.match(error.sentence, /fault .*took an address out of its pool, and gave it to nobody\. Ask whoever runs the cloud/);
      return error.code === 'OpenNebulaFault';
    });
  });

  it('an address that is not the person’s is told', async () => {
    await open();
    await assert.rejects(resources.releaseAddress({ allocationId: '', publicIp: '198.51.100.99', tags: {} }), { code: 'NoSuchAddress' });
  });

  it('tags are put on a disk and taken off again', async () => {
    await open();
    const { id } = await resources.createVolume({ sizeGiB: 1, ...TOKEN }, { Name: 'data' });
    await resources.setTags([id], { 'used for': 'physics' });
    assert.deepEqual((await resources.volume(id))?.tags, { Name: 'data', USED_FOR: 'physics' });
    await resources.removeTags([id], ['used for']);
    assert.deepEqual((await resources.volume(id))?.tags, { Name: 'data' });
  });

  it('what it does not have is an empty list, or said in a sentence', async () => {
    await open();
    const before = lab.server.asked.length;
    assert.deepEqual(await resources.listSecurityGroups(), []);
    assert.deepEqual(await resources.listInterfaces(), []);
    assert.deepEqual(await resources.listTemplates(), []);
    for (const act of [
      () => resources.modifyVolume('v', { sizeGiB: 2 }),
      () => resources.createImage('i', 'n', { reboot: false }, {}),
      () => resources.deregisterImage('ami-1'),
      () => resources.createSecurityGroup('g', '', undefined, {}),
      () => resources.describeRules('g', []),
    ])
      await assert.rejects(act(), { code: 'Unsupported', message: /^OpenNebula's EC2 interface/ });
    assert.equal(lab.server.asked.length, before);
  });
});
