import assert from 'node:assert/strict';
import { Accounts } from '../../../../src/core/cloud/accounts';
import { Machines, type MachinesChange } from '../../../../src/core/cloud/machines';
import { instanceKey, type Instance } from '../../../../src/core/cloud/model';
import { SkylabError } from '../../../../src/core/errors';
import { ACCOUNT, FakeClock, instance, MapMemento, MapVault, OneProvider, settled } from './support';

interface Cloud {
  instances: Instance[];
  listings: number;
  polls: string[][];
  failure: Error | undefined;
  /** Holds listings back until called. */
  gate: Promise<void> | undefined;
}

async function setUp(instances: Instance[] = []) {
  const cloud: Cloud = { instances, listings: 0, polls: [], failure: undefined, gate: undefined };
  const providers = new OneProvider({
    check: () => Promise.resolve(),
    async *listInstances() {
      cloud.listings++;
      const seen = [...cloud.instances];
      await cloud.gate;
      if (cloud.failure) throw cloud.failure;
      yield seen;
    },
    describeInstances: (ids) => {
      cloud.polls.push([...ids]);
      return Promise.resolve(cloud.instances.filter((i) => ids.includes(i.id)));
    },
  });
  const clock = new FakeClock();
  const accounts = new Accounts(new MapMemento(), new MapVault(), providers);
  await accounts.add(ACCOUNT);
  const machines = new Machines(accounts, providers, clock);
  const changes: MachinesChange[] = [];
  machines.onChange((change) => {
    changes.push(change);
  });
  const names = () => machines.of(ACCOUNT.id).map((m) => `${m.name} ${m.kind === 'instance' ? m.instance.state : ''}`);
  return { cloud, clock, accounts, machines, changes, names };
}

const last = (changes: readonly MachinesChange[]) => changes[changes.length - 1];

describe('the machines in the tree', () => {
  it('are listed by name, numbers counted as numbers', async () => {
    const { machines, names } = await setUp(['lab-10', 'Lab-2', 'ada'].map((n, i) => instance(`i-${i}`, { name: n })));
    await machines.refresh();
    assert.deepEqual(names(), ['ada running', 'Lab-2 running', 'lab-10 running']);
    assert.equal(machines.status(ACCOUNT.id).state, 'loaded');
  });

  it('are painted anew one by one when one changed, and not at all when nothing did', async () => {
    const { cloud, machines, changes } = await setUp([instance('i-1'), instance('i-2')]);
    await machines.refresh();
    changes.length = 0;
    cloud.instances = [instance('i-1'), instance('i-2')];
    await machines.refresh();
    assert.deepEqual(changes, []);
    cloud.instances = [instance('i-1'), instance('i-2', { state: 'stopped' })];
    await machines.refresh();
    assert.deepEqual(changes, [{ kind: 'machine', key: instanceKey('acc', 'i-2') }]);
    cloud.instances = [instance('i-1')];
    await machines.refresh();
    assert.deepEqual(last(changes), { kind: 'account', accountId: 'acc' });
  });

  it('stay as they are when a listing is overtaken by a newer one', async () => {
    const { cloud, machines, names } = await setUp([instance('i-old')]);
    let open: () => void = () => undefined;
    cloud.gate = new Promise((resolve) => (open = resolve));
    const first = machines.refresh();
    await settled();
    cloud.gate = undefined;
    cloud.instances = [instance('i-new')];
    await machines.refresh();
    open();
    await first;
    assert.deepEqual(names(), ['i-new running']);
  });

  it('keep what a launch reported while an older listing was on its way', async () => {
    const { cloud, clock, machines, names } = await setUp([instance('i-1')]);
    await machines.refresh();
    let open: () => void = () => undefined;
    cloud.gate = new Promise((resolve) => (open = resolve));
    const listing = machines.refresh();
    await settled();
    await clock.pass(10);
    machines.upsert([instance('i-2', { state: 'pending' }), instance('i-1', { state: 'stopping' })]);
    open();
    await listing;
    assert.deepEqual(names(), ['i-1 stopping', 'i-2 pending']);
  });

  it('show a new machine although the cloud does not list it yet, and drop it when it never does', async () => {
    const { clock, machines, names } = await setUp([]);
    await machines.refresh();
    machines.upsert([instance('i-9', { state: 'pending' })]);
    await clock.pass(5_000);
    await machines.refresh();
    assert.deepEqual(names(), ['i-9 pending']);
    await clock.pass(60_000);
    await machines.refresh();
    assert.deepEqual(names(), []);
  });

  it('follow a machine in transition every 3 s while the view is visible, asking for it alone', async () => {
    const { cloud, clock, machines, names } = await setUp([instance('i-1'), instance('i-2', { state: 'pending' })]);
    await machines.refresh();
    await clock.pass(10_000);
    assert.deepEqual(cloud.polls, []);
    machines.setVisible(true);
    await clock.pass(3_000);
    assert.deepEqual(cloud.polls, [['i-2']]);
    cloud.instances = [instance('i-1'), instance('i-2')];
    await clock.pass(3_000);
    assert.deepEqual(names(), ['i-1 running', 'i-2 running']);
    await clock.pass(9_000);
    assert.equal(cloud.polls.length, 2);
    machines.dispose();
  });

  it('are listed anew every 30 s while visible, and never while hidden', async () => {
    const { cloud, clock, machines } = await setUp([instance('i-1')]);
    machines.setVisible(true);
    await clock.pass(0);
    assert.equal(cloud.listings, 1);
    await clock.pass(61_000);
    assert.equal(cloud.listings, 3);
    machines.setVisible(false);
    await clock.pass(300_000);
    assert.equal(cloud.listings, 3);
  });

  it('are asked for ever less often while the cloud throttles, and stay shown', async () => {
    const { cloud, clock, machines, names } = await setUp([instance('i-1')]);
    await machines.refresh();
    machines.setVisible(true);
    cloud.failure = new SkylabError('Asked too often.', { code: 'Throttled' });
    await clock.pass(240_000);
    // at 30, 90 and 210 s
    assert.equal(cloud.listings, 4);
    assert.deepEqual(names(), ['i-1 running']);
    assert.equal(machines.status(ACCOUNT.id).state, 'loaded');
    cloud.failure = undefined;
    await clock.pass(300_000);
    const before = cloud.listings;
    await clock.pass(30_000);
    assert.equal(cloud.listings, before + 1);
    machines.dispose();
  });

  it('show the sentence of a failed listing as the account’s status, once', async () => {
    const { cloud, machines, changes } = await setUp();
    cloud.failure = new SkylabError('Key refused.', { code: 'BadKey' });
    await machines.refresh();
    const status = machines.status(ACCOUNT.id);
    assert.equal(status.state === 'failed' && status.error.message, 'Key refused.');
    assert.equal(changes.length, 2);
    cloud.failure = undefined;
    await machines.refresh();
    assert.equal(machines.status(ACCOUNT.id).state, 'loaded');
  });

  it('leave a minute after they were terminated; those that ended before anyone looked never show', async () => {
    const { cloud, clock, machines, names } = await setUp([instance('i-1'), instance('i-gone', { state: 'terminated' })]);
    await machines.refresh();
    assert.deepEqual(names(), ['i-1 running']);
    cloud.instances = [instance('i-1', { state: 'terminated' })];
    await machines.refresh();
    assert.deepEqual(names(), ['i-1 terminated']);
    await clock.pass(59_000);
    assert.deepEqual(names(), ['i-1 terminated']);
    await clock.pass(1_000);
    assert.deepEqual(names(), []);
    await machines.refresh();
    assert.deepEqual(names(), []);
  });

  it('vanish with their account', async () => {
    const { accounts, machines, changes } = await setUp([instance('i-1')]);
    await machines.refresh();
    await accounts.remove(ACCOUNT.id);
    assert.deepEqual(machines.of(ACCOUNT.id), []);
    assert.deepEqual(last(changes), { kind: 'all' });
  });

  it('number 10,000 and a refresh without change stays quick and paints nothing', async () => {
    const many = (salt: string) =>
      Array.from({ length: 10_000 }, (_, i) =>
        instance(`i-${i}`, { name: `lab-${i}`, tags: { Name: `lab-${i}`, course: 'phys201' }, zone: `us-east-1a${salt}` }),
      );
    const { cloud, machines, changes } = await setUp(many(''));
    await machines.refresh();
    assert.equal(machines.of(ACCOUNT.id).length, 10_000);
    cloud.instances = many('');
    changes.length = 0;
    const begun = performance.now();
    await machines.refresh();
    machines.of(ACCOUNT.id);
    const took = performance.now() - begun;
    assert.deepEqual(changes, []);
    assert.ok(took < 2000, `${took.toFixed(0)} ms`);
  });
});
