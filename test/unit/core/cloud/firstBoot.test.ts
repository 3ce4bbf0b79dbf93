import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { awaitCloudInit, ConsoleFollower, failingLines, FirstBootLog } from '../../../../src/core/cloud/firstBoot';

describe('first-boot set-up, as shown', () => {
  it('counts the packages that apt sets up, also when a line comes in pieces', () => {
    const log = new FirstBootLog();
    const said = [
      '0 upgraded, 2 newly installed, 0 to remove\nUnpacking docker.io (26',
      '.1.5+dfsg1-9) ...\n',
      'Setting up docker.io (26.1.5) ...\r\n',
      'Setting up libfoo:amd64 (1) ...\n',
    ]
      .map((text) => log.feed(text).progress)
      .filter((progress) => progress !== undefined);
    assert.deepEqual(said, [
      { detail: 'unpacking docker.io' },
      { detail: 'installing docker.io (1/2)', fraction: 0.5 },
      { detail: 'installing libfoo (2/2)', fraction: 1 },
    ]);
    assert.equal(log.tail.length, 4);
  });

  it('reads dnf and pip too, and shrugs at anything else', () => {
    const log = new FirstBootLog();
    assert.deepEqual(log.feed('  Installing       : docker-25.0.3-1.amzn2023.x86_64      3/12 \n').progress, {
      detail: 'installing docker (3/12)',
      fraction: 0.25,
    });
    assert.deepEqual(log.feed('Collecting jupyterlab==4.2\n').progress, { detail: 'installing jupyterlab (Python)' });
    assert.equal(log.feed('\u0007\u001b[0m whatever \n').progress, undefined);
  });

  it('comes from the console without the kernel’s prefixes, each line once, also when the console forgets its start', () => {
    const line = (n: number) => `[   12.${n}] cloud-init[86]: line ${n}\r\n`;
    const follower = new ConsoleFollower();
    assert.equal(follower.read(`BIOS\n${line(1)}${line(2)}[   13.0] cloud-in`), 'line 1\nline 2\n');
    assert.equal(follower.read(`BIOS\n${line(1)}${line(2)}${line(3)}`), 'line 3\n');
    const long = Array.from({ length: 40 }, (_, n) => line(n + 4)).join('');
    follower.read(`BIOS\n${line(1)}${line(2)}${line(3)}${long}`);
    assert.equal(follower.read(`${long}${line(99)}`), 'line 99\n');
  });

  it('fails with the failing command’s own words, not with what cloud-init prints later', () => {
    const log = `Cloud-init v. 25.1.4 running 'modules:final' at Sat
Reading package lists...
E: Unable to locate package dokcer.io
2026-11-21 09:33:55,461 - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib)
Cloud-init v. 25.1.4 finished at Sat
+----[SHA256]-----+`.split('\n');
    assert.deepEqual(failingLines(log), ['Reading package lists...', 'E: Unable to locate package dokcer.io']);
    assert.deepEqual(failingLines(['only this']), ['only this']);
  });

  it('is asked for with a script that a real sh can read, and a machine without cloud-init has nothing to wait for', () => {
    const { argv, parse } = awaitCloudInit('start');
    assert.ok(parse);
    execFileSync('sh', ['-n', '-c', argv[2] ?? '']);
    assert.match(argv[2] ?? '', /grep -q '"errors": \\\[\\\]'/);
    assert.deepEqual(parse('', 69), { kind: 'noCloudInit' });
    assert.deepEqual(parse('', 1), { kind: 'failed' });
    assert.deepEqual(parse('', 2), { kind: 'warnings' });
  });
});
