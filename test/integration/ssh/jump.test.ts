import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
import { sentenceOf, SkylabError } from '../../../src/core/errors';
import { MachineAccess } from '../../../src/core/ssh/access';
import { sshArgs } from '../../../src/core/ssh/hostEntries';
import type { SshAlias, SshTarget } from '../../../src/core/ssh/model';
import type { Person } from '../support/person';
import { person, silentLog } from '../support/person';
import { startProxy } from '../support/proxy';
import type { Sshd } from '../support/sshd';
import { freePort, keygen, readHostKey, startSshd } from '../support/sshd';

const failsWith = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(sentenceOf(error), text);
  return true;
};

describe('a machine behind others', () => {
  let outer: Sshd;
  let inner: Sshd;
  let last: Sshd;
  let home = '';
  before(async () => {
    [outer, inner, last] = await Promise.all([startSshd(), startSshd(), startSshd()]);
  });
  after(() => Promise.all([outer, inner, last].map((sshd) => sshd.stop())));
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'skylab-jump-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  const hop = (sshd: Sshd, alias: string, change: Partial<SshTarget> = {}): SshTarget => ({
    ...sshd.target(alias),
    hostKeyAlias: `jump-127.0.0.1-${sshd.port}`,
    ...change,
  });
  const given = (jump: SshTarget): Machine => ({
    kind: 'given',
    key: givenKey('ada'),
    name: 'ada',
    given: { id: 'given-ada', name: 'ada', target: { ...last.target('ada'), hostKeyAlias: 'given-ada', jump } },
  });
  const chain = (): SshTarget => hop(inner, 'ada-jump-2', { jump: hop(outer, 'ada-jump') });
  const access = (questions: Person): MachineAccess =>
    new MachineAccess({} as unknown as Accounts, {
      providers: {} as CloudProviders,
      hostEntries: new FileHostEntryStore(home),
      knownHosts: new FileKnownHosts(home),
      identities: new FileIdentityFiles(home),
      dialer: new Ssh2Dialer({ homeDir: home }, silentLog),
      questions,
      log: silentLog,
    });
  const realSsh = (alias: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync('ssh', ['-o', 'BatchMode=yes', ...sshArgs(alias as SshAlias, home, { accountHome: '/elsewhere' }), 'echo', 'in'], {
      encoding: 'utf8',
    });
  const include = async (): Promise<void> => (await new FileHostEntryStore(home, '/elsewhere').includeChange())?.apply();

  it('is reached through both, each host key trusted once, and then `ssh NAME` goes the same way with strict checking', async () => {
    const questions = person({ accept: true });
    const way = access(questions);
    const machine = given(chain());
    const session = await way.session(machine);
    assert.equal(await session.run({ argv: ['sh', '-c', 'echo $SSH_CONNECTION | cut -d" " -f4'] }), String(last.port));
    assert.deepEqual(
      questions.asked.map((asked) => asked.split(' ')[1]),
      ['ada-jump', 'ada-jump-2', 'ada'],
    );
    for (const sshd of [outer, inner, last]) assert.match(sshd.log(), /Accepted publickey/);
    await include();
    const terminal = realSsh('ada');
    assert.equal(terminal.stdout, 'in\n', terminal.stderr);
    way.release(machine);
    await way.session(machine);
    assert.equal(questions.asked.length, 3);
    way.dispose();
  });

  it('is not spoken to when a machine on the way shows another host key; the real ssh refuses as well', async () => {
    keygen(join(home, 'other'));
    await new FileKnownHosts(home).trust(`jump-127.0.0.1-${inner.port}`, [readHostKey(join(home, 'other.pub'))]);
    const before = last.log().length;
    const way = access(person({ accept: true }));
    await assert.rejects(way.session(given(chain())), failsWith('HostKeyChanged', /host key of ada-jump-2 has changed/));
    assert.equal(last.log().slice(before), '');
    await include();
    assert.equal(realSsh('ada').status, 255);
    way.dispose();
  });

  it('whose way does not let in says which machine it was, and the key chosen for that one is kept', async () => {
    keygen(join(home, 'stranger'));
    const jump = hop(outer, 'ada-jump', { identityFile: join(home, 'stranger') });
    const refused = access(person({ accept: true }));
    await assert.rejects(refused.session(given(jump)), failsWith('JumpAuthFailed', /^ada-jump did not let .* in/));
    const questions = person({ accept: true, identity: outer.identityFile });
    const way = access(questions);
    const prepared = given(jump);
    await new FileHostEntryStore(home).remove('ada' as SshAlias);
    await assert.rejects(refused.session(prepared), failsWith('JumpAuthFailed', /./));
    await refused.prepare(prepared).catch(() => undefined);
    for (const key of [hop(outer, 'x').hostKeyAlias, 'given-ada'])
      await new FileKnownHosts(home).trust(key, key === 'given-ada' ? last.hostKeys : outer.hostKeys);
    const session = await way.session(prepared);
    assert.equal(await session.run({ argv: ['echo', 'in'] }), 'in');
    const kept = (await new FileHostEntryStore(home).list()).find(({ alias }) => alias === 'ada');
    assert.equal(kept?.jump?.identityFile, outer.identityFile);
    way.dispose();
  });

  it('that is down, or that the way does not let through, is told from a way that is down', async () => {
    const dialer = new Ssh2Dialer({ homeDir: home }, silentLog);
    const dial = (target: SshTarget) => dialer.dial(target, { verify: async () => ({ accept: true }), questions: person() });
    const port = await freePort();
    await assert.rejects(
      dial({ ...last.target('ada'), port, jump: hop(outer, 'gate') }),
      failsWith('Unreachable', new RegExp(`^gate cannot reach 127\\.0\\.0\\.1:${port}: Connection refused`)),
    );
    await assert.rejects(
      dial({ ...last.target('ada'), jump: hop(outer, 'gate', { port }) }),
      failsWith('Unreachable', /^gate .*refused the connection/),
    );
    const strict = await startSshd({ config: ['AllowTcpForwarding no'] });
    await assert.rejects(dial({ ...last.target('ada'), jump: hop(strict, 'gate') }), failsWith('ForwardingRefused', /^gate does not let/));
    await strict.stop();
  });

  it('is gone as soon as its way is cut, and closing it leaves no connection on the way', async () => {
    const proxy = await startProxy(outer.port);
    const dialer = new Ssh2Dialer({ homeDir: home }, silentLog);
    const dial = () =>
      dialer.dial(
        { ...last.target('ada'), jump: hop(inner, 'b', { jump: hop(outer, 'a', { port: proxy.port }) }) },
        {
          verify: async () => ({ accept: true }),
          questions: person(),
        },
      );
    const session = await dial();
    const gone = new Promise<void>((resolve) => session.onClose(resolve));
    const running = session.run({ argv: ['sleep', '30'] });
    proxy.cut();
    await assert.rejects(running, failsWith('ConnectionLost', /lost/));
    await gone;
    const before = outer.log().length;
    const again = await dial();
    again.close();
    for (let i = 0; i < 100 && !/Connection closed|Disconnected|Received disconnect/.test(outer.log().slice(before)); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.match(outer.log().slice(before), /Connection closed|Disconnected|Received disconnect/);
    await proxy.stop();
  });
});
