import assert from 'node:assert/strict';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { allowed, switchOn } from '../../../src/core/upkeep/firewall/tasks';
import { addPackages } from '../../../src/core/upkeep/packages/tasks';
import { setHostName, setTimezone } from '../../../src/core/upkeep/system/limits';
import { guardSsh, hardenSsh, unattendedUpgrades } from '../../../src/core/upkeep/system/security';
import type { Task } from '../../../src/core/upkeep/task';
import { Upkeep } from '../../../src/core/upkeep/upkeep';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, answersTo, ended, sampleLab } from '../deploy/bed';

const PASSWORD = 'correct horse';

/** What is proved at length on Debian, once on the system that most clouds offer first. */
describe('a machine with Ubuntu 22.04', function () {
  this.timeout(400_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let upkeep: Upkeep;

  before(async function () {
    this.timeout(900_000);
    cloud = await startPracticeCloud({ machineImage: 'ubuntu' });
    bed = await Bed.launch(cloud, 'jammy');
    await bed.lab.open(80);
    await bed.lab.open(443);
    upkeep = new Upkeep({ access: bed.access, operations: bed.operations, clock: systemClock, owner: 'ada@laptop' });
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const remote = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };
  const does = async <F>(task: Task<F>): Promise<void> => {
    const operation = upkeep.start(await upkeep.propose(bed.machine, task));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    assert.equal((await upkeep.propose(bed.machine, task)).plan.acts.length, 0, 'a second time there is nothing to do');
  };
  const status = async (password?: string): Promise<number> => {
    const credentials = password === undefined ? undefined : { user: 'student', password: new Secret(password) };
    return (await bed.probe.probe('https://jammy.localhost/lab', bed.address, credentials)).status;
  };

  it('gets Docker and Compose from its own packages, and serves a lab behind its password', async () => {
    assert.match(await remote('. /etc/os-release; echo "$PRETTY_NAME"'), /^Ubuntu 22\.04/);
    const session = await bed.deployer().open(bed.copyOf(sampleLab), bed.machine);
    const operation = session.run(answersTo(session, { LAB_PASSWORD: PASSWORD }));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)} ${operation.log.join('\n')}`);
    assert.deepEqual([await status(), await status(PASSWORD)], [401, 200]);
    assert.equal(await remote('dpkg-query -W -f "\\${Package} " docker.io docker-compose-v2'), 'docker-compose-v2 docker.io');
    assert.match(await remote('docker compose version --short; id -nG'), /^v?2\.[^]*\bdocker\b/);
  });

  it('is firewalled with the lab still served, and lets in by key alone', async () => {
    await does(switchOn([allowed(22), allowed(80), allowed(443)]));
    assert.match(await remote('sudo ufw status verbose'), /Status: active[^]*deny \(incoming\)/);
    assert.equal(await status(PASSWORD), 200);
    await does(hardenSsh(true));
    assert.match(await remote('sudo sshd -T | grep -i ^passwordauthentication'), /no$/);
  });

  it('updates itself, shuts out who guesses passwords, and has its packages, time zone and name', async () => {
    await does(unattendedUpgrades(true));
    await does(guardSsh([]));
    assert.match(await remote('sudo fail2ban-client status sshd'), /Currently banned/);
    await does(addPackages(['tree']));
    await does(setTimezone('Pacific/Honolulu'));
    await does(setHostName('lab-22'));
    assert.equal(await remote('hostname; date +%Z; command -v tree'), 'lab-22\nHST\n/usr/bin/tree');
  });
});
