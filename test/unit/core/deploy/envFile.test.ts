import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EnvFile } from '../../../../src/core/deploy/envFile';
import { SkylabError } from '../../../../src/core/errors';

const HASH = '$2a$14$abcdefghijklmnopqrstuu4Wq5Zq0b1c2d3e4f5g6h7i8j9k0l1m';
const COURSE = [
  '# The name under which the site answers.',
  '# Ask `hostname -f` when in doubt.',
  "DOMAIN='lab.example.org'",
  '',
  '#',
  '# Who may come in',
  "USERNAME='ada'   # the login name",
  "PASSWORD=''",
  '',
].join('\n');

describe('a .env file', () => {
  it('changes nothing but the value that was set', () => {
    const env = EnvFile.parse(COURSE);
    env.set('PASSWORD', HASH);
    assert.equal(env.toString(), COURSE.replace("PASSWORD=''", `PASSWORD='${HASH}'`));
    assert.equal(env.get('PASSWORD'), HASH);
  });

  it('keeps a comment that stands after the value', () => {
    const env = EnvFile.parse("A='x'   # why\nB=plain # because\nC= # none yet\nD=# none either\n");
    for (const key of ['A', 'B', 'C', 'D']) env.set(key, 'new');
    assert.equal(env.toString(), "A='new'   # why\nB='new' # because\nC='new' # none yet\nD='new' # none either\n");
    for (const key of ['A', 'B', 'C', 'D']) assert.equal(env.get(key), 'new');
  });

  it('shows the comments right above a variable as its help', () => {
    const env = EnvFile.parse(COURSE);
    assert.equal(env.help('DOMAIN'), 'The name under which the site answers.\nAsk `hostname -f` when in doubt.');
    assert.equal(env.help('USERNAME'), 'Who may come in');
    assert.equal(env.help('PASSWORD'), '');
  });

  it('keeps Windows line endings and the byte order mark', () => {
    const env = EnvFile.parse('\ufeff# top\r\nA=1\r\nB="two"\r\n');
    assert.equal(env.get('A'), '1');
    env.set('A', 'x');
    env.set('C', 'y');
    assert.equal(env.toString(), "\ufeff# top\r\nA='x'\r\nB=\"two\"\r\nC='y'\r\n");
    assert.deepEqual(env.keys(), ['A', 'B', 'C']);
  });

  it('ends the last line before it appends a variable', () => {
    const env = EnvFile.parse('A=1');
    env.set('B', '2');
    assert.equal(env.toString(), "A=1\nB='2'\n");
    const empty = EnvFile.parse('');
    empty.set('A', '');
    assert.equal(empty.toString(), "A=''\n");
  });

  it('takes the last of two lines for the same variable, and changes that one', () => {
    const env = EnvFile.parse('A=1\nA=2\n');
    assert.equal(env.get('A'), '2');
    env.set('A', '3');
    assert.equal(env.toString(), "A=1\nA='3'\n");
    assert.deepEqual(env.keys(), ['A']);
  });

  it('reads export, YAML colons, values over several lines and two values on one line', () => {
    const env = EnvFile.parse(`export A=1\nB: two\nC="three\nlines\nlong" D='x' # end\n  E = spaced out  \n`);
    assert.deepEqual(Object.fromEntries(env.keys().map((key) => [key, env.get(key)])), {
      A: '1',
      B: 'two',
      C: 'three\nlines\nlong',
      D: 'x',
      E: 'spaced out',
    });
    env.set('A', 'q');
    env.set('C', 'one');
    assert.equal(env.toString(), `export A='q'\nB: two\nC='one' D='x' # end\n  E = spaced out  \n`);
  });

  it('gives a bare name a value', () => {
    const env = EnvFile.parse('A\nB=1\n');
    assert.equal(env.get('A'), undefined);
    assert.ok(env.has('A'));
    env.set('A', 'x');
    assert.equal(env.toString(), "A='x'\nB=1\n");
  });

  it('shows that an unquoted hash does not survive Compose', () => {
    const entry = EnvFile.parse(`# why\nP=${HASH}\n`).entry('P');
    assert.equal(entry?.written, HASH);
    assert.notEqual(entry.value, HASH);
    assert.equal(entry.line, 2);
    assert.equal(entry.quote, '');
  });

  it('fills in variables of the file and defaults', () => {
    const env = EnvFile.parse('A=x\nB=${A}y$A\nC="${NOPE:-d${A}}"\nD=\'${A}\'\nE=$$A\nF="\\$A"\nG=${A:+set}${NOPE+no}\n');
    assert.deepEqual(
      env.keys().map((key) => env.get(key)),
      ['x', 'xyx', 'dx', '${A}', '$A', '$A', 'set'],
    );
  });

  for (const [text, line, why] of [
    ["A=1\nB='open\nC=2\n", 2, 'never closes'],
    ['A=1\n\nMY KEY=2\n', 3, 'space'],
    ['# c\nA!=1\n', 2, 'cannot stand'],
    ['A=1\n=2\n', 2, 'without a name'],
    ['A=1\nB', 2, 'neither a value'],
    ['A=1\nB=${\n', 2, 'not a variable'],
    ['A=${B:?give me B}\n', 1, 'give me B'],
  ] as const) {
    it(`names the line of ${JSON.stringify(text)}, which Compose refuses`, () => {
      assert.throws(
        () => EnvFile.parse(text, 'lab/.env'),
        (error) => error instanceof SkylabError && error.message.startsWith(`lab/.env, line ${line}:`) && error.message.includes(why),
      );
    });
  }

  it('refuses names and values that no environment can hold, and stays as it was', () => {
    const env = EnvFile.parse('A=1\n');
    assert.throws(() => env.set('A', 'x\0y'), SkylabError);
    assert.throws(() => env.set('A', '\ud800'), SkylabError);
    for (const key of ['', '1A', 'A B', 'A=B', 'A\nB']) assert.throws(() => env.set(key, 'x'), SkylabError);
    assert.equal(env.toString(), 'A=1\n');
  });

  it('reads back whatever was set, and leaves the other values alone', () => {
    const value = fc.string({ unit: fc.constantFrom('a', ' ', '#', "'", '"', '\\', '$', '{', '}', '\n', '\r', 'é', '😀', '=', '%', '`') });
    fc.assert(
      fc.property(value, value, value, (before, after, other) => {
        const env = EnvFile.parse('# head\n');
        env.set('A', before);
        env.set('OTHER', other);
        env.set('A', after);
        assert.equal(env.get('A'), after);
        assert.equal(env.get('OTHER'), other);
        assert.equal(EnvFile.parse(env.toString()).get('A'), after);
      }),
      { numRuns: 1000 },
    );
  });
});
