import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { EnvFile } from '../../../src/core/deploy/envFile';
import { SkylabError } from '../../../src/core/errors';
import { composeConfig, findCompose, skipWithoutCompose } from '../support/compose';

/** Pieces of which awkward values and files are made. */
const UNIT = fc.constantFrom(
  'a',
  'B',
  '7',
  ' ',
  '#',
  "'",
  '"',
  '\\',
  '$',
  '$$',
  '${',
  '}',
  '{',
  '\n',
  '\r',
  '\t',
  'é',
  '😀',
  '=',
  ':',
  '%',
  '`',
  '!',
  '$A',
  '${A:-x}',
  '\\n',
  '\\0123',
);

describe('a .env file in the eyes of Docker Compose', function () {
  this.timeout(60_000);
  const compose = findCompose();
  let folder = '';

  before(function () {
    skipWithoutCompose(this);
    folder = mkdtempSync(path.join(tmpdir(), 'skylab-env-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  /** What Compose puts into a container's environment for these variables; `$` stands doubled in what it prints. */
  function seenBy(text: string, keys: readonly string[]): Record<string, string> | undefined {
    writeFileSync(path.join(folder, '.env'), text);
    const lines = keys.map((key) => `      ${key}: "\${${key}}"`);
    writeFileSync(
      path.join(folder, 'compose.yaml'),
      ['services:', '  s:', '    image: x', '    environment:', '      FIXED: "1"', ...lines, ''].join('\n'),
    );
    const answer = composeConfig(compose ?? '', folder);
    if ('refused' in answer) return undefined;
    const seen = answer.config.services['s']?.environment ?? {};
    return Object.fromEntries(keys.map((key) => [key, (seen[key] ?? '').replaceAll('$$', '$')]));
  }

  it('is read back character for character', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: UNIT }), { minLength: 150, maxLength: 150 }), (values) => {
        const env = EnvFile.parse('# lab\n');
        const wanted = Object.fromEntries(values.map((value, i) => [`K${i}`, value]));
        for (const [key, value] of Object.entries(wanted)) env.set(key, value);
        assert.deepEqual(seenBy(env.toString(), Object.keys(wanted)), wanted);
      }),
      { numRuns: 8 },
    );
  });

  it('is read back as it was typed into the form, in whatever quotes the line had', () => {
    const line = fc.record({
      value: fc.string({ unit: UNIT }).filter((value) => !value.includes('\r')),
      quote: fc.constantFrom('', '"', "'"),
      before: fc.constantFrom('', 'export '),
      after: fc.constantFrom('', ' # why'),
    });
    const file = fc.tuple(fc.array(line, { minLength: 60, maxLength: 60 }), fc.constantFrom('\n', '\r\n'));
    fc.assert(
      fc.property(file, ([lines, eol]) => {
        let text = lines.map(({ quote, before, after }, i) => `${before}K${i}=${quote}old${quote}${after}${eol}`).join('');
        lines.forEach(({ value }, i) => {
          const { start, end, text: written } = EnvFile.parse(text).edit(`K${i}`, value);
          text = text.slice(0, start) + written + text.slice(end);
        });
        const wanted = Object.fromEntries(lines.map(({ value }, i) => [`K${i}`, value]));
        assert.deepEqual(seenBy(text, Object.keys(wanted)), wanted);
        lines.forEach(({ before, after }, i) =>
          assert.ok(text.includes(`${before}K${i}=`) && (after === '' || text.includes(`${after}${eol}`))),
        );
      }),
      { numRuns: 8 },
    );
  });

  it('means the same to us and to Compose, however odd, and is refused by both or by neither', () => {
    const name = fc.constantFrom('A', 'B', 'C_1', 'export D', ' E ');
    const written = fc.oneof(
      fc.string({ unit: UNIT, maxLength: 8 }),
      fc.string({ unit: UNIT, maxLength: 8 }).map((text) => `"${text}"`),
      fc.string({ unit: UNIT, maxLength: 8 }).map((text) => `'${text}'`),
    );
    const line = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(name, fc.constantFrom('=', ' = ', ':', '= '), written, fc.constantFrom('', ' # why', '#x', ' '))
          .map((parts) => parts.join('')),
      },
      { weight: 1, arbitrary: fc.constantFrom('# note', '', '  ', 'A', '#') },
      { weight: 1, arbitrary: fc.string({ unit: UNIT, maxLength: 6 }) },
    );
    const file = fc
      .tuple(fc.constantFrom('', '\ufeff'), fc.array(line, { maxLength: 4 }), fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '\n'))
      .map(([mark, lines, eol, end]) => mark + lines.join(eol) + end);
    let accepted = 0;
    fc.assert(
      fc.property(file, (text) => {
        let env: EnvFile | undefined;
        try {
          env = EnvFile.parse(text);
        } catch (error) {
          assert.ok(error instanceof SkylabError);
        }
        const keys = (env?.keys() ?? []).filter((key) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(key));
        const seen = seenBy(text, keys);
        assert.equal(env === undefined, seen === undefined, `refused by ${env === undefined ? 'us' : 'Compose'} alone`);
        if (env === undefined) return;
        accepted++;
        for (const key of keys) assert.equal(env.get(key) ?? '', seen?.[key], key);
      }),
      { numRuns: Number(process.env['SKYLAB_ENV_RUNS'] ?? 100) },
    );
    assert.ok(accepted > 20, `only ${accepted} files were valid`);
  });
});
