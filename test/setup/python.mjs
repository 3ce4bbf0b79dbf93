// moto's server in a virtual environment of its own.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir, exclusively } from './cache.mjs';
import { aptInstall, must } from './packages.mjs';

const REQUIREMENTS = join(dirname(fileURLToPath(import.meta.url)), '..', 'practice-cloud', 'requirements.txt');
// The distribution's own: one that a version manager put first in PATH may lack venv or vanish.
const PYTHON = '/usr/bin/python3';

/**
 * Makes sure that moto is installed as test/practice-cloud/requirements.txt pins it.
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<string>} path of the Python that has it
 */
export async function ensureMoto({ say }) {
  const requirements = readFileSync(REQUIREMENTS);
  const dir = cacheDir('python');
  const hash = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const venv = join(dir, `moto-${hash}`);
  const python = join(venv, 'bin', 'python');
  const done = join(venv, 'complete');
  const complete = () => existsSync(done) && existsSync(python);
  if (complete()) return python;
  return exclusively('moto', async () => {
    if (!complete()) await install(venv, say);
    return python;
  });
}

async function install(venv, say) {
  const python = join(venv, 'bin', 'python');
  await aptInstall(['python3', 'python3-venv'], say);
  say('installing moto from PyPI into a virtual environment (half a minute)');
  rmSync(venv, { recursive: true, force: true });
  await must(PYTHON, ['-m', 'venv', venv]);
  await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
  writeFileSync(join(venv, 'complete'), '');
}
