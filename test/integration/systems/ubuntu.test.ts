import assert from 'node:assert/strict';
import { Secret } from '../../../src/core/secret';
import { allowed, switchOn } from '../../../src/core/upkeep/firewall/tasks';
import { addPackages } from '../../../src/core/upkeep/packages/tasks';
import { setHostName, setTimezone } from '../../../src/core/upkeep/system/limits';
import { guardSsh, hardenSsh, unattendedUpgrades } from '../../../src/core/upkeep/system/security';
import { answersTo, ended, sampleLab } from '../deploy/bed';
import { UpkeepBed } from '../upkeep/bed';

const PASSWORD = 'correct horse';

/** What is proved at length on Debian, once on the system that most clouds offer first. */
describe('a machine with Ubuntu 22.04', function () {
  this.timeout(400_000);
  let bed: UpkeepBed;

  before(async function () {
    // the image is made where it is missing
    this.timeout(900_000);
    bed = await UpkeepBed.start('jammy', { machineImage: 'ubuntu' });
    for (const port of [80, 443]) await bed.bed.lab.open(port);
  });

  after(async () => bed.stop());

  const status = async (password?: string): Promise<number> => {
    const credentials = password === undefined ? undefined : { user: 'student', password: new Secret(password) };
    return (await bed.bed.probe.probe('https://jammy.localhost/lab', bed.bed.address, credentials)).status;
  };

  it('gets Docker and Compose from its own packages, and serves a lab behind its password', async () => {
    assert.match(await bed.remote('. /etc/os-release; echo "$PRETTY_NAME"'), /^Ubuntu 22\.04/);
    const session = await bed.bed.deployer().open(bed.bed.copyOf(sampleLab), bed.bed.machine);
    const operation = session.run(answersTo(session, { LAB_PASSWORD: PASSWORD }));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)} ${operation.log.join('\n')}`);
    assert.deepEqual([await status(), await status(PASSWORD)], [401, 200]);
    assert.equal(await bed.remote('dpkg-query -W -f "\\${Package} " docker.io docker-compose-v2'), 'docker-compose-v2 docker.io');
    assert.match(await bed.remote('docker compose version --short; id -nG'), /^v?2\.[^]*\bdocker\b/);
  });

  it('is firewalled with the lab still served, and lets in by key alone', async () => {
    await bed.does(switchOn([allowed(22), allowed(80), allowed(443)]));
    assert.match(await bed.remote('sudo ufw status verbose'), /Status: active[^]*deny \(incoming\)/);
    assert.equal(await status(PASSWORD), 200);
    await bed.does(hardenSsh(true));
    assert.match(await bed.remote('sudo sshd -T | grep -i ^passwordauthentication'), /no$/);
  });

  it('updates itself, shuts out who guesses passwords, and has its packages, time zone and name', async () => {
    await bed.does(unattendedUpgrades(true));
    await bed.does(guardSsh([]));
    assert.match(await bed.remote('sudo fail2ban-client status sshd'), /Currently banned/);
    await bed.does(addPackages(['tree']));
    await bed.does(setTimezone('Pacific/Honolulu'));
    await bed.does(setHostName('lab-22'));
    assert.equal(await bed.remote('hostname; date +%Z; command -v tree'), 'lab-22\nHST\n/usr/bin/tree');
  });
});
