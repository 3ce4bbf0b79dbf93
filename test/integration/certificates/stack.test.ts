import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GivenCertificate } from '../../../src/core/certificates/given';
import { stackEdits } from '../../../src/core/certificates/inStack';
import type { Target } from '../../../src/core/certificates/own';
import { stackOf, targetsOf, useOwn, usesOwn } from '../../../src/core/certificates/own';
import { SkylabError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import { until } from '../practice-cloud/lab';
import { answersTo, ended } from '../deploy/bed';
import type { IssuedPair } from './authority';
import { CertificateBed } from './bed';

const HOST = 'lab.course.test';
/** Its certificate counts for half a minute. */
const SHORT = 'short.course.test';
const COMPOSE = `services:
  web: # in front
    image: caddy:latest
    init: true
    stop_grace_period: 1s
    ports: ['8443:443']
    environment:
      DOMAIN: \${DOMAIN}
    volumes:
      - ./Caddyfile:/etc/caddy/Caddyfile:ro
      - data:/data
volumes:
  data: {}
`;
const CADDYFILE = `{
	local_certs
	renew_interval 1s
}
# the page
{$DOMAIN} {
	respond "hello" # to all
}
short.course.test {
	tls {
		issuer internal {
			lifetime 30s
		}
	}
	respond "short"
}
`;

describe('the certificate of a stack', function () {
  this.timeout(120_000);
  let here: CertificateBed;
  let bed: CertificateBed['upkeep']['bed'];
  let upkeep: CertificateBed['upkeep']['upkeep'];
  let certificates: CertificateBed['certificates'];
  let authority: CertificateBed['authority'];
  let firstShort: string | undefined;

  before(async function () {
    this.timeout(240_000);
    here = await CertificateBed.start('ada', 8443, { machineImage: 'docker' });
    ({ certificates, authority } = here);
    ({ bed, upkeep } = here.upkeep);
    const folder = join(bed.scratch, 'lab');
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.yml'), COMPOSE);
    writeFileSync(join(folder, 'Caddyfile'), CADDYFILE);
    writeFileSync(join(folder, '.env'), `DOMAIN=${HOST}\n`);
    const session = await bed.deployer().open(folder, bed.machine);
    const { outcome, error } = await ended(session.run(answersTo(session, { DOMAIN: HOST })));
    assert.equal(outcome, 'done', String(error));
  });

  after(() => here.upkeep.stop());

  const remote = (command: string) => here.upkeep.remote(command);
  const given = (pair: IssuedPair): GivenCertificate => here.given(pair, HOST);
  const look = () => here.look();
  const target = async (): Promise<Target & { kind: 'stack' }> => {
    const [one] = targetsOf((await look()).facts);
    assert.ok(one?.kind === 'stack');
    return one;
  };
  /** By openssl on the machine. */
  const issuer = () =>
    remote(
      `openssl s_client -connect 127.0.0.1:8443 -servername ${HOST} </dev/null 2>/dev/null | openssl x509 -noout -issuer -fingerprint -sha256`,
    );
  const page = () => remote(`curl -sk --resolve ${HOST}:8443:127.0.0.1 https://${HOST}:8443/`);

  it('is told: who keeps it, how long it counts, what the port really shows', async () => {
    const { facts, shown } = await look();
    assert.deepEqual(targetsOf(facts), [
      { kind: 'stack', stack: 'lab', host: HOST, port: 8443 },
      { kind: 'stack', stack: 'lab', host: SHORT, port: 8443 },
    ]);
    firstShort = shown.find(({ name }) => name === SHORT)?.certificate.fingerprint;
    const kept = facts.kept.find(({ certificate }) => certificate.names.includes(HOST));
    assert.equal(kept?.keeper, 'caddy');
    assert.equal(kept.keyFits, true);
    const site = shown.find(({ name }) => name === HOST);
    assert.equal(site?.port, 8443);
    assert.equal(site.certificate.fingerprint, kept.certificate.fingerprint);
    assert.match(await issuer(), new RegExp(site.certificate.fingerprint));
    assert.equal(site.problem, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
  });

  it('is the person’s own by a new release that says so in the Caddyfile and in the Compose file', async () => {
    const one = given(authority.issue('first', [HOST]));
    const { facts } = await look();
    const stack = stackOf(facts, await target());
    const changes = stackEdits(stack, HOST);
    assert.deepEqual(
      changes.map(({ path, before, after }) => [
        path,
        after.replace(before, ''),
        after.split('\n').filter((line) => !before.includes(line)),
      ]),
      [
        ['Caddyfile', changes[0]?.after, [`\ttls /etc/skylab/tls/${HOST}/fullchain.pem /etc/skylab/tls/${HOST}/privkey.pem`]],
        ['compose.yml', changes[1]?.after, [`      - /etc/skylab/tls/${HOST}:/etc/skylab/tls/${HOST}:ro`]],
      ],
    );
    const { outcome, error } = await ended(certificates.install(bed.machine, { stack, host: HOST, port: 8443, given: one, changes }));
    assert.equal(outcome, 'done', String(error));
    assert.match(await issuer(), new RegExp(`Test Between[^]*${one.certificate.fingerprint}`));
    assert.equal(await page(), 'hello');
    assert.equal(
      await remote(`stat -c '%a %U:%G' /etc/skylab/tls/${HOST}/privkey.pem /etc/skylab/tls/${HOST}/fullchain.pem`),
      '640 root:root\n644 root:root',
    );
    assert.equal(await remote(`readlink ~/skylab/lab/current | wc -l; ls ~/skylab/lab/releases | wc -l`), '1\n2');
    const now = await look();
    const shown = now.shown.find(({ name }) => name === HOST);
    assert.equal(shown?.sent, 2, 'the one in between is sent along');
    assert.ok(usesOwn(now.facts, await target()));
    const [entry] = await upkeep.journal(bed.machine);
    assert.equal(entry?.task, 'certificates.use');
  });

  it('is replaced without a restart of Caddy', async () => {
    const started = await remote("sudo docker inspect --format '{{.State.StartedAt}}' lab-web-1");
    const next = given(authority.issue('second', [HOST], { key: 'rsa:2048' }));
    const task = useOwn('admin', await target(), next);
    const operation = upkeep.start(await upkeep.propose(bed.machine, task));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    assert.match(await issuer(), new RegExp(next.certificate.fingerprint));
    assert.equal(await remote("sudo docker inspect --format '{{.State.StartedAt}}' lab-web-1"), started);
    assert.equal((await upkeep.propose(bed.machine, task)).plan.acts.length, 0, 'a second time there is nothing to do');
    assert.doesNotMatch(operation.log.join('\n'), /PRIVATE KEY/);
  });

  it('stays what it was when Caddy cannot read the new files', async () => {
    const before = await issuer();
    const files = await remote(`sudo sh -c 'sha256sum /etc/skylab/tls/${HOST}/*'`);
    const good = given(authority.issue('third', [HOST]));
    const other = given(authority.issue('fourth', [HOST]));
    // a pair that checkGiven would never let through
    const broken: GivenCertificate = { ...good, key: new Secret(other.key.reveal()) };
    const { outcome, error } = await ended(upkeep.start(await upkeep.propose(bed.machine, useOwn('admin', await target(), broken))));
    assert.equal(outcome, 'failed');
    assert.match(String(error?.message), /private key does not match/);
    assert.equal(await issuer(), before);
    assert.equal(await remote(`sudo sh -c 'sha256sum /etc/skylab/tls/${HOST}/*'`), files);
    assert.equal(await page(), 'hello');
  });

  it('is renewed by Caddy itself where it is Caddy’s', async () => {
    assert.ok(firstShort !== undefined);
    const renewed = await until(40, 'another certificate', async () => {
      const shown = (await look()).shown.find(({ name }) => name === SHORT);
      return shown !== undefined && shown.certificate.fingerprint !== firstShort ? shown : undefined;
    });
    assert.ok(renewed.certificate.until > Date.now());
  });

  it('is refused here when the files do not belong together, and nothing is asked of the machine', () => {
    const one = authority.issue('fifth', [HOST]);
    const two = authority.issue('sixth', [HOST]);
    assert.throws(
      () => given({ ...one, key: two.key }),
      (error: unknown) => error instanceof SkylabError && error.code === 'KeyMismatch',
    );
  });
});
