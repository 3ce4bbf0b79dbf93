import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskLabFolderReader } from '../../../src/adapters/files/labFolder';
import { DiskRecipeFolders } from '../../../src/adapters/files/recipeFolders';
import { decide, envText } from '../../../src/core/deploy/plan';
import { addHub } from '../../../src/core/recipes/hubs';
import { makeFolder } from '../../../src/core/recipes/make';
import { answersFor, caseOf } from '../../unit/core/deploy/support';
import { known, recipeIds, shipped, variantsOf } from '../../unit/core/recipes/support';
import { composeConfig, findCompose, skipWithoutCompose } from '../support/compose';

/** A bcrypt hash of "correct horse". */
const HASH = '$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG';
/** What people type, and what has broken Compose files before. */
const AWKWARD = [`it's`, `a "quoted" $HOME \${X:-y} $$z`, `é 😀 # no comment`, `back\\slash\\`, `-v;rm &|<>`];

describe('a folder made from a recipe', function () {
  this.timeout(60_000);
  const compose = findCompose();
  let root: string;

  before(function () {
    skipWithoutCompose(this);
  });
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'skylab-recipe-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  // The others are no stacks: test/unit/core/apps and test/integration/recipes have them.
  for (const id of recipeIds.filter((one) => !['django', 'graphterm', 'tljh'].includes(one))) {
    it(`${id}, means to Compose and Caddy what was answered, whatever is typed`, async () => {
      if (compose === undefined) return;
      const { recipe, files } = await shipped(id);
      assert.deepEqual(recipe.host, [], 'it is a stack');
      let n = 0;
      for (const answers of variantsOf(recipe)) {
        for (const awkward of AWKWARD) {
          const folder = join(root, String(n++), id);
          const free = recipe.variables.filter(({ type, env }) => env && (type === 'text' || type === 'list' || type === 'secret'));
          const typed = Object.fromEntries(free.map(({ name }) => [name, awkward]));
          await new DiskRecipeFolders().make(folder, makeFolder(recipe, files, { ...answers, ...typed }, known));
          const deployCase = caseOf(await new DiskLabFolderReader().read(folder));
          const plan = decide(deployCase, answersFor(deployCase));
          const secrets = plan.passwords.map(({ key, hashed, kept }) => [key, kept ?? (hashed ? HASH : 'typed')] as const);
          for (const [path, text] of plan.files) writeFileSync(join(folder, path), text);
          writeFileSync(join(folder, '.env'), envText(deployCase.lab, plan.values, new Map(secrets)));

          const answer = composeConfig(compose, folder);
          assert.ok('config' in answer, JSON.stringify(answer));
          const services = Object.values(answer.config.services) as { environment?: Record<string, string | null> }[];
          const environment = Object.fromEntries(
            services
              .flatMap((service) => Object.entries(service.environment ?? {}))
              .map(([key, value]) => [key, (value ?? '').replaceAll('$$', '$')]),
          );
          for (const { name } of free) if (name in environment) assert.equal(environment[name], awkward, name);
          const hashed = plan.passwords.find((one) => one.hashed);
          if (hashed) assert.equal(environment[hashed.key], HASH);

          const caddyfile = deployCase.lab.caddy?.file.path;
          if (caddyfile === undefined) continue;
          const checked = spawnSync('caddy', ['validate', '--config', join(folder, caddyfile), '--adapter', 'caddyfile'], {
            env: { PATH: process.env['PATH'], HOME: folder, ...environment },
            encoding: 'utf8',
          });
          assert.equal(checked.status, 0, checked.stderr);
        }
      }
    });
  }

  it('jupyterhub, with further hubs, is one that Compose and Caddy take, and gives each path to its own hub', async () => {
    if (compose === undefined) return;
    const { recipe, files } = await shipped('jupyterhub');
    const folder = join(root, 'hubs');
    const answers = { JUPYTERHUB_ADMIN: 'ada', DOMAIN: 'hub.localhost', OAUTH_CLIENT_ID: 'i', OAUTH_CLIENT_SECRET: 's' };
    await new DiskRecipeFolders().make(folder, makeFolder(recipe, files, answers, known));
    for (const name of ['physics', 'astro-2']) {
      const change = addHub(readFileSync(join(folder, 'compose.yml'), 'utf8'), name);
      writeFileSync(join(folder, 'compose.yml'), change.compose);
      for (const [path, text] of change.files) {
        mkdirSync(join(folder, path, '..'), { recursive: true });
        writeFileSync(join(folder, path), text ?? '');
      }
    }
    const answer = composeConfig(compose, folder);
    assert.ok('config' in answer, JSON.stringify(answer));
    const { services } = answer.config;
    assert.deepEqual(
      Object.keys(services)
        .filter((name) => name.startsWith('hub'))
        .sort(),
      ['hub', 'hub-astro-2', 'hub-physics'],
    );
    assert.equal(services['hub-physics']?.environment?.['OAUTH_CALLBACK_URL'], 'https://hub.localhost/physics/hub/oauth_callback');
    assert.equal(services['hub-physics'].environment['OAUTH_CLIENT_ID'], 'i');
    const adapted = spawnSync('caddy', ['adapt', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
      env: { PATH: process.env['PATH'], HOME: folder, DOMAIN: 'hub.localhost' },
      encoding: 'utf8',
    });
    assert.equal(adapted.status, 0, adapted.stderr);
    const order = [...adapted.stdout.matchAll(/"dial":"([^"]+)"/g)].map(([, dial]) => dial);
    assert.deepEqual(order.toSorted(), ['hub-astro-2:8000', 'hub-physics:8000', 'hub:8000']);
    assert.equal(order.at(-1), 'hub:8000', 'the first hub takes what no other has');
  });
});
