import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { commandLine, quote } from '../../../../src/core/remote/command';

const sh = (line: string): string => execFileSync('sh', ['-c', line], { encoding: 'utf8' });
const word = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text));

describe('a remote command line', () => {
  it('reaches the program word by word, whatever the words hold', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        assert.equal(
          sh(commandLine({ argv: ['printf', '%s\\001', ...words] })),
          words.length === 0 ? '\u0001' : words.map((one) => `${one}\u0001`).join(''),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('leaves plain words readable and quotes the rest', () => {
    assert.equal(quote('/opt/lab-1/a.b'), '/opt/lab-1/a.b');
    assert.equal(quote(''), "''");
    assert.equal(quote("it's"), `'it'\\''s'`);
    assert.equal(quote('~'), `'~'`);
  });

  it('runs in the folder asked for, and not at all where that is missing', () => {
    assert.equal(sh(commandLine({ argv: ['pwd'], cwd: '/usr/bin' })), '/usr/bin\n');
    assert.equal(sh(`${commandLine({ argv: ['echo', 'ran'], cwd: '/no such folder' })} 2>/dev/null || true`), '');
  });

  it('asks sudo without a prompt unless the login user is root', () => {
    assert.equal(commandLine({ argv: ['id', '-u'], sudo: true }), 'sudo -n -- id -u');
    assert.equal(commandLine({ argv: ['id', '-u'], sudo: true }, true), 'id -u');
  });
});
