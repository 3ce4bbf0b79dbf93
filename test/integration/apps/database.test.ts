import assert from 'node:assert/strict';
import { removeApp } from '../../../src/core/apps/acts';
import { deployApp } from '../../../src/core/apps/deploy';
import { listApps } from '../../../src/core/apps/list';
import { linesOf } from '../../../src/core/upkeep/task';
import { AppBed, siteFolder } from './bed';

describe('an application with a database in a container', function () {
  this.timeout(300_000);
  let bed: AppBed;
  const folder = (version = '17') => siteFolder({ more: `database: { kind: container, version: "${version}" }`, env: "DATABASE_URL=''\n" });
  const broken = () => siteFolder({ more: 'database: { kind: container }\npython: python9' });
  const psql = (sql: string, database = 'site') =>
    bed.remote(`sudo docker exec site-database psql -U site -d ${database} -Atc ${JSON.stringify(sql)}`);
  const password = () => bed.remote("sudo sed -n 's/^POSTGRES_PASSWORD=//p' /srv/www/site/shared/.database");

  before(async function () {
    this.timeout(900_000);
    bed = await AppBed.start('database', 'django-site', 'database');
    await bed.commit('PostgreSQL', "echo 'psycopg[binary]' >>requirements.txt");
  });
  after(async () => bed.stop());

  it('that cannot be built takes the database away with it', async () => {
    const { error, log } = await bed.fails(deployApp(broken(), ''));
    assert.match(error.sentence ?? '', /python9.*Nothing of it serves\.$/);
    assert.match(log, /postgres:17 takes connections at 127\.0\.0\.1:\d+/);
    assert.equal(
      await bed.remote('sudo docker ps -aq; sudo docker volume ls -q; sudo ls -A /srv/www/site/shared | grep database || true'),
      '',
    );
  });

  it('gets it before its migrations, reachable from the machine alone, with a password that only root and it can read', async () => {
    const { plan, log } = await bed.does(deployApp(folder(), ''));
    assert.match(linesOf(plan).join('\n'), /runs postgres:17 in the container site-database, which only this machine reaches\n/);
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one, 0 polls' });
    assert.equal(await psql("select count(*) > 0 from django_migrations where app = 'polls'"), 't');
    assert.equal(
      await bed.remote('sudo stat -c "%U %a" /srv/www/site/shared/.database /srv/www/site/current/.env | tr "\\n" " "'),
      'root 600 root 640',
    );
    assert.equal(await bed.remote('sudo docker port site-database | cut -d: -f1 | sort -u'), '5432/tcp -> 127.0.0.1');
    const secret = await password();
    assert.match(secret, /^[0-9a-f]{48}$/);
    assert.ok(
      !`${log}${await bed.remote('sudo cat /var/log/skylab/journal.jsonl; cat /srv/www/site/current/.skylab-app.json')}`.includes(secret),
    );
    assert.equal((await bed.upkeep.propose(bed.bed.machine, deployApp(folder(), ''))).plan.acts.length, 0);
  });

  it('is dumped before the next migrations, to what a second database can be made from', async () => {
    await psql("insert into polls_poll (question) values ('Tea?')");
    await bed.commit(
      'Polls have a date',
      `printf '    asked = models.DateField(null=True)\n' >>polls/models.py &&
cat >polls/migrations/0002_poll_asked.py <<'END'
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("polls", "0001_initial")]
    operations = [migrations.AddField("poll", "asked", models.DateField(null=True))]
END`,
    );
    const secret = await password();
    const { plan, log } = await bed.does(deployApp(folder(), ''));
    assert.doesNotMatch(linesOf(plan).join('\n'), /DATABASE_URL|postgres/);
    assert.equal(await password(), secret);
    const [, dump] = /dumped (\S+)/.exec(log) ?? [];
    assert.ok(dump, log);
    await bed.remote(
      `sudo docker exec site-database createdb -U site copy; sudo cat ${dump} | sudo docker exec -i site-database pg_restore -U site --exit-on-error -d copy`,
    );
    const columns =
      "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'polls_poll'";
    assert.deepEqual([await psql('select question from polls_poll', 'copy'), await psql(columns, 'copy')], ['Tea?', 'id,question']);
    assert.equal(await psql(columns), 'id,question,asked');
  });

  it('runs again after it was stopped, and is not exchanged for a version that cannot read its data', async () => {
    await assert.rejects(bed.upkeep.propose(bed.bed.machine, deployApp(folder('16'), '')), { code: 'OtherVersion' });
    await bed.remote('sudo docker stop site-database');
    const { plan } = await bed.does(deployApp(folder(), ''));
    assert.deepEqual(linesOf(plan)[0], 'starts site-database again');
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one, 1 polls' });
  });

  it('keeps its data when the application is removed, and when a later attempt fails, unless that is to go too', async () => {
    const [app] = await bed.upkeep.look(bed.bed.machine, listApps);
    assert.ok(app);
    const kept = await bed.does(removeApp(app, false));
    assert.match(linesOf(kept.plan).join('\n'), /removes the container site-database; the volume site-database with its data stays/);
    assert.equal(await bed.remote('sudo docker ps -aq; sudo docker volume ls -q'), 'site-database');
    const { log } = await bed.fails(deployApp(broken(), ''));
    assert.match(log, /with the data that is there/);
    assert.equal(await bed.remote('sudo docker ps -aq; sudo docker volume ls -q'), 'site-database');
    await bed.does(removeApp(app, true));
    assert.equal(await bed.remote('sudo docker ps -aq; sudo docker volume ls -q; ls -d /srv/www/site 2>/dev/null || true'), '');
  });
});
