import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import type { RemoteSession, RunOptions } from '../remote/session';
import type { MachineFacts, OsRelease } from './facts';
import { compareVersions } from './versions';

/** Long enough for a slow mirror and for a first boot that still holds apt's lock. */
const INSTALL_MS = 20 * 60_000;
/** Seconds that apt waits for another apt. */
const LOCK_SECONDS = 300;
/** The Compose plugin for systems that package none; its checksum is fetched with it. Source: https://docs.docker.com/compose/install/linux/ */
const COMPOSE_RELEASE = 'https://github.com/docker/compose/releases/download/v2.40.3';

export type PackageFamily = 'apt' | 'amazon' | 'dnf';

/** How packages are installed on the system; undefined for the ones that Skylab does not know. */
export function packageFamily(os: OsRelease): PackageFamily | undefined {
  const ids = [os.id, ...os.idLike];
  if (os.id === 'amzn') return 'amazon';
  if (ids.includes('debian') || ids.includes('ubuntu')) return 'apt';
  if (['rhel', 'centos', 'rocky', 'almalinux', 'fedora'].some((id) => ids.includes(id))) return 'dnf';
  return undefined;
}

/** What `apt-cache policy` knows of a package. */
export interface AptPackage {
  readonly installed?: string;
  readonly candidate?: string;
}

const APT_NAMES = ['docker.io', 'docker-cli', 'docker-ce', 'docker-compose-v2', 'docker-compose', 'docker-compose-plugin', 'docker-buildx'];

/** apt-get that asks nothing and waits for another one. */
export const apt = (...words: string[]): readonly string[] => [
  'env',
  'DEBIAN_FRONTEND=noninteractive',
  'NEEDRESTART_MODE=l',
  'apt-get',
  '-o',
  `DPkg::Lock::Timeout=${LOCK_SECONDS}`,
  '-o',
  'Dpkg::Use-Pty=0',
  ...words,
];

/** Fetches the package lists; apt's own timeout does not cover the lock of the lists, so it is tried again while that is held. */
export function aptUpdate(): RemoteCommand {
  const script = `n=0
while :; do
  out=$("$@" 2>&1) && exit 0
  case $out in *"Could not get lock"*|*"Unable to lock"*) ;; *) break ;; esac
  n=$((n + 1)); [ "$n" -ge ${LOCK_SECONDS / 5} ] && break
  echo "waiting for another package manager to finish"; sleep 5
done
printf '%s\\n' "$out" >&2; exit 100`;
  return { argv: ['sh', '-c', script, 'update', ...apt('update')], sudo: true, what: 'fetch the package lists' };
}

/** Without what is only recommended. */
export function aptInstall(packages: readonly string[]): RemoteCommand {
  const words = apt('install', '--yes', '--no-install-recommends', ...packages);
  return { argv: words, sudo: true, what: `install ${packages.join(', ')}` };
}

/** Asks apt what it has and could have. */
function aptPolicy(): RemoteCommand<ReadonlyMap<string, AptPackage>> {
  return { argv: ['env', 'LC_ALL=C', 'apt-cache', 'policy', ...APT_NAMES], parse: parseAptPolicy, what: 'ask apt for Docker' };
}

export function parseAptPolicy(stdout: string): ReadonlyMap<string, AptPackage> {
  const packages = new Map<string, AptPackage>();
  let name = '';
  for (const line of stdout.split('\n')) {
    const header = /^(\S+):$/.exec(line)?.[1];
    if (header !== undefined) name = header;
    const [, key, value] = /^ {2}(Installed|Candidate): (\S+)/.exec(line) ?? [];
    if (key === undefined || value === undefined || value === '(none)') continue;
    packages.set(name, { ...packages.get(name), [key === 'Installed' ? 'installed' : 'candidate']: value });
  }
  return packages;
}

/**
 * The packages that give Docker and Compose v2, or undefined where the distribution has no Compose v2 and Docker's own repository is needed.
 * @param withBuild the stack builds images, which wants buildx
 */
export function chooseAptPackages(
  known: ReadonlyMap<string, AptPackage>,
  facts: Pick<MachineFacts, 'dockerVersion' | 'curl'>,
  withBuild = false,
): string[] | undefined {
  const has = (name: string) => known.get(name)?.candidate !== undefined;
  const upstream = known.get('docker-ce')?.installed !== undefined || (facts.dockerVersion === undefined && has('docker-ce'));
  const packages = ['ca-certificates', ...(facts.curl ? [] : ['curl'])];
  if (facts.dockerVersion === undefined) {
    if (upstream) packages.push('docker-ce', 'docker-ce-cli', 'containerd.io');
    else if (has('docker.io')) packages.push('docker.io', ...(has('docker-cli') ? ['docker-cli'] : []));
    else return undefined;
  }
  const compose = composePackage(known, upstream);
  if (compose === undefined) return undefined;
  packages.push(compose);
  if (withBuild && upstream) packages.push('docker-buildx-plugin');
  else if (withBuild && has('docker-buildx')) packages.push('docker-buildx');
  return packages;
}

function composePackage(known: ReadonlyMap<string, AptPackage>, upstream: boolean): string | undefined {
  if (upstream || known.get('docker-compose-plugin')?.candidate !== undefined) return 'docker-compose-plugin';
  if (known.get('docker-compose-v2')?.candidate !== undefined) return 'docker-compose-v2';
  // Debian 12 still has Compose 1 under this name, Debian 13 Compose 2
  const plain = known.get('docker-compose')?.candidate;
  return plain !== undefined && compareVersions(plain, '2') >= 0 ? 'docker-compose' : undefined;
}

/** Adds Docker's own apt repository. Source: https://docs.docker.com/engine/install/debian/ */
function aptRepository(os: OsRelease): RemoteCommand {
  const distribution = os.id === 'ubuntu' || os.idLike.includes('ubuntu') ? 'ubuntu' : 'debian';
  const script = `set -e
install -m 0755 -d /etc/apt/keyrings
curl -fsSL "https://download.docker.com/linux/$1/gpg" -o /etc/apt/keyrings/docker.asc
chmod a+r /etc/apt/keyrings/docker.asc
printf 'deb [arch=%s signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/%s %s stable\\n' "$(dpkg --print-architecture)" "$1" "$2" >/etc/apt/sources.list.d/docker.list`;
  return { argv: ['sh', '-c', script, 'repository', distribution, os.codename], sudo: true, what: 'add Docker’s package repository' };
}

/** Docker from Amazon's repository; Amazon packages no Compose, so the plugin comes from its release, its checksum checked. */
function amazonCommands(os: OsRelease, facts: Pick<MachineFacts, 'dockerVersion'>): RemoteCommand[] {
  const install: RemoteCommand =
    os.versionId === '2'
      ? { argv: ['amazon-linux-extras', 'install', '-y', 'docker'], sudo: true, what: 'install docker' }
      : { argv: ['dnf', '--assumeyes', 'install', 'docker'], sudo: true, what: 'install docker' };
  const script = `set -e
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
file=docker-compose-linux-$(uname -m)
curl -fsSL --retry 3 -O "$1/$file" -O "$1/$file.sha256"
sha256sum -c "$file.sha256"
install -D -m 0755 "$file" /usr/local/lib/docker/cli-plugins/docker-compose`;
  return [
    ...(facts.dockerVersion === undefined ? [install] : []),
    { argv: ['sh', '-c', script, 'compose', COMPOSE_RELEASE], sudo: true, what: 'install the Compose plugin' },
  ];
}

/** Docker's own repository for the Red Hat family. Source: https://docs.docker.com/engine/install/centos/ */
function dnfCommands(os: OsRelease): RemoteCommand[] {
  const distribution = os.id === 'fedora' || os.id === 'rhel' ? os.id : 'centos';
  const url = `https://download.docker.com/linux/${distribution}/docker-ce.repo`;
  const packages = ['docker-ce', 'docker-ce-cli', 'containerd.io', 'docker-buildx-plugin', 'docker-compose-plugin'];
  return [
    { argv: ['curl', '-fsSL', url, '-o', '/etc/yum.repos.d/docker-ce.repo'], sudo: true, what: 'add Docker’s package repository' },
    { argv: ['dnf', '--assumeyes', 'install', '--allowerasing', ...packages], sudo: true, what: `install ${packages.join(', ')}` },
  ];
}

/** Starts the engine now and at boot, and lets the login user use it. A login that is open already does not see the group. */
function engineCommands(user: string): RemoteCommand[] {
  const wait = `systemctl enable --now docker >/dev/null 2>&1 || service docker start
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do docker version >/dev/null 2>&1 && exit 0; sleep 1; done
docker version`;
  return [
    { argv: ['sh', '-c', wait], sudo: true, what: 'start Docker’s engine' },
    ...(user === 'root'
      ? []
      : [{ argv: ['usermod', '--append', '--groups', 'docker', user], sudo: true, what: `add ${user} to the group docker` }]),
  ];
}

/** Turns apt's and dnf's output into "installing docker.io (3/7)". */
export class InstallProgress {
  #total = 0;
  #done = 0;
  #rest = '';

  constructor(private readonly report: (detail: string, fraction?: number) => void) {}

  readonly onOutput = (text: string): void => {
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  };

  #line(line: string): void {
    const total = /(\d+) newly installed/.exec(line)?.[1];
    if (total !== undefined) this.#total = Number(total);
    const fetched = /^Get:\d+ \S+ \S+ \S+ (\S+)/.exec(line)?.[1] ?? /^\(\d+\/\d+\): (\S+)/.exec(line)?.[1];
    if (fetched !== undefined) this.report(`downloading ${fetched}`);
    if (/^waiting for another/.test(line)) this.report(line);
    const name = /^Setting up (\S+)/.exec(line)?.[1] ?? /^\s+Installing\s*: (\S+)/.exec(line)?.[1];
    if (name === undefined) return;
    this.#done++;
    if (this.#total > 0) this.report(`installing ${name} (${this.#done}/${this.#total})`, Math.min(1, this.#done / this.#total));
    else this.report(`installing ${name}`);
  }
}

/**
 * Installs Docker and its Compose plugin where they are missing, starts the engine and adds the login user to the group docker.
 * @throws SkylabError `DockerUnsupported` for a system that Skylab cannot install on, `NoRoot` without sudo
 */
export async function installDocker(
  session: RemoteSession,
  facts: MachineFacts,
  options: { signal?: AbortSignal; report: (detail: string, fraction?: number) => void; withBuild?: boolean; missing: boolean },
): Promise<void> {
  if (!facts.root) {
    throw new SkylabError(`Docker cannot be set up: ${facts.user} may not use sudo without a password.`, {
      next: 'Ask whoever runs the machine to install Docker with Compose v2 and to add you to the group docker.',
      code: 'NoRoot',
    });
  }
  const progress = new InstallProgress(options.report);
  const run = <T>(command: RemoteCommand<T>): Promise<T> => {
    options.report(command.what ?? '');
    const runOptions: RunOptions = {
      timeoutMs: INSTALL_MS,
      onOutput: progress.onOutput,
      ...(options.signal ? { signal: options.signal } : {}),
    };
    return session.run(command, runOptions);
  };
  if (options.missing) for (const command of await installCommands(facts, options.withBuild === true, run)) await run(command);
  for (const command of engineCommands(facts.user)) await run(command);
}

async function installCommands(
  facts: MachineFacts,
  withBuild: boolean,
  run: <T>(command: RemoteCommand<T>) => Promise<T>,
): Promise<readonly RemoteCommand[]> {
  switch (packageFamily(facts.os)) {
    case 'amazon':
      return amazonCommands(facts.os, facts);
    case 'dnf':
      return dnfCommands(facts.os);
    case 'apt': {
      await run(aptUpdate());
      const packages = chooseAptPackages(await run(aptPolicy()), facts, withBuild);
      if (packages) return [aptInstall(packages)];
      await run(aptInstall(['ca-certificates', 'curl']));
      await run(aptRepository(facts.os));
      await run(aptUpdate());
      const upstream = chooseAptPackages(await run(aptPolicy()), { ...facts, curl: true }, withBuild);
      if (upstream) return [aptInstall(upstream)];
      break;
    }
    case undefined:
      break;
  }
  throw new SkylabError(`Skylab does not know how to install Docker on ${facts.os.prettyName}.`, {
    next: 'Install Docker with Compose v2 there by hand, add your user to the group docker, and deploy again.',
    code: 'DockerUnsupported',
  });
}
