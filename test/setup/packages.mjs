// Debian and Ubuntu packages that the tests need, installed once.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{env?: NodeJS.ProcessEnv, cwd?: string, input?: string}} [options]
 * @returns {Promise<{code: number, stdout: string, stderr: string}>} code 127 when the command does not exist
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Like run(), but a failure throws with the last lines of what the command said. */
export async function must(command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-12).join('\n');
    throw new Error(`"${[command, ...args].join(' ').slice(0, 200)}" failed with exit code ${result.code}:\n${said}`);
  }
  return result.stdout;
}

/** Puts `sudo -n` before a command when this process is not root. */
export const asRoot = (argv) => (process.getuid?.() === 0 ? argv : ['sudo', '-n', ...argv]);

/** True when commands can be run as root without asking: we are root, or sudo needs no password. */
export async function canBeRoot() {
  return process.getuid?.() === 0 || (await run('sudo', ['-n', 'true'])).code === 0;
}

/**
 * Names out of the list that dpkg does not report as installed. Reads dpkg's own file: 20 ms for any number of names.
 * @param {string[]} names
 */
export function missingPackages(names) {
  let status = '';
  try {
    status = readFileSync('/var/lib/dpkg/status', 'utf8');
  } catch {
    return names;
  }
  const installed = new Set();
  for (const paragraph of status.split('\n\n')) {
    if (!/^Status: \S+ ok installed$/m.test(paragraph)) continue;
    const name = /^Package: (.+)$/m.exec(paragraph)?.[1];
    if (name) installed.add(name);
  }
  return names.filter((name) => !installed.has(name));
}

/** The newest package list in hours since its download; Infinity where there is none. */
function listAgeHours() {
  const dir = '/var/lib/apt/lists';
  const lists = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('_Packages') || name.includes('_Packages.')) : [];
  const newest = Math.max(-Infinity, ...lists.map((name) => statSync(`${dir}/${name}`).mtimeMs));
  return (Date.now() - newest) / 3_600_000;
}

let queue = Promise.resolve();

/**
 * Installs Debian or Ubuntu packages that are missing; says which. Calls queue up behind each other, since apt takes one at a time.
 * @param {string[]} names
 * @param {(line: string) => void} say
 * @returns {Promise<string[]>} the names that had been missing
 */
export function aptInstall(names, say) {
  const turn = queue.then(() => install(names, say));
  queue = turn.then(
    () => undefined,
    () => undefined,
  );
  return turn;
}

async function install(names, say) {
  const missing = missingPackages(names);
  if (missing.length === 0) return [];
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`These packages are needed and this is not Debian or Ubuntu, so install them by hand: ${missing.join(', ')}`);
  }
  if (!(await canBeRoot())) {
    throw new Error(`Installing needs root or passwordless sudo. Run: sudo apt-get install ${missing.join(' ')}`);
  }
  say(`installing Debian packages: ${missing.join(' ')}`);
  const apt = (args) =>
    run(
      ...command(
        asRoot(['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', ...args]),
      ),
    );
  // --no-install-recommends keeps docker.io from pulling in a desktop's worth of extras; what is needed is named.
  const wanted = ['install', '-y', '--no-install-recommends', ...missing];
  if (listAgeHours() > 24) await apt(['update']);
  let result = await apt(wanted);
  if (result.code !== 0) {
    // A package list that is too old names files that the mirror no longer has.
    await apt(['update']);
    result = await apt(wanted);
  }
  const left = missingPackages(missing);
  if (left.length > 0) {
    const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-8).join('\n');
    throw new Error(`apt-get could not install ${left.join(', ')}:\n${said}`);
  }
  return missing;
}

/**
 * Unpacks a package's files below a folder without installing it: its services are not set up, nothing outside the folder changes.
 * @param {string} name
 * @param {string} dir existing folder
 * @param {(line: string) => void} say
 */
export async function aptUnpack(name, dir, say) {
  say(`unpacking the Debian package ${name} into ${dir}`);
  const temporary = mkdtempSync(join(tmpdir(), 'skylab-apt-'));
  try {
    if ((await run('apt-get', ['download', name], { cwd: temporary })).code !== 0) {
      await run(...command(asRoot(['apt-get', 'update'])));
      await must('apt-get', ['download', name], { cwd: temporary });
    }
    for (const file of readdirSync(temporary)) await must('dpkg-deb', ['-x', join(temporary, file), dir]);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Splits an argv for run(). */
export const command = (argv) => [argv[0], argv.slice(1)];
