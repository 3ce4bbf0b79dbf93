// A Docker engine for the practice cloud: the one that runs, or one that is started here and ended again.
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, exclusively } from './cache.mjs';
import { aptInstall, asRoot, command, run } from './packages.mjs';

// iproute2 and iptables: the practice cloud gives its machines addresses and a firewall.
const PACKAGES = ['docker.io', 'iptables', 'iproute2', 'procps', 'kmod'];
const START_SECONDS = 60;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where an engine's socket is expected: the practice cloud works on the machine's own engine only. */
const SOCKET = '/var/run/docker.sock';

/** The environment with which `docker` reaches the machine's own engine, whatever context the person uses otherwise. */
export const dockerEnv = () => ({ ...process.env, DOCKER_HOST: `unix://${SOCKET}` });

/** True when an engine answers. */
async function answers() {
  if (!existsSync(SOCKET)) return false;
  return (await run(...command(asRoot(['docker', '-H', `unix://${SOCKET}`, 'version', '--format', '{{.Server.Version}}'])))).code === 0;
}

/**
 * Makes sure that a Docker engine answers: installs Debian's packages and starts the engine where that is needed.
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<{stop(): Promise<void>}>} stop() ends the engine only if this call started it
 */
export async function ensureDocker({ say }) {
  const keep = { stop: () => Promise.resolve() };
  if (existsSync('/usr/sbin/iptables') && (await answers())) return keep;
  // An engine of another make (docker-ce) stays; only what is missing beside it is installed.
  const hasEngine = existsSync('/usr/bin/dockerd') || existsSync('/usr/sbin/dockerd');
  await aptInstall(hasEngine ? PACKAGES.filter((name) => name !== 'docker.io') : PACKAGES, say);
  // Debian 13 has the client in a package of its own; where docker.io brings it along, that package does not exist.
  if ((await run('docker', ['--version'])).code === 127) await aptInstall(['docker-cli'], say);
  if (await answers()) return keep;
  if (existsSync('/run/systemd/system')) {
    say('starting the Docker engine (systemctl start docker)');
    await run(...command(asRoot(['systemctl', 'start', 'docker'])));
    if (await waitForAnswer(undefined)) return { stop: stopService };
  }
  return exclusively('docker', async () => ((await answers()) ? keep : startEngine(say)));
}

/** True when containers run, such as those of another practice cloud. */
async function inUse() {
  return (await run(...command(asRoot(['docker', '-H', `unix://${SOCKET}`, 'ps', '-q'])))).stdout.trim() !== '';
}

async function stopService() {
  if (await inUse()) return;
  await run(...command(asRoot(['systemctl', 'stop', 'docker.service', 'docker.socket'])));
}

/** Starts dockerd as a process of its own, where no service manager does. */
async function startEngine(say) {
  say('starting the Docker engine (dockerd), since no service manager does here');
  const log = join(cacheDir('docker'), 'dockerd.log');
  const out = openSync(log, 'a');
  // A pid file left by a machine that went down without ending the engine would keep the new one from starting.
  await run(
    ...command(
      asRoot([
        'sh',
        '-c',
        'for f in /run/docker.pid /var/run/docker.pid; do [ -f "$f" ] && ! kill -0 "$(cat "$f")" 2>/dev/null && rm -f "$f"; done; true',
      ]),
    ),
  );
  const [file, args] = command(asRoot(['dockerd', '-H', `unix://${SOCKET}`]));
  const child = spawn(file, args, { detached: true, stdio: ['ignore', out, out] });
  let ended = false;
  child.on('error', () => (ended = true));
  child.on('exit', () => (ended = true));
  child.unref();
  if (!(await waitForAnswer(() => ended))) {
    const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n');
    throw new Error(`The Docker engine did not start within ${START_SECONDS} s. Its log (${log}) ends:\n${tail}`);
  }
  return { stop: () => stopEngine(child.pid) };
}

async function waitForAnswer(gaveUp) {
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; await sleep(250)) {
    if (await answers()) return true;
    if (gaveUp?.()) return false;
  }
  return false;
}

/** Ends the engine with this process id and waits until it is gone. An engine whose containers still run is left to whoever runs them. */
async function stopEngine(pid) {
  if (await inUse()) return;
  const alive = () => existsSync(`/proc/${pid}`);
  await run(...command(asRoot(['kill', '-TERM', String(pid)])));
  for (const end = Date.now() + 20_000; alive() && Date.now() < end; await sleep(100));
}
