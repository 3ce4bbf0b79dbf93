import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { decide, planDeploy } from '../../../../src/core/deploy/plan';
import { comparedPaths, updateChange } from '../../../../src/core/deploy/update';
import type { ContentEntry } from '../../../../src/core/deploy/releaseContents';
import type { StackService } from '../../../../src/core/deploy/stackHost';
import type { DeployCase } from '../../../../src/core/deploy/plan';
import { answersFor, caseOf, folderOf } from './support';

const HASH = `$2a$14$${'a'.repeat(53)}`;
const COMPOSE =
  'services:\n  caddy:\n    image: caddy:2\n    ports: ["443:443"]\n    environment: {DOMAIN: "${DOMAIN}", PW: "${PASSWORD}"}\n    volumes: ["./Caddyfile:/etc/caddy/Caddyfile:ro"]\n  app: {image: "app:${VERSION}"}\n';
const FILES = {
  'compose.yml': COMPOSE,
  Caddyfile: '{$DOMAIN} {\n  basic_auth {\n    bob {$PW}\n  }\n}\n',
  '.env': "VERSION='1'\nAPI_TOKEN='first-token'\n",
};
const ENV = `VERSION='1'\nAPI_TOKEN='first-token'\nDOMAIN='ada.localhost'\nPASSWORD='${HASH}'\nCOMPOSE_PROJECT_NAME='lab'\n`;

const entryOf = ([path, text]: readonly [string, string]): ContentEntry => ({
  path,
  size: text.length,
  executable: false,
  hash: createHash('sha256').update(text).digest('hex'),
});
const running = (service: string, image: string): StackService => ({
  service,
  container: `lab-${service}-1`,
  state: 'running',
  health: '',
  exitCode: 0,
  image,
});

/** The folder as it is now, on a machine that serves what `served` says. */
function updating(
  files: Record<string, string>,
  served: Record<string, string> = files,
  more: { env?: string; services?: StackService[] } = {},
): DeployCase {
  const [folder, release] = [files, served].map((all) => Object.entries(all).map(entryOf)) as [ContentEntry[], ContentEntry[]];
  const env = more.env ?? ENV;
  const first = caseOf(folderOf(files), { prior: env });
  const unit = decide(first, answersFor(first)).unit;
  const current = {
    id: '20261121-093000-4f2a',
    env,
    record: { id: '20261121-093000-4f2a', stack: 'lab', digest: '', url: 'https://ada.localhost' },
    contents: { entries: release, complete: true, texts: new Map<string, string>() },
  };
  const services = more.services ?? [running('caddy', 'caddy:2'), running('app', 'app:1')];
  const facts = { ...first.facts, current, services, unit: { active: 'active', enabled: 'enabled', path: '/etc', text: unit?.text ?? '' } };
  const serving = { folder, ours: new Map(Object.entries(files)), theirs: new Map(Object.entries(served)) };
  return { ...first, facts, serving };
}

const update = (deployCase: DeployCase, values: Record<string, string> = {}) => {
  const found = planDeploy(deployCase, answersFor(deployCase, values)).update;
  assert.ok(found !== undefined);
  return found;
};

describe('what an update changes', () => {
  it('is not told where nothing serves yet', () => {
    const deployCase = caseOf(folderOf(FILES));
    assert.equal(planDeploy(deployCase, answersFor(deployCase)).update, undefined);
  });

  it('is nothing when the same files, variables and images serve', () => {
    const found = update(updating(FILES));
    assert.deepEqual(found, {
      release: '20261121-093000-4f2a',
      files: [],
      moreFiles: 0,
      env: [],
      images: [],
      unit: 'same',
      ill: [],
      nothing: true,
    });
  });

  it('names the files that are new, changed and gone', () => {
    const found = update(updating({ ...FILES, Caddyfile: `${FILES.Caddyfile}# more\n`, 'new.txt': 'x' }, { ...FILES, 'old.txt': 'y' }));
    assert.deepEqual(found.files, [
      { path: 'Caddyfile', kind: 'changed', readable: true },
      { path: 'new.txt', kind: 'added', readable: true },
      { path: 'old.txt', kind: 'removed', readable: true },
    ]);
    assert.equal(found.nothing, false);
  });

  it('names the variables and never their values', () => {
    const deployCase = updating({ ...FILES, '.env': "API_TOKEN='second-token'\nEXTRA='1'\n" });
    const answers = { PASSWORD: 'typed anew', VERSION: '2' };
    const found = update(deployCase, answers);
    assert.deepEqual(
      found.env.map(({ key, kind }) => `${key} ${kind}`),
      ['VERSION changed', 'API_TOKEN changed', 'PASSWORD typed', 'EXTRA added'],
    );
    assert.deepEqual(found.images, [{ service: 'app', before: 'app:1', after: 'app:2' }]);
    const change = updateChange(deployCase, decide(deployCase, answersFor(deployCase, answers)), '.env');
    const shown = JSON.stringify([found, change]);
    for (const secret of ['first-token', 'second-token', 'typed anew', HASH]) assert.ok(!shown.includes(secret), secret);
    assert.match(change?.before ?? '', /^API_TOKEN=•+$/m);
    assert.match(change?.after ?? '', /^API_TOKEN=•+ \(new\)$/m);
    assert.match(change?.after ?? '', /^VERSION=2$/m);
  });

  it('says that a variable goes with the line that is gone', () => {
    const found = update(updating(FILES, FILES, { env: `${ENV}GONE='1'\n` }));
    assert.deepEqual(found.env, [{ key: 'GONE', kind: 'removed' }]);
  });

  it('is something where a service does not run, or is not part of it any more', () => {
    const ended = { ...running('app', 'app:1'), state: 'exited', exitCode: 3 };
    const found = update(updating(FILES, FILES, { services: [running('caddy', 'caddy:2'), ended, running('worker', 'worker:5')] }));
    assert.deepEqual(found.ill, ['app ended with code 3']);
    assert.deepEqual(found.images, [{ service: 'worker', before: 'worker:5', after: '' }]);
    assert.deepEqual(update(updating(FILES, FILES, { services: [] })).ill, ['No container of it runs']);
  });

  it('compares what would be sent, fixes applied, and not what lies in the folder', () => {
    const bare = { ...FILES, 'compose.yml': COMPOSE.replace('app:${VERSION}"}', 'app:${VERSION}", ports: ["5432:5432"]}') };
    const deployCase = updating(bare);
    const plan = decide(deployCase, answersFor(deployCase));
    const sent = plan.files.get('compose.yml');
    assert.ok(sent !== undefined && sent !== bare['compose.yml'], 'a fix changes the file that is sent');
    assert.deepEqual(update(deployCase).files, [{ path: 'compose.yml', kind: 'changed', readable: true }]);
    assert.deepEqual(update(updating(bare, { ...bare, 'compose.yml': sent })).files, []);
    assert.equal(updateChange(deployCase, plan, 'compose.yml')?.after, sent);
  });

  it('asks for the texts of what differs and of what a fix may change alone', () => {
    const { lab } = caseOf(folderOf(FILES));
    const entries = (files: Record<string, string>) => Object.entries(files).map(entryOf);
    assert.deepEqual(comparedPaths(lab, entries({ ...FILES, a: '1', b: '1' }), entries({ ...FILES, a: '1', b: '2', c: '3' })), [
      'compose.yml',
      'Caddyfile',
      'b',
      'c',
    ]);
  });
});
