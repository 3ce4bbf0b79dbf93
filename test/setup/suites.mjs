// The test suites: what each needs, how it is started, and how its results are counted.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { runChild } from './child.mjs';
import { part, partsMissing, root, writeTestBed } from './parts.mjs';
import { countBoth, countResults } from './results.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);
const resultsDir = join(root, 'out/results');

/** Each of these counts as one test. */
const LINT_TOOLS = [
  ['tsc (src, test)', [bin('tsc'), '-p', '.']],
  ['tsc (webview-ui)', [bin('tsc'), '-p', 'webview-ui']],
  ['eslint', [bin('eslint'), 'src', 'webview-ui', 'test']],
  ['prettier', [bin('prettier'), '--check', '--log-level', 'warn', '.']],
  ['knip', [bin('knip')]],
];

/** A desktop VS Code brings all it needs; its stand-in runs in the test editor. */
function shimParts() {
  return process.env.VSCODE_EXECUTABLE?.endsWith('code-shim.mjs') ? ['editor', 'chromium'] : [];
}

/** Parts are named in parts.mjs. `limitSeconds` ends what hangs. A `shared` suite is taken folder by folder by every track that is free. */
export const SUITES = {
  lint: { parts: ['npm'], limitSeconds: 900 },
  unit: { parts: ['npm', 'openssh'], limitSeconds: 300 },
  webview: { parts: ['npm', 'build', 'chromium'], limitSeconds: 600 },
  ui: { parts: ['npm', 'build', 'chromium', 'editor', 'openssh'], limitSeconds: 600, script: 'test/ui/run.ts' },
  desktop: { parts: ['npm', 'build', ...shimParts()], limitSeconds: 600, script: 'test/ui/desktop.ts' },
  integration: {
    parts: ['npm', 'docker', 'images', 'moto', 'openssh', 'opensshVersions', 'tools', 'compose'],
    limitSeconds: 3900,
    shared: true,
  },
  e2e: { parts: ['npm', 'build', 'chromium', 'editor', 'docker', 'images', 'moto', 'openssh'], limitSeconds: 3000 },
};

/**
 * Runs one suite, set-up included.
 * @param {string} name a key of SUITES
 * @param {{args: string[], label?: string}} options further arguments for mocha; `label` when output of suites is mixed
 * @returns {Promise<Outcome>}
 * @typedef {{suite: string, passed: number, failed: number, skipped: {title: string, reason: string}[], problems: string[],
 *   failedFiles?: string[], unsteady?: string[], seconds: number}} Outcome
 */
export async function runSuite(name, { args, label }) {
  const begin = Date.now();
  const missing = await partsMissing(SUITES[name].parts);
  writeTestBed();
  const counted = await countedRun(name, { args, label, missing });
  return { suite: name, ...counted, seconds: (Date.now() - begin) / 1000 };
}

/**
 * Runs the files of a suite once more in which something failed. What passes then counts as passed, and is told as unsteady.
 * @param {Outcome} outcome of the whole suite
 * @returns {Promise<Outcome>}
 */
export async function runFailedAgain(outcome, { label }) {
  const { suite, failedFiles = [] } = outcome;
  const begin = Date.now();
  const first = join(resultsDir, `${suite}.jsonl`);
  const second = join(resultsDir, `${suite}.again.jsonl`);
  console.log(`${label} once more, alone: ${failedFiles.join(', ')}`);
  const run = await runMocha(suite, { files: failedFiles, options: [], results: second, label });
  return { suite, ...countBoth(suite, first, second, run), seconds: outcome.seconds + (Date.now() - begin) / 1000 };
}

/**
 * A suite that several tracks work on at once, each taking the next folder: two cores are both at work until the end.
 * @returns {{work: (options: {asked: () => boolean}) => Promise<void>, outcome: () => Outcome}}
 */
export function sharedSuite(name) {
  const folders = foldersOf(name);
  const done = [];
  const begin = Date.now();
  let last = begin;
  return {
    async work({ asked }) {
      const missing = await partsMissing(SUITES[name].parts);
      writeTestBed();
      const skipReason = missing.map(({ reason }) => reason).join('; ');
      for (let next = folders.shift(); next && !asked(); next = folders.shift()) {
        const { folder, files } = next;
        const results = join(resultsDir, `${name}.${folder}.jsonl`);
        mkdirSync(resultsDir, { recursive: true });
        const run = await runMocha(name, { files, options: [], results, label: `[${name}/${folder}]`, skipReason });
        done.push({ results, counted: countResults(`${name}/${folder}`, results, run, false) });
        last = Date.now();
      }
    },
    outcome() {
      const all = (pick) => done.flatMap(({ counted }) => pick(counted));
      const sum = (pick) => done.reduce((total, { counted }) => total + pick(counted), 0);
      // one file as of any other suite, for who runs the failed ones again
      const texts = done.map(({ results }) => (existsSync(results) ? readFileSync(results, 'utf8') : ''));
      writeFileSync(join(resultsDir, `${name}.jsonl`), texts.join(''));
      // where more went wrong than tests, none is run again
      const explained = done.every(({ counted }) => counted.failed === 0 || counted.failedFiles.length > 0);
      return {
        suite: name,
        passed: sum(({ passed }) => passed),
        failed: sum(({ failed }) => failed),
        skipped: all(({ skipped }) => skipped),
        problems: all(({ problems }) => problems),
        failedFiles: explained ? all(({ failedFiles }) => failedFiles) : [],
        seconds: (last - begin) / 1000,
      };
    },
  };
}

/** The folders of a suite with their files; those with most to do, as far as their length tells, come first. */
function foldersOf(name) {
  const folders = new Map();
  for (const file of testFiles(name)) {
    const folder = file.split(sep)[2];
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const bytes = (files) => files.reduce((total, file) => total + statSync(join(root, file)).size, 0);
  return [...folders].map(([folder, files]) => ({ folder, files })).sort((a, b) => bytes(b.files) - bytes(a.files));
}

async function countedRun(name, { args, label, missing }) {
  const own = missing.filter(({ name: partName }) => partName === 'npm' || partName === 'build');
  if (own.length > 0) return { passed: 0, failed: 1, skipped: [], problems: own.map(({ reason }) => `${name}: ${reason}`) };
  if (name === 'lint') return lint(label);
  return mochaSuite(name, { args, label, missing });
}

async function lint(label) {
  const problems = [];
  for (const [tool, argv] of LINT_TOOLS) {
    const { code, seconds, timedOut } = await runChild(argv, { cwd: root, limitSeconds: SUITES.lint.limitSeconds, label });
    const outcome = code === 0 ? 'ok' : timedOut ? 'ended at its time limit' : 'failed';
    console.log(`${label ? `${label} ` : ''}${tool}: ${outcome} (${seconds.toFixed(1)} s)`);
    if (code !== 0) problems.push(`lint: ${tool} ${outcome}`);
  }
  return { passed: LINT_TOOLS.length - problems.length, failed: problems.length, skipped: [], problems };
}

async function mochaSuite(name, { args, label, missing }) {
  const { script } = SUITES[name];
  const results = join(resultsDir, `${name}.jsonl`);
  mkdirSync(resultsDir, { recursive: true });
  const skipReason = missing.map(({ reason }) => reason).join('; ');
  if (script && skipReason) return { passed: 0, failed: 0, skipped: [{ title: `${name}: all tests`, reason: skipReason }], problems: [] };

  const { files, options } = splitArguments(name, args);
  if (!script && files.length === 0) return { passed: 0, failed: 1, skipped: [], problems: [`${name}: there are no test files`] };
  const run = await runMocha(name, { files, options, results, label, skipReason });
  const counted = countResults(name, results, run, options.length > 0);
  // a script chooses its files itself
  return script ? { ...counted, failedFiles: [] } : counted;
}

async function runMocha(name, { files, options, results, label, skipReason = '' }) {
  const { limitSeconds, script } = SUITES[name];
  rmSync(results, { force: true });
  const env = { ...process.env, SKYLAB_RESULTS: results };
  const browser = skipReason === '' ? await chromiumOf(name) : undefined;
  if (browser) env.CHROMIUM = browser;
  if (skipReason) env.SKYLAB_SKIP_REASON = skipReason;
  const argv = script
    ? [process.execPath, '--import', 'tsx', join(root, script), ...options]
    : // --exit: node 20 has been seen to turn forever in closing its handles after the last test (node::Environment::CleanupHandles)
      [
        bin('mocha'),
        '--exit',
        '--reporter',
        join(import.meta.dirname, 'reporter.cjs'),
        ...(skipReason ? ['--dry-run'] : []),
        ...options,
        ...files,
      ];
  return runChild(argv, { cwd: root, env, limitSeconds, label });
}

const chromiumOf = async (name) => (SUITES[name].parts.includes('chromium') ? part('chromium') : undefined);

/** Arguments that name files choose these files; the rest (`-g name`) goes to mocha. */
function splitArguments(name, args) {
  const files = args.filter((arg) => arg.endsWith('.ts') && existsSync(join(root, arg)));
  const options = args.filter((arg) => !files.includes(arg));
  return { files: files.length > 0 ? files : testFiles(name), options };
}

function testFiles(name) {
  const folder = join('test', name);
  if (!existsSync(join(root, folder))) return [];
  const files = readdirSync(join(root, folder), { recursive: true }).filter((file) => file.endsWith('.test.ts'));
  // Sorted, so that a run is the same everywhere.
  return files.map((file) => join(folder, file)).sort();
}
