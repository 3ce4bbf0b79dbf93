import assert from 'node:assert/strict';
import { gitHostOf, hostKeyNotes, hostKeyToWrite, refuseHostKey, wantedKeys } from '../../../../src/core/apps/gitHost';
import type { HostKeyFound } from '../../../../src/core/apps/gitHost';
import { readApp } from '../../../../src/core/apps/read';
import { schema } from './support';

// GitHub's own key and its fingerprint, as it publishes both.
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const PRINT = 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU';

const appOf = (git: string, hostKey = '') =>
  readApp(
    {
      app: `name: polls\nsource: { git: "${git}"${hostKey === '' ? '' : `, hostKey: "${hostKey}"`} }\nweb: { gunicorn: a }\nproxy: { kind: caddy, domain: a.example.org }`,
      env: '',
    },
    schema,
  ).app;
const found = (state: HostKeyFound['state'], said = KEY): HostKeyFound => ({ state, said });

describe('the host key of a git server', () => {
  it('is asked for wherever git goes by SSH', () => {
    const names = [
      'git@github.com:a/b.git',
      'ssh://git@Git.Example.org/a.git',
      'ssh://git@git.example.org:2222/a.git',
      'ssh://[2001:db8::1]:22/a.git',
      'https://github.com/a/b.git',
      'git://git.example.org/a.git',
      'file:///srv/a.git',
      'https://me@git.example.org:8443/a:b',
    ].map((git) => gitHostOf(git)?.name);
    assert.deepEqual(names, ['github.com', 'git.example.org', '[git.example.org]:2222', '2001:db8::1', ...Array<undefined>(4)]);
  });

  it('has to be one that the service publishes, or the one that the person names', () => {
    assert.ok(wantedKeys(appOf('git@github.com:a/b.git')).includes(PRINT));
    assert.deepEqual(wantedKeys(appOf('git@git.example.org:a/b.git')), []);
    assert.deepEqual(wantedKeys(appOf('git@git.example.org:a/b.git', `${KEY} root@git`)), [PRINT]);
    assert.deepEqual(wantedKeys(appOf('git@github.com:a/b.git', PRINT)), [PRINT]);
    assert.throws(() => appOf('git@github.com:a/b.git', 'MD5:00'), { code: 'BadApp' });
  });

  it('is told with its fingerprint, and refused in words that say what to do', () => {
    const github = appOf('git@github.com:a/b.git');
    const own = appOf('git@git.example.org:a/b.git');
    assert.deepEqual(hostKeyNotes(github, found('vouched')), [`github.com shows the key that GitHub publishes: ${PRINT} (ED25519).`]);
    assert.match(hostKeyNotes(own, found('first'))[0] ?? '', /git\.example\.org shows the key SHA256:\S+ \(ED25519\) for the first time/);
    assert.throws(() => refuseHostKey(github, found('foreign')), { message: /none of those that GitHub publishes/ });
    assert.throws(() => refuseHostKey(own, found('changed')), { code: 'HostKeyChanged', next: /source\.hostKey/ });
    assert.throws(() => refuseHostKey(own, found('silent', 'getaddrinfo git.example.org: Name or service not known')), {
      message: /gets no key from git\.example\.org: getaddrinfo/,
    });
    assert.throws(() => refuseHostKey(own, found('unable', '')), { code: 'NoSshClient' });
    refuseHostKey(own, found('first'));
    assert.equal(hostKeyToWrite(own, found('first'))?.text, `git.example.org ${KEY}`);
    assert.equal(hostKeyToWrite(own, found('known')), undefined);
  });
});
