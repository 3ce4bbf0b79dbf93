// Docker Compose 2 as a program, which tests ask whether Skylab reads .env and Compose files rightly. Debian 12 has no package of
// it; the practice machine's image, which is Debian 13, brings it along.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, exclusively } from './cache.mjs';
import { dockerEnv } from './docker.mjs';
import { asRoot, command, must, run } from './packages.mjs';

const IMAGE = 'skylab-practice/machine:docker';
const IN_IMAGE = '/usr/libexec/docker/cli-plugins/docker-compose';
/** Where the packages of Docker's and of the distributions put the plugin. */
const INSTALLED = ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', '/usr/local/lib/docker/cli-plugins'];

/**
 * Finds the plugin or takes it out of the practice machine's image, which must exist (images.mjs).
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<string>} path of the program
 */
export async function ensureCompose({ say }) {
  const program = join(cacheDir('compose'), 'docker-compose');
  for (const place of [...INSTALLED.map((folder) => join(folder, 'docker-compose')), program]) {
    if (existsSync(place) && (await runs(place))) return place;
  }
  return exclusively('compose', async () => {
    if (!(await runs(program))) await takeOut(program, say);
    return program;
  });
}

const runs = async (program) => /version v?[2-9]\./.test((await run(program, ['version'])).stdout);

async function takeOut(program, say) {
  say(`taking Docker Compose out of the image ${IMAGE} into ${program}`);
  const docker = (...args) => must(...command(asRoot(['docker', ...args])), { env: dockerEnv() });
  const partial = `${program}.${process.pid}`;
  const container = (await docker('create', IMAGE)).trim();
  try {
    await docker('cp', '-L', `${container}:${IN_IMAGE}`, partial);
  } finally {
    await docker('rm', container);
  }
  if (await runs(partial)) return renameSync(partial, program);
  rmSync(partial, { force: true });
  throw new Error('Docker Compose of Debian 13 does not run on this machine; install the docker-compose-plugin package of Docker.');
}
