// What each verb of run.mjs does.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { endAllChildren, runChild } from './child.mjs';
import { partsMissing, root, setUpSeconds, stopParts, writeTestBed } from './parts.mjs';
import { SUITES, runFailedAgain, runSuite, sharedSuite } from './suites.mjs';

/** Two tracks side by side suit two cores: machines in containers on one; compilers, browsers and what is left of the machines on the other. */
const TRACKS = [['lint', 'unit', 'webview', 'ui', 'e2e'], ['integration']];

/** When more files than this fail in a whole run, it is not for what else the machine did at that moment. */
const MOST_AGAIN = 3;

/** What a benchmark needs besides npm packages; those not named here get everything. */
const BENCH_PARTS = {
  activation: ['build', 'editor', 'chromium'],
  package: ['build'],
  listing: [],
  password: ['tools'],
  'faults-transfer': ['openssh', 'tools'],
  'sync-changed': ['openssh', 'tools'],
  'sync-delay': ['openssh', 'tools'],
  'sync-first': ['openssh', 'tools'],
  'sync-unchanged': ['openssh', 'tools'],
  'upload-small': ['openssh', 'tools'],
  'upload-large': ['openssh', 'tools'],
  'upload-delay': ['openssh', 'tools'],
};
const ALL_BENCH_PARTS = ['build', 'openssh', 'docker', 'images', 'moto'];

/** Whether a signal has asked the runner to end. */
let asked = false;

const verbs = { start, test, desktop: (args) => runTests(['desktop'], args), bench, package: makePackage };

/**
 * @param {string[]} argv the verb and its arguments
 * @returns {Promise<number>} the exit code
 */
export async function main([verb, ...args]) {
  const action = Object.hasOwn(verbs, verb ?? '') ? verbs[verb] : undefined;
  if (!action) {
    console.error(`usage: node test/setup/run.mjs ${Object.keys(verbs).join('|')} [arguments]`);
    return 64;
  }
  stopOnSignals();
  try {
    return await action(args);
  } catch (error) {
    console.error(`${verb}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await stopParts();
  }
}

/** The first signal lets the commands under way end themselves, and the runner with them; the second does not wait. */
function stopOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      endAllChildren(asked ? 'SIGKILL' : signal === 'SIGHUP' ? 'SIGTERM' : signal);
      if (asked) void stopParts().finally(() => process.exit(130));
      asked = true;
    });
  }
}

async function test(args) {
  const named = args.filter((arg) => Object.hasOwn(SUITES, arg));
  const rest = args.filter((arg) => !named.includes(arg));
  return runTests(named.length > 0 ? named : TRACKS.flat(), rest);
}

async function runTests(names, args) {
  rmSync(join(root, 'out/failures'), { recursive: true, force: true });
  const outcomes = [];
  const shared = names.length > 1 && args.length === 0 ? names.filter((name) => SUITES[name].shared) : [];
  const sharing = shared.map(sharedSuite);
  const track = async (suites) => {
    for (const name of suites) {
      if (asked) return;
      if (!shared.includes(name)) outcomes.push(await runSuite(name, { args, ...(names.length > 1 ? { label: `[${name}]` } : {}) }));
    }
    for (const suite of sharing) await suite.work({ asked: () => asked });
  };
  const tracks = TRACKS.map((suites) => suites.filter((name) => names.includes(name)));
  const others = names.filter((name) => !TRACKS.flat().includes(name));
  // npm comes before everything; the slower parts start with the first suite that wants them, beside the suites that do not.
  const missing = await partsMissing(['npm']);
  if (missing.length > 0) throw new Error(missing.map(({ reason }) => reason).join('; '));
  void partsMissing([...new Set(names.flatMap((name) => SUITES[name].parts))]);
  await Promise.all([...tracks, ...(others.length > 0 ? [others] : [])].map(track));
  outcomes.push(...sharing.map((suite) => suite.outcome()));
  if (args.length === 0) await secondTry(outcomes);
  if (asked) console.log('Ended by a signal before all suites had run.');
  const code = summary(outcomes);
  return asked ? 130 : code;
}

/** A few files that failed beside everything else are run once more by themselves. */
async function secondTry(outcomes) {
  const files = outcomes.flatMap((outcome) => outcome.failedFiles ?? []);
  const explained = outcomes.every(({ failed, failedFiles = [] }) => failed === 0 || failedFiles.length > 0);
  if (files.length > MOST_AGAIN || !explained) return;
  for (const [i, outcome] of outcomes.entries()) {
    const { suite, failedFiles = [] } = outcome;
    if (!asked && failedFiles.length > 0) outcomes[i] = await runFailedAgain(outcome, { label: `[${suite}]` });
  }
}

function summary(outcomes) {
  const sum = (pick) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  const skipped = outcomes.flatMap((outcome) => outcome.skipped);
  const problems = outcomes.flatMap((outcome) => outcome.problems);
  const setUp = Object.entries(setUpSeconds()).filter(([, seconds]) => seconds >= 1);
  console.log('');
  if (setUp.length > 0) console.log(`set-up: ${setUp.map(([name, seconds]) => `${name} ${seconds.toFixed(0)} s`).join(', ')}`);
  for (const { suite, passed, failed, skipped: left, seconds } of outcomes) {
    console.log(`${suite}: ${passed} passed, ${failed} failed, ${left.length} skipped (${seconds.toFixed(1)} s)`);
  }
  for (const { title, reason } of skipped) console.log(`skipped: ${title}: ${reason}`);
  for (const { unsteady = [] } of outcomes) for (const one of unsteady) console.log(`unsteady, passed at the second try: ${one}`);
  for (const problem of problems) console.log(`failed: ${problem}`);
  const failed = sum((outcome) => outcome.failed);
  const passed = sum((outcome) => outcome.passed);
  const nothing = passed + failed + skipped.length === 0;
  if (nothing) console.log('No test ran: nothing matched what was asked for.');
  const strict = process.env.CI === 'true' && skipped.length > 0;
  if (strict) console.log('With CI=true nothing may be skipped, so this run fails.');
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed > 0 || strict || nothing ? 1 : 0;
}

async function start(args) {
  await need(['npm', 'build', 'editor', 'docker', 'images', 'moto', 'openssh']);
  const { code } = await runTypeScript('test/start.ts', args);
  return code ?? 1;
}

async function bench(args) {
  const parts =
    args.length === 0
      ? [...Object.values(BENCH_PARTS).flat(), ...ALL_BENCH_PARTS]
      : args.flatMap((name) => BENCH_PARTS[name] ?? ALL_BENCH_PARTS);
  // A part that is missing costs the benchmarks that want it, which then say so.
  for (const { name, reason } of await partsMissing(['npm', ...new Set(parts)])) console.error(`set-up: no ${name}: ${reason}`);
  writeTestBed();
  const { code } = await runTypeScript('test/bench/main.ts', args);
  return code ?? 1;
}

async function makePackage() {
  await need(['npm', 'build']);
  const { name, version } = createRequire(import.meta.url)('../../package.json');
  const file = `${name}-${version}.vsix`;
  // the .env files in it are those of the recipes: empty variables and their comments
  const flags = ['--no-dependencies', '--allow-missing-repository', '--allow-package-env-file'];
  const argv = [join(root, 'node_modules/.bin/vsce'), 'package', ...flags, '--out', file];
  const { code } = await runChild(argv, { cwd: root, limitSeconds: 120 });
  if (code !== 0) return code ?? 1;
  console.log(`${file}: ${(statSync(join(root, file)).size / 1024).toFixed(0)} KiB`);
  return 0;
}

/** Sets parts up or says what is in the way. */
async function need(names) {
  const missing = await partsMissing(names);
  if (missing.length > 0) throw new Error(missing.map(({ name, reason }) => `${name}: ${reason}`).join('\n'));
  writeTestBed();
}

const runTypeScript = (script, args) => runChild([process.execPath, '--import', 'tsx', join(root, script), ...args], { cwd: root });
