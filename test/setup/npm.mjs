// The project's own npm packages.
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './packages.mjs';

/**
 * Runs `npm ci` when what is installed is not what package-lock.json asks for.
 * @param {{say: (line: string) => void, root: string}} options
 */
export async function ensureNpmPackages({ say, root }) {
  const reason = outdated(root);
  if (!reason) return;
  const modules = join(root, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error(`node_modules is a link to a folder that another checkout may use, and it does not fit: ${reason}. Update it there.`);
  }
  say(`installing npm packages with npm ci (${reason})`);
  await must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root });
}

/** Why the installed packages do not fit the lock file, in a few words; undefined when they do. */
function outdated(root) {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return 'none are there yet';
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.devOptional || entry.peer || entry.link) continue;
    if (installed[path]?.version !== entry.version) return `${path.replace(/^node_modules\//, '')} ${entry.version} is missing`;
  }
  return undefined;
}
