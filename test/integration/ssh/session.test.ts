import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import { isCancelled, pause, SkylabError } from '../../../src/core/errors';
import type { RemoteSession } from '../../../src/core/remote/session';
import { Secret } from '../../../src/core/secret';
import { acceptAny, person, silentLog } from '../support/person';
import { startProxy } from '../support/proxy';
import type { Sshd } from '../support/sshd';
import { startSshd } from '../support/sshd';

const sh = (script: string) => ({ argv: ['sh', '-c', script] });
const failsWith =
  (code: string, text = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof SkylabError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    return true;
  };

describe('commands on a machine', () => {
  let sshd: Sshd;
  let session: RemoteSession;
  const dial = (port = sshd.port): Promise<RemoteSession> =>
    new Ssh2Dialer({ homeDir: sshd.home }, silentLog).dial({ ...sshd.target('ada'), port }, { verify: acceptAny, questions: person() });

  before(async () => {
    sshd = await startSshd({ unprivileged: true });
    session = await dial();
  });
  after(async () => {
    session.close();
    await sshd.stop();
  });

  it('give their output without the last newline, or what their parser makes of it', async () => {
    assert.equal(await session.run({ argv: ['printf', '%s\n', 'a  b', "it's $HOME"] }), "a  b\nit's $HOME");
    assert.equal(await session.run({ argv: ['echo', '7'], parse: Number }), 7);
    assert.equal(await session.run({ argv: ['pwd'], cwd: '/usr' }), '/usr');
  });

  it('fail with their exit code and the last lines of standard error', async () => {
    await assert.rejects(
      session.run({ ...sh('echo gone wrong >&2; exit 3'), what: 'read state' }),
      failsWith('RemoteCommandFailed', /“read state” on ada failed with exit code 3: gone wrong/),
    );
    assert.equal(await session.run({ ...sh('echo ok; exit 3'), okCodes: [0, 3], parse: (out, code) => `${out.trim()} ${code}` }), 'ok 3');
  });

  it('say when a signal ended them', async () => {
    await assert.rejects(session.run(sh('kill -9 $$')), failsWith('RemoteCommandFailed', /signal SIGKILL/));
  });

  it('read what they are given, also secrets and much of it', async () => {
    assert.equal(await session.run({ argv: ['cat'], stdin: new Secret('s3cret') }), 's3cret');
    const big = Buffer.alloc(9_000_000, 'x');
    assert.equal(await session.run({ argv: ['wc', '-c'], stdin: big }), '9000000');
    assert.equal(await session.run({ argv: ['cat'], okCodes: [0] }), '');
  });

  it('do not fail when they leave their input unread', async () => {
    assert.equal(await session.run({ argv: ['echo', 'done'], stdin: Buffer.alloc(9_000_000) }), 'done');
  });

  it('keep secrets out of the process list and out of messages', async () => {
    const failure = await session
      .run({ argv: ['sh', '-c', 'ps -eo args; exit 1'], stdin: new Secret('hunter2') })
      .catch((error: unknown) => error);
    assert.ok(failure instanceof SkylabError);
    assert.doesNotMatch(failure.message, /hunter2/);
  });

  it('show output as it comes, never half a character', async () => {
    const pieces: string[] = [];
    const script = 'printf "\\303"; sleep 0.2; printf "\\244\\360\\237"; sleep 0.2; printf "\\230\\200"; printf err >&2';
    const output = await session.run(sh(script), { onOutput: (text, stream) => pieces.push(`${stream}:${text}`) });
    assert.equal(output, 'ä😀');
    assert.deepEqual(
      pieces.filter((piece) => piece.startsWith('stdout')),
      ['stdout:ä', 'stdout:😀'],
    );
    assert.ok(pieces.includes('stderr:err'));
  });

  it('end on the machine, too, when they take too long', async () => {
    const mark = join(sshd.home, 'late');
    await assert.rejects(
      session.run({ ...sh(`sleep 1.2; touch ${mark}`), what: 'wait' }, { timeoutMs: 300 }),
      failsWith('RemoteCommandTimeout', /“wait” on ada took longer/),
    );
    await pause(1300);
    assert.ok(!existsSync(mark));
  });

  it('end on the machine, too, when the person cancels, with input open or not', async () => {
    for (const stdin of [undefined, 'x']) {
      const mark = join(sshd.home, `cancelled-${String(stdin)}`);
      const abort = new AbortController();
      const run = session.run(
        { ...sh(`echo begun; sleep 1.2; touch ${mark}`), ...(stdin === undefined ? {} : { stdin }) },
        { signal: abort.signal, onOutput: () => abort.abort() },
      );
      await assert.rejects(run, isCancelled);
      await pause(1300);
      assert.ok(!existsSync(mark));
    }
    await assert.rejects(session.run({ argv: ['true'] }, { signal: AbortSignal.abort() }), isCancelled);
  });

  it('run thirty at once although the server lets ten', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => session.run({ ...sh(`sleep 0.05; echo ${i}`) })));
    assert.deepEqual(
      answers.map(Number),
      Array.from({ length: 30 }, (_, i) => i),
    );
  });

  it('run one after the other where the server lets only two', async () => {
    const narrow = await startSshd({ config: ['MaxSessions 2'] });
    try {
      const one = await new Ssh2Dialer({ homeDir: narrow.home }, silentLog).dial(narrow.target('narrow'), {
        verify: acceptAny,
        questions: person(),
      });
      const answers = await Promise.all(Array.from({ length: 9 }, (_, i) => one.run({ ...sh(`sleep 0.05; echo ${i}`) })));
      assert.deepEqual(answers.map(Number), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      one.close();
      // commands so short that the refusals come when nothing is open any more
      for (let round = 0; round < 10; round++) {
        const next = await new Ssh2Dialer({ homeDir: narrow.home }, silentLog).dial(narrow.target('narrow'), {
          verify: acceptAny,
          questions: person(),
        });
        const short = await Promise.all(Array.from({ length: 9 }, (_, i) => next.run({ argv: ['echo', String(i)] })));
        assert.deepEqual(short.map(Number), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        next.close();
      }
    } finally {
      await narrow.stop();
    }
  });

  it('act as root where asked', async () => {
    const rootly = process.getuid?.() === 0 ? await startSshd() : sshd;
    const own = await new Ssh2Dialer({ homeDir: rootly.home }, silentLog).dial(rootly.target('root'), {
      verify: acceptAny,
      questions: person(),
    });
    assert.equal(await own.run({ argv: ['id', '-u'], sudo: true }), '0');
    own.close();
    if (rootly !== sshd) await rootly.stop();
  });

  describe('driven by their streams', () => {
    it('take a stream with back-pressure and tell their exit code', async () => {
      const file = join(sshd.home, 'streamed');
      const process = await session.start({ argv: ['sh', '-c', `cat > ${file}; exit 4`], okCodes: [4] });
      await pipeline(Readable.from(Array.from({ length: 300 }, (_, i) => Buffer.alloc(65536, i % 256))), process.stdin);
      assert.equal(await process.exit, 4);
      assert.equal(readFileSync(file).length, 300 * 65536);
    });

    it('break the stream when they end early', async () => {
      const process = await session.start({ argv: ['sh', '-c', 'head -c 10 >/dev/null; exit 1'] });
      const endless = Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65536);
        })(),
      );
      await assert.rejects(pipeline(endless, process.stdin));
      assert.equal(await process.exit, 1);
    });

    it('give output that is read late, and end when nobody reads it', async () => {
      const read = await session.start({ argv: ['seq', '200000'] });
      let text = '';
      for await (const piece of read.stdout) text += String(piece);
      assert.equal(text.split('\n').length, 200001);
      assert.equal(await read.exit, 0);
      const unread = await session.start({ argv: ['sh', '-c', 'echo out; echo err >&2'] });
      assert.equal(await unread.exit, 0);
    });

    it('end when killed', async () => {
      const process = await session.start({ argv: ['sleep', '30'] });
      // sshd may not have put sleep in its own place yet
      await pause(200);
      process.kill();
      await assert.rejects(process.exit, failsWith('RemoteCommandFailed', /signal SIGTERM/));
    });
  });

  describe('when the connection drops', () => {
    it('say that it was lost, at whatever point', async () => {
      for (const delay of [0, 50, 300]) {
        const proxy = await startProxy(sshd.port);
        const lossy = await dial(proxy.port);
        const closed = new Promise<void>((resolve) => lossy.onClose(resolve));
        const run = lossy.run({ ...sh('sleep 5'), what: 'work' });
        setTimeout(() => proxy.cut(), delay);
        await assert.rejects(run, failsWith('ConnectionLost', /connection to ada was lost during the step “work”/));
        await closed;
        await assert.rejects(lossy.run({ argv: ['true'] }), failsWith('ConnectionLost'));
        await proxy.stop();
      }
    });

    it('break streams instead of hanging', async () => {
      const proxy = await startProxy(sshd.port);
      const lossy = await dial(proxy.port);
      const process = await lossy.start({ argv: ['sh', '-c', 'cat >/dev/null'] });
      const endless = Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65536);
        })(),
      );
      setTimeout(() => proxy.cut(), 100);
      await assert.rejects(pipeline(endless, process.stdin));
      await assert.rejects(process.exit, failsWith('ConnectionLost'));
      await proxy.stop();
    });

    it('say so when the server’s side of the session is killed', async () => {
      const own = await dial();
      await assert.rejects(own.run(sh('kill -9 $PPID')), failsWith('ConnectionLost'));
    });

    it('tell those who come later at once', async () => {
      const own = await dial();
      own.close();
      await new Promise<void>((resolve) => own.onClose(resolve));
      await new Promise<void>((resolve) => own.onClose(resolve));
    });
  });

  it('are the same over the real ssh client', () => {
    const known = join(sshd.folder, 'known');
    writeFileSync(known, sshd.hostKeys.map((key) => `[127.0.0.1]:${sshd.port} ${key.type} ${key.blob}\n`).join(''));
    const args = [
      '-F',
      'none',
      '-o',
      `UserKnownHostsFile=${known}`,
      '-l',
      sshd.user,
      '-i',
      sshd.identityFile,
      '-p',
      String(sshd.port),
      '127.0.0.1',
      'pwd',
    ];
    assert.equal(execFileSync('ssh', args, { encoding: 'utf8' }).trim(), sshd.home);
  });
});
