import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHostEntryStore } from '../../../src/adapters/files/hostEntryStore';
import { FileKnownHosts } from '../../../src/adapters/files/knownHosts';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import { SkylabError } from '../../../src/core/errors';
import { HostTrust } from '../../../src/core/ssh/hostTrust';
import { sshArgs } from '../../../src/core/ssh/hostEntries';
import type { HostKey, SshAlias, SshTarget } from '../../../src/core/ssh/model';
import type { HostKeyAnswer, SshQuestions } from '../../../src/core/ssh/ports';
import { person, silentLog } from '../support/person';
import type { Sshd } from '../support/sshd';
import { keygen, readHostKey, startSshd } from '../support/sshd';

const code = (wanted: string) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, wanted, error.message);
  return true;
};

describe('the trust in a host key', () => {
  let home = '';
  let authority = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'skylab-trust-'));
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    authority = join(home, 'authority');
    keygen(authority);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const target = (sshd: Sshd): SshTarget => ({ ...sshd.target('ada'), hostKeyAlias: 'given-ada' });
  const trust = (questions: SshQuestions = person()): HostTrust =>
    new HostTrust({
      knownHosts: new FileKnownHosts(home),
      dialer: new Ssh2Dialer({ homeDir: home }, silentLog),
      questions,
      log: silentLog,
    });
  const knownHosts = (line: string): void => writeFileSync(join(home, '.ssh', 'known_hosts'), `${line}\n`);
  const publicKey = (path: string): string => readFileSync(`${path}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ');
  const trusted = async (sshd: Sshd): Promise<readonly HostKey[]> =>
    (await new FileKnownHosts(home).lookup('given-ada', { host: '127.0.0.1', port: sshd.port })).trusted;
  const realSsh = async (sshd: Sshd): Promise<string> => {
    const store = new FileHostEntryStore(home, '/elsewhere');
    await store.upsert(target(sshd));
    await (await store.includeChange())?.apply();
    const args = sshArgs('ada' as SshAlias, home, { accountHome: '/elsewhere' });
    return spawnSync('ssh', ['-o', 'BatchMode=yes', ...args, 'echo', 'in'], { encoding: 'utf8' }).stdout;
  };
  const answering = (answer: HostKeyAnswer): SshQuestions => ({ ...person(), acceptHostKey: async () => answer });

  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
    it(`comes from an authority that the person's known_hosts trusts (${type}), without a question; the real ssh agrees`, async () => {
      const sshd = await startSshd({ hostKeyTypes: [type], hostAuthority: authority });
      try {
        knownHosts(`@cert-authority [127.0.0.1]:* ${publicKey(authority)}`);
        await trust().settle('ada', target(sshd), undefined);
        assert.deepEqual(await trusted(sshd), sshd.hostKeys);
        assert.equal(await realSsh(sshd), 'in\n');
        const raw = ['-F', 'none', '-o', `UserKnownHostsFile=${join(home, '.ssh', 'known_hosts')}`, '-o', 'StrictHostKeyChecking=yes'];
        const oracle = spawnSync('ssh', [...raw, '-i', sshd.identityFile, '-p', String(sshd.port), '127.0.0.1', 'echo', 'in'], {
          encoding: 'utf8',
        });
        assert.equal(oracle.stdout, 'in\n', oracle.stderr);
      } finally {
        await sshd.stop();
      }
    });
  }

  it('follows the authority to a new host key', async () => {
    const first = await startSshd({ hostAuthority: authority });
    knownHosts(`@cert-authority [127.0.0.1]:* ${publicKey(authority)}`);
    await trust().settle('ada', target(first), undefined);
    await first.stop();
    const second = await startSshd({ hostAuthority: authority });
    try {
      await trust().settle('ada', target(second), undefined);
      assert.deepEqual(await trust().verify('ada', target(second), second.hostKeys[0]!), { accept: true });
      assert.equal(await realSsh(second), 'in\n');
    } finally {
      await second.stop();
    }
  });

  it('does not come from another authority, a certificate for another name or a revoked authority', async () => {
    keygen(join(home, 'other'));
    const sshd = await startSshd({ hostAuthority: authority });
    const named = await startSshd({ hostAuthority: authority, certifiedFor: 'grace.example.org' });
    try {
      const refused = (one: Sshd) => assert.rejects(trust().settle('ada', target(one), undefined), code('HostKeyDeclined'));
      knownHosts(`@cert-authority [127.0.0.1]:* ${publicKey(join(home, 'other'))}`);
      await refused(sshd);
      knownHosts(`@cert-authority [127.0.0.1]:* ${publicKey(authority)}`);
      await refused(named);
      knownHosts(`@cert-authority [127.0.0.1]:* ${publicKey(authority)}\n@revoked * ${publicKey(authority)}`);
      await refused(sshd);
      knownHosts(`@cert-authority !127.0.0.1,![127.0.0.1]:${sshd.port},* ${publicKey(authority)}`);
      await refused(sshd);
    } finally {
      await Promise.all([sshd.stop(), named.stop()]);
    }
  });

  it('comes from a pasted fingerprint, in whatever form it was handed out, and a wrong one is refused plainly', async () => {
    const sshd = await startSshd({ hostKeyTypes: ['ecdsa'] });
    try {
      const file = join(sshd.folder, 'host_ecdsa.pub');
      const listed = (...args: string[]): string => execFileSync('ssh-keygen', ['-l', ...args, '-f', file], { encoding: 'utf8' });
      const scanned = execFileSync('ssh-keyscan', ['-p', String(sshd.port), '127.0.0.1'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const forms = [
        listed(),
        listed().split(' ')[1] ?? '',
        (listed().split(' ')[1] ?? '').replace('SHA256:', ''),
        listed('-E', 'md5'),
        (listed('-E', 'md5').split(' ')[1] ?? '').replace('MD5:', '').toUpperCase(),
        readFileSync(file, 'utf8'),
        scanned,
      ];
      for (const pasted of forms) {
        await trust(answering({ pasted })).settle('ada', target(sshd), undefined);
        assert.deepEqual(await trusted(sshd), sshd.hostKeys, pasted);
        await new FileKnownHosts(home).forget('given-ada');
      }
      const wrong = execFileSync('ssh-keygen', ['-l', '-f', `${authority}.pub`], { encoding: 'utf8' });
      await assert.rejects(trust(answering({ pasted: wrong })).settle('ada', target(sshd), undefined), code('HostKeyMismatch'));
      assert.deepEqual(await trusted(sshd), []);
    } finally {
      await sshd.stop();
    }
  });

  it('in a changed key is refused with what helps, and only a replacement lets it in again; the real ssh agrees', async () => {
    const sshd = await startSshd();
    try {
      const old = readHostKey(`${authority}.pub`);
      await new FileKnownHosts(home).trust('given-ada', [old]);
      const [offered] = sshd.hostKeys;
      assert.ok(offered);
      const verdict = await trust().verify('ada', target(sshd), offered);
      assert.ok(!verdict.accept && verdict.reason instanceof SkylabError);
      assert.deepEqual(verdict.reason.remedies, [
        { kind: 'hostKey', change: { name: 'ada', hostKeyAlias: 'given-ada', offered, trusted: [old] } },
      ]);
      assert.equal(await realSsh(sshd), '');
      const printed = `-----BEGIN SSH HOST KEY KEYS-----\n${offered.type} ${offered.blob}\n-----END SSH HOST KEY KEYS-----\n`;
      const report = await trust().report('ada', target(sshd), async () => printed);
      assert.deepEqual(report, { offered, trusted: [old], judgement: 'changed', console: { outcome: 'keys', keys: [offered] } });
      await new FileKnownHosts(home).replace('given-ada', offered);
      assert.deepEqual(await trust().verify('ada', target(sshd), offered), { accept: true });
      assert.equal(await realSsh(sshd), 'in\n');
    } finally {
      await sshd.stop();
    }
  });
});
