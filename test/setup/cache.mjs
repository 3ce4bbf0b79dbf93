// Where the set-up keeps what it downloads and builds, shared by every clone on this machine.
import { mkdirSync } from 'node:fs';
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
