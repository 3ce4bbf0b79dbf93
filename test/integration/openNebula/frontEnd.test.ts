import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { SkylabError } from '../../../src/core/errors';
import { frontEnd } from '../../../src/core/openNebula/facts';
import { allowsAllHosts, setUpGroup } from '../../../src/core/openNebula/group';
import { createType, deleteType, typesOf } from '../../../src/core/openNebula/types';
import {
  createCloudUsers,
  deleteCloudUser,
  newSecret,
  resetSecret,
  secretKeyFor,
  setDriver,
  shutOut,
} from '../../../src/core/openNebula/users';
import { FrontEndBed } from './support';

describe('the front end of an OpenNebula', function () {
  this.timeout(300_000);
  let one: FrontEndBed;

  before(async function () {
    // the first time the machine's image is made
    this.timeout(1_800_000);
    one = await FrontEndBed.launch();
  });

  after(() => one.stop());

  const keyOf = (name: string) => one.upkeep.look(one.bed.machine, secretKeyFor(name));

  it('gets users with keys of their own, whom it lists without them', async () => {
    const wanted = [
      { name: 'ada', driver: 'public' as const, secret: newSecret() },
      { name: 'grace', driver: 'core' as const, secret: newSecret() },
    ];
    const task = createCloudUsers(wanted, 'ec2');
    assert.deepEqual(await one.does(task), [
      'makes the group ec2',
      'makes the user ada with a password of its own, for the EC2 interface only',
      'puts ada into the group ec2',
      'makes the user grace with a password of its own, for everything that its group may do',
      'puts grace into the group ec2',
    ]);
    await one.nothingMore(task);
    const facts = await one.upkeep.look(
      one.bed.machine,
      frontEnd('oneuser', 'onegroup', 'onetemplate', 'onevnet', 'onehost', 'oneacl', 'onevm'),
    );
    assert.deepEqual(
      facts.users.map(({ name, driver, group }) => [name, driver, group]),
      [
        ['oneadmin', 'core', 'oneadmin'],
        ['serveradmin', 'server_cipher', 'oneadmin'],
        ['ada', 'public', 'ec2'],
        ['grace', 'core', 'ec2'],
      ],
    );
    assert.ok(allowsAllHosts(facts, facts.groups.find(({ name }) => name === 'ec2')?.id ?? -1));
    const [ada = '', grace = ''] = wanted.map(({ secret }) => secret.reveal());
    assert.equal((await keyOf('ada')).reveal(), ada);
    assert.equal((await keyOf('grace')).reveal(), createHash('sha1').update(grace).digest('hex'), 'OpenNebula keeps a hash of it');
    const found = await one.remote(`sudo grep -rlE '${ada}|${grace}' /var/log /tmp 2>/dev/null || :`);
    assert.equal(found, '', 'no log has them');
  });

  it('gives another key, shuts out, and deletes', async () => {
    const secret = newSecret();
    await one.does(resetSecret('ada', secret));
    assert.equal((await keyOf('ada')).reveal(), secret.reveal());
    await one.does(shutOut('ada'));
    assert.notEqual((await keyOf('ada')).reveal(), secret.reveal());
    const before = (await keyOf('grace')).reveal();
    await one.does(setDriver('grace', 'public'));
    assert.equal((await keyOf('grace')).reveal(), before, 'the key stays');
    await one.does(deleteCloudUser('ada'));
    await one.nothingMore(deleteCloudUser('ada'));
  });

  it('gets types of instances that the group may launch', async () => {
    const small = { name: 'm1.small', cpu: '0.5', memory: 512 };
    assert.equal((await one.does(createType(small, 'ec2'))).length, 1);
    await one.nothingMore(createType(small, 'ec2'));
    await one.remote('sudo -u oneadmin -H sh -c "cd; onetemplate chmod m1.small 600; onetemplate chgrp m1.small users"');
    const larger = { ...small, memory: 1024 };
    assert.deepEqual(await one.does(createType(larger, 'ec2')), [
      'gives the type m1.small 0.5 CPU and 1024 MiB instead of 0.5 and 512',
      'gives the type m1.small to the group ec2',
      'lets the group use m1.small (640 instead of 600)',
    ]);
    const [type] = typesOf(await one.upkeep.look(one.bed.machine, frontEnd('onetemplate')));
    assert.deepEqual([type?.type, type?.cpu, type?.memory, type?.group, type?.mode], ['m1.small', '0.5', '1024', 'ec2', '640']);
    await one.does(deleteType(type?.id ?? -1));
    await one.nothingMore(deleteType(type?.id ?? -1));
  });

  it('lets a group run its machines on the hosts that are chosen', async () => {
    await one.remote('sudo -u oneadmin -H sh -c "cd; onehost create kvm1 --im dummy --vm dummy --net dummy"');
    // what the default VDC gives to every group is taken away, as an administrator would
    await one.remote(`sudo -u oneadmin -H sh -c "cd; onevdc delgroup default ec2"`);
    assert.deepEqual(await one.does(setUpGroup('ec2', [0])), ['lets ec2 run machines on kvm1']);
    await one.nothingMore(setUpGroup('ec2', [0]));
    assert.match(await one.remote('sudo -u oneadmin -H sh -c "cd; oneacl list --xml"'), /<STRING>@100 HOST\/#0 MANAGE #0</);
  });

  it('that is no front end, or is silent, is named as such', async () => {
    const look = () => one.upkeep.look(one.bed.machine, frontEnd('oneuser'));
    const refused = (code: string) => (error: unknown) => error instanceof SkylabError && error.code === code;
    await one.remote('sudo systemctl stop opennebula');
    await assert.rejects(look(), refused('OnedSilent'));
    await one.remote('sudo mv /usr/bin/oneuser /usr/bin/oneuser.away');
    await assert.rejects(look(), refused('NoFrontEnd'));
  });
});
