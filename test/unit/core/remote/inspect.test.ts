import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { Inspection } from '../../../../src/core/remote/inspect';
import { inspectMachine, parseInspection } from '../../../../src/core/remote/inspect';
import { listeningPorts, portName } from '../../../../src/core/remote/listening';
import { inspectReport } from '../../../../src/ui/model/inspectReport';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIJqB0Wj4yKkVJw9xkE9cPZlqdEJcUvS7kTgYBhEGQYxH';

/** What busybox's own tools print: no ss, no users' names of processes, a `last` of its own. */
const busybox = `
@@skylab os
NAME="Alpine Linux"
ID=alpine
PRETTY_NAME="Alpine Linux v3.22"

@@skylab kernel
Linux 6.12.38-0-virt x86_64

@@skylab host
ada

@@skylab uptime
15264.40 9106.72

@@skylab load
7.34 8.03 6.62 7/147 5082

@@skylab cpus
2

@@skylab model
model name	: AMD EPYC

@@skylab memory
MemTotal:       24684184 kB
MemFree:         8388608 kB
SwapTotal:             0 kB
SwapFree:              0 kB

@@skylab disks
Filesystem           1024-blocks    Used Available Capacity Mounted on
devtmpfs              12334492         0  12334492   0% /dev
/dev/vda             264212084  19156196  76345068  20% /
/dev/vdb              10485760   5242880   5242880  50% /srv/my labs
tmpfs                 12342044         0  12342044   0% /sys/fs/cgroup

@@skylab who

@@skylab last
@@unknown

@@skylab user
root

@@skylab groups
root wheel

@@skylab keys
# mine
ssh-ed25519 ${key} ada@desk
restrict,command="echo ssh-rsa hi" ssh-ed25519 ${key}

@@skylab ports
proc   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
proc    0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5001 1 0000000000000000 100 0 0 10 0
proc    1: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 5002 1 0000000000000000 100 0 0 10 0
proc    2: 0100007F:22B8 0100007F:D1A4 01 00000000:00000000 00:00000000 00000000  1000        0 5003 1 0000000000000000 20 4 30 10 -1
proc    0: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   0        0 5004
@@skylab end
`;

const l10n = { t: (text: string, ...args: (string | number | boolean)[]) => text.replace(/\{(\d)\}/g, (_, i) => String(args[Number(i)])) };

describe('the facts of a machine', () => {
  const facts = parseInspection(busybox);

  it('are read where only busybox is', () => {
    assert.equal(facts.system, 'Alpine Linux v3.22');
    assert.deepEqual(facts.load, [7.34, 8.03, 6.62]);
    assert.equal(facts.uptimeSeconds, 15264.4);
    assert.equal(facts.cpuModel, 'AMD EPYC');
    assert.deepEqual(facts.memory, { total: 24684184 * 1024, available: 8388608 * 1024, swapTotal: 0, swapFree: 0 });
    assert.deepEqual(
      facts.disks?.map(({ mount, size }) => [mount, size]),
      [
        ['/', 264212084 * 1024],
        ['/srv/my labs', 10485760 * 1024],
      ],
    );
    assert.deepEqual(facts.groups, ['root', 'wheel']);
    assert.deepEqual(facts.ports, [
      { port: 22, addresses: ['*'] },
      { port: 5432, addresses: ['::1'] },
      { port: 8888, addresses: ['127.0.0.1'] },
    ]);
  });

  it('name each authorized key by the fingerprint that ssh-keygen prints', () => {
    const print = execFileSync('ssh-keygen', ['-l', '-f', '-'], { input: `ssh-ed25519 ${key} ada@desk\n`, encoding: 'utf8' }).split(' ')[1];
    assert.deepEqual(facts.keys, [
      { type: 'ssh-ed25519', fingerprint: print, comment: 'ada@desk' },
      { type: 'ssh-ed25519', fingerprint: print, comment: '', options: 'restrict,command="echo ssh-rsa hi"' },
    ]);
  });

  it('tell nobody from unknown, and leave out what was cut off', () => {
    assert.deepEqual(facts.users, []);
    assert.equal(facts.logins, undefined);
    const cut = parseInspection(busybox.slice(0, busybox.indexOf('MemFree')));
    assert.equal(cut.cpus, 2);
    assert.equal(cut.memory, undefined);
    assert.equal(cut.keys, undefined);
    assert.ok(Object.values(parseInspection('')).every((one) => one === undefined));
  });

  it('come from a script that a real sh runs to its end, whatever is missing', () => {
    const stdin = String(inspectMachine.stdin);
    const run = (env: Record<string, string>): Inspection =>
      parseInspection(execFileSync('sh', ['-s'], { input: stdin, env, encoding: 'utf8' }));
    const whole = run({ HOME: '/nonexistent', PATH: process.env.PATH ?? '' });
    assert.equal(whole.kernel, execFileSync('uname', ['-srm'], { encoding: 'utf8' }).trim());
    assert.equal(whole.loginUser, execFileSync('id', ['-un'], { encoding: 'utf8' }).trim());
    assert.ok(whole.disks?.some(({ mount }) => mount === '/'));
    assert.deepEqual(whole.keys, []);
    const bare = execFileSync('sh', ['-s'], { input: stdin.replace(/PATH="[^"]*"/, 'PATH=/nonexistent'), encoding: 'utf8' });
    const nothing = parseInspection(bare);
    assert.equal(nothing.users, undefined);
    assert.equal(nothing.kernel, undefined);
    assert.deepEqual(nothing.keys, []);
  });

  it('make a page that says what is unknown, and in which nothing can pose as markup', () => {
    const page = inspectReport('ada', { ...facts, hostName: 'a|b[x](y)<img>', loginUser: undefined }, 0, l10n, 'en');
    assert.match(page, /^# ada\n\nAsked on /);
    assert.match(page, /\| System +\| Alpine Linux v3\.22 +\|/);
    assert.match(page, /\| Memory +\| 8\.0 GiB free of 24 GiB/);
    assert.match(page, /\| 8888 +\| itself +\| Jupyter/);
    assert.match(page, /## Last logins\n\nunknown/);
    assert.match(page, /## Logged in now\n\nNobody/);
    assert.ok(page.includes('a\\|b\\[x](y)&lt;img>'));
  });
});

describe('the listening ports', () => {
  it('are read from ss, with the program where it may be seen', () => {
    const lines = [
      'ss LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=61,fd=3))',
      'ss LISTEN 0      128             [::]:22            [::]:*    users:(("sshd",pid=61,fd=4))',
      'ss LISTEN 0      128        127.0.0.1:8888       0.0.0.0:*    users:(("jupyter-lab",pid=812,fd=7))',
      'ss LISTEN 0      4096   127.0.0.53%lo:53         0.0.0.0:*',
      'ss LISTEN 0      4096               *:8000             *:*',
    ];
    assert.deepEqual(listeningPorts.parse?.(lines.join('\n'), 0), [
      { port: 22, addresses: ['*'], process: 'sshd' },
      { port: 53, addresses: ['127.0.0.53'] },
      { port: 8000, addresses: ['*'] },
      { port: 8888, addresses: ['127.0.0.1'], process: 'jupyter-lab' },
    ]);
  });

  it('have the names that labs know them by', () => {
    assert.deepEqual([8888, 8889, 8000, 5432, 8900, 4711].map(portName), [
      'Jupyter',
      'Jupyter',
      'JupyterHub',
      'Postgres',
      'GraphTerm',
      undefined,
    ]);
  });
});
