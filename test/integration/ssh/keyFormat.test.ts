import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { DirectKeyCode, WorkerKeyCode } from '../../../src/adapters/ssh/keyCode';
import { generateKey, openKey, sealKey } from '../../../src/adapters/ssh/keyFormat';
import { readPrivateKey } from '../../../src/adapters/ssh/keys';
import { keyFacts } from '../../../src/core/ssh/keys/publicKeys';
import { Secret } from '../../../src/core/secret';

const sesame = Buffer.from('öpen sésame');

describe('a private key file', function () {
  this.timeout(60_000);
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'skylab-keys-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const keygen = (...args: string[]): string => execFileSync('ssh-keygen', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const made = (name: string, ...args: string[]): string => {
    const file = path.join(folder, name);
    keygen('-q', '-C', 'ada@home', '-f', file, ...args);
    return file;
  };
  /** What ssh-keygen reads in a text of ours. */
  const publicLine = (text: string, passphrase = ''): string => {
    const file = path.join(folder, 'ours');
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600);
    return keygen('-y', '-P', passphrase, '-f', file).trim();
  };
  const publicBlob = (file: string): string => readFileSync(`${file}.pub`, 'utf8').split(' ')[1] ?? '';

  for (const [name, args] of [
    ['ed25519', ['-t', 'ed25519']],
    ['ecdsa of 384 bits', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa of 521 bits', ['-t', 'ecdsa', '-b', '521']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['rsa in PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
    ['ecdsa in PEM', ['-t', 'ecdsa', '-m', 'PEM']],
    ['rsa in PKCS#8', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8']],
    ['ed25519 with aes256-gcm', ['-t', 'ed25519', '-Z', 'aes256-gcm@openssh.com']],
    ['ed25519 with aes128-cbc', ['-t', 'ed25519', '-Z', 'aes128-cbc']],
  ] as const) {
    it(`of ssh-keygen (${name}) is opened, and what is written from it ssh-keygen opens: with, without and with another passphrase`, () => {
      for (const passphrase of ['', sesame.toString()]) {
        const file = made(passphrase === '' ? 'open' : 'locked', ...args, '-N', passphrase);
        const text = readFileSync(file, 'utf8');
        const opened = openKey(text, passphrase === '' ? undefined : sesame);
        assert.ok(opened.kind === 'key');
        assert.equal(opened.key.publicBlob.toString('base64'), publicBlob(file));
        for (const next of ['', 'another one']) {
          const line = publicLine(sealKey(opened.key, Buffer.from(next)), next);
          assert.equal(line.split(' ')[1], publicBlob(file));
        }
        if (passphrase !== '') {
          assert.deepEqual(openKey(text), { kind: 'locked' });
          assert.deepEqual(openKey(text, Buffer.from('wrong')), { kind: 'locked' });
        }
      }
    });
  }

  it('keeps its comment through a change of the passphrase', () => {
    const opened = openKey(readFileSync(made('one', '-t', 'ed25519', '-N', ''), 'utf8'));
    assert.ok(opened.kind === 'key');
    assert.match(publicLine(sealKey(opened.key, sesame), sesame.toString()), / ada@home$/);
  });

  it('made here is one for ssh-keygen and for ssh2, of each kind', () => {
    for (const kind of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const key = generateKey(kind, 'new one');
      const text = sealKey(key);
      assert.equal(
        publicLine(text),
        `${key.publicBlob.toString('latin1', 4, 4 + key.publicBlob.readUInt32BE(0))} ${key.publicBlob.toString('base64')} new one`,
      );
      const read = readPrivateKey(text);
      assert.ok(read.kind === 'key' && read.key.getPublicSSH().equals(key.publicBlob));
      assert.equal(keyFacts(key.publicBlob)?.bits, { ed25519: 256, ecdsa: 256, rsa: 4096 }[kind]);
    }
  });

  it('that is none, or is cut short, is told to be none', () => {
    const text = readFileSync(made('one', '-t', 'ed25519', '-N', ''), 'utf8');
    assert.deepEqual(openKey('hello'), { kind: 'none' });
    assert.deepEqual(openKey(''), { kind: 'none' });
    const lines = text.split('\n');
    assert.deepEqual(openKey([lines[0], lines[1], lines.at(-2), ''].join('\n')), { kind: 'none' });
    assert.deepEqual(openKey('-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n'), { kind: 'none' });
  });

  it('with a passphrase is opened in a worker, while this thread goes on', async () => {
    const outfile = path.join(folder, 'key-worker.js');
    buildSync({ entryPoints: ['src/adapters/ssh/keyWorker.ts'], bundle: true, platform: 'node', outfile });
    const text = readFileSync(made('locked', '-t', 'ed25519', '-N', sesame.toString(), '-a', '64'), 'utf8');
    const passphrase = new Secret(sesame.toString());
    const begun = performance.now();
    const direct = await new DirectKeyCode().do({ kind: 'open', text, passphrase });
    const blocking = performance.now() - begun;
    const code = new WorkerKeyCode(outfile);
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 5);
    const answer = await code.do({ kind: 'open', text, passphrase });
    clearInterval(timer);
    assert.ok(answer.kind === 'opened' && direct.kind === 'opened');
    assert.deepEqual(Buffer.from(answer.fields), Buffer.from(direct.fields));
    assert.ok(longest < blocking / 2, `blocked for ${Math.round(longest)} ms; on this thread it takes ${Math.round(blocking)} ms`);
    assert.deepEqual(await code.do({ kind: 'open', text, passphrase: new Secret('wrong') }), { kind: 'locked' });
    code.dispose();
  });
});
