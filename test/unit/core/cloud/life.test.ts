import assert from 'node:assert/strict';
import { Accounts } from '../../../../src/core/cloud/accounts';
import { BulkActs, fitFor, summary } from '../../../../src/core/cloud/life/bulk';
import { editableTags, tagNameProblem, typesFitting } from '../../../../src/core/cloud/life/changes';
import { LifeSteps } from '../../../../src/core/cloud/life/lifeSteps';
import type { LaunchPorts } from '../../../../src/core/cloud/launch';
import { Machines } from '../../../../src/core/cloud/machines';
import { instanceKey, type Instance, type InstanceType, type Machine } from '../../../../src/core/cloud/model';
import type { CloudProvider } from '../../../../src/core/cloud/ports';
import { SkylabError } from '../../../../src/core/errors';
import { Operations } from '../../../../src/core/operations/operations';
import { ACCOUNT, instance, MapMemento, MapVault, OneProvider } from './support';

const machine = (id: string, change: Partial<Instance> = {}): Machine => {
  const value = instance(id, change);
  return { kind: 'instance', key: instanceKey(value.accountId, id), name: value.name, instance: value };
};
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A cloud in memory that refuses some machines. */
async function setUp(refused: readonly string[], code = 'NotPermitted') {
  const states = new Map<string, Instance['state']>();
  const calls: string[] = [];
  const refusing = (ids: readonly string[], what: string, state: Instance['state']): Promise<void> => {
    calls.push(`${what} ${ids.join()}`);
    if (ids.some((id) => refused.includes(id))) return Promise.reject(new SkylabError('It is protected.', { code }));
    for (const id of ids) states.set(id, state);
    return Promise.resolve();
  };
  const provider: Partial<CloudProvider> = {
    check: () => Promise.resolve(),
    stop: (ids) => refusing(ids, 'stop', 'stopped'),
    reboot: (ids) => refusing(ids, 'reboot', 'running'),
    describeInstances: (ids) => Promise.resolve(ids.map((id) => instance(id, { state: states.get(id) ?? 'running' }))),
  };
  const providers = new OneProvider(provider);
  const accounts = new Accounts(new MapMemento(), new MapVault(), providers);
  await accounts.add(ACCOUNT);
  await accounts.add({ ...ACCOUNT, id: 'other', region: 'eu-west-1' });
  const machines = new Machines(accounts, providers);
  const ledger = { save: () => Promise.resolve(), remove: () => Promise.resolve(), list: () => Promise.resolve([]) };
  const operations = new Operations(ledger, quiet);
  // Of the ports, only those that stop and reboot need.
  const ports = { providers, log: quiet } as unknown as LaunchPorts;
  const noActs = { for: () => Promise.reject(new Error('not asked for here')) };
  const life = new LifeSteps(machines, operations, ports, noActs, () => ({ pollMs: 1 }));
  return { bulk: new BulkActs(life, operations), calls, machines };
}

describe('an act on many machines', () => {
  it('is one call for all of an account, and says how many it was', async () => {
    const { bulk, calls, machines } = await setUp([]);
    const three = ['i-1', 'i-2', 'i-3'].map((id) => machine(id));
    const { operation, failed } = bulk.run({ kind: 'stop' }, three);
    assert.equal((await operation.outcome).kind, 'done');
    assert.deepEqual([calls, failed], [['stop i-1,i-2,i-3'], []]);
    assert.equal(operation.view.title, 'Stop 3 machines');
    assert.deepEqual(
      machines.of(ACCOUNT.id).map((one) => one.kind === 'instance' && one.instance.state),
      ['stopped', 'stopped', 'stopped'],
    );
    assert.equal(summary('stop', 3, failed), '3 of 3 machines were stopped.');
  });

  it('is done to each alone where one of them spoils it, and names that one', async () => {
    const { bulk, calls } = await setUp(['i-2']);
    const { operation, failed } = bulk.run(
      { kind: 'stop' },
      ['i-1', 'i-2', 'i-3'].map((id) => machine(id, { name: `lab ${id}` })),
    );
    const outcome = await operation.outcome;
    assert.ok(outcome.kind === 'failed');
    assert.equal(outcome.error.message, '2 of 3 machines were stopped. lab i-2: It is protected.');
    assert.deepEqual(calls, ['stop i-1,i-2,i-3', 'stop i-1', 'stop i-2', 'stop i-3']);
    assert.deepEqual(
      failed.map(({ machine: { key } }) => key),
      ['acc/i-2'],
    );
  });

  it('is not asked for again and again where the cloud itself refuses', async () => {
    const { bulk, calls } = await setUp(['i-1'], 'SessionExpired');
    const { operation, failed } = bulk.run(
      { kind: 'reboot' },
      ['i-1', 'i-2'].map((id) => machine(id)),
    );
    assert.equal((await operation.outcome).kind, 'failed');
    assert.deepEqual([calls, failed.length], [['reboot i-1,i-2'], 2]);
  });

  it('goes to each account with its own machines', async () => {
    const { bulk, calls } = await setUp([]);
    await bulk.run({ kind: 'reboot' }, [machine('i-1'), machine('i-2', { accountId: 'other' })]).operation.outcome;
    assert.deepEqual(calls, ['reboot i-1', 'reboot i-2']);
  });

  it('leaves out those that are in no state for it', () => {
    const lab = [machine('i-1'), machine('i-2', { state: 'stopped' }), machine('i-3', { state: 'shutting-down' })];
    const names = (kind: Parameters<typeof fitFor>[0]) => fitFor(kind, lab).map(({ name }) => name);
    assert.deepEqual([names('start'), names('stop'), names('terminate')], [['i-2'], ['i-1'], ['i-1', 'i-2']]);
  });

  it('names three failures at most in its summary', () => {
    const failed = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ machine: machine(id), error: new SkylabError('No.') }));
    assert.equal(summary('start', 6, failed), '1 of 6 machines was started. a: No. b: No. c: No. 2 more did not work out.');
  });
});

describe('changes of a machine', () => {
  const type = (name: string, ...architectures: readonly string[]): InstanceType => ({
    name,
    vcpus: 2,
    memoryMiB: 2048,
    architectures,
    freeTier: false,
  });

  it('offer sizes of its processor’s kind only', () => {
    const types = [type('t3.small', 'x86_64'), type('t4g.small', 'arm64'), type('t2.nano', 'i386', 'x86_64')];
    const names = (one: Machine) => typesFitting(one, types).map(({ name }) => name);
    assert.deepEqual(names(machine('i-1', { architecture: 'arm64' })), ['t4g.small']);
    assert.deepEqual(names(machine('i-1', { type: 't3.small' })), ['t3.small', 't2.nano']);
    assert.deepEqual(names(machine('i-1', { type: 'x9.new' })), ['t3.small', 't4g.small', 't2.nano']);
  });

  it('show no tags that are the cloud’s, Skylab’s or the name, and let none be made', () => {
    assert.deepEqual(editableTags({ Name: 'ada', 'aws:cloudformation:stack': 's', 'skylab:launch': 'l', course: 'phys' }), {
      course: 'phys',
    });
    for (const name of ['', ' ', 'aws:x', 'AWS:x', 'skylab:lab', 'Name', 'x'.repeat(129)]) assert.ok(tagNameProblem(name), name);
    assert.equal(tagNameProblem('course'), undefined);
  });
});
