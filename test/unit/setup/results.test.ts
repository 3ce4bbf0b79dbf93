import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { countBoth, countResults } from '../../setup/results.mjs';

describe('the count at the end of npm test', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'skylab-results-'));
  const file = path.join(dir, 'suite.jsonl');
  after(() => rmSync(dir, { recursive: true }));

  const passed = { title: 'a', state: 'passed' };
  const end = { end: true };
  const well = { code: 0, signal: null, timedOut: false, seconds: 1 };
  const count = (entries: object[], how: Partial<typeof well> | { signal: string; code: null } = {}, filtered = false) => {
    writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    return countResults('unit', file, { ...well, ...how }, filtered);
  };

  it('adds up passed, failed and skipped tests, and names those that are not passed', () => {
    const failed = { title: 'b', file: 'test/b.test.ts', state: 'failed', error: 'Error: no\n    at x (/home/me/test/b.test.ts:3:1)' };
    const skipped = { title: 'c', state: 'skipped', reason: 'no root' };
    assert.deepEqual(count([passed, failed, skipped, passed, end], { code: 1 }), {
      passed: 2,
      failed: 1,
      skipped: [{ title: 'unit: c', reason: 'no root' }],
      problems: ['unit: b\n    Error: no\n    at x (/home/me/test/b.test.ts:3:1)'],
      failedFiles: ['test/b.test.ts'],
    });
  });

  it('takes the word of a second run for the files that failed, and tells what was unsteady', () => {
    const second = path.join(dir, 'again.jsonl');
    const of = (title: string, name: string, state: string) => ({ title, file: `test/${name}.test.ts`, state });
    const lines = (entries: object[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    writeFileSync(file, lines([of('a', 'a', 'passed'), of('b', 'b', 'passed'), of('c', 'b', 'failed'), of('d', 'd', 'failed'), end]));
    writeFileSync(second, lines([of('b', 'b', 'passed'), of('c', 'b', 'passed'), of('d', 'd', 'failed'), end]));
    const both = countBoth('unit', file, second, { ...well, code: 1 });
    assert.deepEqual(both, { passed: 3, failed: 1, skipped: [], problems: ['unit: d'], unsteady: ['unit: c'], failedFiles: [] });
    const died = countBoth('unit', file, path.join(dir, 'none.jsonl'), { ...well, code: 1 });
    assert.equal(died.failed, 1);
  });

  it('names no files to run again where more went wrong than tests', () => {
    const failed = { title: 'b', file: 'test/b.test.ts', state: 'failed' };
    assert.deepEqual(count([failed], { code: null, signal: 'SIGKILL' }).failedFiles, []);
  });

  it('a suite that dies on the way fails, with what had passed still counted', () => {
    const outcome = count([passed], { code: null, signal: 'SIGKILL' });
    assert.equal(outcome.passed, 1);
    assert.equal(outcome.failed, 1);
    assert.match(outcome.problems[0] ?? '', /died before its last test \(exit code SIGKILL\)/);
  });

  it('a suite that dies silently with exit code 0 fails', () => assert.equal(count([]).failed, 1));

  it('a suite that leaves no results at all fails', () => {
    assert.equal(countResults('unit', path.join(dir, 'none.jsonl'), well, false).failed, 1);
  });

  it('a suite without tests fails, unless only some tests were asked for', () => {
    assert.equal(count([end]).failed, 1);
    assert.equal(count([end], {}, true).failed, 0);
  });

  it('a suite whose process ends badly after the last test fails', () => assert.equal(count([passed, end], { code: 70 }).failed, 1));

  it('a suite that had to be ended at its time limit fails', () => {
    assert.match(count([passed, end], { timedOut: true }).problems[0] ?? '', /time limit/);
  });
});
