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
  const entries = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  const of = (state) => entries.filter((entry) => entry.state === state);
  const problems = of('failed').map((entry) => `${name}: ${entry.title}`);
  let failed = problems.length;
  const trouble = (sentence) => {
    failed += 1;
    problems.push(`${name}: ${sentence}`);
  };
  if (timedOut) trouble(`ended at its time limit, after ${seconds.toFixed(0)} s`);
  else if (!entries.some((entry) => entry.end)) trouble(`died before its last test (exit code ${code ?? signal})`);
  else if (code !== 0 && failed === 0) trouble(`every test passed but the process ended with ${code ?? signal}`);
  else if (entries.length === 1 && !filtered) trouble('reported no tests');
  const skipped = of('skipped').map(({ title, reason }) => ({ title: `${name}: ${title}`, reason }));
  return { passed: of('passed').length, failed, skipped, problems };
}
