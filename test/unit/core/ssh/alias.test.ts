import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { aliasFor, isAlias } from '../../../../src/core/ssh/alias';

describe('ssh alias', () => {
  const none = new Set<string>();

  it('keeps a plain name, in lower case', () => {
    assert.equal(aliasFor('ada', none), 'ada');
    assert.equal(aliasFor('Ada_Lab-1', none), 'ada_lab-1');
  });

  it('turns spaces, quotes, shell text, accents and emoji into something harmless', () => {
    assert.equal(aliasFor('Müller’s "lab" $(rm -rf ~)', none), 'muller-s-lab-rm-rf');
    assert.equal(aliasFor('🚀 rocket 🚀', none), 'rocket');
    assert.equal(aliasFor('🚀', none), 'machine');
    assert.equal(aliasFor('-oProxyCommand=x', none), 'oproxycommand-x');
    assert.equal(aliasFor('x'.repeat(300), none).length, 63);
  });

  it('counts on when the name is taken, also at full length', () => {
    assert.equal(aliasFor('ada', new Set(['ada'])), 'ada-2');
    assert.equal(aliasFor('ada', new Set(['ada', 'ada-2'])), 'ada-3');
    const long = aliasFor('y'.repeat(63), none);
    assert.equal(aliasFor('y'.repeat(63), new Set([long])), `${'y'.repeat(61)}-2`);
  });

  it('is a valid alias that is not taken, for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 320 }), fc.integer({ min: 0, max: 3 }), (name, times) => {
        const taken = new Set<string>();
        for (let i = 0; i <= times; i++) {
          const alias = aliasFor(name, taken);
          assert.ok(isAlias(alias) && !taken.has(alias));
          taken.add(alias);
        }
      }),
    );
  });

  it('is accepted by ssh as a host name', () => {
    const alias = aliasFor("it's $(id) 😀", none);
    assert.match(execFileSync('ssh', ['-F', 'none', '-G', alias], { encoding: 'utf8' }), new RegExp(`^hostname ${alias}$`, 'm'));
  });
});
