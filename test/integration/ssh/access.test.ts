import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHostEntryStore } from '../../../src/adapters/files/hostEntryStore';
import { FileIdentityFiles } from '../../../src/adapters/files/identityFiles';
import { FileKnownHosts } from '../../../src/adapters/files/knownHosts';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import type { Accounts } from '../../../src/core/cloud/accounts';
import type { Machine } from '../../../src/core/cloud/model';
import { givenKey, instanceKey } from '../../../src/core/cloud/model';
import type { CloudProvider, CloudProviders } from '../../../src/core/cloud/ports';
import { isCancelled, sentenceOf, SkylabError } from '../../../src/core/errors';
import { MachineAccess } from '../../../src/core/ssh/access';
import { fingerprintOf } from '../../../src/core/ssh/hostKeys';
import { sshArgs } from '../../../src/core/ssh/hostEntries';
import type { HostKey, SshAlias } from '../../../src/core/ssh/model';
import type { Person } from '../support/person';
import { person, silentLog } from '../support/person';
import type { Sshd } from '../support/sshd';
import { readHostKey, keygen, startSshd } from '../support/sshd';

const failsWith = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(sentenceOf(error), text);
  return true;
};

describe('the way to a machine', () => {
  let sshd: Sshd;
  let home = '';
  before(async () => (sshd = await startSshd()));
  after(() => sshd.stop());
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'skylab-access-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  const given = (name = 'ada'): Machine => ({
    kind: 'given',
    key: givenKey(name),
    name,
    given: { id: name, name, target: { ...sshd.target(name), hostKeyAlias: `given-${name}` } },
  });
  /** An instance whose entry is there already with the port of the test's server, as no cloud moves SSH from port 22. */
  const instance = async (change: Partial<Extract<Machine, { kind: 'instance' }>['instance']> = {}): Promise<Machine> => {
    const id = 'i-0123456789abcdef0';
    await new FileHostEntryStore(home).upsert({ ...sshd.target('ada'), hostKeyAlias: id });
    return {
      kind: 'instance',
      key: instanceKey('acc', id),
      name: 'ada',
      instance: {
        accountId: 'acc',
        id,
        name: 'ada',
        state: 'running',
        type: 't3.small',
        imageId: 'ami-1',
        publicAddress: '127.0.0.1',
        launchedAt: 0,
        securityGroups: [],
        tags: {},
        ...change,
      },
    };
  };
  /** The real parts; only the cloud's console text is handed in. */
  const access = (questions: Person, consoleText?: string, asked: { console: number } = { console: 0 }): MachineAccess => {
    const provider = {
      consoleOutput: async () => {
        asked.console++;
        return consoleText;
      },
      describeImage: async () => ({ loginUser: sshd.user }),
    };
    const providers: Pick<CloudProviders, 'for'> = { for: async () => provider as unknown as CloudProvider };
    const accounts: Pick<Accounts, 'get'> = { get: (id) => ({ kind: 'keys', id, name: id, region: 'r' }) };
    return new MachineAccess(accounts as Accounts, {
      providers: providers as CloudProviders,
      hostEntries: new FileHostEntryStore(home),
      knownHosts: new FileKnownHosts(home),
      identities: new FileIdentityFiles(home),
      dialer: new Ssh2Dialer({ homeDir: home }, silentLog),
      questions,
      log: silentLog,
    });
  };
  const consoleOf = (...keys: HostKey[]): string =>
    [
      'boot',
      '-----BEGIN SSH HOST KEY KEYS-----',
      ...keys.map((key) => `${key.type} ${key.blob} root@ada`),
      '-----END SSH HOST KEY KEYS-----',
      'login:',
    ].join('\r\n');
  const realSsh = (alias: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync('ssh', ['-o', 'BatchMode=yes', ...sshArgs(alias as SshAlias, home, { accountHome: '/elsewhere' }), 'echo', 'in'], {
      encoding: 'utf8',
    });
  const otherKey = (): HostKey => {
    keygen(join(home, 'other'));
    return readHostKey(join(home, 'other.pub'));
  };

  it('asks nothing when the console shows the key, and then `ssh NAME` works in a terminal', async () => {
    const questions = person();
    const way = access(questions, consoleOf(...sshd.hostKeys));
    const machine = await instance();
    assert.equal(await (await way.session(machine)).run({ argv: ['echo', 'in'] }), 'in');
    assert.deepEqual(questions.asked, []);
    await (await new FileHostEntryStore(home, '/elsewhere').includeChange())?.apply();
    const terminal = realSsh('ada');
    assert.equal(terminal.stdout, 'in\n', terminal.stderr);
    way.dispose();
  });

  it('sends nothing to a machine whose key is not the one on its console', async () => {
    const before = sshd.log().length;
    const way = access(person(), consoleOf(otherKey()));
    await assert.rejects(
      way.session(await instance()),
      failsWith('HostKeyChanged', /host key of ada has changed.*Replace the key only if/),
    );
    assert.doesNotMatch(sshd.log().slice(before), /Accepted/);
  });

  it('asks once with the fingerprint where no console can vouch, and remembers', async () => {
    const questions = person({ accept: true });
    const way = access(questions);
    await way.session(given());
    way.release(given());
    await way.session(given());
    assert.equal(questions.asked.length, 1);
    assert.match(questions.asked[0] ?? '', new RegExp(fingerprintOf(sshd.hostKeys[0]!).replace(/[+/]/g, '\\$&')));
    way.dispose();
  });

  it('says why it asks: a blank console, one without keys, another key under a reused address', async () => {
    const blank = person();
    await assert.rejects(access(blank).prepare(await instance()), failsWith('HostKeyDeclined', /was not accepted/));
    assert.match(blank.asked[0] ?? '', /console shows nothing yet/);
    const other = otherKey();
    mkdirSync(join(home, '.ssh'), { recursive: true });
    writeFileSync(join(home, '.ssh', 'known_hosts'), `[127.0.0.1]:${sshd.port} ${other.type} ${other.blob}\n`);
    const absent = person();
    await assert.rejects(access(absent, 'Linux booting').prepare(await instance()), failsWith('HostKeyDeclined', /./));
    assert.match(absent.asked[0] ?? '', /does not print the host keys.*another key for this address/);
  });

  it('takes over what the person’s own known_hosts trusts', async () => {
    const [key] = sshd.hostKeys;
    mkdirSync(join(home, '.ssh'), { recursive: true });
    writeFileSync(join(home, '.ssh', 'known_hosts'), `[127.0.0.1]:${sshd.port} ${key?.type ?? ''} ${key?.blob ?? ''}\n`);
    const questions = person();
    const way = access(questions);
    await way.session(given());
    assert.deepEqual(questions.asked, []);
    way.dispose();
  });

  it('refuses a changed key until the person forgets the old one; the real ssh refuses as well', async () => {
    await new FileKnownHosts(home).trust('given-ada', [otherKey()]);
    const questions = person({ accept: true });
    const way = access(questions);
    await assert.rejects(way.session(given()), failsWith('HostKeyChanged', /changed/));
    assert.deepEqual(questions.asked, []);
    await (await new FileHostEntryStore(home, '/elsewhere').includeChange())?.apply();
    const terminal = realSsh('ada');
    assert.equal(terminal.status, 255);
    assert.match(terminal.stderr, /verification failed/i);
    await way.forgetHostKey(given());
    await way.session(given());
    assert.equal(questions.asked.length, 1);
    way.dispose();
  });

  it('is dialed once for all who ask at the same time, and anew after the connection dropped', async () => {
    const way = access(person({ accept: true }));
    await way.prepare(given());
    const before = sshd.log().split('Accepted publickey').length;
    const sessions = await Promise.all([1, 2, 3, 4, 5].map(() => way.session(given())));
    assert.equal(new Set(sessions).size, 1);
    assert.equal(sshd.log().split('Accepted publickey').length - before, 1);
    const gone = new Promise<void>((resolve) => sessions[0]?.onClose(resolve));
    sshd.dropSessions();
    await gone;
    const again = await way.session(given());
    assert.notEqual(again, sessions[0]);
    assert.equal(await again.run({ argv: ['echo', 'in'] }), 'in');
    way.dispose();
  });

  it('goes on for the others when one of those who wait cancels', async () => {
    const way = access(person({ accept: true }));
    await way.prepare(given());
    const abort = new AbortController();
    const impatient = way.session(given(), abort.signal);
    const patient = way.session(given());
    abort.abort();
    await assert.rejects(impatient, isCancelled);
    assert.equal(await (await patient).run({ argv: ['echo', 'in'] }), 'in');
    way.dispose();
  });

  it('opens a login of its own where a fresh one is needed', async () => {
    const way = access(person({ accept: true }));
    const [pooled, fresh] = [await way.session(given()), await way.freshSession(given())];
    assert.notEqual(pooled, fresh);
    fresh.close();
    assert.equal(await pooled.run({ argv: ['echo', 'in'] }), 'in');
    way.dispose();
  });

  it('offers to choose another key when the login is refused, and keeps the one that works', async () => {
    keygen(join(home, 'stranger'));
    const machine = given();
    assert.ok(machine.kind === 'given');
    const wrong: Machine = {
      ...machine,
      given: { ...machine.given, target: { ...machine.given.target, identityFile: join(home, 'stranger') } },
    };
    const questions = person({ accept: true, identity: sshd.identityFile });
    const way = access(questions);
    await way.session(wrong);
    way.release(wrong);
    await way.session(wrong);
    assert.equal(questions.asked.filter((asked) => asked.startsWith('identity')).length, 1);
    way.dispose();
  });

  it('follows the address of an instance and keeps its alias', async () => {
    const machine = await instance({ publicAddress: '127.0.0.2' });
    const target = await access(person({ accept: true }), consoleOf(...sshd.hostKeys)).prepare(machine);
    assert.equal(target.hostName, '127.0.0.2');
    assert.deepEqual(await new FileHostEntryStore(home).list(), [target]);
  });

  it('makes the entry of an instance: login user by image, key by key pair name, an alias that the person does not use', async () => {
    const machine = await instance({ keyName: 'course' });
    const store = new FileHostEntryStore(home);
    await store.remove('ada' as SshAlias);
    writeFileSync(join(home, '.ssh', 'config'), 'Host ada\n  HostName elsewhere\n');
    const { path } = await new FileIdentityFiles(home).create('course', '');
    const target = await access(person(), consoleOf(...sshd.hostKeys)).prepare(machine);
    const expected = {
      alias: 'ada-2',
      hostName: '127.0.0.1',
      port: 22,
      user: sshd.user,
      identityFile: path,
      hostKeyAlias: 'i-0123456789abcdef0',
    };
    assert.deepEqual(target, expected);
    assert.deepEqual(await store.list(), [expected]);
  });

  it('says what to do with a machine that is stopped, starting or has no address', async () => {
    const way = access(person());
    await assert.rejects(way.prepare(await instance({ state: 'stopped' })), failsWith('NotRunning', /^ada is stopped\. Start it first\.$/));
    await assert.rejects(way.prepare(await instance({ state: 'pending' })), failsWith('NotRunning', /still starting/));
    const machine = await instance();
    assert.ok(machine.kind === 'instance');
    const bare: { publicAddress?: string } & typeof machine.instance = { ...machine.instance };
    delete bare.publicAddress;
    await assert.rejects(way.prepare({ ...machine, instance: bare }), failsWith('NoAddress', /has no address yet/));
  });
});
