import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { schemaProblems, type Schema } from '../../../../src/core/cloud/specs/schema';
import { hostFolder } from '../../../../src/core/recipes/hostFolder';
import { makeFolder } from '../../../../src/core/recipes/make';
import { known, recipesRoot, shipped } from './support';

const scripts = join(recipesRoot, 'tljh', 'scripts');
const configSchema = JSON.parse(readFileSync(resolve(__dirname, '../../../fixtures/tljh/config.schema.json'), 'utf8')) as Schema;

/** The values as the scripts get them: from a folder that the recipe became. */
async function valuesOf(answers: Record<string, string>): Promise<Readonly<Record<string, string>>> {
  const { recipe, files } = await shipped('tljh');
  return hostFolder(recipe, makeFolder(recipe, files, { TLJH_ADMIN: 'ada', TLJH_ADMIN_PASSWORD: 'a pass$word', ...answers }, known), 'tljh')
    .values;
}
const python = (script: string, args: string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync('python3', [join(scripts, script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: '1' },
  });

async function settings(answers: Record<string, string>, more: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = python('settings.py', ['show'], { ...(await valuesOf(answers)), ...more });
  assert.equal(status, 0, stderr);
  assert.deepEqual(schemaProblems(parseDocument(stdout), configSchema), []);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('the settings of The Littlest JupyterHub', () => {
  it('are as its own schema takes them: people, limits, culling, certificate', async () => {
    const made = await settings({ TLJH_USERS: 'grace, alan', DOMAIN: 'hub.example.org', TLJH_EMAIL: 'ada@example.org' }, { TLJH_CPU: '2' });
    assert.deepEqual(made, {
      users: { admin: ['ada'], allowed: ['grace', 'alan'], banned: [] },
      limits: { memory: '1G', cpu: 2 },
      services: { cull: { enabled: true, timeout: 3600 } },
      user_environment: { default_app: 'jupyterlab' },
      https: { enabled: true, letsencrypt: { email: 'ada@example.org', domains: ['hub.example.org'] } },
    });
  });

  it('leave out what is left empty, and take a certificate of one’s own', async () => {
    const own = { TLJH_HTTPS: 'own', TLJH_TLS_CERT: '/etc/ssl/hub.crt', TLJH_TLS_KEY: '/etc/ssl/private/hub.key' };
    const made = await settings(own, { TLJH_MEMORY: '', TLJH_CULL_MINUTES: '' });
    assert.deepEqual(made['https'], { enabled: true, tls: { cert: '/etc/ssl/hub.crt', key: '/etc/ssl/private/hub.key' } });
    assert.equal(made['limits'], undefined);
    assert.deepEqual(made['services'], { cull: { enabled: false } });
    assert.deepEqual((await settings({ TLJH_HTTPS: 'none' }))['https'], { enabled: false });
  });

  it('are refused with the name of the value that is wrong', async () => {
    const values = await valuesOf({ TLJH_HTTPS: 'none' });
    for (const [name, value] of Object.entries({ TLJH_MEMORY: 'much', TLJH_CPU: '1.5', TLJH_CULL_MINUTES: '0' })) {
      const { status, stderr } = python('settings.py', ['show'], { ...values, [name]: value });
      assert.notEqual(status, 0);
      assert.ok(stderr.includes(name), stderr);
    }
    await assert.rejects(valuesOf({}), /Name of the site: Give a value/);
  });

  it('are put beside what else stands in config.yaml, and tell what is to be reloaded', () => {
    const program = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("settings", sys.argv[1]); settings = importlib.util.module_from_spec(spec); spec.loader.exec_module(settings)
config = {"auth": {"type": "dummy"}, "limits": {"memory": "2G"}, "https": {"enabled": True, "letsencrypt": {"email": "x"}}}
changed = settings.apply(config, {"limits.memory": None, "limits.cpu": None, "https.enabled": True, "https.letsencrypt": None, "users.admin": ["ada"]})
again = settings.apply(config, {"limits.memory": None, "https.letsencrypt": None, "users.admin": ["ada"]})
print(json.dumps([config, sorted(changed), sorted(again)]))`;
    const { stdout, stderr } = spawnSync('python3', ['-B', '-c', program, join(scripts, 'settings.py')], { encoding: 'utf8' });
    assert.deepEqual(
      JSON.parse(stdout || '""'),
      [{ auth: { type: 'dummy' }, https: { enabled: true }, users: { admin: ['ada'] } }, ['hub', 'proxy'], []],
      stderr,
    );
  });

  it('come with a look whether the hub is there in this version or a newer one, and its plugins', () => {
    const place = mkdtempSync(join(tmpdir(), 'skylab-packages-'));
    try {
      mkdirSync(join(place, 'hub_thing-2.1.0.dist-info'));
      writeFileSync(join(place, 'hub_thing-2.1.0.dist-info', 'METADATA'), 'Metadata-Version: 2.1\nName: hub-thing\nVersion: 2.1.0\n');
      const there = (...args: string[]) => python('versions.py', args, { PYTHONPATH: place }).status;
      assert.deepEqual([there('hub-thing', '2.0.0'), there('hub-thing', '2.1.0', 'hub-thing[x]>=2')], [0, 0]);
      assert.deepEqual([there('hub-thing', '2.10.0'), there('hub-thing', '2.0.0', 'no-such-package')], [1, 1]);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
});
