import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { checkCloudConfig } from '../../../../../src/core/cloud/launching/checkCloudConfig';
import { firstBootPlan } from '../../../../../src/core/cloud/launching/firstBootPlan';
import { setUpScript } from '../../../../../src/core/cloud/launching/setUpScript';
import { userDataOf } from '../../../../../src/core/cloud/launching/userData';
import { SkylabError } from '../../../../../src/core/errors';
import type { LaunchSpec } from '../../../../../src/shared/launchSpec';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@home';
const SPEC: LaunchSpec = {
  accountId: 'a',
  name: 'ada',
  imageId: 'ami-1',
  instanceType: 't3.small',
  keyPair: { kind: 'new', name: 'skylab-ada' },
  securityGroup: { kind: 'new', name: 'skylab-ada', ssh: true, http: true, https: true },
  diskGiB: 20,
  userData: '',
  count: 1,
};
const FULL: Partial<LaunchSpec> = {
  disks: [
    { sizeGiB: 5 },
    { sizeGiB: 10, mountPoint: '/data', inodes: 1000 },
    { sizeGiB: 20, mountPoint: '/srv/docker', filesystem: 'xfs', dockerData: true },
  ],
  hostname: 'ada.example.org',
  packages: ['git', 'g++'],
  users: [
    { name: 'grace', publicKeys: [KEY], sudo: true },
    { name: 'alan', publicKeys: [KEY] },
  ],
};
const planOf = (change: Partial<LaunchSpec>) => firstBootPlan({ ...SPEC, ...change }, { now: 0, loginUser: 'admin' });
const dataOf = (change: Partial<LaunchSpec>) => userDataOf(planOf(change), 'admin');

/** What Python's e-mail reader, which cloud-init uses, makes of a message: type, name and content of each part. */
function partsOf(
  message: string,
): { readonly type: string; readonly name: string | null; readonly merge: string | null; readonly text: string }[] {
  const script = `
import email, json, sys
message = email.message_from_string(sys.stdin.buffer.read().decode())
parts = [p for p in message.walk() if p.get_content_maintype() != 'multipart']
print(json.dumps([{'type': p.get_content_type(), 'name': p.get_filename(), 'merge': p.get('Merge-Type'), 'text': p.get_payload(decode=True).decode()} for p in parts]))`;
  return JSON.parse(execFileSync('python3', ['-c', script], { input: message, encoding: 'utf8' })) as ReturnType<typeof partsOf>;
}

describe('the first boot', () => {
  it('is the person’s own script byte for byte where nothing else is asked', () => {
    const script = '#!/bin/sh\r\necho  "ä"\n\n';
    const made = dataOf({ userData: script });
    assert.equal(made.text, script);
    assert.equal(made.sent, script);
    assert.equal(dataOf({}).sent, '');
    // A disk that is only attached asks nothing of the machine.
    assert.equal(dataOf({ disks: [{ sizeGiB: 5 }], userData: script }).text, script);
  });

  it('is one cloud-config that cloud-init’s schema takes: disks before users, packages and commands', async () => {
    const made = dataOf(FULL);
    assert.ok(made.text.startsWith('#cloud-config\n'));
    await checkCloudConfig(made.configs);
    const config = parse(made.text) as Record<string, never>;
    assert.deepEqual(Object.keys(config), [
      'bootcmd',
      'preserve_hostname',
      'hostname',
      'fqdn',
      'manage_etc_hosts',
      'users',
      'write_files',
      'package_update',
      'packages',
      'runcmd',
    ]);
    assert.deepEqual(config['hostname'], 'ada');
    assert.deepEqual(config['fqdn'], 'ada.example.org');
    assert.deepEqual(config['users'], [
      'default',
      { name: 'grace', shell: '/bin/bash', lock_passwd: true, ssh_authorized_keys: [KEY] },
      { name: 'alan', shell: '/bin/bash', lock_passwd: true, ssh_authorized_keys: [KEY] },
    ]);
  });

  it('is made of shell that a shell reads', () => {
    const config = parse(dataOf(FULL).text) as { bootcmd: string[]; runcmd: string[]; write_files: { content: string }[] };
    const scripts = [
      ...config.bootcmd,
      ...config.runcmd,
      ...config.write_files.map((file) => file.content),
      setUpScript(planOf(FULL), 'admin'),
    ];
    for (const script of scripts) execFileSync('sh', ['-n'], { input: script });
  });

  it('takes a host name from a dotted machine name, and leaves several machines to be named later', () => {
    assert.equal(planOf({ name: 'Ada.Example.org' }).hostname, 'ada.example.org');
    assert.equal(planOf({ name: 'v1.5 (old)' }).hostname, undefined);
    assert.equal(planOf({ name: 'ada' }).hostname, undefined);
    assert.equal(planOf({ hostname: 'lab', count: 2 }).hostname, undefined);
  });

  it('carries scripts and cloud-config of the person’s own as a part behind, whatever is in them', () => {
    for (const [userData, type] of [
      ['#!/bin/sh\necho plain\n', 'text/x-shellscript'],
      ['#!/bin/sh\necho grüße – 🚀\n--skylab\nFrom here\n', 'text/x-shellscript'],
      [`#!/bin/sh\n: ${'x'.repeat(2000)}\n`, 'text/x-shellscript'],
      ['#cloud-config\npackages: [zip]\n', 'text/cloud-config'],
      ['## template: jinja\n#cloud-config\nhostname: {{ v1.region }}\n', 'text/jinja2'],
      ['#include\nhttps://example.org/x\n', 'text/x-include-url'],
    ] as const) {
      const [first, second, ...more] = partsOf(dataOf({ packages: ['git'], userData }).text);
      assert.equal(first?.type, 'text/cloud-config');
      assert.deepEqual(parse(first.text), { package_update: true, packages: ['git'] });
      assert.equal(second?.type, type);
      assert.equal(second.text.trimEnd(), userData.trimEnd());
      assert.equal(second.merge !== null, type === 'text/cloud-config' || type === 'text/jinja2');
      // cloud-init runs scripts in the order of their names: after its own `runcmd`.
      assert.ok(second.name !== null && second.name > 'runcmd');
      assert.deepEqual(more, []);
    }
  });

  it('takes a MIME message of the person’s own in whole', () => {
    const own =
      'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/x-shellscript\n\n#!/bin/sh\nid\n--b--\n';
    const parts = partsOf(dataOf({ packages: ['git'], userData: own }).text);
    assert.deepEqual(
      parts.map((part) => [part.type, part.text.trim()]),
      [
        ['text/cloud-config', '#cloud-config\npackage_update: true\npackages:\n  - git'],
        ['text/x-shellscript', '#!/bin/sh\nid'],
      ],
    );
  });

  it('is packed when it would not fit, the same each time, and says what takes the room when even that is too long', () => {
    const users = (count: number, key: (i: number) => string) => [
      { name: 'grace', publicKeys: Array.from({ length: count }, (_, i) => key(i)) },
    ];
    const long = { users: users(300, () => KEY) };
    const { sent, text } = dataOf(long);
    assert.ok(typeof sent !== 'string' && sent.length < 16_384 && text.length > 16_384);
    assert.equal(gunzipSync(sent).toString(), text);
    assert.deepEqual(dataOf(long).sent, sent);
    const random = (i: number) =>
      `ssh-rsa AAAA${Buffer.from(Array.from({ length: 300 }, (_, n) => (i * 7919 + n * n * 104_729 + n * i * 31) % 256)).toString('base64')}`;
    assert.throws(
      () => dataOf({ users: users(150, random), userData: '#!/bin/sh\nid\n' }),
      (error) =>
        error instanceof SkylabError &&
        error.code === 'UserDataTooLarge' &&
        /packing: users and their keys \d{5}, set-up script 13/.test(error.message),
    );
  });

  it('is refused with the place where cloud-init would stumble', async () => {
    const refused = (config: string, sentence: RegExp) =>
      assert.rejects(checkCloudConfig([config]), { code: 'BadCloudConfig', message: sentence });
    await refused('#cloud-config\npackages: git\n', /takes: packages: /);
    await refused('#cloud-config\nruncmd:\n  - echo "a: b"\n', /runcmd\.0: a mapping .*needs quotes/);
    await refused('#cloud-config\nusers:\n  - {name: a\n', /takes: /);
    await refused('#cloud-config\npackagess: [git]\n', /packagess/);
    await checkCloudConfig(['#cloud-config\n', '#cloud-config\npackage_update: yes\nruncmd: [[ls, -l], id]\n']);
  });
});
