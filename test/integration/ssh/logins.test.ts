import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import { Secret } from '../../../src/core/secret';
import { SkylabError } from '../../../src/core/errors';
import type { SshAlias, SshTarget } from '../../../src/core/ssh/model';
import type { AnswerKey, DialOptions, SshQuestions, TypedQuestion } from '../../../src/core/ssh/ports';
import { skip } from '../../support/skip';
import type { TestAgent } from '../support/agent';
import { startAgent } from '../support/agent';
import { acceptAny, person, silentLog } from '../support/person';
import type { Sshd } from '../support/sshd';
import { keygen, readHostKey, startSshd } from '../support/sshd';

const authFailed = (error: unknown): boolean => error instanceof SkylabError && error.code === 'AuthFailed';

describe('logging in with a certificate', () => {
  let folder = '';
  let sshd: Sshd;
  let agent: TestAgent;
  const types = ['ed25519', 'ecdsa', 'rsa'] as const;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skylab-certs-'));
    keygen(join(folder, 'authority'));
    for (const type of types) keygen(join(folder, type), type);
    keygen(join(folder, 'locked'), 'ed25519', 'open sesame');
    sshd = await startSshd({ config: [`TrustedUserCAKeys ${join(folder, 'authority.pub')}`] });
    for (const name of [...types, 'locked'])
      execFileSync('ssh-keygen', [
        '-q',
        '-s',
        join(folder, 'authority'),
        '-I',
        'ada',
        '-n',
        sshd.user,
        '-V',
        '-1h:+1h',
        join(folder, `${name}.pub`),
      ]);
    agent = startAgent(folder);
  });
  after(async () => {
    agent.stop();
    await sshd.stop();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => agent.add('-q', '-D'));

  const login = async (change: Partial<SshTarget>, options: Partial<DialOptions> = {}, socket?: string): Promise<string | undefined> => {
    const { alias, hostName, port, user, hostKeyAlias } = sshd.target('ada');
    const dialer = new Ssh2Dialer({ homeDir: folder, ...(socket !== undefined && { agentSocket: socket }) }, silentLog);
    const session = await dialer.dial(
      { alias, hostName, port, user, hostKeyAlias, ...change },
      { verify: acceptAny, questions: person(), ...options },
    );
    assert.equal(await session.run({ argv: ['echo', 'in'] }), 'in');
    session.close();
    return session.loginKey;
  };

  for (const type of types) {
    it(`works with the file beside the key (${type}), and the key alone is refused`, async () => {
      const identityFile = join(folder, type);
      assert.equal(await login({ identityFile }), readHostKey(`${identityFile}.pub`).blob);
      assert.match(sshd.log(), new RegExp(`Accepted publickey.*${type.toUpperCase()}-CERT`));
      const alone = join(folder, 'alone');
      copyFileSync(identityFile, alone);
      await assert.rejects(login({ identityFile: alone }), authFailed);
    });

    it(`works by the agent (${type})`, async () => {
      agent.add('-q', join(folder, type));
      assert.match(agent.add('-l'), /CERT/);
      const before = sshd.log().length;
      assert.equal(await login({}, {}, agent.socket), readHostKey(join(folder, `${type}.pub`)).blob);
      assert.match(sshd.log().slice(before), new RegExp(`Accepted publickey.*${type.toUpperCase()}-CERT`));
    });
  }

  it('works for a locked key that the agent holds, without asking', async () => {
    copyFileSync(join(folder, 'locked'), join(folder, 'open'));
    execFileSync('ssh-keygen', ['-q', '-p', '-P', 'open sesame', '-N', '', '-f', join(folder, 'open')], { stdio: 'ignore' });
    agent.add('-q', join(folder, 'open'));
    const questions = person();
    await login({ identityFile: join(folder, 'locked') }, { questions }, agent.socket);
    assert.deepEqual(questions.asked, []);
  });

  it('tries one key of the agent alone when asked to', async () => {
    keygen(join(folder, 'stranger'));
    agent.add('-q', join(folder, 'stranger'), sshd.identityFile);
    const [right, wrong] = [readHostKey(`${sshd.identityFile}.pub`).blob, readHostKey(join(folder, 'stranger.pub')).blob];
    assert.equal(await login({}, { onlyAgentKey: right, keysOnly: true }, agent.socket), right);
    await assert.rejects(login({}, { onlyAgentKey: wrong, keysOnly: true }, agent.socket), authFailed);
  });
});

describe('logging in with what is typed', () => {
  /** Answers in turn; remembers what was judged. */
  const typist = (answers: string[]): SshQuestions & { seen: TypedQuestion[]; judgements: [AnswerKey, boolean][] } => {
    const seen: TypedQuestion[] = [];
    const judgements: [AnswerKey, boolean][] = [];
    return {
      ...person(),
      seen,
      judgements,
      password: async (prompt, about) => {
        seen.push(about ?? { prompt });
        const next = answers.shift();
        return next === undefined ? undefined : new Secret(next);
      },
      judged: (answer, right) => void judgements.push([answer, right]),
    };
  };

  it('asks for a password again when it was wrong, and says which one was right', async function () {
    if (process.getuid?.() !== 0) skip(this, 'a password of the test’s own needs root');
    const sshd = await startSshd({ unprivileged: true, password: 'open sesame', config: ['PasswordAuthentication yes'] });
    mkdirSync(join(sshd.folder, 'nothing'));
    try {
      const { alias, hostName, port, user, hostKeyAlias } = sshd.target('ada');
      const questions = typist(['wrong', 'open sesame']);
      const dialer = new Ssh2Dialer({ homeDir: join(sshd.folder, 'nothing') }, silentLog);
      const session = await dialer.dial({ alias, hostName, port, user, hostKeyAlias }, { verify: acceptAny, questions });
      assert.equal(await session.run({ argv: ['id', '-un'] }), 'learner');
      assert.equal(session.loginKey, undefined);
      session.close();
      const whose = { kind: 'password', id: 'learner@ada' } as const;
      assert.deepEqual(questions.judgements, [
        [whose, false],
        [whose, true],
      ]);
      await assert.rejects(
        dialer.dial({ alias, hostName, port, user, hostKeyAlias }, { verify: acceptAny, questions: typist(['x']), keysOnly: true }),
        authFailed,
      );
    } finally {
      await sshd.stop();
    }
  });

  it('asks everything that the server asks, shows what may be seen, and keeps no code of the moment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skylab-kbd-'));
    keygen(join(folder, 'host'));
    const { readFileSync } = await import('node:fs');
    const given: string[][] = [];
    const server = new ssh2.Server({ hostKeys: [readFileSync(join(folder, 'host'))] }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (context) => {
        if (context.method !== 'keyboard-interactive') {
          context.reject(['keyboard-interactive']);
          return;
        }
        const prompts = [
          { prompt: 'Card number: ', echo: true },
          { prompt: 'Code: ', echo: false },
        ];
        context.prompt(prompts, 'Two steps', 'Look at your card.', (answers) => {
          given.push(answers);
          if (answers[1] === '123') context.accept();
          else context.reject(['keyboard-interactive']);
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const questions = typist(['7', 'wrong', '7', '123']);
      const target = { alias: 'ada' as SshAlias, hostName: '127.0.0.1', port, user: 'ada', hostKeyAlias: 'ada' };
      const session = await new Ssh2Dialer({ homeDir: folder }, silentLog).dial(target, { verify: acceptAny, questions });
      session.close();
      assert.deepEqual(given, [
        ['7', 'wrong'],
        ['7', '123'],
      ]);
      assert.deepEqual(questions.seen.slice(0, 2), [
        { prompt: 'Card number:', title: 'ada: Two steps', instructions: 'Look at your card.', echo: true },
        { prompt: 'Code:', title: 'ada: Two steps', instructions: 'Look at your card.' },
      ]);
      assert.deepEqual(questions.judgements, []);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
