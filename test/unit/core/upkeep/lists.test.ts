import assert from 'node:assert/strict';
import { parsePackageFacts } from '../../../../src/core/upkeep/packages/tasks';
import { parseUserList } from '../../../../src/core/upkeep/users/list';
import { keyProblem, nameProblem } from '../../../../src/core/upkeep/users/tasks';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0VPsoxyGgGqTcsjY0hOhSL9MdgHBFX1PUmWEoZzd4e me@laptop';

describe('a list of people in a file', () => {
  const short = (text: string, format: 'csv' | 'yaml' = 'csv') =>
    parseUserList(text, format).map(({ user, problem }) => [
      user.name,
      user.keys.length,
      user.sudo,
      user.groups.join('+'),
      problem === undefined,
    ]);

  it('is read from CSV, with or without titles, as spreadsheets write it', () => {
    assert.deepEqual(short(`grace,${KEY}\nalan,"${KEY}",yes,"lab, docker"\n`), [
      ['grace', 1, false, '', true],
      ['alan', 1, true, 'lab+docker', true],
    ]);
    assert.deepEqual(short(`\uFEFFPublic Key;Name;Full name\r\n${KEY};grace;"Hopper; Grace"\r\n# left out\r\n`), [
      ['grace', 1, false, '', true],
    ]);
    assert.equal(parseUserList(`name;key;full name\ngrace;${KEY};"Hopper; Grace"`, 'csv')[0]?.user.fullName, 'Hopper; Grace');
  });

  it('gives somebody with several rows several keys', () => {
    assert.deepEqual(short(`grace,${KEY}\ngrace,${KEY} two\n`), [['grace', 2, false, '', true]]);
  });

  it('is read from YAML', () => {
    const text = `users:\n  - name: grace\n    key: ${KEY}\n    sudo: true\n  - name: alan\n    keys: [${KEY}]\n    groups: [lab]\n`;
    assert.deepEqual(short(text, 'yaml'), [
      ['grace', 1, true, '', true],
      ['alan', 1, false, 'lab', true],
    ]);
  });

  it('says of each row what is wrong with it', () => {
    assert.deepEqual(
      parseUserList(`Grace,${KEY}\nalan,\nmarvin,AAAA`, 'csv').map(({ line, problem }) => [line, problem?.split('.')[0]]),
      [
        [1, 'A name has small letters, digits, “_” and “-”, begins with a letter, and has 32 characters at most'],
        [2, 'A key is missing'],
        [3, 'This is no public key'],
      ],
    );
    assert.throws(() => parseUserList('', 'csv'), /nobody/);
    assert.throws(() => parseUserList('a: 1', 'yaml'), /no list/);
  });
});

describe('a person who shall be added', () => {
  it('has a name that useradd takes, and a key that is public and strong enough', () => {
    for (const good of ['grace', '_x', 'a-1']) assert.equal(nameProblem(good), undefined);
    for (const bad of ['', '1a', 'a b', 'a.b', 'a;b', '-a', 'ä', 'a'.repeat(33)]) assert.ok(nameProblem(bad), bad);
    assert.equal(keyProblem(KEY), undefined);
    assert.match(keyProblem('-----BEGIN OPENSSH PRIVATE KEY-----') ?? '', /private/);
    assert.ok(keyProblem('ssh-ed25519 AAAA'));
  });
});

describe('what would be upgraded', () => {
  it('is read from apt and from dnf, with what is a security fix', () => {
    const text = `os ID=debian
apt libc6 [2.41-12] (2.41-12+deb13u1 Debian:13.1/stable, Debian-Security:13/stable-security [amd64]) []
apt linux-image-new (6.12.1 Debian:13.1/stable [amd64])
dnf curl.x86_64 8.9.1-3.fc41 updates
reboot
there tree`;
    assert.deepEqual(parsePackageFacts(text).upgrades, [
      { name: 'libc6', from: '2.41-12', to: '2.41-12+deb13u1', security: true },
      { name: 'linux-image-new', to: '6.12.1', security: false },
      { name: 'curl', to: '8.9.1-3.fc41', security: false },
    ]);
    assert.deepEqual([parsePackageFacts(text).rebootNeeded, parsePackageFacts(text).installed], [true, ['tree']]);
  });
});
