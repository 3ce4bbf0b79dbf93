import assert from 'node:assert/strict';
import type { GivenCertificate } from '../../../src/core/certificates/given';
import { useOwn } from '../../../src/core/certificates/own';
import { Secret } from '../../../src/core/secret';
import { CertificateBed } from './bed';

const HOST = 'site.course.test';
const CADDYFILE = `{
	# asked by nobody but Caddy itself
	local_certs
	skip_install_trust
}

# the site
${HOST} {
	respond "hello" # to all
}

other.course.test {
	respond "other"
}
`;

describe('the certificate of a site of Caddy on the machine itself', function () {
  this.timeout(120_000);
  let bed: CertificateBed;

  before(async function () {
    this.timeout(300_000);
    bed = await CertificateBed.start('caddy', 443, { machineImage: 'django' });
    await remote(`sudo tee /etc/caddy/Caddyfile >/dev/null <<'EOS'\n${CADDYFILE}EOS\nsudo systemctl start caddy`);
  });

  after(() => bed.upkeep.stop());

  const remote = (command: string) => bed.upkeep.remote(command);
  const issue = (name: string): GivenCertificate => bed.given(bed.authority.issue(name, [HOST]), HOST);
  const own = async (given: GivenCertificate) => useOwn('admin', await bed.target(HOST), given);
  const site = () => remote('cat /etc/caddy/Caddyfile');
  /** By openssl on the machine, of the chain that is sent. */
  const issuers = (host = HOST) =>
    remote(`openssl s_client -showcerts -connect 127.0.0.1:443 -servername ${host} </dev/null 2>/dev/null | grep -o 'i:.*'`);
  const page = () => remote(`curl -s --cacert /tmp/root.crt --resolve ${HOST}:443:127.0.0.1 https://${HOST}/`);

  it('is given to it: what a client is sent leads to the authority, and Caddy never stopped', async () => {
    const started = await remote('systemctl show --property=MainPID caddy');
    assert.match(await issuers(), /Caddy Local Authority/);
    const one = issue('first');
    assert.deepEqual(await bed.target(HOST), { kind: 'caddy', path: '/etc/caddy/Caddyfile', host: HOST, port: 443 });
    await bed.upkeep.does(await own(one));
    assert.equal(await bed.shown(HOST), one.certificate.fingerprint);
    await remote(`cat >/tmp/root.crt <<'EOS'\n${bed.authority.root}EOS`);
    assert.equal(await page(), 'hello');
    assert.match(await issuers('other.course.test'), /Caddy Local Authority/, 'the other site keeps its own');
    assert.equal(await remote('systemctl show --property=MainPID caddy'), started);
    const directive = `\ttls /etc/skylab/tls/${HOST}/fullchain.pem /etc/skylab/tls/${HOST}/privkey.pem\n`;
    assert.equal((await site()).replace(directive, ''), CADDYFILE.trim());
    assert.equal(await remote(`stat -c '%a %U:%G' /etc/skylab/tls/${HOST}/privkey.pem`), '640 root:caddy');
  });

  it('is replaced by the next', async () => {
    const before = await site();
    const two = issue('second');
    await bed.upkeep.does(await own(two));
    assert.equal(await bed.shown(HOST), two.certificate.fingerprint);
    assert.equal(await page(), 'hello');
    assert.equal(await site(), before);
  });

  it('stays what it was when Caddy cannot read the new files', async () => {
    const before = await bed.shown(HOST);
    const files = await remote(`sudo sh -c 'sha256sum /etc/skylab/tls/${HOST}/*'`);
    // a pair that is refused before, when it is chosen
    const broken: GivenCertificate = { ...issue('third'), key: new Secret(bed.authority.issue('fourth', [HOST]).key) };
    assert.match((await bed.upkeep.fails(await own(broken))).message, /private key does not match/);
    assert.equal(await bed.shown(HOST), before);
    assert.equal(await remote(`sudo sh -c 'sha256sum /etc/skylab/tls/${HOST}/*'`), files);
    assert.equal(await page(), 'hello');
  });

  it('is Caddy’s own again where the first one of the person’s is refused', async () => {
    await remote(
      `sudo rm -r /etc/skylab/tls; sudo tee /etc/caddy/Caddyfile >/dev/null <<'EOS'\n${CADDYFILE}EOS\nsudo systemctl reload caddy`,
    );
    await remote('sudo sed -i \'s/respond "other"/nonsense/\' /etc/caddy/Caddyfile');
    const before = await site();
    assert.match((await bed.upkeep.fails(await own(issue('fifth')))).message, /nonsense/);
    assert.equal(await site(), before);
    assert.match(await issuers(), /Caddy Local Authority/);
    assert.equal(await remote('sudo ls /etc/skylab/tls'), '');
  });
});
