import assert from 'node:assert/strict';
import { EnvFile } from '../../../../src/core/deploy/envFile';
import type { SkylabError } from '../../../../src/core/errors';
import { answerProblem } from '../../../../src/core/recipes/answers';
import { needsText, shortcomings } from '../../../../src/core/recipes/fit';
import { parseMachineSize } from '../../../../src/core/recipes/machineSize';
import { makeFolder } from '../../../../src/core/recipes/make';
import type { RecipeFile } from '../../../../src/core/recipes/ports';
import { readRecipe } from '../../../../src/core/recipes/read';
import { known, schema, textOf } from './support';

const HEAD = 'id: demo\ntitle: Demo\ndescription: A site for the test.\nneeds: { memoryMiB: 500, diskGiB: 2, ports: [443] }\n';
const read = (more: string) => readRecipe(`${HEAD}${more}`, schema, 'demo/recipe.yaml');
const refusal = (text: string): string => {
  try {
    readRecipe(text, schema, 'demo/recipe.yaml');
  } catch (error) {
    assert.equal((error as SkylabError).code, 'BadRecipe');
    return (error as SkylabError).message;
  }
  return '';
};
const file = (path: string, text: string): RecipeFile => ({ path, content: Buffer.from(text), executable: false });

describe('a recipe.yaml', () => {
  it('says with line and column what is wrong with it', () => {
    assert.match(refusal(`${HEAD}memory: 3\n`), /^demo\/recipe\.yaml:5:1: “memory” is nothing that a recipe knows\./);
    assert.match(
      refusal(`${HEAD}variables: [{ name: a b, label: x, type: text }]\n`),
      /:5:21: “name” has not the right form: such as DOMAIN/,
    );
    assert.match(refusal('id: demo\n'), /“title” is missing/);
    assert.match(refusal('id: [\n'), /^demo\/recipe\.yaml:\d+:\d+: /);
    assert.match(refusal(HEAD.replace('500', 'much')), /“memoryMiB” must be a whole number/);
  });

  it('is refused where its parts lead nowhere', () => {
    const variable = (more: string) => `${HEAD}variables:\n  - { name: A, label: a, ${more} }\n`;
    assert.match(refusal(variable('type: choice')), /“choices” belong/);
    assert.match(refusal(variable('type: choice, default: z, choices: [{ value: y, label: y }]')), /none of its choices/);
    assert.match(refusal(variable('type: text, generated: 32')), /its type is “secret”/);
    assert.match(refusal(variable('type: text, when: { B: x }')), /depends on B/);
    assert.match(refusal(variable('type: text, env: false')), /neither asked nor written/);
    assert.match(refusal(`${variable('type: text')}  - { name: A, label: a, type: text }\n`), /A stands twice/);
    assert.match(refusal(`${HEAD}files: [{ from: a, path: ., when: { X: y } }]\n`), /names X/);
    assert.match(refusal(`${HEAD}files: [{ from: a, path: b/../../etc }]\n`), /leads out of the folder/);
    assert.match(refusal(`${HEAD}files: [{ from: a, path: /etc }]\n`), /has not the right form/);
  });
});

describe('a folder made from a recipe', () => {
  const recipe = read(
    [
      'variables:',
      '  - { name: KIND, label: Kind, type: choice, ask: true, env: false, default: a, choices: [{ value: a, label: A }, { value: b, label: B }] }',
      '  - { name: DOMAIN, label: Site, type: domain }',
      '  - { name: KEY, label: Key, type: secret, generated: 32 }',
      '  - { name: ONLY_B, label: Only b, type: text, default: here, when: { KIND: b } }',
      'files:',
      '  - { from: a, path: ., when: { KIND: a } }',
      '  - { from: b.txt, path: sub/renamed.txt, when: { KIND: b } }',
      '',
    ].join('\n'),
  );
  const source = [
    file('recipe.yaml', 'x'),
    file('.env', "# The site.\nDOMAIN=''\nKEY=''\nONLY_B='' # kept\n"),
    file('a/of-a.txt', '$A {{b}} \0\x01'),
    file('ab.txt', 'both'),
    file('b.txt', 'b'),
  ];

  it('has the files that the answers choose, byte for byte, and nothing of the recipe itself', () => {
    const first = makeFolder(recipe, source, {}, known);
    assert.deepEqual(
      first.map(({ path }) => path),
      ['.env', 'ab.txt', 'of-a.txt'],
    );
    assert.equal(textOf(first, 'of-a.txt'), '$A {{b}} \0\x01');
    assert.deepEqual(
      makeFolder(recipe, source, { KIND: 'b' }, known).map(({ path }) => path),
      ['.env', 'ab.txt', 'sub/renamed.txt'],
    );
  });

  it('has its answers in .env as Compose reads them, comments kept, and secrets made here', () => {
    const env = textOf(makeFolder(recipe, source, { DOMAIN: 'lab.example.edu' }, known), '.env') ?? '';
    assert.equal(env, `# The site.\nDOMAIN='lab.example.edu'\nKEY='${'a7'.repeat(32)}'\nONLY_B='' # kept\n`);
    const odd = `it's $HOME "x" \\ é 😀`;
    const other = textOf(makeFolder(recipe, source, { KIND: 'b', KEY: 'mine', ONLY_B: odd }, known), '.env') ?? '';
    assert.equal(EnvFile.parse(other).get('ONLY_B'), odd);
    assert.equal(EnvFile.parse(other).get('KEY'), 'mine');
  });

  it('is not made from a recipe whose .env lacks a line, nor from an answer that is no choice', () => {
    assert.throws(() => makeFolder(recipe, [file('.env', 'A=1\n')], { DOMAIN: 'x.org' }, known), /no line for DOMAIN/);
    assert.throws(() => makeFolder(recipe, source, { KIND: 'c' }, known), /Kind: This is none of the choices/);
  });
});

describe('an answer', () => {
  it('is checked by its type', () => {
    const problem = (type: string, value: string, more = '') => {
      const [variable] = read(`variables: [{ name: A, label: The a, type: ${type}${more} }]\n`).variables;
      return answerProblem(variable!, value);
    };
    assert.match(problem('domain', '10.0.0.1') ?? '', /bare address/);
    assert.match(problem('domain', 'http://x') ?? '', /no(t a)? host name/);
    assert.equal(problem('domain', 'hub.example.edu'), undefined);
    assert.match(problem('user', 'a b') ?? '', /letters/);
    assert.match(problem('port', '70000') ?? '', /1 to 65535/);
    assert.match(problem('bool', 'yes') ?? '', /true or false/);
    assert.match(problem('text', '', ', required: true') ?? '', /Give a value for: The a/);
    assert.equal(problem('text', '', ', required: true, default: x'), undefined);
    assert.match(problem('text', 'a\nb') ?? '', /one line/);
  });
});

describe('a machine', () => {
  const { needs } = read('');

  it('is said to be too small before anything is made', () => {
    const size = parseMachineSize('MemTotal:         400000 kB\nFree: 1048576\nSystem: debian\n');
    assert.deepEqual(size, { memory: 409_600_000, free: 2 ** 30, system: 'debian' });
    assert.deepEqual(shortcomings(needs, size), [
      'It has 391 MiB of memory, and 500 MiB are needed.',
      'Its disk has 1 GiB free, and 2 GiB are needed.',
    ]);
    assert.deepEqual(shortcomings({ ...needs, systems: ['ubuntu'] }, { ...size, memory: 2 ** 31, free: 2 ** 32 }), [
      'It runs debian, and the recipe is for ubuntu.',
    ]);
  });

  it('that is sold with the memory that is needed fits, though its kernel shows less; one of which nothing is known fits', () => {
    assert.deepEqual(shortcomings({ ...needs, memoryMiB: 1024 }, { memory: 950 * 2 ** 20, free: undefined }), []);
    assert.deepEqual(shortcomings(needs, parseMachineSize('')), []);
    assert.equal(needsText(needs), '500 MiB memory · 2 GiB disk · ports 443');
  });
});
