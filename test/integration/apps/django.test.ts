import assert from 'node:assert/strict';
import { removeApp, rollBackApp, switchMaintenance } from '../../../src/core/apps/acts';
import { deployApp } from '../../../src/core/apps/deploy';
import type { ListedApp } from '../../../src/core/apps/list';
import { listApps } from '../../../src/core/apps/list';
import { linesOf } from '../../../src/core/upkeep/task';
import { AppBed, siteFolder } from './bed';

describe('a Django application on a machine', function () {
  this.timeout(300_000);
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

  const listed = async (): Promise<ListedApp> => {
    const [app] = await bed.upkeep.look(bed.bed.machine, listApps);
    assert.ok(app);
    return app;
  };

  it('is updated after the commits and the migrations that come were shown; requests wait meanwhile, none fails', async () => {
    const commit = await bed.commit(
      'Polls have a date',
      `sed -i 's/"one"/"two"/' config/urls.py && printf '    asked = models.DateField(null=True)\n' >>polls/models.py &&
cat >polls/migrations/0002_poll_asked.py <<'END'
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("polls", "0001_initial")]
    operations = [migrations.AddField("poll", "asked", models.DateField(null=True))]
END`,
    );
    const folder = siteFolder({ env: 'ADMINS=ada\nMAIL_PASSWORD=hunter22\n', more: 'maintenance: never' });
    const task = deployApp(folder, '');
    const proposal = await bed.upkeep.propose(bed.bed.machine, task);
    const lines = linesOf(proposal.plan).join('\n');
    assert.match(lines, new RegExp(`takes ${commit.slice(0, 8)} “Polls have a date”.*adds ADMINS=ada, adds MAIL_PASSWORD\\)`));
    assert.match(lines, /migrations that are pending, with polls\.0002_poll_asked/);
    assert.match((proposal.plan.notes ?? []).join('\n'), /1 commit since [0-9a-f]{8}:\n[0-9a-f]+ Polls have a date/);
    await bed.remote(
      'nohup sh -c "while [ ! -e stop ]; do curl -s -o /dev/null -w \'%{http_code}\\n\' --resolve site.example.org:80:127.0.0.1 http://site.example.org/; sleep 0.2; done" >answers 2>/dev/null </dev/null &',
    );
    await bed.does(task);
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version two, 0 polls' });
    assert.equal(await bed.remote('touch stop; sleep 0.3; sort answers | uniq | tr "\\n" " "'), '200');
  });

  it('that fails to come up leaves the release before in place, and says which migration stays', async () => {
    await bed.commit(
      'Break it',
      `sed -i '1i raise RuntimeError("no such thing: " + __import__("os").environ["MAIL_PASSWORD"])' config/wsgi.py &&
cat >polls/migrations/0003_more.py <<'END'
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("polls", "0002_poll_asked")]
    operations = [migrations.CreateModel("More", [("id", models.BigAutoField(primary_key=True))])]
END`,
    );
    const { error, log } = await bed.fails(deployApp(siteFolder({ env: 'ADMINS=ada\nMAIL_PASSWORD=hunter22\n' }), ''));
    assert.match(error.sentence ?? '', /Its journal ends with “RuntimeError: no such thing: /);
    assert.match(
      error.sentence ?? '',
      /The release before \([0-9a-f]{8}\) serves again\. Migrations that have run stay applied: .*polls\.0003_more/,
    );
    assert.match(log, /no such thing/);
    assert.doesNotMatch(log + String(error.sentence), /hunter22/);
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version two, 0 polls' });
    assert.equal((await listed()).maintenance, false);
  });

  it('is not taken for well while a worker of it ends again and again', async () => {
    await bed.commit('Mend it', 'sed -i 1d config/wsgi.py');
    const { error } = await bed.fails(deployApp(siteFolder({ worker: 'no_such_command' }), ''));
    assert.match(error.sentence ?? '', /site-watch\.service ended.*Type 'manage\.py help' for usage.*serves again/);
    assert.equal(await bed.remote('systemctl is-active site-watch.service'), 'active', 'the worker of the release before works again');
  });

  it('that breaks at building never touches what serves', async () => {
    const { error } = await bed.fails(deployApp(siteFolder({ more: 'python: python9' }), ''));
    assert.match(error.sentence ?? '', /serves on, untouched/);
    assert.equal((await listed()).releases.length, 2, 'the release that never served is gone');
  });

  it('goes back to a release that was kept, after it was said which migrations stay', async () => {
    const { releases } = await listed();
    const first = releases.at(-1);
    assert.ok(first);
    const proposal = await bed.upkeep.propose(bed.bed.machine, rollBackApp(first));
    assert.match((proposal.plan.notes ?? []).join('\n'), /“Polls”.*\nMigrations that came later stay applied: polls\.0002_poll_asked\./);
    await bed.does(rollBackApp(first));
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one, 0 polls' });
    assert.equal((await bed.upkeep.propose(bed.bed.machine, rollBackApp(first))).plan.acts.length, 0);
  });

  it('answers 503 with its maintenance page while that is on', async () => {
    await bed.does(switchMaintenance(await listed(), true));
    const { status, body } = await bed.ask('/anything');
    assert.equal(status, 503);
    assert.match(body, /site is being updated/);
    await bed.does(switchMaintenance(await listed(), false));
    assert.equal((await bed.ask()).status, 200);
  });

  it('is removed with its data kept, or without', async () => {
    await bed.does(removeApp(await listed(), false));
    assert.equal(
      await bed.remote('systemctl list-unit-files "site*" --no-legend | wc -l; ls /srv/www/site/shared; systemctl is-active caddy'),
      '0\ndata\nmaintenance.html\nmedia\nactive',
    );
  });
});
