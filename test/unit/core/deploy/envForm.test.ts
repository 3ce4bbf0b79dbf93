import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyEdits } from '../../../../src/core/deploy/edits';
import { EnvFile } from '../../../../src/core/deploy/envFile';
import { envForm, envStack, fitsRecipe } from '../../../../src/core/deploy/envForm';
import type { EnvSurroundings } from '../../../../src/core/deploy/envForm';
import type { EnvForm, EnvFormField } from '../../../../src/shared/envModel';
import { folderOf } from './support';

const HASH = `$2a$14$${'x'.repeat(53)}`;
const COMPOSE = `services:
  caddy:
    image: caddy:2
    ports: ["\${HTTP_PORT:-80}:80", "443:443"]
    environment:
      DOMAIN: \${DOMAIN:?the name of the site}
      USER_NAME: \${LAB_USER}
      HASH: \${LAB_PASSWORD}
    volumes: ["./Caddyfile:/etc/caddy/Caddyfile"]
  hub:
    image: "hub:\${HUB_VERSION:-5}"
    ports: ["\${HUB_PORT}:8000"]
    environment: ["DEBUG=\${HUB_DEBUG:-false}"]
`;
const CADDYFILE = '{$DOMAIN} {\n  basic_auth {\n    {$USER_NAME} {$HASH}\n  }\n  reverse_proxy hub:8000\n}\n';

function around(text: string, more: Partial<EnvSurroundings> = {}, files: Record<string, string> = {}, name = '.env'): EnvSurroundings {
  const stack = envStack(folderOf({ 'compose.yml': COMPOSE, Caddyfile: CADDYFILE, [name]: text, ...files }), name);
  return { name, place: 'lab', recipe: [], domains: [], ...(stack ? { stack } : {}), ...more };
}
const alone: EnvSurroundings = { name: '.env', place: 'lab', recipe: [], domains: [] };
const fields = (form: EnvForm): readonly EnvFormField[] => form.sections.flatMap((section) => section.fields);
const fieldOf = (form: EnvForm, key: string): EnvFormField => {
  const found = fields(form).find((field) => field.key === key);
  assert.ok(found, `there is a field ${key}`);
  return found;
};
const kinds = (text: string, surroundings = alone) =>
  Object.fromEntries(fields(envForm(text, surroundings)).map(({ key, kind }) => [key, kind]));

describe('the form over a .env file', () => {
  it('has the variables in the order of the file, under its headings, with their comments', () => {
    const text = [
      '# Settings of the lab',
      '',
      '# The site.',
      'DOMAIN=lab.example.net',
      '',
      '# ---- Database ----',
      '# Only the hub talks to it.',
      '',
      'DB_NAME=hub # why',
      '#########',
      '# Mail',
      '#########',
      '# Who sends.',
      'MAIL_FROM=a@b.org',
      '#MAIL_TO=nobody',
      'MAIL_HOST=smtp',
      '',
    ].join('\n');
    const { sections } = envForm(text, alone);
    assert.deepEqual(
      sections.map(({ title, help, fields: own }) => [title, help, own.map(({ key, help: above }) => `${key}: ${above}`)]),
      [
        ['Settings of the lab', '', ['DOMAIN: The site.']],
        ['Database', 'Only the hub talks to it.', ['DB_NAME: ']],
        ['Mail', '', ['MAIL_FROM: Who sends.', 'MAIL_HOST: ']],
      ],
    );
  });

  it('finds the kind of a variable by its use, its name and its value', () => {
    const text = `DOMAIN=a.org\nLAB_USER=ada\nLAB_PASSWORD='${HASH}'\nHTTP_PORT=80\nHUB_PORT=8000\nHUB_DEBUG=false\nHUB_VERSION=5\n`;
    assert.deepEqual(kinds(text, around(text)), {
      DOMAIN: 'domain',
      LAB_USER: 'user',
      LAB_PASSWORD: 'password',
      HTTP_PORT: 'port',
      HUB_PORT: 'port',
      HUB_DEBUG: 'bool',
      HUB_VERSION: 'text',
    });
    const names =
      'DB_PASSWORD=x\nAPI_TOKEN=y\nSECRET_KEY_FILE=/run/s\nDATA=./data\nALLOWED_HOSTS=a,b\nENABLE_X=1\nCOUNT=1\nURL=redis://:pw@db/0\n';
    assert.deepEqual(kinds(names), {
      DB_PASSWORD: 'password',
      API_TOKEN: 'secret',
      SECRET_KEY_FILE: 'path',
      DATA: 'path',
      ALLOWED_HOSTS: 'list',
      ENABLE_X: 'bool',
      COUNT: 'text',
      URL: 'secret',
    });
  });

  it('believes the annotations of comments more than names, and leaves them out of the help', () => {
    const text = [
      '# Where it listens.',
      '# @type=port @required',
      'LISTEN=',
      '# @type=enum(dev, prod)',
      'MODE=test',
      '# @sensitive @bytes=16',
      'PEPPER=x',
      '# One of: debug, info, error',
      'LEVEL=info',
      '',
    ].join('\n');
    const form = envForm(text, alone);
    const { kind, help, problem } = fieldOf(form, 'LISTEN');
    assert.deepEqual([kind, help, problem], ['port', 'Where it listens.', 'Give a value: the stack does not start without it.']);
    assert.deepEqual(
      fieldOf(form, 'MODE').choices?.map(({ value }) => value),
      ['dev', 'prod'],
    );
    assert.equal(fieldOf(form, 'MODE').problem, 'This is none of the values that are meant for it.');
    assert.deepEqual([fieldOf(form, 'PEPPER').kind, fieldOf(form, 'PEPPER').bytes], ['secret', 16]);
    assert.deepEqual([fieldOf(form, 'LEVEL').kind, fieldOf(form, 'LEVEL').problem], ['choice', undefined]);
  });

  it('takes labels, kinds and choices from the recipe that the file was made by', () => {
    const base = { required: false, choices: [], others: false, ask: false, env: true, when: {} };
    const choices = [{ value: 'a', label: 'Small' }];
    const recipe = [
      { ...base, name: 'IMAGE', label: 'What it begins with', type: 'choice' as const, choices },
      { ...base, name: 'KEY', label: 'Key', type: 'secret' as const, generated: 24 },
      { ...base, name: 'SITE', label: 'Name', type: 'domain' as const, required: true },
    ];
    const text = 'IMAGE=a\nKEY=\nSITE=\n';
    assert.ok(fitsRecipe(text, recipe));
    assert.ok(!fitsRecipe('IMAGE=a\nKEY=\n', recipe));
    const form = envForm(text, { ...alone, recipe });
    assert.deepEqual([fieldOf(form, 'IMAGE').label, fieldOf(form, 'IMAGE').choices], ['What it begins with', choices]);
    const own = { ...base, name: 'IMAGE', label: 'Image', type: 'choice' as const, choices, others: true };
    const { kind, suggestions, problem } = fieldOf(envForm('IMAGE=mine:1\n', { ...alone, recipe: [own] }), 'IMAGE');
    assert.deepEqual([kind, suggestions, problem], ['text', choices, undefined], 'a value of one’s own is typed, beside the usual ones');
    assert.deepEqual([fieldOf(form, 'KEY').kind, fieldOf(form, 'KEY').bytes], ['secret', 24]);
    assert.match(fieldOf(form, 'SITE').problem ?? '', /Give a value/);
  });

  it('never shows the hash of a password, and tells a password in clear where a hash has to be', () => {
    const text = `DOMAIN=a.org\nLAB_USER=ada\nLAB_PASSWORD='${HASH}'\n`;
    const { value, hashed, hashSet } = fieldOf(envForm(text, around(text)), 'LAB_PASSWORD');
    assert.deepEqual([value, hashed, hashSet], ['', true, true]);
    const clear = text.replace(HASH, 'geheim');
    assert.match(fieldOf(envForm(clear, around(clear)), 'LAB_PASSWORD').problem ?? '', /no bcrypt hash/);
  });

  it('says what is wrong with a name, a port and a switch', () => {
    const text = 'DOMAIN=https://x\nHUB_PORT=99999\nHUB_DEBUG=false\nHTTP_PORT=127.0.0.1:8080\n';
    const form = envForm(text, around(text));
    assert.match(fieldOf(form, 'DOMAIN').problem ?? '', /not a host name/);
    assert.match(fieldOf(form, 'HUB_PORT').problem ?? '', /1 to 65535/);
    assert.equal(fieldOf(form, 'HTTP_PORT').problem, undefined);
    assert.deepEqual(fieldOf(form, 'HUB_DEBUG').words, ['true', 'false']);
  });

  it('tells two services that want the same port of the machine', () => {
    const text = 'HUB_PORT=443\n';
    assert.match(fieldOf(envForm(text, around(text)), 'HUB_PORT').remark?.text ?? '', /caddy is published at 443\/tcp as well/);
    assert.equal(fieldOf(envForm('HUB_PORT=8001\n', around('HUB_PORT=8001\n')), 'HUB_PORT').remark, undefined);
  });

  it('offers what the stack uses and the file lacks, with defaults, and tells what nothing uses', () => {
    const text = 'DOMAIN=a.org\nOLD=1\nCOMPOSE_PROFILES=x\n';
    const form = envForm(text, around(text));
    assert.deepEqual(
      form.absent.map(({ key, fallback, required, users }) => [key, fallback, required, users]),
      [
        ['HTTP_PORT', '80', false, ['caddy']],
        ['LAB_USER', '', true, ['caddy', 'Caddyfile']],
        ['LAB_PASSWORD', '', false, ['caddy', 'Caddyfile']],
        ['HUB_VERSION', '5', false, ['hub']],
        ['HUB_PORT', '', false, ['hub']],
        ['HUB_DEBUG', 'false', false, ['hub']],
      ],
    );
    assert.equal(fieldOf(form, 'OLD').remark?.mend, 'remove');
    assert.equal(fieldOf(form, 'COMPOSE_PROFILES').remark, undefined);
    assert.deepEqual(fieldOf(form, 'DOMAIN').users, ['caddy', 'Caddyfile']);
  });

  it('knows that a service gets the whole of an env file', () => {
    const compose = 'services:\n  app:\n    image: app:1\n    env_file: [app.env]\n';
    const text = 'ANYTHING=1\n';
    const form = envForm(text, around(text, { name: 'app.env' }, { 'compose.yml': compose }, 'app.env'));
    assert.deepEqual(fieldOf(form, 'ANYTHING').users, ['app']);
    assert.equal(fieldOf(form, 'ANYTHING').remark, undefined);
    assert.deepEqual(form.absent, []);
  });

  it('shows which of two lines counts, and takes the other away', () => {
    const text = 'A=1\nB=x\n# why\nA=2\n';
    const { value, line, remark } = fieldOf(envForm(text, alone), 'A');
    assert.deepEqual([value, line, remark?.mend], ['2', 4, 'removeHidden']);
    const env = EnvFile.parse(text);
    const edits = env.removal('A', 'hidden').map((edit) => ({ ...edit, path: '' }));
    assert.equal(applyEdits('', text, edits), 'B=x\n# why\nA=2\n');
  });

  it('shows what becomes of a value that is made of others, and edits it as it is written', () => {
    const text = 'HOST=a.org\nURL=https://${HOST}/x\nP=pa$word\n';
    const form = envForm(text, alone);
    assert.deepEqual([fieldOf(form, 'URL').value, fieldOf(form, 'URL').becomes], ['https://${HOST}/x', 'https://a.org/x']);
    assert.equal(fieldOf(form, 'P').remark?.mend, 'quote');
    const edited = change(text, 'URL', 'http://${HOST} y', true);
    assert.equal(edited, 'HOST=a.org\nURL="http://${HOST} y"\nP=pa$word\n');
    assert.equal(EnvFile.parse(edited).get('URL'), 'http://a.org y');
  });
});

function change(text: string, key: string, value: string, template = false): string {
  return applyEdits('', text, [{ path: '', ...EnvFile.parse(text).edit(key, value, template) }]);
}

describe('a change of one variable in a .env file', () => {
  it('keeps the quotes that the file uses where they can hold the value', () => {
    const text = `A=plain\nB="double"\nC='single'\nexport D=x # why\n`;
    assert.equal(change(text, 'A', 'other'), text.replace('plain', 'other'));
    assert.equal(change(text, 'A', 'two words'), text.replace('plain', "'two words'"));
    assert.equal(change(text, 'B', 'a$b'), text.replace('double', 'a\\$b'));
    assert.equal(change(text, 'C', "it's"), text.replace("'single'", '"it\'s"'));
    assert.equal(change(text, 'D', 'y'), text.replace('x #', 'y #'));
  });

  it('keeps Windows line endings, also for a value of several lines', () => {
    const text = 'A=1\r\nB=2\r\n';
    assert.equal(change(text, 'A', 'x\ny'), 'A="x\\ny"\r\nB=2\r\n');
    assert.equal(EnvFile.parse(change(text, 'A', 'x\ny')).get('A'), 'x\ny');
    assert.equal(change(text, 'C', '3'), "A=1\r\nB=2\r\nC='3'\r\n");
  });

  it('changes nothing else, whatever is typed and however the line was quoted', () => {
    const value = fc.string({ unit: fc.constantFrom('a', ' ', '#', "'", '"', '\\', '$', '{', '}', '\n', 'é', '😀', '=', '%', '`') });
    const quote = fc.constantFrom('', '"', "'");
    const eol = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(value, quote, eol, (typed, mark, end) => {
        const text = `# head${end}export A=${mark}old${mark} # why${end}${end}B="b"${end}`;
        const after = change(text, 'A', typed);
        const env = EnvFile.parse(after);
        assert.equal(env.get('A'), typed);
        assert.equal(env.get('B'), 'b');
        assert.ok(after.startsWith(`# head${end}export A=`) && after.endsWith(` # why${end}${end}B="b"${end}`));
      }),
      { numRuns: 1000 },
    );
  });
});
