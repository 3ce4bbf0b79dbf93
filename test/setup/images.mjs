// The practice cloud's container images: built from Debian and PyPI packages, and put into a registry of its own so that the
// practice machines pull them as from Docker Hub and quay.io. Nothing is built again while its inputs stay the same.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir, exclusively } from './cache.mjs';
import { dockerEnv } from './docker.mjs';
import { aptInstall, aptUnpack, asRoot, command, must, run } from './packages.mjs';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '..', 'practice-cloud', 'images');
const SUITE = 'trixie';
const BASE = `skylab-practice/base:${SUITE}`;
const LABEL = 'skylab.practice-cloud.inputs';

/** What is built, and under which names practice machines can pull it. */
const IMAGES = {
  'skylab-practice/machine:plain': { folder: 'machine', file: 'Dockerfile', pulledAs: [] },
  'skylab-practice/machine:docker': { folder: 'machine', file: 'Dockerfile.docker', pulledAs: [], after: 'skylab-practice/machine:plain' },
  'skylab-practice/caddy:latest': { folder: 'caddy', file: 'Dockerfile', pulledAs: ['library/caddy:latest', 'library/caddy:2'] },
  'skylab-practice/jupyter:latest': {
    folder: 'jupyter',
    file: 'Dockerfile',
    pulledAs: ['jupyter/base-notebook:latest', 'jupyter/minimal-notebook:latest'],
  },
};

/** Where the parts are that the practice cloud's server uses: the registry's program, its storage and its certificate. */
export function registryParts() {
  return {
    program: join(cacheDir('practice-cloud', 'docker-registry'), 'usr', 'bin', 'docker-registry'),
    storage: cacheDir('practice-cloud', 'registry'),
    tls: cacheDir('practice-cloud', 'tls'),
  };
}

/**
 * Builds what is missing or outdated. Needs a Docker engine (docker.mjs).
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<{seconds: Record<string, number>}>} how long each part took that had to be made
 */
export async function ensureImages({ say }) {
  if ((await whatIsStale()).length === 0) return { seconds: {} };
  return exclusively('images', () => makeStale(say));
}

/** Images of which only a test or two has need: made when those ask. */
const HUB = {
  'skylab-practice/hub:latest': { file: 'Dockerfile', pulledAs: ['jupyterhub/jupyterhub:5.5.1'] },
  'skylab-practice/hub-user:latest': { file: 'Dockerfile.user', pulledAs: ['jupyterhub/singleuser:5.5.1'] },
};

/** JupyterHub and a notebook image for it: built where they are missing or outdated, and put into the registry. Needs the other images. */
export async function ensureHubImages({ say }) {
  await ensureImages({ say });
  await exclusively('hub images', async () => {
    const parts = registryParts();
    const wanted = await buildBeside('hub', HUB, parts.tls, say);
    const marker = join(parts.storage, 'hub-pushed.txt');
    if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
    say("adding JupyterHub to the practice cloud's image registry");
    await pushImages(parts, HUB);
    writeFileSync(marker, wanted);
  });
}

/** A machine that has what Django applications are deployed with: built where it is missing or outdated. Needs the other images. */
export async function ensureDjangoImage({ say }) {
  await ensureImages({ say });
  await exclusively('django image', () =>
    buildBeside('django', { 'skylab-practice/machine:django': { file: 'Dockerfile' } }, registryParts().tls, say),
  );
}

/** A machine that has what GraphTerm runs on: built where it is missing or outdated. Needs the other images. */
export async function ensureGraphTermImage({ say }) {
  await ensureImages({ say });
  await exclusively('graphterm image', () =>
    buildBeside('graphterm', { 'skylab-practice/machine:graphterm': { file: 'Dockerfile' } }, registryParts().tls, say),
  );
}

/** Releases of Ubuntu: each with the checksum of its list of packages, which never changes once the release is out. */
const UBUNTU = {
  xenial: { version: '16.04', release: 'ce816774886f565d152b0b233fd715af3aa966fefb2277546bce75fdcf9ae996' },
  jammy: { version: '22.04', release: '269a3a900ff8b8bc9bc3c6743f9927d90c4b81ad34b35c2753f8d9aadff926da' },
};

/** A machine with Ubuntu 22.04, as fresh as a cloud gives it: built where it is missing or outdated. Needs the other images. */
export async function ensureUbuntuImage({ say }) {
  await ensureImages({ say });
  await exclusively('ubuntu image', async () => {
    await ensureUbuntu('jammy', say);
    await buildBeside('ubuntu', { 'skylab-practice/machine:ubuntu': { file: 'Dockerfile', trusting: true } }, registryParts().tls, say);
  });
}

/** A machine on which OpenNebula 4.12 runs, with its EC2 interface: built where it is missing or outdated. Needs the other images. */
export async function ensureOpenNebulaImage({ say }) {
  await ensureImages({ say });
  await exclusively('opennebula image', async () => {
    await ensureUbuntu('xenial', say);
    await buildBeside('opennebula', { 'skylab-practice/machine:opennebula': { file: 'Dockerfile' } }, registryParts().tls, say);
  });
}

/** Builds what is missing or outdated of the images in a folder beside those of every test. @returns the hash over all their inputs */
async function buildBeside(name, images, tls, say) {
  const folder = join(SOURCES, '..', name);
  const hash = createHash('sha256').update(inputsHash(tls));
  for (const file of readdirSync(folder).sort()) hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  const wanted = hash.digest('hex').slice(0, 16);
  const fresh = await imagesWith(wanted, Object.keys(images));
  for (const [image, { file, trusting }] of Object.entries(images))
    if (!fresh.has(image)) await buildFrom(folder, file, image, wanted, say, trusting ? join(tls, 'ca.crt') : undefined);
  return wanted;
}

/** The parts to be made, in the order of their making; empty when all is there. */
async function whatIsStale() {
  const parts = registryParts();
  if (!existsSync(join(parts.tls, 'registry.crt'))) return ['everything'];
  const hash = inputsHash(parts.tls);
  const fresh = await imagesWith(hash, Object.keys(IMAGES));
  const stale = Object.keys(IMAGES).filter((name) => !fresh.has(name));
  const pushed = join(parts.storage, 'pushed.txt');
  if (!existsSync(parts.program) || !existsSync(pushed) || readFileSync(pushed, 'utf8') !== hash) stale.push('registry');
  return stale;
}

async function makeStale(say) {
  const seconds = {};
  const timed = async (name, work) => {
    const start = Date.now();
    await work();
    seconds[name] = (Date.now() - start) / 1000;
  };
  const parts = registryParts();
  if (!existsSync(join(parts.tls, 'registry.crt'))) await timed('certificate', () => makeCertificate(parts.tls, say));
  if (!existsSync(parts.program))
    await timed('registry program', () => aptUnpack('docker-registry', cacheDir('practice-cloud', 'docker-registry'), say));
  const hash = inputsHash(parts.tls);
  // Another process may have made them while this one waited for its turn.
  const stale = await whatIsStale();
  const images = stale.filter((name) => name in IMAGES);
  if (images.length > 0 && !(await exists(BASE))) await timed(BASE, () => makeBase(say));
  const building = new Map();
  const build = (name) => {
    if (!images.includes(name)) return Promise.resolve();
    if (!building.has(name)) {
      const first = IMAGES[name].after ? build(IMAGES[name].after) : Promise.resolve();
      building.set(
        name,
        first.then(() => timed(name, () => buildImage(name, hash, parts.tls, say))),
      );
    }
    return building.get(name);
  };
  await Promise.all(images.map(build));
  if (stale.includes('registry')) {
    await timed('registry', () => push(parts, say));
    writeFileSync(join(parts.storage, 'pushed.txt'), hash);
  }
  return { seconds };
}

const docker = (args, options = {}) => must(...command(asRoot(['docker', ...args])), { env: engineEnv(), ...options });
// The classic builder is in every engine; BuildKit would need a plugin that Debian packages apart.
const engineEnv = () => ({ ...dockerEnv(), DOCKER_BUILDKIT: '0' });

async function exists(image) {
  return (await run(...command(asRoot(['docker', 'image', 'inspect', '-f', '.', image])), { env: engineEnv() })).code === 0;
}

/** The names among these that exist with this label. */
async function imagesWith(hash, names) {
  const format = `{{index .RepoTags 0}} {{index .Config.Labels "${LABEL}"}}`;
  const { stdout } = await run(...command(asRoot(['docker', 'image', 'inspect', '-f', format, ...names])), { env: engineEnv() });
  return new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(` ${hash}`))
      .map((line) => line.split(' ')[0]),
  );
}

/** One hash over every file that an image is made from. */
function inputsHash(tls) {
  const hash = createHash('sha256')
    .update(SUITE)
    .update(readFileSync(join(tls, 'ca.crt')));
  for (const folder of readdirSync(SOURCES).sort()) {
    for (const name of readdirSync(join(SOURCES, folder)).sort()) {
      hash.update(`${folder}/${name}\0`).update(readFileSync(join(SOURCES, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Debian itself as an image: from its packages, or from Docker Hub where debootstrap cannot make it. */
async function makeBase(say) {
  say(`building the base image ${BASE} with debootstrap (about a minute)`);
  await aptInstall(['debootstrap', 'debian-archive-keyring', 'ca-certificates'], say);
  const leaveOut = [
    './var/cache/apt/*',
    './var/lib/apt/lists/*',
    './usr/share/doc/*',
    './usr/share/man/*',
    './usr/share/locale/*',
    './var/log/*.log',
  ];
  await bootstrap(BASE, ['--include=ca-certificates', SUITE], { leaveOut, instead: `debian:${SUITE}-slim` }, say);
}

/** Debian has no key for Ubuntu's packages: every one of them is held to the checksum of the list they are in. */
async function ensureUbuntu(name, say) {
  const image = `skylab-practice/ubuntu:${name}`;
  if (await exists(image)) return;
  const { version, release } = UBUNTU[name];
  say(`building the base image ${image} with debootstrap (about two minutes)`);
  await aptInstall(['debootstrap'], say);
  const leaveOut = ['./var/cache/apt/*', './usr/share/doc/*', './usr/share/man/*', './usr/share/locale/*'];
  const check = `echo "${release}  $(ls "$dir"/var/lib/apt/lists/*_${name}_Release)" | sha256sum --check --quiet >>"$dir.log" 2>&1`;
  const wanted = ['--no-check-gpg', '--components=main,universe', name];
  await bootstrap(image, wanted, { leaveOut, check, instead: `ubuntu:${version}` }, say);
}

/** Makes an image of a system from its packages. @param more `check`: shell that looks at "$dir"; `instead`: what Docker Hub has */
async function bootstrap(image, argv, { leaveOut, check = ':', instead }, say) {
  const script = `
    set -eu
    dir=$(mktemp -d /var/tmp/skylab-base.XXXXXX)
    trap 'rm -rf "$dir"' EXIT
    { debootstrap --variant=minbase ${argv.join(' ')} "$dir" >"$dir.log" 2>&1 && ${check}; } || { tail -5 "$dir.log" >&2; rm -f "$dir.log"; exit 1; }
    rm -f "$dir.log"
    tar -C "$dir" ${leaveOut.map((path) => `--exclude='${path}'`).join(' ')} -c . | docker import -c 'CMD ["bash"]' - ${image}`;
  const made = await run(...command(asRoot(['env', `DOCKER_HOST=${dockerEnv().DOCKER_HOST}`, 'sh', '-c', script])));
  if (made.code === 0) return;
  say('debootstrap could not make it; pulling it from Docker Hub instead');
  const pulled = await run(...command(asRoot(['docker', 'pull', '-q', instead])), { env: engineEnv() });
  if (pulled.code !== 0)
    throw new Error(`The base image cannot be made. debootstrap: ${made.stderr.trim()}. docker pull: ${pulled.stderr.trim()}`);
  await docker(['tag', instead, image]);
}

async function buildImage(name, hash, tls, say) {
  const { folder, file } = IMAGES[name];
  await buildFrom(join(SOURCES, folder), file, name, hash, say, folder === 'machine' ? join(tls, 'ca.crt') : undefined);
}

/** @param authority certificate that the image is to trust, for those that pull from the registry */
async function buildFrom(folder, file, name, hash, say, authority) {
  say(`building the image ${name}`);
  const context = mkdtempSync(join(tmpdir(), 'skylab-image-'));
  try {
    cpSync(folder, context, { recursive: true });
    if (authority !== undefined) copyFileSync(authority, join(context, 'practice-registry.crt'));
    // how a practice machine boots is the same whatever system is on it
    for (const name of ['practice-boot', '95-practice.cfg']) {
      if (!existsSync(join(context, name))) copyFileSync(join(SOURCES, 'machine', name), join(context, name));
    }
    if (/build-certificates\.crt/.test(readFileSync(join(context, file), 'utf8'))) {
      copyFileSync('/etc/ssl/certs/ca-certificates.crt', join(context, 'build-certificates.crt'));
    }
    const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].filter((key) => process.env[key]).flatMap((key) => ['--build-arg', key]);
    await docker(['build', '-q', '--label', `${LABEL}=${hash}`, ...proxies, '-t', name, '-f', join(context, file), context]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** An authority that the machines trust, and a certificate by it for the registries that the practice cloud stands in for. */
async function makeCertificate(dir, say) {
  await aptInstall(['openssl'], say);
  const openssl = (...args) => must('openssl', args, { cwd: dir });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'];
  await openssl('req', '-x509', ...key, '-subj', '/CN=Skylab practice cloud', '-keyout', 'ca.key', '-out', 'ca.crt');
  await openssl(
    ...['req', '-x509', ...key, '-subj', '/CN=registry-1.docker.io', '-CA', 'ca.crt', '-CAkey', 'ca.key'],
    ...['-addext', 'subjectAltName=DNS:registry-1.docker.io,DNS:quay.io', '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-keyout', 'registry.key', '-out', 'registry.crt'],
  );
  rmSync(join(dir, 'ca.key'));
}

/** Fills the registry's storage anew through the registry itself, which runs for as long as that takes. */
async function push(parts, say) {
  say("filling the practice cloud's image registry");
  rmSync(parts.storage, { recursive: true, force: true });
  cacheDir('practice-cloud', 'registry');
  await pushImages(parts, IMAGES);
}

/** Adds images to the registry's storage. @param images name -> the names under which it is pulled */
async function pushImages(parts, images) {
  const port = await freePort();
  const config = join(cacheDir('practice-cloud'), 'registry-push.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${JSON.stringify(parts.storage)}}}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
  );
  const registry = spawn(parts.program, ['serve', config], { stdio: 'ignore' });
  const ended = new Promise((resolve) => registry.on('exit', resolve));
  try {
    await listening(port);
    for (const [name, { pulledAs }] of Object.entries(images)) {
      for (const target of pulledAs) {
        const tag = `127.0.0.1:${port}/${target}`;
        await docker(['tag', name, tag]);
        await docker(['push', '-q', tag]);
        await docker(['rmi', tag]);
      }
    }
  } finally {
    registry.kill('SIGTERM');
    await ended;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The image registry did not start on port ${port}.`);
}
