import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Accounts } from '../../../../src/core/cloud/accounts';
import type { Account } from '../../../../src/core/cloud/model';
import type { AccessKeys } from '../../../../src/core/cloud/ports';
import { SkylabError } from '../../../../src/core/errors';
import { Secret } from '../../../../src/core/secret';
import type { SshAlias, SshTarget } from '../../../../src/core/ssh/model';
import { ACCOUNT, MapMemento, MapVault, OneProvider } from './support';

const keys = (secret: string): AccessKeys => ({ accessKeyId: 'AKIA1', secretAccessKey: new Secret(secret) });
const target: SshTarget = { alias: 'vm' as SshAlias, hostName: 'vm.example.edu', port: 22, user: 'ada', hostKeyAlias: 'given-vm' };

function setUp(check: () => Promise<void> = () => Promise.resolve()) {
  const memento = new MapMemento();
  const vault = new MapVault();
  const providers = new OneProvider({ check });
  const accounts = new Accounts(memento, vault, providers);
  let changes = 0;
  accounts.onChange(() => changes++);
  return { memento, vault, providers, accounts, changes: () => changes };
}

describe('cloud accounts', () => {
  it('are kept once the cloud has accepted them, in the order in which they were added', async () => {
    const { accounts, vault, memento } = setUp();
    const other: Account = { kind: 'profile', id: 'p', name: 'home', profile: 'default', region: 'eu-west-1' };
    await Promise.all([accounts.add(ACCOUNT, keys('s3cret')), accounts.add(other)]);
    assert.deepEqual(accounts.list(), [ACCOUNT, other]);
    assert.equal((await vault.get('acc'))?.secretAccessKey.reveal(), 's3cret');
    assert.ok(!inspect([...memento.kept], { depth: 9 }).includes('s3cret'));
    await accounts.add({ ...ACCOUNT, name: 'renamed' });
    assert.deepEqual(
      accounts.list().map((a) => a.name),
      ['renamed', 'home'],
    );
  });

  it('leave nothing behind when the cloud refuses them', async () => {
    const { accounts, vault, changes } = setUp(() => Promise.reject(new SkylabError('Key refused.', { code: 'BadKey' })));
    await assert.rejects(accounts.add(ACCOUNT, keys('x')), /Key refused/);
    assert.deepEqual(accounts.list(), []);
    assert.equal(vault.kept.size, 0);
    assert.equal(changes(), 0);
  });

  it('keep the old keys when new ones are refused', async () => {
    let refuse = false;
    const { accounts, vault } = setUp(() => (refuse ? Promise.reject(new SkylabError('Key refused.')) : Promise.resolve()));
    await accounts.add(ACCOUNT, keys('old'));
    refuse = true;
    await assert.rejects(accounts.add(ACCOUNT, keys('new')));
    assert.equal((await vault.get('acc'))?.secretAccessKey.reveal(), 'old');
    assert.deepEqual(accounts.list(), [ACCOUNT]);
  });

  it('take their keys and their connection with them', async () => {
    const { accounts, vault, providers } = setUp();
    await accounts.add(ACCOUNT, keys('s'));
    await accounts.remove('acc');
    assert.deepEqual(accounts.list(), []);
    assert.equal(vault.kept.size, 0);
    assert.equal(providers.forgotten.at(-1), 'acc');
    assert.throws(() => accounts.need('acc'), /no longer in Skylab/);
  });

  it('say beside the field when an endpoint or a region is none', async () => {
    const { accounts } = setUp();
    const endpoint: Account = { kind: 'endpoint', id: 'e', name: 'e', endpoint: 'cloud.example.edu', region: 'one' };
    await assert.rejects(accounts.add(endpoint, keys('s')), /not a web address/);
    await assert.rejects(accounts.add({ ...ACCOUNT, region: 'us east' }, keys('s')), /not a region/);
  });

  it('survive kept values that another version wrote differently', () => {
    const { accounts, memento } = setUp();
    for (const kept of [undefined, 7, 'x', { a: 1 }, [null, 3, { kind: 'keys' }, { ...ACCOUNT, kind: 'new-kind' }, ACCOUNT]]) {
      memento.kept.set('skylab.accounts', kept);
      assert.deepEqual(accounts.list(), Array.isArray(kept) ? [ACCOUNT] : []);
    }
  });
});

describe('machines that were handed out', () => {
  it('are kept, replaced when added again, and removed', async () => {
    const { accounts, changes } = setUp();
    const given = await accounts.addGiven('my vm', target);
    assert.deepEqual(accounts.givenMachines(), [{ id: 'given-vm', name: 'my vm', target }]);
    await accounts.addGiven('my vm 2', target);
    assert.deepEqual(
      accounts.givenMachines().map((g) => g.name),
      ['my vm 2'],
    );
    await accounts.removeGiven(given.id);
    assert.deepEqual(accounts.givenMachines(), []);
    assert.equal(changes(), 3);
  });
});
