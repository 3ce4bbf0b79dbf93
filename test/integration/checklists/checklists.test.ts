import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HttpSiteProbe } from '../../../src/adapters/http/siteProbe';
import { TcpProbe } from '../../../src/adapters/net/portProbe';
import { NodeTlsProbe } from '../../../src/adapters/net/tlsProbe';
import { Certificates } from '../../../src/core/certificates/certificates';
import { Checklists } from '../../../src/core/checklists/checklists';
import { readChecklist } from '../../../src/core/checklists/read';
import { systemClock } from '../../../src/core/clock';
import type { Schema } from '../../../src/core/cloud/specs/schema';
import { Secret } from '../../../src/core/secret';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, answersTo, ended } from '../deploy/bed';

const COMPOSE = `services:
  page:
    image: caddy:latest
    init: true
    stop_grace_period: 1s
    ports: ['8080:80', '8443:443']
    command: caddy respond --listen :80 "hello from the lab"
    healthcheck: {test: [CMD, caddy, version], interval: 1s, retries: 2}
  lazy:
    image: caddy:latest
    init: true
    stop_grace_period: 1s
    command: sleep infinity
`;
const LIST = `title: Everything
items:
  - get: /
    contains: from the lab
  - get: /
    contains: nowhere to be found
  - get: /
    status: 401
  - openPort: 8080
  - openPort: 8443
  - closedPort: 5432
  - closedPort: 8080
  - unit: ssh.service
  - unit: not-there.service
  - container: page
  - container: lazy
  - container: nobody
  - diskFree: 1
  - diskFree: 99
    on: /full
  - backup: /srv/b*/*.gz
  - backup: /srv/backups/*.gz
  - backup: /srv/backups/*.gz
    youngerThan: 400d
  - backup: /srv/backups/*.new
  - hostKeyKnown: true
  - certificateDays: 10
  - command: test -d /etc
  - command: echo "it's not so" >&2; exit 3
  - rotate: envSecrets
    olderThan: 30d
  - rotate: loginKeys
  - byHand: Look at it
`;

describe('a checklist gone through on a machine', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let checklists: Checklists;
  const schema = JSON.parse(readFileSync(resolve(__dirname, '../../../schemas/checklist.schema.json'), 'utf8')) as Schema;

  before(async function () {
    this.timeout(240_000);
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    bed = await Bed.launch(cloud, 'ada');
    await bed.lab.open(8080);
    const stacks = bed.stacks();
    const ports = { access: bed.access, stacks, clock: systemClock, owner: 'ada@laptop' };
    const certificates = new Certificates({ ...ports, probe: new NodeTlsProbe(2_000) });
    checklists = new Checklists({ ...ports, certificates, site: new HttpSiteProbe(), knock: new TcpProbe(1_000) });
    const folder = join(bed.scratch, 'lab');
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.yml'), COMPOSE);
    writeFileSync(join(folder, '.env'), 'API_TOKEN=s3cret-t0ken\n');
    const { outcome, error } = await ended(
      (await bed.deployer().open(folder, bed.machine)).run(answersTo(await bed.deployer().open(folder, bed.machine), {})),
    );
    assert.equal(outcome, 'done', String(error));
    const made = await bed.ssh(
      'sudo sh -c "docker stop -t 1 lab-lazy-1; mkdir /full && mount -t tmpfs -o size=1m none /full && head -c 900000 /dev/zero >/full/x; mkdir -p /srv/backups && chmod 700 /srv/backups && echo x >/srv/backups/1.gz && touch -d 2025-12-01 /srv/backups/1.gz && : >/srv/backups/2.new"',
    );
    assert.equal(made.code, 0, made.stderr);
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const list = readChecklist(LIST, schema, 'list.yaml');

  it('says of each item whether it is so, and what was seen', async () => {
    const results = await checklists.run(bed.machine, list, { commands: true });
    const told = results.map(({ state, said }, index) =>
      `${list.items[index]?.title ?? ''}: ${state}: ${said}`.replaceAll(bed.address, 'HERE'),
    );
    const expected = [
      /: pass: 200 from http:\/\/HERE:8080\/$/,
      /: fail: 200, without “nowhere to be found”$/,
      /: fail: http:\/\/HERE:8080\/ answers 200 instead of 401$/,
      /: pass: port 8080 answers$/,
      /: fail: port 8443 is silent$/,
      /: pass: port 5432 is silent$/,
      /: fail: port 8080 answers$/,
      /: pass: active$/,
      /: fail: not there$/,
      /: pass: running healthy$/,
      /: fail: exited$/,
      /: fail: not there$/,
      /: pass: \d+ % free$/,
      /: fail: 1\d % free$/,
      /: fail: there is none$/,
      /: fail: 1\.gz is \d+ hours old$/,
      /: pass: 1\.gz, \d+ hours old$/,
      /: fail: 2\.new is empty$/,
      /: pass: the trusted one$/,
      /: unknown: nothing speaks TLS there$/,
      /: pass: $/,
      /: fail: ended with 3: it's not so$/,
      /: pass: API_TOKEN of lab, at least: less than a day$/,
      /: open: \S+; the list was changed less than a day ago$/,
      /: open: $/,
    ];
    assert.equal(told.length, expected.length);
    for (const [index, one] of expected.entries()) assert.match(told[index] ?? '', one);
    assert.doesNotMatch(told.join(), /s3cret/);
  });

  it('runs none of its commands unless the person was asked', async () => {
    const only = readChecklist('title: t\nitems:\n  - command: touch /tmp/ran\n', schema, 'c');
    assert.deepEqual(await checklists.run(bed.machine, only, { commands: false }), [{ state: 'unknown', said: 'not run' }]);
    assert.equal((await bed.ssh('test -e /tmp/ran')).code, 1);
  });

  it('sees that a secret is new since it was changed', async () => {
    const stacks = bed.stacks();
    const { release } = await stacks.readEnv(bed.machine, 'lab');
    const { outcome, error } = await ended(stacks.editEnv(bed.machine, 'lab', release, new Secret('API_TOKEN=another\n')));
    assert.equal(outcome, 'done', String(error));
    const rotation = readChecklist('title: t\nitems:\n  - rotate: envSecrets\n    olderThan: 30d\n', schema, 'c');
    assert.deepEqual(await checklists.run(bed.machine, rotation, { commands: false }), [
      { state: 'pass', said: 'API_TOKEN of lab: less than a day' },
    ]);
  });

  it('says that a host key is not the trusted one', async () => {
    await bed.ssh('sudo sh -c "rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh"');
    bed.access.release(bed.machine);
    const only = readChecklist('title: t\nitems:\n  - hostKeyKnown: true\n  - byHand: look\n', schema, 'c');
    const [result, hand] = await checklists.run(bed.machine, only, { commands: false });
    assert.equal(result?.state, 'fail', result?.said);
    assert.equal(hand?.state, 'open');
  });
});
