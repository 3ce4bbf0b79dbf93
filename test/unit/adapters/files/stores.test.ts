import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHostEntryStore } from '../../../../src/adapters/files/hostEntryStore';
import { FileIdentityFiles } from '../../../../src/adapters/files/identityFiles';
import { newKeyPair } from '../../../../src/adapters/ssh/keys';
import { FileKnownHosts } from '../../../../src/adapters/files/knownHosts';
import { FileLedger } from '../../../../src/adapters/files/ledger';
import { SkylabError } from '../../../../src/core/errors';
import type { LedgerRecord } from '../../../../src/core/operations/operations';
import { fingerprintOf } from '../../../../src/core/ssh/hostKeys';
import type { HostKey, SshAlias, SshTarget } from '../../../../src/core/ssh/model';

const target = (alias: string, change: Partial<SshTarget> = {}): SshTarget => ({
  alias: alias as SshAlias,
  hostName: '10.0.0.1',
  port: 22,
  user: 'admin',
  hostKeyAlias: `i-${alias}`,
  ...change,
});
const code = (expected: string) => (error: unknown) => error instanceof SkylabError && error.code === expected && error.next !== undefined;

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'skylab-home-'));
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
});
afterEach(() => rmSync(home, { recursive: true }));
const ssh = (...parts: string[]): string => join(home, '.ssh', ...parts);

describe('the ssh entries on disk', () => {
  it('are added, changed and removed; the file stays private', async () => {
    const store = new FileHostEntryStore(home);
    assert.deepEqual(await store.list(), []);
    await store.upsert(target('ada'));
    await store.upsert(target('grace'));
    await store.upsert(target('ada', { hostName: '10.0.0.2' }));
    assert.deepEqual(await store.list(), [target('ada', { hostName: '10.0.0.2' }), target('grace')]);
    assert.equal(statSync(ssh('skylab', 'hosts.conf')).mode & 0o777, 0o600);
    await store.remove('ada' as SshAlias);
    assert.deepEqual(await store.list(), [target('grace')]);
  });

  it('of many tasks at once are all kept', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `m${i}`);
    await Promise.all(names.map((name) => new FileHostEntryStore(home).upsert(target(name))));
    assert.deepEqual((await new FileHostEntryStore(home).list()).map(({ alias }) => alias as string).sort(), names.sort());
  });

  it('keep a copy of what a person has written into the file', async () => {
    const store = new FileHostEntryStore(home);
    await store.upsert(target('ada'));
    const edited = `${readFileSync(ssh('skylab', 'hosts.conf'), 'utf8')}  ForwardX11 yes\n`;
    writeFileSync(ssh('skylab', 'hosts.conf'), edited);
    await store.upsert(target('grace'));
    assert.equal(readFileSync(ssh('skylab', 'hosts.conf.before'), 'utf8'), edited);
  });

  it('are not touched when they cannot be read', async () => {
    mkdirSync(ssh('skylab', 'hosts.conf'), { recursive: true });
    await assert.rejects(new FileHostEntryStore(home).upsert(target('ada')), code('FileUnusable'));
    await assert.rejects(new FileHostEntryStore(home).list(), code('FileUnusable'));
    assert.ok(statSync(ssh('skylab', 'hosts.conf')).isDirectory());
  });
});

describe('the Include in the person’s ssh config', () => {
  const store = (): FileHostEntryStore => new FileHostEntryStore(home, home);
  const line = 'Include "~/.ssh/skylab/*.conf"';

  it('is shown, then added once', async () => {
    const change = await store().includeChange();
    assert.ok(change);
    assert.deepEqual([change.path, change.before, change.after], [ssh('config'), '', `${line}\n`]);
    await change.apply();
    assert.equal(readFileSync(ssh('config'), 'utf8'), `${line}\n`);
    assert.equal(statSync(ssh('config')).mode & 0o777, 0o600);
    assert.equal(await store().includeChange(), undefined);
  });

  it('leaves every other byte, the line ends, the mode and a symbolic link as they are', async () => {
    mkdirSync(join(home, 'dotfiles'));
    const bytes = Buffer.concat([
      Buffer.from('# caf'),
      Buffer.from([0xe9]),
      Buffer.from('\r\nHost *\r\n\tUser root # me\r\n  Compression yes'),
    ]);
    writeFileSync(join(home, 'dotfiles', 'ssh'), bytes, { mode: 0o644 });
    chmodSync(join(home, 'dotfiles', 'ssh'), 0o644);
    symlinkSync('../dotfiles/ssh', ssh('config'));
    await (await store().includeChange())?.apply();
    assert.deepEqual(readFileSync(join(home, 'dotfiles', 'ssh')), Buffer.concat([Buffer.from(`${line}\r\n`), bytes]));
    assert.equal(statSync(ssh('config')).mode & 0o777, 0o644);
  });

  it('takes away a byte order mark, with which ssh would refuse the file', async () => {
    writeFileSync(ssh('config'), '\uFEFFHost old\n  HostName 10.0.0.9\n', { mode: 0o600 });
    assert.equal(spawnSync('ssh', ['-G', '-F', ssh('config'), 'old']).status, 255);
    await (await store().includeChange())?.apply();
    assert.match(
      execFileSync('ssh', ['-G', '-F', ssh('config'), 'old'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      /^hostname 10\.0\.0\.9$/m,
    );
  });

  it('is refused with the line that ssh does not know, and the file stays as it was', async () => {
    const text = 'Host old\n  HostName 10.0.0.9\n  BogusKeyword x\n';
    writeFileSync(ssh('config'), text, { mode: 0o600 });
    const change = await store().includeChange();
    await assert.rejects(
      async () => change?.apply(),
      (error) =>
        code('ConfigRefused')(error) &&
        /ssh cannot read .*config, .*line 3: Bad configuration option: boguskeyword\. Nothing was changed/.test(String(error)),
    );
    assert.equal(readFileSync(ssh('config'), 'utf8'), text);
    writeFileSync(ssh('config'), `IgnoreUnknown BogusKeyword\n${text}`);
    await (await store().includeChange())?.apply();
    assert.equal(readFileSync(ssh('config'), 'utf8'), `${line}\nIgnoreUnknown BogusKeyword\n${text}`);
  });

  it('runs no command of the person’s to find out whether ssh takes the file', async () => {
    const ran = join(home, 'ran');
    writeFileSync(ssh('config'), `Match exec "touch ${ran}"\n  User bob\nBogusKeyword x\n`);
    await (await store().includeChange())?.apply();
    assert.ok(readFileSync(ssh('config'), 'utf8').startsWith(line));
    assert.ok(!existsSync(ran));
  });

  it('is refused when the file may not be read', async () => {
    writeFileSync(ssh('config'), 'Host a\n', { mode: 0 });
    for (const folder of [home, ssh()]) chmodSync(folder, 0o755);
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      await assert.rejects(store().includeChange(), (error) => code('FileUnusable')(error) && /this account may not/.test(String(error)));
      await assert.rejects(store().takenNames(), code('FileUnusable'));
    } finally {
      if (root) process.seteuid?.(0);
    }
    chmodSync(ssh('config'), 0o600);
    assert.equal(readFileSync(ssh('config'), 'utf8'), 'Host a\n');
  });

  it('is refused when the file changed after it was shown', async () => {
    writeFileSync(ssh('config'), 'Host a\n');
    const change = await store().includeChange();
    writeFileSync(ssh('config'), 'Host b\n');
    await assert.rejects(async () => change?.apply(), code('FileChanged'));
    assert.equal(readFileSync(ssh('config'), 'utf8'), 'Host b\n');
  });

  it('is refused with a sentence where the config is a folder, a dead link or no text', async () => {
    mkdirSync(ssh('config'));
    await assert.rejects(store().includeChange(), code('FileUnusable'));
    rmSync(ssh('config'), { recursive: true });
    symlinkSync('gone', ssh('config'));
    await assert.rejects(store().includeChange(), code('FileUnusable'));
    rmSync(ssh('config'));
    writeFileSync(ssh('config'), Buffer.from('Host a\n', 'utf16le'));
    await assert.rejects(store().includeChange(), code('FileUnusable'));
  });

  it('names files by absolute path where ssh has another home folder', async () => {
    const change = await new FileHostEntryStore(home, '/elsewhere').includeChange();
    assert.equal(change?.after, `Include "${home}/.ssh/skylab/*.conf"\n`);
  });

  it('avoids the names that the person uses', async () => {
    writeFileSync(ssh('config'), 'Host ada *.org\n');
    assert.deepEqual([...(await store().takenNames())], ['ada']);
  });
});

describe('trusted host keys on disk', () => {
  const newKey = (name: string): HostKey => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, name)]);
    const [type = '', blob = ''] = readFileSync(join(home, `${name}.pub`), 'utf8').split(' ');
    return { type, blob };
  };
  const address = { host: '10.0.0.1', port: 22 };

  it('are found by ssh-keygen, once each, and are gone when forgotten', async () => {
    const hosts = new FileKnownHosts(home);
    const [one, two] = [newKey('one'), newKey('two')];
    await hosts.trust('i-1', [one]);
    await hosts.trust('i-1', [one, two]);
    await hosts.trust('i-2', [one]);
    assert.deepEqual(await hosts.lookup('i-1', address), { trusted: [one, two], trustedBy: 'alias', revoked: [], authorities: [] });
    const find = (name: string): string =>
      spawnSync('ssh-keygen', ['-F', name, '-f', ssh('skylab', 'known_hosts')], { encoding: 'utf8' }).stdout;
    assert.equal(find('i-1').match(/^i-1 /gm)?.length, 2);
    await hosts.forget('i-1');
    assert.equal(find('i-1'), '');
    assert.match(find('i-2'), /i-2/);
    assert.deepEqual(await hosts.lookup('i-1', address), { trusted: [], revoked: [], authorities: [] });
    await hosts.replace('i-2', two);
    assert.deepEqual((await hosts.lookup('i-2', address)).trusted, [two]);
  });

  it('of the person count by address, are said to, and are never written', async () => {
    const [one, two] = [newKey('one'), newKey('two')];
    const text = `10.0.0.1,h ${one.type} ${one.blob}\n@cert-authority * ${two.type} ${two.blob}\n`;
    writeFileSync(ssh('known_hosts'), text);
    const hosts = new FileKnownHosts(home);
    assert.deepEqual(await hosts.lookup('i-1', address), { trusted: [one], trustedBy: 'address', revoked: [], authorities: [two] });
    assert.deepEqual(await hosts.lookup('i-1', { host: '10.0.0.1', port: 2222 }), { trusted: [], revoked: [], authorities: [two] });
    await hosts.trust('i-1', [two]);
    assert.deepEqual(await hosts.lookup('i-1', address), { trusted: [two], trustedBy: 'alias', revoked: [], authorities: [two] });
    assert.equal(readFileSync(ssh('known_hosts'), 'utf8'), text);
  });

  it('carry the person’s revocations', async () => {
    const one = newKey('one');
    writeFileSync(ssh('known_hosts'), `@revoked * ${one.type} ${one.blob}\n`);
    assert.deepEqual((await new FileKnownHosts(home).lookup('i-1', address)).revoked, [one]);
  });

  it('that cannot be read refuse', async () => {
    mkdirSync(ssh('known_hosts'));
    await assert.rejects(new FileKnownHosts(home).lookup('i-1', address), code('FileUnusable'));
  });
});

describe('private keys on disk', () => {
  it('makes whole public keys, those that begin with zeros too', () => {
    for (let i = 0; i < 3000; i++) {
      const [type, blob = ''] = newKeyPair('ada').publicKey.split(' ');
      const bytes = Buffer.from(blob, 'base64');
      // two strings with their lengths: the type of 11 bytes and the key of 32 (RFC 8709, 4)
      assert.deepEqual([type, bytes.length, bytes.readUInt32BE(15)], ['ssh-ed25519', 51, 32]);
    }
  });

  it('are told of before they are written, and not where another key stands already', async () => {
    const files = new FileIdentityFiles(home);
    const told: string[] = [];
    const stop = new Error('the ledger cannot be written');
    const before = (path: string) => {
      told.push(path);
      return Promise.reject(stop);
    };
    await assert.rejects(files.create('early', 'early', before), stop);
    assert.deepEqual(told, [ssh('skylab', 'keys', 'early')]);
    assert.deepEqual(
      readdirSync(ssh('skylab', 'keys')).filter((name) => /^early(\.pub)?$/.test(name)),
      [],
    );
    await files.create('early', 'early');
    await assert.rejects(files.create('early', 'early', before), /early/);
    assert.equal(told.length, 1);
  });

  it('are made as OpenSSH makes them, private, and found by their name', async () => {
    const files = new FileIdentityFiles(home);
    const { path, publicKey } = await files.create('ada', 'skylab ada');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim(), publicKey);
    assert.equal(readFileSync(`${path}.pub`, 'utf8'), `${publicKey}\n`);
    assert.match(publicKey, /^ssh-ed25519 \S+ skylab ada$/);
    const [type = '', blob = ''] = publicKey.split(' ');
    assert.match(
      execFileSync('ssh-keygen', ['-l', '-f', path], { encoding: 'utf8' }),
      new RegExp(fingerprintOf({ type, blob }).replace(/[+/]/g, '\\$&')),
    );
    assert.equal(await files.find('ada'), path);
    assert.equal(await files.find('other'), undefined);
  });

  it('have a file of their own for any name, inside the folder', async () => {
    const files = new FileIdentityFiles(home);
    const names = ['../../evil', '.', '..', '', 'a b', 'a=20b', 'ä', '🚀', '-x', 'x.pub', 'n'.repeat(300), 'n'.repeat(299), "it's $(id)"];
    const paths = await Promise.all(names.map(async (name) => (await files.create(name, `c\n${name}`)).path));
    assert.equal(new Set(paths).size, names.length);
    assert.equal(readdirSync(ssh('skylab', 'keys')).length, names.length * 2);
    for (const [i, name] of names.entries()) assert.equal(await files.find(name), paths[i]);
  });

  it('are never overwritten', async () => {
    const files = new FileIdentityFiles(home);
    const { path } = await files.create('ada', '');
    const before = readFileSync(path);
    await assert.rejects(files.create('ada', ''), code('KeyFileExists'));
    assert.deepEqual(readFileSync(path), before);
  });

  it('are found where AWS users keep them, but only if they are keys', async () => {
    const files = new FileIdentityFiles(home);
    execFileSync('openssl', ['genrsa', '-traditional', '-out', ssh('course.pem'), '2048'], { stdio: 'ignore' });
    writeFileSync(ssh('config'), 'Host x\n');
    assert.equal(await files.find('course'), ssh('course.pem'));
    assert.equal(await files.find('config'), undefined);
    assert.equal(await files.find('../.ssh/course'), undefined);
  });

  it('are removed only if Skylab made them', async () => {
    const files = new FileIdentityFiles(home);
    const { path } = await files.create('ada', '');
    writeFileSync(ssh('id_ed25519'), 'mine');
    await assert.rejects(files.remove(ssh('id_ed25519')), code('NotOurKey'));
    await assert.rejects(files.remove(join(ssh('skylab', 'keys'), '..', '..', 'id_ed25519')), code('NotOurKey'));
    await files.remove(path);
    await files.remove(path);
    assert.deepEqual(readdirSync(ssh('skylab', 'keys')), []);
  });

  it('tell their public half: public, private, locked, PEM, PKCS#8', async () => {
    const files = new FileIdentityFiles(home);
    const keygen = (...args: string[]): string => execFileSync('ssh-keygen', args, { encoding: 'utf8' }).trim();
    const halves = (line: string): string => line.split(' ').slice(0, 2).join(' ');
    keygen('-q', '-t', 'ed25519', '-N', 'secret', '-C', 'me', '-f', ssh('locked'));
    keygen('-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', ssh('pem'));
    keygen('-q', '-t', 'ecdsa', '-m', 'PKCS8', '-N', '', '-f', ssh('pkcs8'));
    for (const name of ['locked', 'pem', 'pkcs8']) {
      assert.equal(halves(await files.publicKeyOf(ssh(name))), halves(readFileSync(ssh(`${name}.pub`), 'utf8')), name);
      assert.equal(await files.publicKeyOf(ssh(`${name}.pub`)), readFileSync(ssh(`${name}.pub`), 'utf8').trim());
    }
    assert.deepEqual(
      (await files.listPublic()).map(({ path }) => path),
      ['locked.pub', 'pem.pub', 'pkcs8.pub'].map((name) => ssh(name)),
    );
    keygen('-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'secret', '-f', ssh('lockedpem'));
    assert.equal(halves(await files.publicKeyOf(ssh('lockedpem'))), halves(readFileSync(ssh('lockedpem.pub'), 'utf8')));
    rmSync(ssh('lockedpem.pub'));
    await assert.rejects(files.publicKeyOf(ssh('lockedpem')), code('KeyLocked'));
    writeFileSync(ssh('noise'), 'hello');
    await assert.rejects(files.publicKeyOf(ssh('noise')), code('NotAKey'));
    await assert.rejects(files.publicKeyOf(ssh('absent')), code('NoSuchKey'));
  });
});

describe('the ledger on disk', () => {
  const record = (id: string, startedAt: number): LedgerRecord => ({
    id,
    kind: 'launch',
    title: 'Launch ada',
    startedAt,
    pid: 7,
    created: [{ kind: 'instance', id: 'i-1', label: 'ada' }],
  });

  it('gives back what was saved, oldest first, until it is removed', async () => {
    const said: string[] = [];
    const ledger = new FileLedger(join(home, 'ledger'), {
      debug: () => undefined,
      info: () => undefined,
      warn: (text) => said.push(text),
      error: () => undefined,
    });
    assert.deepEqual(await ledger.list(), []);
    await ledger.save(record('b', 2));
    await ledger.save(record('a', 3));
    await ledger.save({ ...record('a', 1), accountId: 'x' });
    assert.deepEqual(await ledger.list(), [{ ...record('a', 1), accountId: 'x' }, record('b', 2)]);
    await ledger.remove('a');
    await ledger.remove('a');
    assert.deepEqual(await ledger.list(), [record('b', 2)]);
    await assert.rejects(ledger.save(record('../x', 1)), SkylabError);
    assert.deepEqual(said, []);
  });

  it('leaves out a damaged file, says so and keeps it', async () => {
    const warnings: string[] = [];
    const ledger = new FileLedger(home, {
      debug: () => undefined,
      info: () => undefined,
      warn: (text) => warnings.push(text),
      error: () => undefined,
    });
    await ledger.save(record('good', 1));
    writeFileSync(join(home, 'half.json'), '{"id":"half"');
    writeFileSync(join(home, 'other.json'), '{"id":"other"}');
    assert.deepEqual(await ledger.list(), [record('good', 1)]);
    assert.equal(warnings.length, 2);
    assert.ok(readdirSync(home).includes('half.json'));
  });
});
