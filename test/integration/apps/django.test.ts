import assert from 'node:assert/strict';
import { deployApp } from '../../../src/core/apps/deploy';
import { AppBed, siteFolder } from './bed';

describe('a Django application on a machine', function () {
  this.timeout(120_000);
  let bed: AppBed;

  before(async function () {
    this.timeout(900_000);
    bed = await AppBed.start('apps');
  });

  after(async () => bed.stop());

  it('is deployed from its repository behind Caddy: built, migrated, served; a second time there is nothing to do', async () => {
    const task = deployApp(siteFolder(), '');
    const { plan, log } = await bed.does(task);
    assert.match(plan.acts.map(({ title }) => title).join(' · '), /Make its place · Take the commit · Build/);
    assert.match(log, /security\.W\d+/, 'what manage.py check --deploy says stands in the log');
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one, 0 polls' });
    assert.match((await bed.ask('/static/polls/site.css')).body, /sans-serif/);
    assert.equal(
      await bed.remote('systemctl is-active site.socket site.service site-watch.service caddy | tr "\\n" " "'),
      'active active active active',
    );
    assert.equal(
      await bed.remote('sudo stat -c "%a %U %G" /srv/www/site/current/.env /srv/www/site/shared/media | tr "\\n" " "'),
      '640 root site 2775 site www-data',
    );
    assert.equal((await bed.upkeep.propose(bed.bed.machine, deployApp(siteFolder(), ''))).plan.acts.length, 0);
  });
});
