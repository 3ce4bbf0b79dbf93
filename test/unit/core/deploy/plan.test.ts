import assert from 'node:assert/strict';
import { decide, envText, formOf, planDeploy } from '../../../../src/core/deploy/plan';
import { stackName } from '../../../../src/core/deploy/lab';
import { SkylabError } from '../../../../src/core/errors';
import { readLab } from '../../../../src/core/deploy/lab';
import { answersFor, caseOf, caseOfDisk, courseLab, folderOf, hasCourseLab, sampleLab } from './support';

const HASH = `$2a$14$${'a'.repeat(53)}`;
const guarded = (env: string) =>
  folderOf({
    'compose.yml':
      'services:\n  caddy:\n    image: caddy:2\n    ports: ["80:80", "443:443"]\n    environment:\n      DOMAIN: ${DOMAIN}\n      WHO: ${WHO:-bob}\n      PW: ${PASSWORD}\n    volumes: ["./Caddyfile:/etc/caddy/Caddyfile:ro"]\n  db:\n    image: postgres:16\n    environment: {POSTGRES_PASSWORD: "${DB_PASSWORD}"}\n',
    Caddyfile: '{$DOMAIN} {\n  basic_auth {\n    {$WHO} {$PW}\n  }\n}\n',
    '.env': env,
  });

describe('the deploy page', () => {
  it('is open with the sample lab filled in: only the password is left', async () => {
    const sample = await caseOfDisk(sampleLab);
    const view = planDeploy(sample, answersFor(sample));
    assert.deepEqual(Object.keys(view.problems), ['LAB_PASSWORD']);
    const typed = planDeploy(sample, answersFor(sample, { LAB_PASSWORD: 'long enough' }));
    assert.deepEqual(typed.problems, {});
    assert.equal(typed.url, 'https://ada.localhost');
    assert.deepEqual(typed.changes.map(({ path }) => path).sort(), ['.env', 'compose.yml', 'sample-lab.service']);
  });

  const withCourse = hasCourseLab ? it : () => undefined;
  withCourse('catches the mistake in a real course’s folder and adapts its unit', async () => {
    const course = await caseOfDisk(courseLab);
    const { fields, findings } = formOf(course);
    assert.deepEqual(
      fields.map(({ key, kind }) => [key, kind]),
      [
        ['DOMAIN', 'domain'],
        ['CADDY_USERNAME', 'user'],
        ['CADDY_PASSWORD', 'password'],
      ],
    );
    assert.match(fields[0]?.problem ?? '', /DOMAIN='DOMAIN=YOUR-FIRST-NAME\.cicf\.cloud'.*Filled in instead: ada\.localhost/);
    assert.match(fields[2]?.help ?? '', /^CADDY_PASSWORD is the password/);
    assert.deepEqual(
      findings.filter(({ fix }) => fix?.onByDefault).map(({ id }) => id),
      ['unit:jupyter-caddy.service', 'mount:/home/cicf/data', 'image:jupyter'],
    );
    const view = planDeploy(course, answersFor(course, { CADDY_PASSWORD: 'x' }));
    const unit = view.changes.find(({ path }) => path === 'jupyter-caddy.service')?.after ?? '';
    assert.match(unit, /^User=admin$/m);
    assert.match(unit, /^WorkingDirectory=\/home\/admin\/skylab\/cicf-week08\/current$/m);
    assert.doesNotMatch(unit, /cicf\/data/);
  });

  it('has one field for every variable that the files mention', () => {
    const fields = formOf(caseOf(guarded("# who\nWHO='eve'\n"))).fields;
    assert.deepEqual(
      fields.map(({ key, kind, value, hashed }) => [key, kind, value, hashed]),
      [
        ['WHO', 'user', 'eve', undefined],
        ['DOMAIN', 'domain', 'ada.localhost', undefined],
        ['PASSWORD', 'password', '', true],
        ['DB_PASSWORD', 'password', '', false],
      ],
    );
    assert.equal(fields[0]?.help, 'who');
  });

  it('says what is wrong beside each field', () => {
    const deployCase = caseOf(guarded(''));
    const problems = (values: Record<string, string>) => planDeploy(deployCase, answersFor(deployCase, values)).problems;
    assert.match(problems({})['PASSWORD'] ?? '', /Type a password/);
    assert.match(problems({ PASSWORD: 'é'.repeat(37) })['PASSWORD'] ?? '', /74 bytes/);
    assert.equal(problems({ PASSWORD: 'x'.repeat(72) })['PASSWORD'], undefined);
    assert.match(problems({})['DB_PASSWORD'] ?? '', /Type a password/);
    assert.match(problems({ WHO: 'a b' })['WHO'] ?? '', /letters, digits/);
    assert.match(problems({ WHO: 'a}' })['WHO'] ?? '', /letters, digits/);
    assert.match(problems({ DOMAIN: '127.10.0.5' })['DOMAIN'] ?? '', /bare address/);
    assert.match(problems({ DOMAIN: 'a\nb' })['DOMAIN'] ?? '', /one line/);
  });

  it('keeps a hash that is in the file, however it is quoted, and never shows a secret', () => {
    for (const line of [`PASSWORD='${HASH}'`, `PASSWORD=${HASH}`]) {
      const deployCase = caseOf(guarded(`${line}\nDB_PASSWORD=hunter2\n`));
      const field = deployCase.fields.find(({ key }) => key === 'PASSWORD');
      assert.deepEqual([field?.value, field?.keepsHash, field?.required], ['', true, false]);
      const plan = decide(deployCase, answersFor(deployCase));
      assert.equal(plan.passwords[0]?.kept, HASH);
      const shown = JSON.stringify([formOf(deployCase), planDeploy(deployCase, answersFor(deployCase, { PASSWORD: 's3cret' }))]);
      for (const secret of ['hunter2', 's3cret', 'aaaaaaaa']) assert.ok(!shown.includes(secret), secret);
    }
  });

  it('treats an address with a password in it as a secret, whatever its name', () => {
    const deployCase = caseOf(guarded("DATABASE_URL='postgres://bob:hunter22@db/x'\nSITE_URL='https://a.example/x'\n"));
    const kinds = deployCase.fields.map(({ key, kind }) => `${key} ${kind}`);
    assert.ok(kinds.includes('DATABASE_URL password') && kinds.includes('SITE_URL text'), kinds.join());
    assert.ok(!JSON.stringify([formOf(deployCase), planDeploy(deployCase, answersFor(deployCase))]).includes('hunter22'));
  });

  it('keeps the password that the machine has when the lab is deployed again', () => {
    const deployCase = caseOf(guarded(''), { prior: `PASSWORD='${HASH}'\nDB_PASSWORD='old'\nDOMAIN='lab.localhost'\nWHO='zoe'\n` });
    assert.deepEqual(planDeploy(deployCase, answersFor(deployCase)).problems, {});
    const plan = decide(deployCase, answersFor(deployCase));
    assert.deepEqual(
      plan.passwords.map(({ kept }) => kept),
      [HASH, 'old'],
    );
    assert.equal(plan.url, 'https://lab.localhost');
    assert.deepEqual(plan.protection, { user: 'zoe', passwordKey: 'PASSWORD' });
  });

  it('writes an .env that keeps the person’s comments and fixes the project’s name', () => {
    const { lab } = caseOf(guarded("# my name\nDOMAIN='x' # keep\n"));
    assert.equal(
      envText(lab, new Map([['DOMAIN', 'ada.localhost']]), new Map([['PASSWORD', HASH]])),
      `# my name\nDOMAIN='ada.localhost' # keep\nPASSWORD='${HASH}'\nCOMPOSE_PROJECT_NAME='lab'\n`,
    );
  });

  it('applies only the fixes that are ticked', async () => {
    const sample = await caseOfDisk(sampleLab);
    const none = decide(sample, { values: answersFor(sample).values, fixes: [] });
    assert.deepEqual([...none.files], []);
    assert.deepEqual(none.seeds, []);
    const all = decide(sample, answersFor(sample));
    assert.deepEqual(all.seeds, [{ from: 'notebooks', to: 'data/notebooks', uid: 1000 }]);
  });

  it('generates a unit where the folder has none, and none where the machine has no systemd', () => {
    const deployCase = caseOf(guarded(''));
    assert.equal(decide(deployCase, answersFor(deployCase)).unit?.name, 'skylab-lab.service');
    const bare = caseOf(guarded(''), { facts: { systemd: false } });
    assert.equal(decide(bare, answersFor(bare)).unit, undefined);
  });

  it('tells where the site will be', () => {
    const url = (files: Record<string, string>, values: Record<string, string> = {}) => {
      const deployCase = caseOf(folderOf(files));
      return decide(deployCase, answersFor(deployCase, values)).url;
    };
    const caddy = (ports: string, site: string) => ({
      'compose.yml': `services:\n  caddy:\n    image: caddy:2\n    ports: [${ports}]\n    volumes: ["./Caddyfile:/etc/caddy/Caddyfile:ro"]\n`,
      Caddyfile: `${site} {\n}\n`,
    });
    assert.equal(url(caddy('"443:443"', 'a.test')), 'https://a.test');
    assert.equal(url(caddy('"8443:443"', 'a.test')), 'https://a.test:8443');
    assert.equal(url(caddy('"80:80"', ':80')), 'http://127.10.0.5');
    assert.equal(url(caddy('"8080:80"', 'http://a.test')), 'http://a.test:8080');
    assert.equal(url({ 'compose.yml': 'services:\n  web: {image: "x:1", ports: ["${PORT:-8000}:80"]}\n' }), 'http://127.10.0.5:8000');
    assert.equal(url({ 'compose.yml': 'services:\n  worker: {image: "x:1"}\n' }), '');
  });

  it('refuses a folder without a Compose file in one sentence', () => {
    assert.throws(
      () => readLab(folderOf({ 'notes.txt': '' })),
      (error) => error instanceof SkylabError && error.code === 'NoComposeFile' && /has no Compose file/.test(error.message),
    );
  });

  it('makes a project name of any folder name', () => {
    assert.deepEqual(['Week 08', 'cicf-week08', '🚀', "it's $(rm)", '__x', 'Übung'].map(stackName), [
      'week-08',
      'cicf-week08',
      'lab',
      'it-s-rm',
      'x',
      'u-bung',
    ]);
  });
});
