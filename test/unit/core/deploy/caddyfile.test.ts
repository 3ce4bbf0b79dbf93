import assert from 'node:assert/strict';
import { parseCaddyfile } from '../../../../src/core/deploy/caddyfile';

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
});
