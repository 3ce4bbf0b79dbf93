import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { ensureDocker } from '../setup/docker.mjs';
import {
  ensureDatabaseImages,
  ensureDjangoImage,
  ensureGraphTermImage,
  ensureImages,
  ensureOpenNebulaImage,
  ensureUbuntuImage,
  registryParts,
} from '../setup/images.mjs';
import { asRoot } from '../setup/packages.mjs';
import { ensureMoto } from '../setup/python.mjs';

/** An API action (or `*` for any EC2 action) that fails this many times before it works again. */
export interface RepeatedFault {
  action: string;
  times: number;
}

/** What shall go wrong. Everything stays so until it is set anew or cleared; counted failures run out. */
export interface PracticeFaults {
  /** RequestLimitExceeded, which the SDK itself tries again (three attempts unless told otherwise). */
  throttle?: RepeatedFault;
  /** InternalError with HTTP status 500. */
  error5xx?: RepeatedFault;
  /** Instances launched now are "running" but never boot: no sshd, no console output. */
  noBoot?: boolean;
  /** GetConsoleOutput answers an empty output. */
  consoleBlank?: boolean;
  /** The console shows a host key that the machine does not have. */
  consoleWrongKey?: boolean;
  /** Instances launched now take this many seconds longer to finish cloud-init; sshd answers meanwhile. */
  slowCloudInit?: number;
  /** RunInstances answers InsufficientInstanceCapacity. */
  insufficientCapacity?: boolean;
  /** RunInstances launches at most so many, and none where that is fewer than its MinCount. */
  room?: number;
}

/** One instance as the practice cloud itself sees it, for checks from the outside. */
export interface PracticeMachine {
  id: string;
  state: string;
  /** Name of its container, and of the volume with its Docker data. */
  container: string;
  publicAddress: string | null;
  privateAddress: string;
}

/** A running practice cloud. */
export interface PracticeCloud {
  /** Endpoint of every AWS service here (EC2, SSM, STS, S3, Route 53, …). */
  endpoint: string;
  region: 'us-east-1';
  /** The one account: keys that are answered. ../README.md lists others, such as an expired session. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** GET answers the address that clients on this computer seem to have, as https://checkip.amazonaws.com does. */
  checkAddressUrl: string;
  clientAddress: string;
  name: string;
  faults: { set(faults: PracticeFaults): Promise<void>; clear(): Promise<void> };
  machines(): Promise<PracticeMachine[]>;
  /** Removes every machine, network and rule, and ends the Docker engine if startPracticeCloud had started it. */
  stop(): Promise<void>;
}

type MachineImage = 'plain' | 'database' | 'django' | 'docker' | 'graphterm' | 'opennebula' | 'ubuntu';

export interface PracticeCloudOptions {
  /** Port of the API on 127.0.0.1; a free one by default. */
  port?: number;
  /** Two clouds of one name cannot run at once; made from the port by default. */
  name?: string;
  /** Lead http(s)://NAME.localhost to the running instance whose Name tag is NAME; true means ports 80 and 443. */
  webPorts?: boolean | { http: number; https: number };
  /**
   * `django`: git, Python's venv, nginx, Caddy and wheels are on the machines already. `database`: Docker besides, and postgres:17 can be
   * pulled. `docker`: Docker, Compose and ufw. `graphterm`: Python 2.7 and what GraphTerm is installed from. `opennebula`: Ubuntu 16.04 with
   * OpenNebula 4.12 and its EC2 interface. `ubuntu`: a fresh Ubuntu 22.04.
   */
  machineImage?: MachineImage;
  /** The machines may use this computer's loop devices, as disks, and /dev/fuse. */
  devices?: boolean;
  log?: (line: string) => void;
}

const ENSURE = {
  plain: ensureImages,
  database: ensureDatabaseImages,
  django: ensureDjangoImage,
  docker: ensureImages,
  graphterm: ensureGraphTermImage,
  opennebula: ensureOpenNebulaImage,
  ubuntu: ensureUbuntuImage,
};
const CLIENT_ADDRESS = '203.0.113.10';
const START_MILLISECONDS = 60_000;
const STOP_MILLISECONDS = 60_000;

/**
 * Starts a practice cloud: moto's AWS server, whose EC2 instances are real machines (README.md). Installs and builds what it needs at
 * the first time. It ends with this process, however that ends.
 */
export async function startPracticeCloud(options: PracticeCloudOptions = {}): Promise<PracticeCloud> {
  const say = options.log ?? (() => undefined);
  const engine = await ensureDocker({ say });
  try {
    const ensure = ENSURE[options.machineImage ?? 'plain'];
    const [python] = await Promise.all([ensureMoto({ say }), ensure({ say })]);
    const port = options.port ?? (await freePort());
    const name = options.name ?? `practice-${port}`;
    const { program, storage, tls } = registryParts();
    const argv = asRoot([
      ...[python, '-m', 'server', '--port', String(port), '--name', name, '--client-address', CLIENT_ADDRESS],
      ...['--image', `skylab-practice/machine:${options.machineImage ?? 'plain'}`, ...webArguments(options.webPorts)],
      ...(options.devices === true ? ['--devices'] : []),
      ...['--registry-program', program, '--registry-storage', storage, '--registry-tls', tls],
    ]);
    // A process group of its own: Ctrl-C in the terminal reaches this process, which then stops the cloud in good order.
    const server = spawn(argv[0]!, argv.slice(1), {
      cwd: dirname(fileURLToPath(import.meta.url)),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    await ready(server, say);
    return cloudAt(`http://127.0.0.1:${port}`, name, async () => {
      await ended(server);
      await engine.stop();
    });
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

function webArguments(ports: PracticeCloudOptions['webPorts']): string[] {
  if (!ports) return [];
  const { http, https } = ports === true ? { http: 80, https: 443 } : ports;
  return ['--web-ports', `${http},${https}`];
}

function cloudAt(endpoint: string, name: string, stop: () => Promise<void>): PracticeCloud {
  const setFaults = async (faults: PracticeFaults): Promise<void> => {
    const answer = await fetch(`${endpoint}/practice/faults`, { method: 'PUT', body: JSON.stringify(faults) });
    if (!answer.ok) throw new Error(`The practice cloud refused these faults: ${await answer.text()}`);
  };
  let stopping: Promise<void> | undefined;
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAPRACTICE00000001', secretAccessKey: 'practice' },
    checkAddressUrl: `${endpoint}/practice/address`,
    clientAddress: CLIENT_ADDRESS,
    name,
    faults: { set: setFaults, clear: () => setFaults({}) },
    machines: async () => (await (await fetch(`${endpoint}/practice/machines`)).json()) as PracticeMachine[],
    stop: () => (stopping ??= stop()),
  };
}

/** Waits for the server's first line, which says that it listens. */
function ready(server: ChildProcess, say: (line: string) => void): Promise<void> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      server.kill('SIGTERM');
      reject(new Error(`The practice cloud ${why}.\n${said.slice(-10).join('\n')}`));
    };
    const timer = setTimeout(() => fail(`did not start within ${START_MILLISECONDS / 1000} s`), START_MILLISECONDS);
    server.once('error', (error) => fail(`could not be started: ${error.message}`));
    server.once('exit', (code) => fail(`ended with exit code ${code ?? 'none'} while it started`));
    createInterface({ input: server.stderr! }).on('line', (line) => {
      said.push(line);
      say(line);
    });
    createInterface({ input: server.stdout! }).once('line', () => {
      clearTimeout(timer);
      server.removeAllListeners('exit');
      resolve();
    });
  });
}

/** Ends the server by ending its input, on which it removes everything it made; waits until that is done. */
function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The practice cloud did not stop within a minute.')), STOP_MILLISECONDS);
    server.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    server.stdin?.end();
  });
}

/** A port of 127.0.0.1 on which nothing listens now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('No free port was found.'))));
    });
  });
}
