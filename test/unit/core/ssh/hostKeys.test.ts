import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf, judge, knownHostName, matchesHost, parseConsoleHostKeys, parseKnownHosts } from '../../../../src/core/ssh/hostKeys';
import type { HostKey } from '../../../../src/core/ssh/model';

let folder = '';
const keys: Record<'ed25519' | 'ecdsa' | 'rsa', HostKey> = {
  ed25519: { type: '', blob: '' },
  ecdsa: { type: '', blob: '' },
  rsa: { type: '', blob: '' },
};

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'skylab-keys-'));
  for (const name of ['ed25519', 'ecdsa', 'rsa'] as const) {
    execFileSync('ssh-keygen', ['-q', '-t', name, '-N', '', '-f', join(folder, name)]);
    const [type = '', blob = ''] = readFileSync(join(folder, `${name}.pub`), 'utf8').split(' ');
    keys[name] = { type, blob };
  }
});
after(() => rmSync(folder, { recursive: true }));

const block = (...lines: string[]): string => ['-----BEGIN SSH HOST KEY KEYS-----', ...lines, '-----END SSH HOST KEY KEYS-----'].join('\n');
const line = (key: HostKey): string => `${key.type} ${key.blob} root@ip-10-0-0-1`;

describe('host keys on the console', () => {
  it('tells blank, absent and present apart', () => {
    assert.deepEqual(parseConsoleHostKeys(' \r\n\n'), { outcome: 'blank' });
    assert.deepEqual(parseConsoleHostKeys('[    0.000000] Linux version 6.1'), { outcome: 'absent' });
    assert.deepEqual(parseConsoleHostKeys(block(line(keys.ed25519))), { outcome: 'keys', keys: [keys.ed25519] });
  });

  it('reads lines with syslog and kernel prefixes and CRLF', () => {
    const prefixed = block(line(keys.ed25519), line(keys.ecdsa), line(keys.rsa))
      .split('\n')
      .map((text, i) => (i % 2 === 0 ? `<14>Nov 21 09:00:00 cloud-init: ${text}` : `[   12.345678] cloud-init[512]: ${text}`))
      .join('\r\n');
    assert.deepEqual(parseConsoleHostKeys(`boot\r\n${prefixed}\r\nlogin:`), {
      outcome: 'keys',
      keys: [keys.ed25519, keys.ecdsa, keys.rsa],
    });
  });

  it('takes the last complete block', () => {
    const text = `${block(line(keys.rsa))}\n${block(line(keys.ed25519))}\n-----BEGIN SSH HOST KEY KEYS-----\n${line(keys.ecdsa)}`;
    assert.deepEqual(parseConsoleHostKeys(text), { outcome: 'keys', keys: [keys.ed25519] });
  });

  it('believes no key outside a block, cut off, or whose blob is of another type', () => {
    const cut = `${keys.ed25519.type} ${keys.ed25519.blob.slice(0, 10)}`;
    const lying = `ssh-rsa ${keys.ed25519.blob}`;
    assert.deepEqual(parseConsoleHostKeys(`${line(keys.rsa)}\n${block(cut, lying)}`), { outcome: 'absent' });
  });
});

describe('fingerprints', () => {
  it('are those that ssh-keygen prints', () => {
    for (const name of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const printed = execFileSync('ssh-keygen', ['-l', '-f', join(folder, `${name}.pub`)], { encoding: 'utf8' }).split(' ')[1];
      assert.equal(fingerprintOf(keys[name]), printed);
    }
  });
});

describe('known_hosts lines', () => {
  const found = (text: string, host: string, port = 22): boolean =>
    parseKnownHosts(text).some((entry) => matchesHost(entry, knownHostName(host, port)));
  const oracle = (text: string, host: string, port = 22): boolean => {
    const file = join(folder, 'known_hosts');
    writeFileSync(file, text);
    return spawnSync('ssh-keygen', ['-F', knownHostName(host, port), '-f', file]).status === 0;
  };

  it('match as ssh-keygen -F finds them: plain, lists, wildcards, negation, ports, comments', () => {
    const key = `${keys.ed25519.type} ${keys.ed25519.blob}`;
    const texts = [
      `ada.example.org ${key}\n`,
      `# ada.example.org ${key}\n`,
      `grace,ada.example.org,10.0.0.1 ${key} comment here\r\n`,
      `*.example.org,!ada.example.org ${key}\n`,
      `!ada.example.org,*.example.org ${key}\n`,
      `a?a.example.org ${key}\n`,
      `[ada.example.org]:2222 ${key}\n`,
      `[*.example.org]:2222 ${key}\n`,
      `\t ada.example.org\t${key}\n`,
      `ADA.example.org ${key}\n`,
      `ada.example.org\n`,
    ];
    for (const text of texts) {
      for (const [host, port] of [
        ['ada.example.org', 22],
        ['ada.example.org', 2222],
        ['Grace', 22],
        ['x.example.org', 22],
      ] as const) {
        assert.equal(found(text, host, port), oracle(text, host, port), `${host}:${port} in ${text}`);
      }
    }
  });

  it('match when hashed', () => {
    const file = join(folder, 'hashed');
    writeFileSync(
      file,
      `ada.example.org ${keys.rsa.type} ${keys.rsa.blob}\n[ada.example.org]:2222 ${keys.ecdsa.type} ${keys.ecdsa.blob}\n`,
    );
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const text = readFileSync(file, 'utf8');
    assert.ok(text.startsWith('|1|'));
    assert.deepEqual(
      parseKnownHosts(text)
        .filter((entry) => matchesHost(entry, 'ada.example.org'))
        .map(({ key }) => key),
      [keys.rsa],
    );
    assert.deepEqual(
      parseKnownHosts(text)
        .filter((entry) => matchesHost(entry, '[ada.example.org]:2222'))
        .map(({ key }) => key),
      [keys.ecdsa],
    );
  });

  it('carry their markers; an unknown one is skipped', () => {
    const key = `${keys.ed25519.type} ${keys.ed25519.blob}`;
    const markers = parseKnownHosts(`@revoked * ${key}\n@cert-authority *.org ${key}\nada ${key}\n@other ada ${key}\n`).map(
      ({ marker }) => marker,
    );
    assert.deepEqual(markers, ['revoked', 'cert-authority', 'none']);
  });
});

describe('judging an offered key', () => {
  it('accepts only a trusted one', () => {
    assert.equal(judge(keys.ed25519, [keys.rsa, keys.ed25519], []), 'match');
    assert.equal(judge(keys.ed25519, [], []), 'unknown');
  });

  it('calls another key changed, whatever its type', () => {
    assert.equal(judge(keys.ed25519, [{ type: 'ssh-ed25519', blob: 'AAAA' }], []), 'changed');
    assert.equal(judge(keys.ecdsa, [keys.rsa], []), 'changed');
  });

  it('refuses a revoked one even when it is trusted too', () => {
    assert.equal(judge(keys.rsa, [keys.rsa], [keys.rsa]), 'revoked');
  });
});
