import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleText } from '../../../src/core/support/bundle';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, answersTo, ended } from './bed';

/** Each is found nowhere but where it was planted. */
const PLANTED = {
  password: 'Planted-Password-7Qx',
  generated: 'planted-generated-c0ffee5ecret',
  registryToken: 'dckr_pat_plantedRegistryToken42',
  databaseUrl: 'postgres://planted:planted-db-credential@db/x',
};
const COMPOSE = `services:
  caddy:
    image: caddy:latest
    ports: ['80:80', '443:443']
    environment:
      DOMAIN: \${DOMAIN}
      LAB_USER: \${LAB_USER:-student}
      LAB_PASSWORD: \${LAB_PASSWORD}
      APP_SECRET: \${APP_SECRET}
      REGISTRY_TOKEN: \${REGISTRY_TOKEN}
      DATABASE_URL: \${DATABASE_URL}
    volumes: ['./Caddyfile:/etc/caddy/Caddyfile:ro']
`;
const TALKATIVE = `  talks:
    image: caddy:latest
    environment: {APP_SECRET: '\${APP_SECRET}', DATABASE_URL: '\${DATABASE_URL}'}
    command: sh -c 'echo "cannot log in with $$APP_SECRET to $$DATABASE_URL"; exit 3'
`;

/** Writes down the arguments of whatever runs for longer than a few milliseconds, each once. */
const WATCH = `use IO::Handle;
open my $out, '>>', '/run/seen'; $out->autoflush(1);
my %seen; $/ = undef;
while (1) {
  for (glob '/proc/[0-9]*/cmdline') {
    open my $in, '<', $_ or next;
    my $args = <$in>;
    next if !length $args or $seen{$args}++;
    print $out $args =~ tr/\\0/ /r, "\\n";
  }
  select undef, undef, undef, 0.003;
}
`;

describe('what is secret in a deployment', function () {
  this.timeout(150_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let folder: string;
  const logs: string[] = [];

  before(async function () {
    this.timeout(300_000);
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    bed = await Bed.launch(cloud, 'ada');
    await bed.lab.open(443);
    folder = join(bed.scratch, 'planted');
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.yml'), COMPOSE);
    writeFileSync(join(folder, 'Caddyfile'), '{$DOMAIN} {\n\tbasicauth {\n\t\t{$LAB_USER} {$LAB_PASSWORD}\n\t}\n\trespond "in"\n}\n');
    writeFileSync(
      join(folder, '.env'),
      `DOMAIN='x.example.org'\nAPP_SECRET='${PLANTED.generated}'\nREGISTRY_TOKEN=''\nDATABASE_URL='${PLANTED.databaseUrl}'\n`,
    );
    await bed.ssh(`sudo tee /run/watch.pl >/dev/null <<'END'\n${WATCH}END`);
    await bed.ssh(`sudo sh -c 'nohup perl /run/watch.pl >/dev/null 2>&1 </dev/null &'`);
    await bed.ssh(`sh -c 'sleep 1; : canary-argument'`);
    for (const text of [COMPOSE, COMPOSE + TALKATIVE]) {
      writeFileSync(join(folder, 'compose.yml'), text);
      const session = await bed.deployer('ada@laptop', { patienceMs: 3000 }).open(folder, bed.machine);
      const answers = answersTo(session, { LAB_PASSWORD: PLANTED.password, REGISTRY_TOKEN: PLANTED.registryToken });
      logs.push(JSON.stringify([session.form, session.plan(answers), session.updated(answers, '.env')]));
      const operation = session.run(answers);
      operation.onChange((view) => logs.push(JSON.stringify(view)));
      const { outcome, error } = await ended(operation);
      logs.push(...operation.log, String(error));
      assert.equal(outcome, text === COMPOSE ? 'done' : 'failed', `${String(error)}\n${operation.log.join('\n')}`);
    }
  });
  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const privateKey = () => readFileSync(bed.lab.keyFile, 'utf8').split('\n')[2] ?? '';
  const clean = (text: string, where: string) => {
    for (const [what, value] of Object.entries({ ...PLANTED, privateKey: privateKey() }))
      assert.ok(value.length > 10 && !text.includes(value), `the ${what} is in ${where}`);
  };
  const there = async (command: string) => (await bed.ssh(command)).stdout;

  it('is in no log and in nothing that the page or the steps show', () => {
    clean([...logs, ...bed.said].join('\n'), 'what is shown and logged');
    assert.ok(
      logs.some((line) => line.includes('cannot log in with ••••••••')),
      'what a service printed is shown, without the secret',
    );
  });

  it('is not in what the editor keeps: storage and ledger', () => {
    clean(JSON.stringify([...bed.values]), 'the storage');
    for (const name of readdirSync(bed.scratch, { recursive: true, encoding: 'utf8' }))
      if (/^ledger\/|\.ssh\//.test(name) && /\.(json|conf)$|known_hosts$/.test(name))
        clean(readFileSync(join(bed.scratch, name), 'utf8'), name);
  });

  it('was in no argument of a process on the machine', async () => {
    const seen = await there('sudo cat /run/seen');
    assert.match(seen, /canary-argument/, 'the machine was watched');
    assert.match(seen, /docker compose -p planted/);
    clean(seen, 'the arguments');
  });

  it('is not in the machine’s user data, journal or shell history', async () => {
    clean(await there('sudo cat /var/lib/cloud/instance/user-data* 2>/dev/null'), 'user data');
    clean(await there('sudo journalctl --no-pager -o cat | grep -v "cannot log in with"'), 'the journal');
    clean(await there('sudo cat /root/.*history ~/.*history 2>/dev/null'), 'the shell history');
  });

  it('lies on the machine in files that nobody else can read', async () => {
    const found = await there(`sudo grep -rlF '${PLANTED.generated}' /etc /home /tmp /var/tmp /srv 2>/dev/null`);
    const files = found.trim().split('\n');
    assert.ok(files.length > 0);
    for (const file of files) assert.match(file, /^\/home\/admin\/skylab\/planted\/releases\/[^/]+\/\.env$/);
    assert.equal(await there(`stat -c %a ${files.map((file) => `'${file}'`).join(' ')} | sort -u`), '600\n');
  });

  it('is not in a support bundle, even where it reached the log', async () => {
    const text = bundleText(
      {
        at: new Date(),
        versions: {},
        settings: { 'skylab.endpoint': PLANTED.databaseUrl },
        operations: bed.operations.list(),
        leftovers: await bed.operations.leftovers(),
        log: [...bed.said, `REGISTRY_TOKEN=${PLANTED.registryToken}`, readFileSync(bed.lab.keyFile, 'utf8')].join('\n'),
      },
      { home: bed.scratch, user: 'ada' },
    );
    assert.match(text, /Operation: Deploy planted to/);
    clean(text, 'the support bundle');
    assert.ok(!text.includes('planted-db-credential'));
  });
});
