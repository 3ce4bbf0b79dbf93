// Child processes of the runner: each in its own process group, with a time limit, ended as a group.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const running = new Set();

/**
 * Runs a command to its end, showing what it prints.
 * @param {string[]} argv
 * @param {{cwd: string, env?: NodeJS.ProcessEnv, limitSeconds?: number, label?: string}} options
 *   `label` goes before each line, for when several commands run side by side
 * @returns {Promise<{code: number | null, signal: string | null, timedOut: boolean, seconds: number}>}
 */
export function runChild(argv, { cwd, env = process.env, limitSeconds, label }) {
  return new Promise((resolve) => {
    const started = Date.now();
    const output = label ? 'pipe' : 'inherit';
    const child = spawn(argv[0], argv.slice(1), { cwd, env, stdio: ['ignore', output, output], detached: true });
    running.add(child);
    if (label) {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => console.log(`${label} ${line}`));
      }
    }
    let timedOut = false;
    const limit = limitSeconds
      ? setTimeout(() => {
          timedOut = true;
          endGroup(child);
        }, limitSeconds * 1000)
      : undefined;
    const finish = (code, signal) => {
      clearTimeout(limit);
      running.delete(child);
      // Whatever the command left behind in its group must not outlive it.
      signalGroup(child, 'SIGKILL');
      resolve({ code, signal, timedOut, seconds: (Date.now() - started) / 1000 });
    };
    child.once('error', (error) => {
      console.error(`${argv[0]} cannot be started: ${error.message}`);
      finish(127, null);
    });
    child.once('close', finish);
  });
}

function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Asks a group to end, and ends it ten seconds later. */
function endGroup(child) {
  signalGroup(child, 'SIGTERM');
  setTimeout(() => signalGroup(child, 'SIGKILL'), 10_000).unref();
}

/** Passes a signal on to every command that is still running. */
export function endAllChildren(signal) {
  for (const child of running) signalGroup(child, signal);
}
