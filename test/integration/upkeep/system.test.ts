import assert from 'node:assert/strict';
import { SkylabError } from '../../../src/core/errors';
import { addPackages, restartMachine, upgradePackages } from '../../../src/core/upkeep/packages/tasks';
import { systemFacts } from '../../../src/core/upkeep/system/facts';
import { limitProcesses, setHostName, setSwap, setTimezone } from '../../../src/core/upkeep/system/limits';
import { guardSsh, hardenSsh, softenSsh, unattendedUpgrades, unguardSsh } from '../../../src/core/upkeep/system/security';
import type { Task } from '../../../src/core/upkeep/task';
import { ended } from '../deploy/bed';
import { UpkeepBed } from './bed';

describe('how a machine is kept', function () {
  this.timeout(300_000);
  let here: UpkeepBed;
  let bed: UpkeepBed['bed'];
  let upkeep: UpkeepBed['upkeep'];

  before(async function () {
    this.timeout(600_000);
    here = await UpkeepBed.start('kept');
    ({ bed, upkeep } = here);
  });

  after(() => here.stop());

  const remote = (command: string) => here.remote(command);
  const does = <F>(task: Task<F>) => here.does(task);
  const methods = () =>
    remote(
      `ssh-keyscan -q localhost >/dev/null; ssh -o BatchMode=yes -o PreferredAuthentications=none -o StrictHostKeyChecking=no root@localhost true 2>&1 | tail -1; true`,
    );

  it('lets nobody in by password any more, and says so to whoever tries; taken back, it is as before', async () => {
    assert.match(await methods(), /password/);
    await does(hardenSsh(true));
    assert.match(await methods(), /Permission denied \(publickey\)/);
    await does(softenSsh);
    assert.match(await methods(), /password/);
  });

  it('refuses to end passwords for somebody who has no key', async () => {
    await assert.rejects(
      upkeep.propose(bed.machine, hardenSsh(false)),
      (error: unknown) => error instanceof SkylabError && error.code === 'NoKeyLogin',
    );
  });

  it('goes back when the new configuration would let the person in no more', async () => {
    const good = hardenSsh(true);
    const lockout = {
      line: 'lets only nobody in',
      command: { argv: ['sh', '-c', 'echo AllowUsers nobody >>/etc/ssh/sshd_config.d/00-skylab.conf; systemctl reload ssh'], sudo: true },
    };
    const broken: typeof good = {
      ...good,
      plan: (facts) => {
        const plan = good.plan(facts);
        return { ...plan, acts: [...plan.acts, { name: 'mistake', title: 'Make a mistake', guarded: true, changes: [lockout] }] };
      },
    };
    const { outcome, error } = await ended(upkeep.start(await upkeep.propose(bed.machine, broken)));
    assert.equal(outcome, 'failed');
    assert.ok(error instanceof SkylabError && error.code === 'LockedOut', String(error));
    assert.equal(await remote('ls /etc/ssh/sshd_config.d'), '');
  });

  it('has a limit of processes that a new login sees, a time zone and a name', async () => {
    await does(limitProcesses(500));
    assert.equal(await remote('bash -lc "ulimit -u"'), '500');
    await does(limitProcesses(undefined));
    assert.notEqual(await remote('bash -lc "ulimit -u"'), '500');
    await does(setTimezone('Pacific/Honolulu'));
    assert.equal(await remote('date +%Z'), 'HST');
    await does(setHostName('lab-7'));
    assert.equal(await remote('hostname; hostname -i; sudo true 2>&1'), 'lab-7\n127.0.1.1');
    for (const wrong of [setTimezone('../etc/passwd'), setHostName('a_b'), limitProcesses(3)])
      await assert.rejects(upkeep.propose(bed.machine, wrong));
  });

  it('says that its kernel refuses a swap file, and leaves none behind', async () => {
    const { outcome, error } = await ended(upkeep.start(await upkeep.propose(bed.machine, setSwap(1))));
    assert.equal(outcome, 'failed');
    assert.match(error?.message ?? '', /The kernel refuses swap files on this machine/);
    assert.equal(await remote('ls /swapfile 2>/dev/null; grep swap /etc/fstab; true'), '');
  });

  it('gets packages, updates every day, and shuts out who guesses passwords', async () => {
    await does(addPackages(['tree']));
    assert.equal(await remote('command -v tree'), '/usr/bin/tree');
    await does(unattendedUpgrades(true));
    assert.match(await remote('apt-config dump APT::Periodic::Unattended-Upgrade'), /"1"/);
    await does(unattendedUpgrades(false));
    await does(guardSsh([]));
    await remote('sudo fail2ban-client set sshd banip 198.51.100.7');
    assert.match(
      await remote('sudo fail2ban-client status sshd; sudo nft list ruleset'),
      /Banned IP list:\s+198\.51\.100\.7[^]*elements = \{ 198\.51\.100\.7 \}/,
    );
    await does(unguardSsh);
    assert.equal(await remote('systemctl is-active fail2ban || true'), 'inactive');
  });

  it('shows what would be upgraded, and does that', async () => {
    await remote(
      'sudo sh -c "cd /tmp && apt-get download tree >/dev/null 2>&1; dpkg-deb -R tree_*.deb t && sed -i s/^Version:.*/Version:\\ 0.1/ t/DEBIAN/control && dpkg-deb -b t old.deb >/dev/null && dpkg -i old.deb >/dev/null"',
    );
    const { notes } = await does(upgradePackages);
    assert.ok(
      notes?.some((note) => /^tree 0\.1 → \d/.test(note)),
      notes?.join('\n'),
    );
    assert.notEqual(await remote('dpkg-query -W -f "\\${Version}" tree'), '0.1');
  });

  it('restarts, and is waited for until it lets in again', async () => {
    const before = await remote('cut -d" " -f22 /proc/1/stat; uptime -s');
    const { outcome, error } = await ended(upkeep.start(await upkeep.propose(bed.machine, restartMachine)));
    assert.equal(outcome, 'done', String(error));
    assert.notEqual(await remote('cut -d" " -f22 /proc/1/stat; uptime -s'), before);
    assert.equal((await upkeep.look(bed.machine, systemFacts)).hostName, 'lab-7');
    const journal = await upkeep.journal(bed.machine);
    assert.equal(journal[0]?.task, 'restart');
  });
});
