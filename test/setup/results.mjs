// What a suite's results amount to.
import { existsSync, readFileSync } from 'node:fs';

/**
 * Counts what the reporter recorded. Silence is a failure: no results, no last line, or an exit code that nothing explains.
 * @param {string} name the suite's
 * @param {string} file one JSON line for each test, and a last one that says the end was reached
 * @param {{code: number | null, signal: string | null, timedOut: boolean, seconds: number}} end how the suite's process ended
 * @param {boolean} filtered whether only some tests were asked for, so that none at all is no wonder
 */
export function countResults(name, file, { code, signal, timedOut, seconds }, filtered) {
  const entries = entriesOf(file);
  const { passed, failures, skipped, problems } = tally(name, entries);
  let failed = failures.length;
  const trouble = (sentence) => {
    failed += 1;
    problems.push(`${name}: ${sentence}`);
  };
  if (timedOut) trouble(`ended at its time limit, after ${seconds.toFixed(0)} s`);
  else if (!entries.some((entry) => entry.end)) trouble(`died before its last test (exit code ${code ?? signal})`);
  else if (code !== 0 && failed === 0) trouble(`every test passed but the process ended with ${code ?? signal}`);
  else if (entries.length === 1 && !filtered) trouble('reported no tests');
  const failedFiles = [...new Set(failures.flatMap((entry) => entry.file ?? []))];
  return { passed, failed, skipped, problems, failedFiles: failed === failures.length ? failedFiles : [] };
}

/**
 * What two runs amount to, of which the second was of the failed files alone: there its word counts. What failed only at first is told
 * apart as unsteady, with the error, since something is wrong with it or with what it tests.
 * @param {string} first the whole run's results
 * @param {string} second the results of the run of the failed files
 */
export function countBoth(name, first, second, end) {
  const before = entriesOf(first);
  const { failedFiles } = countResults(name, first, { code: 1, signal: null, timedOut: false, seconds: 0 }, false);
  const kept = tally(
    name,
    before.filter(({ file }) => !failedFiles.includes(file)),
  );
  const { passed, failed, skipped, problems } = countResults(name, second, end, false);
  const still = new Set(tally(name, entriesOf(second)).failures.map(({ title }) => title));
  return {
    passed: kept.passed + passed,
    failed,
    skipped: [...kept.skipped, ...skipped],
    problems,
    unsteady: tally(
      name,
      before.filter(({ title }) => !still.has(title)),
    ).problems,
    failedFiles: [],
  };
}

function entriesOf(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function tally(name, entries) {
  const of = (state) => entries.filter((entry) => entry.state === state);
  const failures = of('failed');
  return {
    passed: of('passed').length,
    failures,
    skipped: of('skipped').map(({ title, reason }) => ({ title: `${name}: ${title}`, reason })),
    problems: failures.map(({ title, error }) => `${name}: ${title}${briefly(error)}`),
  };
}

/** The beginning of an error and the place in the tests where it arose: who reads only the end of a log has to learn why. */
function briefly(error) {
  if (error === undefined) return '';
  const lines = error.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('at ')).slice(0, 16);
  const place = lines.find((line) => /^at .*test\//.test(line) && !line.includes('node_modules'));
  return [...said, ...(place === undefined ? [] : [place])].map((line) => `\n    ${line.slice(0, 400)}`).join('');
}
