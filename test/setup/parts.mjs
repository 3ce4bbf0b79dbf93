// What a verb needs on this machine, by name; each part is set up at most once per run, and independent parts side by side.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.mjs';

export const root = join(import.meta.dirname, '../..');

const say = (line) => console.log(`set-up: ${line}`);

/** Modules are imported when needed: those that want npm packages cannot load before the packages exist. */
const steps = {
  npm: async () => (await import('./npm.mjs')).ensureNpmPackages({ say, root }),
  build: async (part) => {
    await part('npm');
    const { code } = await runChild([join(root, 'node_modules/.bin/webpack'), '--mode', 'production'], { cwd: root, limitSeconds: 300 });
    if (code !== 0) throw new Error('The extension does not build; webpack says why above.');
  },
  editor: async () => (await import('./editor.mjs')).ensureEditor({ say }),
  chromium: async (part) => {
    await part('npm');
    return (await import('./chromium.mjs')).ensureChromium({ say });
  },
  docker: async () => (await import('./docker.mjs')).ensureDocker({ say }),
  images: async (part) => {
    await part('docker');
    return (await import('./images.mjs')).ensureImages({ say });
  },
  compose: async (part) => {
    await part('images');
    // The tests look for it here.
    process.env.SKYLAB_COMPOSE ??= await (await import('./compose.mjs')).ensureCompose({ say });
    return process.env.SKYLAB_COMPOSE;
  },
  moto: async () => (await import('./python.mjs')).ensureMoto({ say }),
  openssh: async () => (await import('./openssh.mjs')).ensureOpenSsh({ say }),
  opensshVersions: async () => (await import('./opensshVersions.mjs')).ensureOpenSshVersions({ say }),
  tools: async () => {
    // Every command that the runner starts inherits it.
    process.env.PATH = await (await import('./tools.mjs')).ensureTools({ say });
  },
};

const started = new Map();
const times = {};
/** What finished parts gave, for the tests; Docker's engine is of no use to them. */
const values = {};

/** Sets a part up, or waits for the one under way. Rejects with a sentence that says what is in the way. */
export function part(name) {
  const known = started.get(name);
  if (known) return known;
  const begin = Date.now();
  const promise = steps[name](part).finally(() => (times[name] = (Date.now() - begin) / 1000));
  promise.then(
    (value) => name !== 'docker' && (values[name] = value),
    () => undefined,
  );
  started.set(name, promise);
  return promise;
}

/**
 * Sets up several parts side by side and waits for all of them.
 * @param {string[]} names
 * @returns {Promise<{name: string, reason: string}[]>} those that this machine cannot have, with the reason
 */
export async function partsMissing(names) {
  const results = await Promise.allSettled(names.map(part));
  return results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ name: names[index], reason: result.reason?.message ?? String(result.reason) }] : [],
  );
}

/** Writes where the parts are to out/test-bed.json, which the tests read; parts of earlier runs stay in it. */
export function writeTestBed() {
  const file = join(root, 'out/test-bed.json');
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...earlier, ...values }, null, 2)}\n`);
}

/** Seconds that each part took in this run. */
export const setUpSeconds = () => times;

/** Ends what the set-up started (Docker's engine, where none ran). */
export async function stopParts() {
  const docker = started.get('docker');
  if (docker) await docker.then((engine) => engine.stop()).catch(() => undefined);
}
