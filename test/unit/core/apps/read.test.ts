import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { readApp } from '../../../../src/core/apps/read';
import { envChanges, envText, hideSecrets, parseEnvText } from '../../../../src/core/apps/env';
import { EnvFile } from '../../../../src/core/deploy/envFile';
import { makeFolder } from '../../../../src/core/recipes/make';
import { known, shipped, textOf } from '../recipes/support';
import { folderOf, schema } from './support';

describe('an application’s file', () => {
  const broken = (app: string, env = '') => {
    try {
      readApp({ app, env }, schema);
    } catch (error) {
      return String(error);
    }
    return 'nothing is wrong';
  };

  it('says with line and column what is wrong with it', () => {
    const head = 'name: polls\nsource: { git: "https://git.example.org/p.git" }\nweb: { gunicorn: config.wsgi }\n';
    assert.match(broken(`${head}proxy: { kind: apache, domain: a.example.org }\n`), /skylab-app\.yaml:4:16: /);
    assert.match(broken(`${head}proxy: { kind: caddy, domain: "\${HOST}" }\n`), /skylab-app\.yaml:4:31: \.env has no HOST/);
    assert.match(broken(`${head}proxy: { kind: caddy, domain: 10.0.0.1 }\n`), /A bare address gets no certificate/);
    assert.match(
      broken(`${head}proxy: { kind: caddy, domain: a.example.org }\nmedia: { url: /media/, folder: a/../../b }\n`),
      /leads out of the project/,
    );
    assert.match(
      broken(`${head.replace('https://', 'https://me:secret@')}proxy: { kind: caddy, domain: a.example.org }\n`),
      /deploy key instead/,
    );
    assert.match(broken(`${head}proxy: { kind: caddy, domain: a.example.org }\ncommand: x\n`), /command/);
  });

  it('takes values from .env, with the kind that stands there, and cannot be broken by them', () => {
    const text =
      'name: polls\nsource: { git: "${GIT}", ref: "${REF}" }\nweb: { gunicorn: config.wsgi, workers: "${N}" }\nproxy: { kind: caddy, domain: "${D}" }\n';
    const { app } = readApp({ app: text, env: 'GIT=https://git.example.org/p.git\nN=3\nREF=2024\nD=a.example.org\n' }, schema);
    assert.deepEqual([app.web.workers, app.source.ref, app.proxy.domain], [3, '2024', 'a.example.org']);
    assert.match(broken(text, 'GIT=https://git.example.org/p.git\nN="3 }\\nkeep: 2"\nREF=main\nD=a.example.org\n'), /:3:40/);
  });

  it('made by the recipe is one, whichever web server was chosen', async () => {
    const { recipe, files } = await shipped('django');
    const asked = recipe.variables.map(({ name }) => name).sort();
    for (const APP_PROXY of ['caddy', 'nginx']) {
      const made = makeFolder(recipe, files, { APP_GIT: 'https://git.example.org/p.git', SITE_DOMAIN: 'p.example.org', APP_PROXY }, known);
      const env = textOf(made, '.env') ?? '';
      assert.deepEqual([...EnvFile.parse(env).keys()].sort(), asked);
      const { app } = readApp({ app: textOf(made, 'skylab-app.yaml') ?? '', env }, schema);
      assert.deepEqual([app.name, app.proxy.kind, app.web.workers, app.shared], ['site', APP_PROXY, 2, ['data', 'media']]);
    }
  });
});

describe('the variables of an application', () => {
  it('mean to a shell, and to whoever reads the file back, what they are', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !/[\0\r\n]/.test(text));
    fc.assert(
      fc.property(value, (text) => {
        const file = envText(new Map([['A_B', text]]));
        assert.equal(parseEnvText(file).get('A_B'), text);
        const { stdout } = spawnSync('sh', ['-c', 'eval "$1"; printf %s "$A_B"', 'sh', file], { encoding: 'utf8' });
        assert.equal(stdout, text);
      }),
      { numRuns: 60 },
    );
    assert.throws(() => envText(new Map([['KEY', 'a\nb']])), /KEY has more than one line/);
  });

  it('are compared without a secret, and secrets are taken out of what is said', () => {
    const before = new Map([
      ['DEBUG', 'True'],
      ['SECRET_KEY', 'aaaaaaaa'],
      ['OLD', '1'],
    ]);
    const after = new Map([
      ['DEBUG', 'False'],
      ['SECRET_KEY', 'bbbbbbbb'],
      ['DATABASE_URL', 'postgres://me:hunter22@db/x'],
    ]);
    assert.deepEqual(envChanges(before, after), ['changes DEBUG=False', 'changes SECRET_KEY', 'adds DATABASE_URL', 'removes OLD']);
    assert.equal(hideSecrets('key bbbbbbbb, not False', after), 'key ••••••••, not False');
    assert.deepEqual(envChanges(folderOf().env, folderOf().env), []);
  });
});
