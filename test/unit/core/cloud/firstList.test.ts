import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FileMachineCache } from '../../../../src/adapters/files/machineCache';
import { Accounts } from '../../../../src/core/cloud/accounts';
import type { CachedMachines, MachineCache } from '../../../../src/core/cloud/machineCache';
import { Machines, type MachinesChange } from '../../../../src/core/cloud/machines';
import type { Instance } from '../../../../src/core/cloud/model';
import { SkylabError } from '../../../../src/core/errors';
import { ACCOUNT, FakeClock, instance, MapMemento, MapVault, OneProvider, settled } from './support';

class MapCache implements MachineCache {
  kept: CachedMachines | undefined;
  writes = 0;
  read() {
    return Promise.resolve(this.kept);
  }
  write(_account: unknown, machines: CachedMachines) {
    this.writes++;
    this.kept = machines;
    return Promise.resolve();
  }
}

/** A cloud that hands out each page when it is told to. */
async function setUp(cache: MachineCache) {
  const pages: { readonly list: readonly Instance[] | Error; readonly go: Promise<void> }[] = [];
  const gates: (() => void)[] = [];
  const page = (list: readonly Instance[] | Error) => pages.push({ list, go: new Promise((resolve) => gates.push(resolve)) });
  const next = async () => {
    gates.shift()?.();
    await settled();
    await settled();
  };
  const providers = new OneProvider({
    check: () => Promise.resolve(),
    async *listInstances() {
      for (let one = pages.shift(); one !== undefined; one = pages.shift()) {
        await one.go;
        if (one.list instanceof Error) throw one.list;
        yield one.list;
      }
    },
  });
  const clock = new FakeClock();
  const accounts = new Accounts(new MapMemento(), new MapVault(), providers);
  await accounts.add(ACCOUNT);
  const machines = new Machines(accounts, providers, clock, cache);
  const changes: MachinesChange[] = [];
  machines.onChange((change) => void changes.push(change));
  return { page, next, clock, accounts, machines, changes, names: () => machines.of(ACCOUNT.id).map(({ name }) => name) };
}

describe('the first list of an account', () => {
  it('shows each page as it comes, and counts the calls', async () => {
    const { page, next, machines, names, clock } = await setUp(new MapCache());
    page([instance('i-2')]);
    page([instance('i-1')]);
    const listing = machines.refresh();
    await next();
    assert.deepEqual(names(), ['i-2']);
    assert.equal(machines.status(ACCOUNT.id).state, 'loading');
    await clock.pass(1_500);
    await next();
    await listing;
    assert.deepEqual(names(), ['i-1', 'i-2']);
    const status = machines.status(ACCOUNT.id);
    assert.deepEqual(status.state === 'loaded' && status.last, { calls: 2, ms: 1_500 });
  });

  it('is what an earlier window saw until the cloud answers, and then what the cloud says', async () => {
    const cache = new MapCache();
    cache.kept = { at: 990_000, instances: [instance('i-old'), instance('i-1', { state: 'stopped' })] };
    const { page, next, machines, names } = await setUp(cache);
    page([instance('i-1')]);
    const listing = machines.refresh();
    await settled();
    assert.deepEqual(names(), ['i-1', 'i-old']);
    assert.deepEqual(machines.status(ACCOUNT.id), { state: 'loading', at: 990_000 });
    await next();
    await listing;
    assert.deepEqual(names(), ['i-1']);
    const [only] = machines.of(ACCOUNT.id);
    assert.ok(only?.kind === 'instance' && only.instance.state === 'running');
  });

  it('stays in sight, with its age, when the cloud refuses', async () => {
    const cache = new MapCache();
    cache.kept = { at: 990_000, instances: [instance('i-1')] };
    const { page, next, machines, names } = await setUp(cache);
    page(new SkylabError('The session has expired.'));
    const listing = machines.refresh();
    await settled();
    await next();
    await listing;
    const status = machines.status(ACCOUNT.id);
    assert.deepEqual([status.state, status.state === 'failed' && status.at, names()], ['failed', 990_000, ['i-1']]);
  });

  it('never brings back what a page or a launch has told already', async () => {
    const cache = new MapCache();
    let answer: (kept: CachedMachines) => void = () => undefined;
    cache.read = () => new Promise((resolve) => (answer = resolve));
    const { page, next, machines, names } = await setUp(cache);
    page([instance('i-1')]);
    const listing = machines.refresh();
    await next();
    await listing;
    answer({ at: 1, instances: [instance('i-gone')] });
    await settled();
    assert.deepEqual(names(), ['i-1']);
  });

  it('is kept a moment after it changed, and not again while nothing does', async () => {
    const cache = new MapCache();
    const { page, next, machines, clock } = await setUp(cache);
    for (let round = 0; round < 3; round++) {
      page([instance('i-1', round === 2 ? { type: 't3.large' } : {})]);
      const listing = machines.refresh();
      await next();
      await listing;
      await clock.pass(5_000);
    }
    assert.equal(cache.writes, 2);
    assert.equal(cache.kept?.instances[0]?.type, 't3.large');
  });
});

describe('the lists kept on disk', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'skylab-lists-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const cache = new FileMachineCache(folder, log);
  const only = (): string => {
    const [file, ...others] = readdirSync(folder);
    assert.ok(file !== undefined && others.length === 0);
    return path.join(folder, file);
  };

  it('come back as they were, readable by nobody else', async () => {
    const kept: CachedMachines = { at: 5, instances: [instance('i-1', { tags: { note: '"ü"' } })] };
    await cache.write(ACCOUNT, kept);
    assert.deepEqual(await cache.read(ACCOUNT), kept);
    assert.equal(statSync(only()).mode & 0o777, 0o600);
    assert.ok(!readFileSync(only(), 'utf8').includes('secret'));
  });

  it('are of one region: the same account elsewhere has another', async () => {
    assert.equal(await cache.read({ ...ACCOUNT, region: 'eu-west-1' }), undefined);
  });

  it('are left out where they are damaged, machine by machine where they can be', async () => {
    writeFileSync(only(), JSON.stringify({ at: 5, instances: [instance('i-1'), { id: 'i-2' }, null] }));
    assert.deepEqual(
      (await cache.read(ACCOUNT))?.instances.map(({ id }) => id),
      ['i-1'],
    );
    writeFileSync(only(), '{"at": 5, "insta');
    assert.equal(await cache.read(ACCOUNT), undefined);
  });
});
