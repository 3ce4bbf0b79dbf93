import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { SkylabError } from '../../../../src/core/errors';
import type { FrontEnd } from '../../../../src/core/openNebula/facts';
import { allowsHost, cloudNameProblem, hostRule, setUpGroup } from '../../../../src/core/openNebula/group';
import { createType, templateText } from '../../../../src/core/openNebula/types';
import { createCloudUsers, deleteCloudUser, newSecret, resetSecret } from '../../../../src/core/openNebula/users';
import { linesOf } from '../../../../src/core/upkeep/task';

const FACTS: FrontEnd = {
  users: [
    { id: 0, name: 'oneadmin', group: 'oneadmin', driver: 'core', machines: 0 },
    { id: 2, name: 'ada', group: 'users', driver: 'core', machines: 2 },
    { id: 3, name: 'ldap-one', group: 'ec2', driver: 'ldap', machines: 0 },
  ],
  groups: [
    { id: 0, name: 'oneadmin' },
    { id: 1, name: 'users' },
    { id: 100, name: 'ec2' },
  ],
  templates: [],
  networks: [{ id: 12, name: 'private', group: 'oneadmin', mode: '600', ranges: [], used: 0 }],
  hosts: [
    { id: 1, name: 'kvm1' },
    { id: 3, name: 'kvm3' },
  ],
  rules: [{ id: 7, rule: '@100 HOST/#1 MANAGE' }],
  econe: { templates: [], service: 'none', running: false, lighttpd: false },
};

const code = (wanted: string) => (error: unknown) => error instanceof SkylabError && error.code === wanted;

describe('tasks on an OpenNebula', () => {
  it('keep passwords out of arguments, lines and what is printed', () => {
    const secret = newSecret();
    const plan = createCloudUsers([{ name: 'grace', driver: 'public', secret }], 'ec2').plan(FACTS);
    const commands = plan.acts.flatMap(({ changes }) => changes.map(({ command }) => command));
    assert.ok(commands.some(({ stdin }) => stdin === secret));
    assert.ok(!inspect(plan, { depth: 9 }).includes(secret.reveal()));
    assert.match(secret.reveal(), /^[0-9a-f]{64}$/);
  });

  it('give to users who are there only what is missing', () => {
    const lines = (driver: 'core' | 'public', group: string) =>
      linesOf(createCloudUsers([{ name: 'ada', driver, secret: newSecret() }], group).plan(FACTS));
    assert.deepEqual(lines('core', 'users'), []);
    assert.deepEqual(lines('public', 'ec2'), ['ada may use the EC2 interface only; the secret key stays', 'puts ada into the group ec2']);
  });

  it('leave OpenNebula’s own users alone, those with machines, and those whose password is elsewhere', () => {
    assert.throws(() => deleteCloudUser('oneadmin').plan(FACTS), code('OwnUser'));
    assert.throws(() => deleteCloudUser('ada').plan(FACTS), code('HasMachines'));
    assert.throws(() => resetSecret('ldap-one', newSecret()).plan(FACTS), code('OtherDriver'));
  });

  it('take names that its tools take for names only', () => {
    for (const name of ['ada', 'ada.l', 'a@b.org', '_x']) assert.equal(cloudNameProblem(name), undefined, name);
    for (const name of ['', '12', 'a,b', 'a b', "a'b", '-x', 'a:b']) assert.notEqual(cloudNameProblem(name), undefined, name);
  });

  it('let a group use the hosts that it cannot use yet', () => {
    assert.equal(hostRule(100, 3), '@100 HOST/#3 MANAGE');
    assert.ok(allowsHost('@100 HOST+CLUSTER/* USE+MANAGE', 100, 3));
    assert.ok(
      !allowsHost('@101 HOST/#3 MANAGE', 100, 3) && !allowsHost('@100 HOST/#31 MANAGE', 100, 3) && !allowsHost('@100 HOST/* USE', 100, 3),
    );
    assert.deepEqual(linesOf(setUpGroup('ec2', [1, 3]).plan(FACTS)), ['lets ec2 run machines on kvm3']);
    assert.deepEqual(linesOf(setUpGroup('lab', [1]).plan(FACTS)), ['makes the group lab', 'lets lab run machines on kvm1']);
    const free = { ...FACTS, rules: [{ id: 4, rule: '@100 HOST/* MANAGE' }] };
    assert.deepEqual(
      [linesOf(setUpGroup('ec2', [1, 3]).plan(free)), setUpGroup('ec2', []).plan(free).notes],
      [[], ['ec2 may use every host already.']],
    );
    assert.throws(() => setUpGroup('ec2', [9]).plan(FACTS), code('NoHost'));
  });

  it('write a type of instances without a disk', () => {
    const wanted = { name: 'm1.small', cpu: '0.5', memory: 512, network: 12 };
    assert.equal(
      templateText(wanted),
      'NAME = "m1.small"\nEC2_INSTANCE_TYPE = "m1.small"\nCPU = "0.5"\nMEMORY = "512"\nNIC = [ NETWORK_ID = "12" ]\n',
    );
    assert.deepEqual(linesOf(createType(wanted, 'ec2').plan(FACTS)), [
      'makes the type m1.small: 0.5 CPU, 512 MiB, in the network private, for the group ec2',
    ]);
    assert.throws(() => createType({ ...wanted, name: 'm1"\nRAW' }, 'ec2').plan(FACTS), code('NotAType'));
    assert.throws(() => createType({ ...wanted, network: 13 }, 'ec2').plan(FACTS), code('NoNetwork'));
  });
});
