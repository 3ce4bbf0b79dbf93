import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHostEntryStore } from '../../../src/adapters/files/hostEntryStore';
import { FileIdentityFiles } from '../../../src/adapters/files/identityFiles';
import { FileKnownHosts } from '../../../src/adapters/files/knownHosts';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import type { Accounts } from '../../../src/core/cloud/accounts';
import type { Machine } from '../../../src/core/cloud/model';
import { givenKey } from '../../../src/core/cloud/model';
import type { CloudProviders } from '../../../src/core/cloud/ports';
import { SkylabError } from '../../../src/core/errors';
import { MachineAccess } from '../../../src/core/ssh/access';
import { MachineKeys } from '../../../src/core/ssh/keys/machineKeys';
import { startAgent } from '../support/agent';
import { person, silentLog } from '../support/person';
import type { Sshd } from '../support/sshd';
import { keygen, readHostKey, startSshd } from '../support/sshd';

describe('the keys of a machine', () => {
  let home = '';
  let sshd: Sshd;
  let access: MachineAccess;
  let keys: MachineKeys;
  let machine: Machine;
  const line = (path: string): string => readFileSync(`${path}.pub`, 'utf8').trim();
  const authorized = (): string => join(home, 'remote', '.ssh', 'authorized_keys');
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'skylab-machinekeys-'));
    mkdirSync(join(home, 'remote', '.ssh'), { recursive: true, mode: 0o700 });
    sshd = await startSshd({ home: join(home, 'remote'), config: [`AuthorizedKeysFile ${authorized()}`] });
    writeFileSync(authorized(), line(sshd.identityFile));
    access = new MachineAccess({} as unknown as Accounts, {
      providers: {} as CloudProviders,
      hostEntries: new FileHostEntryStore(home),
      knownHosts: new FileKnownHosts(home),
      identities: new FileIdentityFiles(home),
      dialer: new Ssh2Dialer({ homeDir: home, agentSocket: join(home, 'agent') }, silentLog),
      questions: person({ accept: true }),
      log: silentLog,
    });
    keys = new MachineKeys(access);
    machine = {
      kind: 'given',
      key: givenKey('ada'),
      name: 'ada',
      given: { id: 'given-ada', name: 'ada', target: { ...sshd.target('ada'), hostKeyAlias: 'given-ada' } },
    };
    keygen(join(home, 'new'));
    keygen(join(home, 'stranger'));
  });
  after(async () => {
    access.dispose();
    await sshd.stop();
    rmSync(home, { recursive: true });
  });

  it('let in a key once it is installed, and a login with it proves that', async () => {
    const file = join(home, 'new');
    assert.equal(await access.letsIn(machine, { identityFile: file }), false);
    assert.equal(await keys.install(machine, line(file)), 'added');
    assert.equal(await keys.install(machine, line(file)), 'there');
    assert.equal(await access.letsIn(machine, { identityFile: file }), true);
    assert.equal(await access.letsIn(machine, { identityFile: join(home, 'stranger') }), false);
  });

  it('let in a key that only the agent has', async () => {
    const agent = startAgent(home);
    try {
      agent.add('-q', join(home, 'stranger'), join(home, 'new'));
      assert.equal(await access.letsIn(machine, { agentKey: readHostKey(join(home, 'new.pub')).blob }), true);
      assert.equal(await access.letsIn(machine, { agentKey: readHostKey(join(home, 'stranger.pub')).blob }), false);
    } finally {
      agent.stop();
    }
  });

  it('name the one that this connection came in with, and keep it unless the person insists', async () => {
    const mine = readHostKey(`${sshd.identityFile}.pub`).blob;
    const listed = await keys.list(machine);
    assert.equal(listed.mine, mine);
    assert.deepEqual(
      listed.keys.map(({ blob }) => blob),
      [mine, readHostKey(join(home, 'new.pub')).blob],
    );
    await assert.rejects(keys.remove(machine, [mine]), (error) => error instanceof SkylabError && error.code === 'OwnKey');
    assert.equal((await keys.list(machine)).keys.length, 2);
  });

  it('no longer let in what was taken out', async () => {
    await keys.remove(machine, [readHostKey(join(home, 'new.pub')).blob]);
    assert.equal(await access.letsIn(machine, { identityFile: join(home, 'new') }), false);
    await keys.remove(machine, [readHostKey(`${sshd.identityFile}.pub`).blob], { evenMine: true });
    assert.equal(readFileSync(authorized(), 'utf8').trim(), '');
  });
});
