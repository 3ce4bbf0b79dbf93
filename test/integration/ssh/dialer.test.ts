import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import { isCancelled, sentenceOf, SkylabError } from '../../../src/core/errors';
import type { HostKey, SshTarget } from '../../../src/core/ssh/model';
import type { DialOptions } from '../../../src/core/ssh/ports';
import { acceptAny, person, silentLog } from '../support/person';
import { startProxy } from '../support/proxy';
import type { Sshd } from '../support/sshd';
import { freePort, keygen, startSshd } from '../support/sshd';

const failsWith = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(sentenceOf(error), text);
  return true;
};

describe('connecting by SSH', () => {
  let sshd: Sshd;
  let home = '';
  before(async () => {
    sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
    home = join(sshd.folder, 'local');
    mkdirSync(join(home, '.ssh'), { recursive: true });
    keygen(join(sshd.folder, 'stranger'));
    execFileSync('cp', [sshd.identityFile, join(sshd.folder, 'locked')]);
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'open sesame', '-f', join(sshd.folder, 'locked')], { stdio: 'ignore' });
  });
  after(() => sshd.stop());

  const dial = async (
    change: Partial<SshTarget> = {},
    options: Partial<DialOptions> = {},
    dialer = new Ssh2Dialer({ homeDir: home }, silentLog),
  ): Promise<string> => {
    const session = await dialer.dial({ ...sshd.target('ada'), ...change }, { verify: acceptAny, questions: person(), ...options });
    try {
      return await session.run({ argv: ['echo', 'in'] });
    } finally {
      session.close();
    }
  };
  const withoutKey = (): SshTarget => {
    const { alias, hostName, port, user, hostKeyAlias } = sshd.target('ada');
    return { alias, hostName, port, user, hostKeyAlias };
  };
  const opened = async (target: SshTarget, options: Partial<DialOptions>, dialer: Ssh2Dialer): Promise<void> => {
    (await dialer.dial(target, { verify: acceptAny, questions: person(), ...options })).close();
  };

  it('works with the identity file', async () => {
    assert.equal(await dial(), 'in');
  });

  it('shows the machine’s own key to the verifier before any login', async () => {
    let seen: HostKey | undefined;
    const before = sshd.log().length;
    const verify: DialOptions['verify'] = async (key) => {
      seen = key;
      return { accept: false, reason: new SkylabError('not this one', { code: 'Distrusted', next: 'x' }) };
    };
    await assert.rejects(dial({}, { verify }), failsWith('Distrusted', /not this one/));
    assert.deepEqual(seen, sshd.hostKeys[0]);
    assert.doesNotMatch(sshd.log().slice(before), /Accepted|publickey/);
  });

  it('asks for the type of host key that is trusted already', async () => {
    for (const key of sshd.hostKeys) {
      const seen: HostKey[] = [];
      await dial({}, { knownKeyTypes: [key.type], verify: async (offered) => (seen.push(offered), { accept: true }) });
      assert.deepEqual(seen, [key]);
    }
  });

  it('says which keys were tried when none is let in', async () => {
    const identityFile = join(sshd.folder, 'stranger');
    await assert.rejects(
      dial({ identityFile }),
      failsWith('AuthFailed', /ada did not let .* in; tried: .*stranger.*Choose the private key/),
    );
    await assert.rejects(dial({ identityFile: '/no/key' }), failsWith('AuthFailed', /\/no\/key \(cannot be read: ENOENT\)/));
    await assert.rejects(
      opened(withoutKey(), {}, new Ssh2Dialer({ homeDir: home }, silentLog)),
      failsWith('AuthFailed', /there was no key to try/),
    );
  });

  it('asks for a passphrase once per window, and again when it was wrong', async () => {
    const dialer = new Ssh2Dialer({ homeDir: home }, silentLog);
    const identityFile = join(sshd.folder, 'locked');
    const questions = person({ passphrases: ['wrong', 'open sesame'] });
    assert.equal(await dial({ identityFile }, { questions }, dialer), 'in');
    assert.equal(await dial({ identityFile }, { questions }, dialer), 'in');
    assert.deepEqual(questions.asked, [`passphrase ${identityFile}`, `passphrase ${identityFile}`]);
  });

  it('is cancelled, not failed, when the person gives no passphrase', async () => {
    await assert.rejects(dial({ identityFile: join(sshd.folder, 'locked') }), isCancelled);
  });

  it('uses the default keys where the entry names none', async () => {
    execFileSync('cp', [sshd.identityFile, join(home, '.ssh', 'id_ed25519')]);
    try {
      await opened(withoutKey(), {}, new Ssh2Dialer({ homeDir: home }, silentLog));
    } finally {
      renameSync(join(home, '.ssh', 'id_ed25519'), join(sshd.folder, 'put-away'));
    }
  });

  it('uses the agent, also for the locked identity file, without asking', async () => {
    const socket = join(sshd.folder, 'agent');
    const started = execFileSync('ssh-agent', ['-a', socket], { encoding: 'utf8' });
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
    try {
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      execFileSync('ssh-add', ['-q', join(sshd.folder, 'stranger'), sshd.identityFile], { env });
      const dialer = new Ssh2Dialer({ homeDir: home, agentSocket: socket }, silentLog);
      const questions = person();
      await opened(withoutKey(), { questions }, dialer);
      assert.equal(await dial({ identityFile: join(sshd.folder, 'locked') }, { questions }, dialer), 'in');
      assert.deepEqual(questions.asked, []);
    } finally {
      process.kill(pid);
    }
  });

  it('goes on without an agent that does not answer', async () => {
    await assert.rejects(
      opened(withoutKey(), {}, new Ssh2Dialer({ homeDir: home, agentSocket: join(sshd.folder, 'no-agent') }, silentLog)),
      failsWith('AuthFailed', /no key to try/),
    );
  });

  it('tells refused, unknown name, silence and a server that hangs up apart', async () => {
    const port = await freePort();
    await assert.rejects(dial({ port }), failsWith('Unreachable', /refused the connection/));
    await assert.rejects(
      dial({ hostName: 'no-such-host.invalid' }),
      failsWith('Unreachable', /address of ada cannot be found: no-such-host\.invalid/),
    );
    const proxy = await startProxy(sshd.port);
    proxy.silence();
    await assert.rejects(
      dial({ port: proxy.port }, { timeoutMs: 300 }),
      failsWith('Unreachable', /does not answer.*security group allows port/),
    );
    await proxy.stop();
    const rude = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => rude.once('listening', resolve));
    const address = rude.address();
    assert.ok(address !== null && typeof address === 'object');
    await assert.rejects(dial({ port: address.port }), failsWith('Unreachable', /closed the connection before the login/));
    rude.close();
  });

  it('stops at once when cancelled, at any moment', async () => {
    await assert.rejects(dial({}, { signal: AbortSignal.abort() }), isCancelled);
    const proxy = await startProxy(sshd.port);
    proxy.silence();
    const abort = new AbortController();
    const dialing = dial({ port: proxy.port }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(dialing, isCancelled);
    await proxy.stop();
    const late = new AbortController();
    await assert.rejects(dial({}, { signal: late.signal, verify: async () => (late.abort(), { accept: true }) }), isCancelled);
  });

  it('does not count the time that a person takes', async () => {
    const verify: DialOptions['verify'] = () => new Promise((resolve) => setTimeout(() => resolve({ accept: true }), 700));
    assert.equal(await dial({}, { verify, timeoutMs: 600 }), 'in');
  });
});
