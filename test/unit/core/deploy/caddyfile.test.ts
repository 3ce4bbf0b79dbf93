import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caddyVariables, fillCaddy, parseCaddyfile } from '../../../../src/core/deploy/caddyfile';

const parse = (text: string) => parseCaddyfile({ path: 'Caddyfile', text });

describe('a Caddyfile', () => {
  it('gives the site, its account and its variables', () => {
    const { sites, variables } = parse('# {$NOT_THIS}\n{$DOMAIN:lab.localhost} {\n  basicauth {\n    {$USER} {$HASH}\n  }\n}\n');
    assert.deepEqual(sites, [
      { addresses: ['{$DOMAIN:lab.localhost}'], authDirective: 'basicauth', account: { user: '{$USER}', hash: '{$HASH}' } },
    ]);
    assert.deepEqual(variables, [{ name: 'DOMAIN', fallback: 'lab.localhost' }, { name: 'USER' }, { name: 'HASH' }]);
  });

  it('takes the new directive, realms, matchers and several sites', () => {
    const { sites } = parse(
      '{\n  email me@example.org\n}\n(common) {\n  encode gzip\n}\na.test, b.test {\n  basic_auth /x* bcrypt realm {\n    bob $2a$14$hash\n  }\n}\n:8080 {\n  respond ok\n}\n',
    );
    assert.deepEqual(
      sites.map((site) => [site.addresses, site.account?.user]),
      [
        [['a.test', 'b.test'], 'bob'],
        [[':8080'], undefined],
      ],
    );
  });

  it('may leave the braces out', () => {
    assert.deepEqual(parse('lab.test\nrespond ok\n').sites, [{ addresses: ['lab.test'] }]);
  });

  it('fills variables and defaults as Caddy does', function () {
    const text = '{$DOMAIN:fallback.localhost} {\n\trespond "{$GREETING:hello}"\n}\n';
    const env = { DOMAIN: 'ada.localhost' };
    const folder = mkdtempSync(join(tmpdir(), 'skylab-caddy-'));
    const file = join(folder, 'Caddyfile');
    writeFileSync(file, text);
    const adapted = spawnSync('caddy', ['adapt', '--config', file, '--adapter', 'caddyfile'], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    if (adapted.error) this.skip();
    assert.equal(adapted.status, 0, adapted.stderr);
    const value = (word: string) => fillCaddy(word, (name) => (env as Record<string, string>)[name]);
    assert.match(adapted.stdout, new RegExp(`"host":\\["${value('{$DOMAIN:fallback.localhost}')}"\\]`));
    assert.match(adapted.stdout, new RegExp(`"body":"${value('{$GREETING:hello}')}"`));
    assert.deepEqual(
      caddyVariables(text).map((variable) => variable.name),
      ['DOMAIN', 'GREETING'],
    );
  });
});
