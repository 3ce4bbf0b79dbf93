import assert from 'node:assert/strict';
import { certificateFacts } from '../../../src/core/certificates/facts';
import type { GivenCertificate } from '../../../src/core/certificates/given';
import { useOwn } from '../../../src/core/certificates/own';
import { renewalTimer, tryRenewal } from '../../../src/core/certificates/renewal';
import { addPackages } from '../../../src/core/upkeep/packages/tasks';
import type { Task } from '../../../src/core/upkeep/task';
import { ended } from '../deploy/bed';
import { CertificateBed } from './bed';

const HOST = 'site.course.test';
const SITE = `# the site
server {
    listen 80;
    server_name ${HOST};
    location / { return 200 "hello"; }
}
`;

describe('the certificate of a site on the machine itself', function () {
  this.timeout(120_000);
  let here: CertificateBed;

  before(async function () {
    this.timeout(300_000);
    here = await CertificateBed.start('host', 443);
    await does(addPackages(['nginx-light', 'curl']));
    await remote(
      `sudo tee /etc/nginx/sites-available/site >/dev/null <<'EOS'\n${SITE}EOS\nsudo ln -s ../sites-available/site /etc/nginx/sites-enabled/site && sudo systemctl reload nginx`,
    );
  });

  after(() => here.upkeep.stop());

  const remote = (command: string) => here.upkeep.remote(command);
  const run = async <F>(task: Task<F>) => {
    const { bed, upkeep } = here.upkeep;
    return ended(upkeep.start(await upkeep.propose(bed.machine, task)));
  };
  const does = <F>(task: Task<F>) => here.upkeep.does(task);
  const given = (name: string): GivenCertificate => here.given(here.authority.issue(name, [HOST]), HOST);
  const target = () => here.target(HOST);
  const site = () => remote('cat /etc/nginx/sites-available/site');
  const shown = () => here.shown(HOST);

  it('is given to a site of nginx that had none, and is shown by it', async () => {
    const one = given('first');
    assert.deepEqual(await target(), { kind: 'nginx', path: '/etc/nginx/sites-available/site', host: HOST, port: 443 });
    await does(useOwn('admin', await target(), one));
    assert.equal(await shown(), one.certificate.fingerprint);
    assert.equal(
      await remote(
        `curl -s --cacert <(sudo cat /etc/skylab/tls/${HOST}/fullchain.pem) --resolve ${HOST}:443:127.0.0.1 -k https://${HOST}/`,
      ),
      'hello',
    );
    assert.match(await site(), /listen 80;\n\s+server_name site\.course\.test;\n\s+listen 443 ssl;\n\s+ssl_certificate \/etc\/skylab/);
  });

  it('is replaced; and the old one stays where nginx refuses the new', async () => {
    const two = given('second');
    await does(useOwn('admin', await target(), two));
    assert.equal(await shown(), two.certificate.fingerprint);
    const before = await site();
    await remote('echo "nonsense;" | sudo tee /etc/nginx/conf.d/broken.conf');
    const { outcome, error } = await run(useOwn('admin', await target(), given('third')));
    assert.equal(outcome, 'failed');
    assert.match(String(error?.message), /unknown directive/);
    await remote('sudo rm /etc/nginx/conf.d/broken.conf && sudo systemctl reload nginx');
    assert.equal(await shown(), two.certificate.fingerprint);
    assert.equal(await site(), before);
    assert.equal(await remote(`sudo ls /etc/skylab/tls/${HOST}`), 'fullchain.pem\nprivkey.pem');
  });

  it('is renewed twice a day where certbot has no timer', async () => {
    const certbot = async () => (await here.upkeep.upkeep.look(here.upkeep.bed.machine, certificateFacts('admin'))).certbot;
    await does(addPackages(['certbot']));
    assert.equal((await certbot())?.timer, true, 'the package brings its own');
    await remote('sudo systemctl disable --quiet --now certbot.timer');
    assert.equal((await certbot())?.timer, false);
    await does(renewalTimer('admin'));
    assert.equal(await remote('systemctl is-active certbot.timer'), 'active');
    await remote(
      'sudo systemctl disable --quiet --now certbot.timer; sudo rm /lib/systemd/system/certbot.timer; sudo systemctl daemon-reload',
    );
    await does(renewalTimer('admin'));
    assert.match((await certbot())?.next ?? '', /\d{4}-\d\d-\d\d/);
    assert.equal(await remote('systemd-analyze verify skylab-certbot.service certbot-renew-skylab.timer 2>&1'), '');
    await remote('sudo systemctl start skylab-certbot.service');
    assert.equal((await run(tryRenewal('admin'))).outcome, 'done');
  });
});
