// Where the set-up keeps what it downloads and builds, shared by every clone on this machine.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for downloads and built things: $SKYLAB_DEV_CACHE, else $XDG_CACHE_HOME/skylab-dev, else ~/.cache/skylab-dev.
 * @param {...string} parts folders below it
 * @returns {string} absolute path of an existing folder
 */
export function cacheDir(...parts) {
  const base = process.env.SKYLAB_DEV_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'skylab-dev');
  const dir = join(base, ...parts);
  mkdirSync(dir, { recursive: true });
  return dir;
}

/**
 * Does a piece of set-up while no other process does it: two test runs at once install a thing once.
 * @template T
 * @param {string} name of the lock
 * @param {() => Promise<T>} work looks again whether there is anything to do: another process may have done it meanwhile
 * @returns {Promise<T>}
 */
export async function exclusively(name, work) {
  const lock = join(cacheDir('locks'), name);
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isHeld(lock)) await new Promise((resolve) => setTimeout(resolve, 200));
      else rmSync(lock, { force: true });
    }
  }
  held.add(lock);
  try {
    return await work();
  } finally {
    held.delete(lock);
    rmSync(lock, { force: true });
  }
}

/** The locks of this very process, which the process id alone would not tell from those of an earlier one with the same id. */
const held = new Set();

/** True while whoever made the lock lives. One without a process id yet is being written, or was left so by a crash long ago. */
function isHeld(lock) {
  try {
    const pid = readFileSync(lock, 'utf8');
    if (pid === '') return Date.now() - statSync(lock).mtimeMs < 5000;
    return pid === String(process.pid) ? held.has(lock) : existsSync(`/proc/${pid}`);
  } catch {
    return true; // It was removed this moment: the next try takes it.
  }
}
