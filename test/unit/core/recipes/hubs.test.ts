import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { addHub, hubNameProblem, hubsOf, removeHub } from '../../../../src/core/recipes/hubs';
import { pastedProblem, registrationOf } from '../../../../src/core/recipes/signIn';
import { namesOf, nameProblem, withNames, withoutNames } from '../../../../src/core/recipes/nameList';
import { shipped, textOf } from './support';

interface Compose {
  readonly services: Readonly<Record<string, { environment: Record<string, string>; volumes: string[]; build?: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

describe('several hubs on one machine', () => {
  const recipe = async () => textOf((await shipped('jupyterhub')).files, 'compose.yml') ?? '';

  it('each have a path, lists, volumes and accounts of their own; what they share is written once', async () => {
    const compose = await recipe();
    const change = addHub(compose, 'physics-2');
    const { services, volumes } = parse(change.compose, { merge: true }) as Compose;
    const hub = services['hub-physics-2'];
    assert.ok(hub);
    assert.equal(hub.build, 'hub');
    assert.deepEqual(
      [hub.environment['HUB_NAME'], hub.environment['HUB_HOST'], hub.environment['HUB_PATH'], hub.environment['OAUTH_CALLBACK_URL']],
      ['physics-2', 'hub-physics-2', '/physics-2/', 'https://${DOMAIN}/physics-2/hub/oauth_callback'],
    );
    assert.ok(hub.environment['OAUTH_CLIENT_ID']);
    assert.ok(hub.volumes.includes('./lists/physics-2:/srv/jupyterhub/lists') && hub.volumes.includes('hub_physics_2_data:/data'));
    assert.ok('hub_physics_2_data' in volumes);
    assert.deepEqual(services['hub']?.environment['HUB_PATH'], '/');
    assert.match(change.files.get('hubs/physics-2.caddy') ?? '', /handle \/physics-2\/\* \{\n\treverse_proxy hub-physics-2:8000/);
    assert.deepEqual([...change.files.keys()].filter((path) => path.startsWith('lists/')).length, 4);
    assert.deepEqual(hubsOf(change.compose), ['main', 'physics-2']);
  });

  it('come and go without a trace in the Compose file, in any order, comments of the person’s own kept', async () => {
    const compose = (await recipe()).replace('volumes:\n  caddy_data', '# mine\nvolumes:\n  caddy_data');
    const one = addHub(compose, 'physics').compose;
    const two = addHub(one, 'astro').compose;
    assert.deepEqual(hubsOf(two), ['main', 'physics', 'astro']);
    const astro = removeHub(two, 'physics');
    assert.deepEqual(hubsOf(astro.compose), ['main', 'astro']);
    assert.deepEqual(
      [...astro.files],
      [
        ['hubs/physics.caddy', undefined],
        ['lists/physics', undefined],
      ],
    );
    assert.equal(removeHub(astro.compose, 'astro').compose, compose);
    assert.equal(removeHub(two, 'astro').compose, one);
    const crlf = compose.replaceAll('\n', '\r\n');
    assert.deepEqual(hubsOf(addHub(crlf, 'physics').compose), ['main', 'physics']);
  });

  it('are refused under a name that is a path already, and in a file that is not the recipe’s', async () => {
    const compose = await recipe();
    for (const name of ['hub', 'user', 'main', 'Physics', '2nd', 'a/b', '']) assert.ok(hubNameProblem(name, compose), name);
    assert.equal(hubNameProblem('physics', compose), undefined);
    assert.throws(() => addHub('services:\n  a:\n    image: x\nvolumes:\n  b:\n', 'physics'), /not one of the recipe JupyterHub/);
    assert.throws(() => removeHub(compose, 'main'), /first hub cannot be removed/);
    assert.throws(() => removeHub(compose, 'nope'), /no hub nope/);
  });
});

describe('the app at GitHub', () => {
  it('is registered with the hub’s own addresses, filled into GitHub’s form', async () => {
    const compose = textOf((await shipped('jupyterhub')).files, 'compose.yml') ?? '';
    const app = registrationOf('hub.example.edu', compose);
    assert.deepEqual([app.homepage, app.callback], ['https://hub.example.edu', 'https://hub.example.edu/hub/oauth_callback']);
    const page = new URL(app.page);
    assert.equal(page.origin + page.pathname, 'https://github.com/settings/applications/new');
    assert.equal(page.searchParams.get('oauth_application[callback_url]'), app.callback);
    assert.equal(
      registrationOf('hub.example.edu', addHub(compose, 'physics').compose).callback,
      'https://hub.example.edu/',
      'for all hubs at once',
    );
  });

  it('gives values that are taken without what was copied along', () => {
    assert.equal(pastedProblem(' Ov23liAbCdEfGhIjKlMn '), undefined);
    for (const wrong of ['', 'Client ID: Ov23li', 'short', 'ä'.repeat(20)]) assert.ok(pastedProblem(wrong), wrong);
  });
});

describe('a list of names', () => {
  const text = '# GitHub names\nAda  # of the course\n\n grace\r\n';

  it('is read as the hub reads it', () => {
    assert.deepEqual(namesOf(text), ['ada', 'grace']);
    assert.deepEqual(namesOf(''), []);
  });

  it('gains and loses names with notes and order kept', () => {
    assert.equal(withNames('# n\nAda', ['ada', 'Emmy', 'emmy']), '# n\nAda\nEmmy\n');
    assert.equal(withNames(text, ['ADA']), text);
    assert.equal(withoutNames(text, ['ADA']), '# GitHub names\n\n grace\r\n');
    assert.equal(withoutNames(text, ['nobody']), text);
  });

  it('takes names as GitHub gives them', () => {
    for (const good of ['a', 'ada-lovelace', 'A1', 'octo-corp_x']) assert.equal(nameProblem(good), undefined, good);
    for (const bad of ['', '-a', 'a-', 'a--b', 'a b', 'ä', 'x'.repeat(40)]) assert.ok(nameProblem(bad), bad);
  });
});
