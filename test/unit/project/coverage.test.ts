import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../..');
const TABLE = 'docs/coverage.md';

interface Row {
  readonly line: string;
  readonly how: string;
  readonly tests: readonly string[];
}

/** Rows of the tables | line | how | test |; several tests stand in one cell, separated by <br>. A cell may be set in code. */
function rows(markdown: string): Row[] {
  return markdown
    .split('\n')
    .filter((text) => /^\|(?!\s*(?:line|input|-+)\s*\|)/.test(text))
    .map((text) => {
      const [line = '', how = '', test = ''] = text
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|'));
      return { line: line.replaceAll('`', ''), how, tests: test.split('<br>').map((name) => name.trim().replaceAll(/^`|`$/g, '')) };
    });
}

/** Why `path › title` names no test; undefined when it does. The title is that of an it() or describe(), or several joined by ›. */
function trouble(name: string): string | undefined {
  if (/^not yet\b/i.test(name)) return undefined;
  const [file = '', ...titles] = name.split('›').map((part) => part.trim());
  if (titles.length === 0) return `"${name}" is neither "path › title" nor "not yet"`;
  if (!/^test\/.+\.test\.ts$/.test(file) || !existsSync(path.join(root, file))) return `"${file}" is no test file`;
  const source = readFileSync(path.join(root, file), 'utf8');
  const missing = titles.find(
    (title) =>
      !["'", '"', '`'].some((quote) => source.includes(quote + title.replaceAll("'", quote === "'" ? String.raw`\'` : "'") + quote)),
  );
  return missing === undefined ? undefined : `${file} has no test "${missing}"`;
}

describe('the coverage table', () => {
  it('names only tests that exist', function () {
    assert.ok(existsSync(path.join(root, TABLE)), `${TABLE} exists`);
    const table = rows(readFileSync(path.join(root, TABLE), 'utf8'));
    assert.ok(table.length > 0, 'the table has rows');
    assert.deepEqual(
      table.flatMap(({ line, tests }) => tests.flatMap((test) => trouble(test) ?? []).map((sentence) => `${line}: ${sentence}`)),
      [],
    );
  });

  it('says for each line how a person does it, or "not yet"', () => {
    const table = rows(readFileSync(path.join(root, TABLE), 'utf8'));
    assert.deepEqual(
      table.filter(({ how, tests }) => how === '' && !tests.every((test) => /^not yet\b/i.test(test))).map(({ line }) => line),
      [],
    );
    const twice = table.map(({ line }) => line).filter((line, index, all) => all.indexOf(line) !== index);
    assert.deepEqual(twice, [], 'each line stands there once');
    const lines = Object.entries({ G: 12, C: 14, O: 8, N: 16, H: 13 });
    const all = lines.flatMap(([letter, count]) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`));
    const there = new Set(table.map(({ line }) => line));
    assert.deepEqual(
      all.filter((line) => !there.has(line)),
      [],
      'no line is left out',
    );
  });

  it('would notice a test that does not exist', () => {
    assert.equal(trouble('test/unit/project/coverage.test.ts › the coverage table › names only tests that exist'), undefined);
    assert.match(trouble(`test/unit/project/coverage.test.ts › ${['a title', 'of no test'].join(' ')}`) ?? '', /has no test/);
    assert.match(trouble('test/unit/nowhere.test.ts › x') ?? '', /is no test file/);
    assert.match(trouble('by hand') ?? '', /neither/);
  });
});
