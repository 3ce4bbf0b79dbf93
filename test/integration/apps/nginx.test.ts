import assert from 'node:assert/strict';
import { deployApp } from '../../../src/core/apps/deploy';
import type { ListedApp } from '../../../src/core/apps/list';
import { listApps } from '../../../src/core/apps/list';
import { followLogs } from '../../../src/core/apps/logs';
import { switchMaintenance } from '../../../src/core/apps/acts';
import { explainTrouble } from '../../../src/core/apps/trouble';
import { troubleFacts } from '../../../src/core/apps/troubleFacts';
import { until } from '../practice-cloud/lab';
import { AppBed, siteFolder } from './bed';

describe('a Django application behind nginx', function () {
  this.timeout(300_000);
  let bed: AppBed;
  const nginx = (https: boolean) => siteFolder({ proxy: `{ kind: nginx, domain: "\${SITE_DOMAIN}", https: ${https}, upload: 12 }` });

  before(async function () {
    this.timeout(900_000);
    bed = await AppBed.start('nginx');
  });

  after(async () => bed.stop());

  const listed = async (): Promise<ListedApp> => {
    const [app] = await bed.upkeep.look(bed.bed.machine, listApps);
    assert.ok(app);
    return app;
  };
  /** The first thing that the explanation names. */
  const explained = async () => {
    const { serving, units } = await listed();
    const names = units.map(({ name }) => name);
    const facts = await bed.upkeep.look(bed.bed.machine, troubleFacts(serving.app, names));
    const [first] = explainTrouble(serving.app, facts);
    assert.ok(first);
    return first;
  };

  it('is served by a site that nginx itself has checked, with limits that fit gunicorn’s', async () => {
    await bed.does(deployApp(nginx(false), ''));
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one, 0 polls' });
    assert.match((await bed.ask('/static/polls/site.css')).body, /sans-serif/);
    await bed.remote('sudo nginx -t -q');
    const site = await bed.remote('cat /etc/nginx/sites-enabled/site');
    assert.match(site, /client_max_body_size 12m;[^]*proxy_read_timeout 10s;/);
    assert.equal((await explained()).kind, 'well');
    await bed.does(switchMaintenance(await listed(), true));
    assert.equal((await bed.ask()).status, 503);
    assert.match((await bed.ask()).body, /being updated/);
    assert.equal((await explained()).kind, 'maintenance');
    await bed.does(switchMaintenance(await listed(), false));
  });

  it('moves to TLS with a certificate that certbot has fetched, which a timer renews', async () => {
    // An authority on the machine itself: Caddy's, which asks back at port 80 as any other does.
    const authority =
      '{\n admin off\n auto_https disable_redirects\n http_port 8081\n pki {\n  ca local {\n   name Practice\n  }\n }\n}\nhttps://localhost:8443 {\n tls internal\n acme_server\n}\n';
    await bed.remote(`echo 127.0.0.1 site.example.org | sudo tee -a /etc/hosts >/dev/null; printf '${authority.replaceAll('\n', '\\n')}' >authority
sudo mkdir -p /etc/letsencrypt; printf 'server = https://localhost:8443/acme/local/directory\\nno-verify-ssl = true\\n' | sudo tee /etc/letsencrypt/cli.ini >/dev/null
sudo systemd-run --quiet --unit=authority --setenv=HOME=/root caddy run --config "$PWD/authority" --adapter caddyfile`);
    const directory = 'curl -skf https://localhost:8443/acme/local/directory';
    await until(20, 'the authority', async () => ((await bed.bed.ssh(directory)).code === 0 ? true : undefined));
    await bed.does(deployApp(nginx(true), ''));
    assert.equal((await bed.ask('/', 'https')).status, 200);
    assert.equal(await bed.remote('systemctl is-active certbot.timer; sudo ls /etc/letsencrypt/live'), 'active\nREADME\nsite.example.org');
    assert.equal((await bed.upkeep.propose(bed.bed.machine, deployApp(nginx(true), ''))).plan.acts.length, 0);
    const answer = await bed.remote('curl -sI --resolve site.example.org:80:127.0.0.1 http://site.example.org/a?b');
    assert.match(answer, /301[^]*Location: https:\/\/site\.example\.org\/a\?b/i);
  });

  it('has its logs followed: journal and nginx’s files in one stream', async () => {
    const app = await listed();
    const session = await bed.bed.access.session(bed.bed.machine);
    const process = await session.start(followLogs(app, 5));
    let said = '';
    process.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await bed.ask('/looked-for', 'https');
    await until(20, 'both lines', async () =>
      /site\.access\.log: .*looked-for/.test(said) && /gunicorn\[.*looked-for/.test(said) ? true : undefined,
    );
    process.stdin.end();
    await process.exit;
    await until(10, 'the end of the followers', async () =>
      (await bed.remote('pgrep -c "journalctl|tail" || true')) === '0' ? true : undefined,
    );
  });

  it('says why there is a 502: a request that takes too long, a socket that nginx may not open, a stopped unit, an error at import', async () => {
    assert.match(String((await bed.ask('/slow/9', 'https')).status), /^50[02]$/);
    const late = await explained();
    assert.equal(late.kind, 'workerTimeout');
    assert.match(late.text, /longer than the 5 s .* GET \/slow\/9/);
    await bed.remote('sudo journalctl --rotate -q; sudo journalctl --vacuum-time=1s -q; sudo chown root:root /run/site.sock');
    assert.equal((await bed.ask('/', 'https')).status, 502);
    const denied = await explained();
    assert.equal(denied.kind, 'socketDenied');
    assert.match(denied.text, /nginx may not open .* root:root with mode 660/);
    await bed.remote('sudo systemctl stop site.socket site.service');
    assert.equal((await explained()).kind, 'socketGone');
    await bed.remote('sudo systemctl start site.socket');
    assert.equal((await explained()).kind, 'well', 'the question itself wakes gunicorn up');
    await bed.remote(
      'sudo sed -i "1i import nothing_like_it" /srv/www/site/current/app/config/wsgi.py; sudo systemctl restart site.service || true; sleep 1',
    );
    const raised = await explained();
    assert.equal(raised.kind, 'importError');
    assert.match(raised.text, /cannot load config\.wsgi:application: “ModuleNotFoundError: No module named 'nothing_like_it'”/);
    await bed.remote('sudo systemctl stop nginx');
    assert.equal((await explained()).kind, 'proxyDown');
  });
});
