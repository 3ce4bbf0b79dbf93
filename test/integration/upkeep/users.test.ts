import assert from 'node:assert/strict';
import { join } from 'node:path';
import { SkylabError } from '../../../src/core/errors';
import type { Task } from '../../../src/core/upkeep/task';
import { linesOf } from '../../../src/core/upkeep/task';
import { userFacts } from '../../../src/core/upkeep/users/facts';
import type { WantedUser } from '../../../src/core/upkeep/users/tasks';
import { addUsers, removeKey, removeUser, shareFolder, takeSudo } from '../../../src/core/upkeep/users/tasks';
import { ended } from '../deploy/bed';
import { run } from '../practice-cloud/lab';
import { UpkeepBed } from './bed';

describe('the users of a machine', function () {
  this.timeout(60_000);
  let here: UpkeepBed;
  let bed: UpkeepBed['bed'];
  let upkeep: UpkeepBed['upkeep'];
  const publicKeys = new Map<string, string>();

  before(async function () {
    this.timeout(600_000);
    here = await UpkeepBed.start('people');
    ({ bed, upkeep } = here);
    for (const name of ['grace', 'alan']) {
      const { stdout } = await run('sh', [
        '-c',
        `ssh-keygen -q -t ed25519 -N '' -C ${name}@laptop -f "$1" && cat "$1.pub"`,
        'sh',
        join(bed.scratch, name),
      ]);
      publicKeys.set(name, stdout.trim());
    }
  });

  after(() => here.stop());

  /** A real ssh with that person's own key alone. */
  const as = (name: string, command: string, key = name) =>
    run('ssh', [
      ...['-F', 'none', '-i', join(bed.scratch, key), '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'],
      ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', `${name}@${bed.address}`, command],
    ]);
  const remote = (command: string) => here.remote(command);
  const does = async <F>(task: Task<F>) => linesOf(await here.doesOnce(task));
  const user = (name: string, more: Partial<WantedUser> = {}): WantedUser => ({
    name,
    keys: [publicKeys.get(name) ?? ''],
    sudo: false,
    groups: [],
    ...more,
  });

  it('can be added with a key: they log in with it, and may not act as root', async () => {
    const lines = await does(addUsers([user('grace', { groups: ['students'] })]));
    assert.equal(lines[0], 'adds the user grace');
    assert.match(lines[1] ?? '', /^lets grace in with the key grace@laptop \(SHA256:/);
    assert.deepEqual((await as('grace', 'id -un; id -Gn; sudo -n true 2>/dev/null || echo no sudo')).stdout.split('\n').slice(0, 3), [
      'grace',
      'grace students',
      'no sudo',
    ]);
    assert.equal((await as('grace', 'true', 'alan')).code, 255, 'another key is refused');
    assert.equal((await upkeep.propose(bed.machine, addUsers([user('grace', { groups: ['students'] })]))).plan.acts.length, 0);
  });

  it('get sudo from a drop-in that visudo has checked, and lose it again', async () => {
    assert.equal((await does(addUsers([user('grace', { sudo: true })]))).length, 1);
    assert.equal((await as('grace', 'sudo -n id -u')).stdout.trim(), '0');
    assert.equal(await remote('sudo stat -c "%a %U" /etc/sudoers.d/skylab-grace; sudo visudo -cq && echo right'), '440 root\nright');
    await does(takeSudo('grace'));
    assert.notEqual((await as('grace', 'sudo -n id -u')).code, 0);
  });

  it('are listed with what they may do and the fingerprints of their keys', async () => {
    const { users, me } = await upkeep.look(bed.machine, userFacts);
    const grace = users.find(({ name }) => name === 'grace');
    const print = (await run('ssh-keygen', ['-l', '-f', join(bed.scratch, 'grace.pub')])).stdout.split(' ')[1];
    assert.deepEqual(
      [grace?.keys[0]?.facts?.fingerprint, grace?.sudo, grace?.groups, grace?.closed, grace?.password],
      [print, 'none', ['students'], false, false],
    );
    assert.equal(me, 'admin');
    assert.equal(users.find(({ name }) => name === 'admin')?.sudo, 'free');
    assert.ok(!users.some(({ name }) => name === 'daemon'));
  });

  it('of a list are added as far as possible: one that fails stops no other and leaves nothing behind', async () => {
    // useradd refuses where the home cannot be made
    await remote('sudo touch /home/mallory && sudo chmod 0 /home/mallory');
    const proposal = await upkeep.propose(
      bed.machine,
      addUsers([user('mallory', { keys: [publicKeys.get('grace') ?? ''] }), user('alan')]),
    );
    const { outcome, error } = await ended(upkeep.start(proposal));
    assert.equal(outcome, 'failed');
    assert.ok(error instanceof SkylabError && error.code === 'PartlyDone');
    assert.match(error.message, /^One part did not succeed on people: Set up mallory\./);
    assert.equal((await as('alan', 'id -un')).stdout.trim(), 'alan');
    assert.notEqual((await bed.ssh('id mallory')).code, 0);
    await remote('sudo rm -f /home/mallory');
  });

  it('share a folder: what one makes, the other may change; others may not look', async () => {
    await does(shareFolder('lab', 'lab', ['grace', 'alan']));
    assert.equal(await remote('stat -c "%a %U %G" /srv/lab'), '2770 root lab');
    assert.equal(
      (await as('grace', 'umask 002; echo one > /srv/lab/a; mkdir /srv/lab/d; stat -c %G /srv/lab/a /srv/lab/d')).stdout,
      'lab\nlab\n',
    );
    assert.equal((await as('alan', 'echo two >> /srv/lab/a && cat /srv/lab/a')).stdout, 'one\ntwo\n');
    await does(addUsers([user('eve', { keys: [publicKeys.get('grace') ?? ''] })]));
    assert.notEqual((await as('eve', 'ls /srv/lab', 'grace')).code, 0);
    assert.equal((await upkeep.propose(bed.machine, shareFolder('lab', 'lab', ['grace', 'alan']))).plan.acts.length, 0);
  });

  it('lose a key, and then the account: files packed for root, processes ended, nobody gets in', async () => {
    const { users } = await upkeep.look(bed.machine, userFacts);
    const blob = users.find(({ name }) => name === 'eve')?.keys[0]?.blob ?? '';
    await does(removeKey('eve', blob, 'grace@laptop'));
    assert.equal((await as('eve', 'true', 'grace')).code, 255);
    await as('grace', 'echo work > thesis; (setsid sleep 300 >/dev/null 2>&1 </dev/null &)');
    await does(removeUser('grace', 'archive'));
    assert.equal((await as('grace', 'true')).code, 255);
    assert.notEqual((await bed.ssh('id grace || ls /home/grace')).code, 0);
    assert.equal(
      await remote(
        'sudo sh -c "tar -xzOf /var/backups/skylab/grace-*.tar.gz grace/thesis; stat -c %a /var/backups/skylab /var/backups/skylab/*"',
      ),
      'work\n700\n600',
    );
    await does(removeUser('alan', 'keep'));
    assert.equal(await remote('sudo stat -c "%a %U" /home/alan'), '700 root');
  });

  it('do not include the one that Skylab itself logs in as, nor accounts of the system, nor private keys', async () => {
    const refused = (code: string) => (error: unknown) => error instanceof SkylabError && error.code === code;
    await assert.rejects(upkeep.propose(bed.machine, removeUser('admin', 'delete')), refused('OwnUser'));
    await assert.rejects(upkeep.propose(bed.machine, removeUser('root', 'delete')), refused('OwnUser'));
    await assert.rejects(upkeep.propose(bed.machine, addUsers([user('daemon', { keys: [] })])), refused('NameTaken'));
    await assert.rejects(
      upkeep.propose(bed.machine, addUsers([user('x', { keys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] })])),
      refused('NotAUser'),
    );
  });
});
