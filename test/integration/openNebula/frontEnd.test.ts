import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { systemClock } from '../../../src/core/clock';
import { SkylabError } from '../../../src/core/errors';
import { econeFacts } from '../../../src/core/openNebula/econeFacts';
import { runEcone, setEcone } from '../../../src/core/openNebula/econe';
import { frontEnd } from '../../../src/core/openNebula/facts';
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
import type { Task } from '../../../src/core/upkeep/task';
import { linesOf } from '../../../src/core/upkeep/task';
import { Upkeep } from '../../../src/core/upkeep/upkeep';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, ended } from '../deploy/bed';

describe('the front end of an OpenNebula', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let upkeep: Upkeep;

  before(async function () {
    this.timeout(900_000);
    cloud = await startPracticeCloud({ machineImage: 'opennebula' });
    bed = await Bed.launch(cloud, 'frontend');
    upkeep = new Upkeep({ access: bed.access, operations: bed.operations, clock: systemClock, owner: 'ada@laptop' });
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const remote = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  const does = async <F>(task: Task<F>): Promise<readonly string[]> => {
    const proposal = await upkeep.propose(bed.machine, task);
    const operation = upkeep.start(proposal);
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    return linesOf(proposal.plan);
  };
  const nothingMore = async <F>(task: Task<F>): Promise<void> =>
    assert.deepEqual(linesOf((await upkeep.propose(bed.machine, task)).plan), [], 'a second time there is nothing to do');
  const look = () => upkeep.look(bed.machine, frontEnd('oneuser', 'onegroup', 'onetemplate', 'onevnet', 'onehost', 'oneacl', 'onevm'));
  const keyOf = (name: string) => upkeep.look(bed.machine, secretKeyFor(name));
  const refused = (code: string) => (error: unknown) => error instanceof SkylabError && error.code === code;

  it('tells what it consists of', async () => {
    const { users, econe } = await look();
    assert.deepEqual(
      users.map(({ name, driver }) => [name, driver]),
      [
        ['oneadmin', 'core'],
        ['serveradmin', 'server_cipher'],
      ],
    );
    assert.deepEqual([econe.service, econe.running, econe.conf?.includes(':port: 4567')], ['script', false, true]);
  });

  it('gets users with keys of their own', async () => {
    const wanted = [
      { name: 'ada', driver: 'public' as const, secret: newSecret() },
      { name: 'grace', driver: 'core' as const, secret: newSecret() },
    ];
    const task = createCloudUsers(wanted, 'ec2');
    assert.deepEqual(await does(task), [
      'makes the group ec2',
      'makes the user ada with a password of its own, for the EC2 interface only',
      'puts ada into the group ec2',
      'makes the user grace with a password of its own, for everything that its group may do',
      'puts grace into the group ec2',
    ]);
    await nothingMore(task);
    const { users } = await upkeep.look(bed.machine, frontEnd('oneuser'));
    assert.deepEqual(
      users.slice(2).map(({ name, driver, group }) => [name, driver, group]),
      [
        ['ada', 'public', 'ec2'],
        ['grace', 'core', 'ec2'],
      ],
    );
    const [ada = '', grace = ''] = wanted.map(({ secret }) => secret.reveal());
    assert.equal((await keyOf('ada')).reveal(), ada);
    assert.equal((await keyOf('grace')).reveal(), createHash('sha1').update(grace).digest('hex'), 'OpenNebula keeps a hash of it');
    assert.equal(
      await remote(`sudo grep -c ${wanted[0]?.secret.reveal()} /var/log/one/oned.log /var/log/skylab/journal.jsonl || :`),
      '/var/log/one/oned.log:0\n/var/log/skylab/journal.jsonl:0',
    );
  });

  it('gives another key, shuts out, and deletes', async () => {
    const secret = newSecret();
    await does(resetSecret('ada', secret));
    assert.equal((await keyOf('ada')).reveal(), secret.reveal());
    await does(shutOut('ada'));
    assert.notEqual((await keyOf('ada')).reveal(), secret.reveal());
    const before = (await keyOf('grace')).reveal();
    await does(setDriver('grace', 'public'));
    assert.equal((await keyOf('grace')).reveal(), before, 'the key stays');
    await does(deleteCloudUser('ada'));
    await nothingMore(deleteCloudUser('ada'));
    await assert.rejects(upkeep.propose(bed.machine, deleteCloudUser('oneadmin')), refused('OwnUser'));
  });

  it('gets types of instances that the group may launch', async () => {
    const small = { name: 'm1.small', cpu: '0.5', memory: 512 };
    assert.equal((await does(createType(small, 'ec2'))).length, 1);
    await nothingMore(createType(small, 'ec2'));
    const [type] = typesOf(await upkeep.look(bed.machine, frontEnd('onetemplate')));
    assert.deepEqual([type?.type, type?.cpu, type?.memory, type?.group, type?.mode], ['m1.small', '0.5', '512', 'ec2', '640']);
    await remote('sudo -u oneadmin -H sh -c "onetemplate chmod m1.small 600; onetemplate chgrp m1.small users"');
    const larger = { ...small, memory: 1024 };
    assert.deepEqual(await does(createType(larger, 'ec2')), [
      'gives the type m1.small 0.5 CPU and 1024 MiB instead of 0.5 and 512',
      'gives the type m1.small to the group ec2',
      'lets the group use m1.small (640 instead of 600)',
    ]);
    await nothingMore(createType(larger, 'ec2'));
    assert.equal(typesOf(await upkeep.look(bed.machine, frontEnd('onetemplate'))).length, 1);
    await does(deleteType(type?.id ?? -1));
    assert.equal(typesOf(await upkeep.look(bed.machine, frontEnd('onetemplate'))).length, 0);
  });

  it('has its EC2 interface changed: what it does not answer with is taken back', async () => {
    await does(setEcone({ host: '127.0.0.1' }));
    await does(runEcone('start'));
    await nothingMore(runEcone('start'));
    await does(setEcone({ port: '4568', debug_level: '2' }));
    assert.match(await remote('curl -s -d Action=DescribeRegions http://127.0.0.1:4568/'), /<Code>AuthFailure</);
    const before = await remote('sudo cat /etc/one/econe.conf');
    const { outcome, error } = await ended(
      upkeep.start(await upkeep.propose(bed.machine, setEcone({ host: '192.0.2.1', ssl_server: 'https://cloud.example.org/' }))),
    );
    assert.equal(outcome, 'failed');
    assert.match(String(error), /does not answer/);
    assert.equal(await remote('sudo cat /etc/one/econe.conf'), before);
    assert.match(await remote('curl -s -d Action=DescribeRegions http://127.0.0.1:4568/'), /<Code>AuthFailure</, 'it serves as before');
    await does(runEcone('stop'));
    assert.equal((await upkeep.look(bed.machine, econeFacts)).running, false);
  });
});
