import assert from 'node:assert/strict';
import { deployApp } from '../../../src/core/apps/deploy';
import { listApps } from '../../../src/core/apps/list';
import { until } from '../practice-cloud/lab';
import { AppBed, plainFolder } from './bed';

/** What the project's migrations and its build leave behind, and where the test has them take forever. */
const DATA = '/srv/www/plain/shared/data';
const folder = plainFolder({
  more: `shared: [data]
check: if [ -e data/slow-build ]; then touch data/building; exec sleep 600; fi
migrations:
  pending: for one in one two; do [ -e data/$one ] || echo "[ ]  $one"; done
  run: touch data/one; if [ -e data/slow-migrations ]; then exec sleep 600; fi; touch data/two`,
});

describe('an application whose update loses its connection', function () {
  this.timeout(300_000);
  let bed: AppBed;

  before(async function () {
    this.timeout(300_000);
    bed = await AppBed.start('cuts', 'plain-site');
    await bed.does(deployApp(folder, ''));
    await bed.remote(`sudo rm ${DATA}/one ${DATA}/two`);
    await bed.commit(
      'Two',
      `sed -i -e 's/one/two/' -e '1a import os, time' -e '1a while os.path.exists("data/slow-start"): time.sleep(0.1)' hello.py`,
    );
  });
  after(async () => bed.stop());

  /** Starts the update, and cuts the connection once the step runs and `seen` is true. @returns what the person reads */
  const cutAt = async (step: string, seen = 'true'): Promise<string> => {
    const operation = bed.upkeep.start(await bed.upkeep.propose(bed.bed.machine, deployApp(folder, '')));
    const runs = () => operation.view.steps.some(({ name, state }) => name === step && state === 'running');
    const cut = new Promise<void>((resolve) => {
      const look = () => {
        if (runs()) resolve();
      };
      operation.onChange(look);
      look();
    });
    await Promise.race([cut, operation.outcome]);
    if (seen !== 'true') await until(200, seen, async () => (await bed.bed.ssh(seen)).code === 0 || undefined);
    bed.bed.access.release(bed.bed.machine);
    const outcome = await operation.outcome;
    assert.ok(outcome.kind === 'failed', `${step}: ${operation.log.join('\n')}`);
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one' }, step);
    const [app] = await bed.upkeep.look(bed.bed.machine, listApps);
    assert.deepEqual(
      [app?.releases.length, app?.maintenance, app?.units.map(({ state }) => state)],
      [1, false, ['active', 'active']],
      step,
    );
    assert.equal(
      await bed.remote(
        'sudo ls /srv/www/plain/releases | wc -l; pgrep -u plain -a sleep; sudo flock -n /run/skylab/locks/app-plain/lock echo free',
      ),
      '1\nfree',
      step,
    );
    // nobody else may begin while something is taken back; of making the place nothing is
    if (step !== 'place') assert.match(operation.log.join('\n'), /^The lock went with the connection, and is taken again/m, step);
    return (outcome.error as Error & { sentence: string }).sentence;
  };

  const serving = '"$(sudo readlink /srv/www/plain/current)"';

  it('is served as before when that happens before anything was built, and says so', async () => {
    assert.match(await cutAt('place'), /serves on, untouched\.$/);
    assert.match(await cutAt('release'), /serves on, untouched\.$/);
  });

  it('has no build go on behind its back', async () => {
    await bed.remote(`sudo touch ${DATA}/slow-build`);
    assert.match(await cutAt('build', `test -e ${DATA}/building`), /serves on, untouched\.$/);
    await bed.remote(`sudo rm ${DATA}/slow-build`);
  });

  it('is told which migrations have run when that happens amid them', async () => {
    await bed.remote(`sudo touch ${DATA}/slow-migrations`);
    assert.match(await cutAt('migrate', `test -e ${DATA}/one`), /serves on, untouched\. Migrations that have run stay applied: one\.$/);
    await bed.remote(`sudo rm ${DATA}/slow-migrations`);
  });

  it('is served as before when that happens after the switch, and says so', async () => {
    const before = await bed.remote(`echo ${serving}`);
    assert.match(await cutAt('switch'), /serves (again|on, untouched)\. Migrations that have run stay applied: two\.$/);
    await bed.remote(`sudo touch ${DATA}/slow-start`);
    assert.match(await cutAt('gate', `[ ${serving} != ${before} ]`), /serves again\.$/);
    await bed.remote(`sudo rm ${DATA}/slow-start`);
  });

  it('is updated when it is deployed again', async () => {
    await bed.does(deployApp(folder, ''));
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version two' });
  });
});
