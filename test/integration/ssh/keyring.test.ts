import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskKeyFiles } from '../../../src/adapters/files/keyFiles';
import { AgentClient } from '../../../src/adapters/ssh/agent';
import { DirectKeyCode } from '../../../src/adapters/ssh/keyCode';
import { SkylabError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import { Keyring } from '../../../src/core/ssh/keys/keyring';
import type { KeyEntry, KeyFile } from '../../../src/core/ssh/keys/model';
import type { SshTarget } from '../../../src/core/ssh/model';
import type { TestAgent } from '../support/agent';
import { startAgent } from '../support/agent';
import { keygen } from '../support/sshd';

const failsWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof SkylabError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

describe('the keys of this computer', () => {
  let home = '';
  let ssh = '';
  let agent: TestAgent;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'skylab-keyring-'));
    ssh = join(home, '.ssh');
    mkdirSync(ssh, { mode: 0o700 });
    agent = startAgent(home);
  });
  afterEach(() => {
    agent.stop();
    rmSync(home, { recursive: true });
  });

  const keyring = (targets: readonly Partial<SshTarget>[] = []): Keyring =>
    new Keyring({
      files: new DiskKeyFiles(home, new DirectKeyCode()),
      agent: new AgentClient(agent.socket),
      targets: async () => targets as readonly SshTarget[],
    });
  const find = async (name: string, ring = keyring()): Promise<KeyEntry> => {
    const found = (await ring.list()).keys.find(({ id }) => id.endsWith(name));
    assert.ok(found, name);
    return found;
  };
  const file = async (name: string): Promise<KeyFile> => {
    const found = (await find(name)).file;
    assert.ok(found);
    return found;
  };
  const fingerprint = (path: string): string => execFileSync('ssh-keygen', ['-l', '-f', path], { encoding: 'utf8' }).split(' ')[1] ?? '';

  it('are listed with type, size, fingerprint, comment and lock, as ssh-keygen tells them', async () => {
    keygen(join(ssh, 'plain'));
    keygen(join(ssh, 'locked'), 'ecdsa', 'sesame');
    keygen(join(ssh, 'big'), 'rsa');
    writeFileSync(join(ssh, 'config'), 'Host x\n');
    writeFileSync(join(ssh, 'known_hosts'), '');
    writeFileSync(join(ssh, 'notes'), 'no key at all');
    rmSync(join(ssh, 'big'));
    const { keys } = await keyring().list();
    assert.deepEqual(
      keys.map(({ id, facts, comment, file: one }) => [id, facts?.kind, facts?.bits, facts?.fingerprint, comment, one?.secrecy]),
      [
        [join(ssh, 'big.pub'), 'RSA', 3072, fingerprint(join(ssh, 'big.pub')), 'skylab-test', 'public'],
        [join(ssh, 'locked'), 'ECDSA', 256, fingerprint(join(ssh, 'locked.pub')), 'skylab-test', 'locked'],
        [join(ssh, 'plain'), 'ED25519', 256, fingerprint(join(ssh, 'plain.pub')), 'skylab-test', 'open'],
      ],
    );
  });

  it('include the files that machines name, wherever they lie, and say which machines', async () => {
    const path = join(home, 'course.pem');
    keygen(path);
    rmSync(`${path}.pub`);
    const target = { alias: 'ada', identityFile: path } as unknown as SshTarget;
    const entry = await find('course.pem', keyring([target]));
    assert.deepEqual(entry.usedBy, ['ada']);
    assert.equal(entry.facts?.fingerprint, fingerprint(path));
  });

  it('that others may read are marked until their permissions are repaired', async () => {
    keygen(join(ssh, 'loose'));
    chmodSync(join(ssh, 'loose'), 0o644);
    assert.deepEqual((await file('loose')).problem, { kind: 'modes', mode: 0o644 });
    await keyring().repairModes(await file('loose'));
    assert.equal((await file('loose')).problem, undefined);
    assert.equal(statSync(join(ssh, 'loose')).mode & 0o777, 0o600);
  });

  it('are made as ssh-keygen would: usable at once, private, never over another', async () => {
    const ring = keyring();
    const path = await ring.create({ name: 'id_new', type: 'ed25519', comment: 'ada at home' }, new Secret('sesame'));
    assert.equal(path, join(ssh, 'id_new'));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(execFileSync('ssh-keygen', ['-y', '-P', 'sesame', '-f', path], { encoding: 'utf8' }), / ada at home$/m);
    assert.equal((await find('id_new')).facts?.fingerprint, fingerprint(`${path}.pub`));
    await assert.rejects(ring.create({ name: 'id_new', type: 'rsa', comment: '' }), failsWith('KeyFileExists'));
    await assert.rejects(ring.create({ name: '../id', type: 'rsa', comment: '' }), failsWith('BadName'));
  });

  it('get, change and lose their passphrase; a wrong one leaves the file as it was', async () => {
    const path = join(ssh, 'one');
    keygen(path);
    const opens = (passphrase: string): string =>
      execFileSync('ssh-keygen', ['-y', '-P', passphrase, '-f', path], { encoding: 'utf8', stdio: 'pipe' });
    const line = opens('');
    await keyring().setPassphrase(await file('one'), undefined, new Secret('first'));
    assert.equal((await file('one')).secrecy, 'locked');
    assert.equal(opens('first'), line);
    const before = readFileSync(path);
    await assert.rejects(keyring().setPassphrase(await file('one'), new Secret('wrong'), new Secret('x')), failsWith('WrongPassphrase'));
    assert.deepEqual(readFileSync(path), before);
    await keyring().setPassphrase(await file('one'), new Secret('first'), undefined);
    assert.equal(opens(''), line);
  });

  it('go into the agent and out of it', async () => {
    keygen(join(ssh, 'one'), 'rsa', 'sesame');
    keygen(join(ssh, 'two'), 'ecdsa');
    keygen(join(ssh, 'three'));
    const ring = keyring();
    await assert.rejects(ring.addToAgent(await file('one'), new Secret('wrong')), failsWith('WrongPassphrase'));
    await ring.addToAgent(await file('one'), new Secret('sesame'));
    await ring.addToAgent(await file('two'), undefined);
    await ring.addToAgent(await file('three'), undefined);
    const listed = agent.add('-l');
    for (const name of ['one', 'two', 'three'])
      assert.match(listed, new RegExp(fingerprint(join(ssh, `${name}.pub`)).replaceAll('+', '\\+')));
    assert.ok((await find('one')).agent);
    await ring.removeFromAgent(await find('one'));
    assert.doesNotMatch(agent.add('-l'), /RSA/);
    assert.equal((await find('one')).agent, undefined);
  });

  it('are listed from the agent alone where no file has them, with a public line to copy', async () => {
    keygen(join(home, 'elsewhere'));
    agent.add('-q', join(home, 'elsewhere'));
    const { keys, agent: answers } = await keyring().list();
    assert.equal(answers, true);
    assert.equal(keys.length, 1);
    const [entry] = keys;
    assert.ok(entry?.agent);
    assert.equal(await keyring().publicLine(entry), readFileSync(join(home, 'elsewhere.pub'), 'utf8').trim());
  });

  it('are listed without an agent, too', async () => {
    keygen(join(ssh, 'one'));
    const ring = new Keyring({
      files: new DiskKeyFiles(home, new DirectKeyCode()),
      agent: new AgentClient(join(home, 'no-agent')),
      targets: async () => [],
    });
    const { keys, agent: answers } = await ring.list();
    assert.equal(answers, false);
    assert.equal(keys.length, 1);
    await assert.rejects(ring.addToAgent(await file('one'), undefined), failsWith('NoAgent'));
  });

  it('are deleted with their public half and certificate', async () => {
    const path = join(ssh, 'one');
    keygen(path);
    writeFileSync(`${path}-cert.pub`, 'x');
    await keyring().remove(await file('one'));
    assert.deepEqual([path, `${path}.pub`, `${path}-cert.pub`].filter(existsSync), []);
  });
});
