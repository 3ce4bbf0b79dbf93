import type { SkylabError } from '../../errors';
import { SkylabError as Fault } from '../../errors';
import type { EnvFileUse } from './service';
import { EnvFile } from '../envFile';
import type { TextOf } from './load';
import type { ComposeProject } from './project';
import type { ComposeService } from './service';
import type { Tree } from './tree';
import { child, dict, faultAt, oneOrMore } from './tree';

type Checked = Omit<ComposeProject, 'faults' | 'mentions'>;

const TOP = new Set(['name', 'version', 'services', 'volumes', 'networks', 'secrets', 'configs', 'include', 'models']);
/** Keys of a service: https://docs.docker.com/reference/compose-file/services/ */
const SERVICE = new Set(
  `annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_period
  cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy develop device_cgroup_rules devices dns
  dns_opt dns_search domainname entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname
  image init ipc isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models
  network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_start pre_stop privileged profiles
  provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period
  stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir`.split(/\s+/),
);

/** Keys of a volume in the long form: https://docs.docker.com/reference/compose-file/services/#volumes */
const VOLUME = new Set(['type', 'source', 'target', 'read_only', 'consistency', 'bind', 'volume', 'tmpfs', 'image']);

const own = (key: string): boolean => !key.startsWith('x-');

/** What Compose refuses although the files parse: names that nothing defines, keys that it does not know. */
export function checkProject(project: Checked, textOf: TextOf, lookup: (name: string) => string | undefined): SkylabError[] {
  const faults: SkylabError[] = [];
  for (const [key, tree] of dict(project.root))
    if (own(key) && !TOP.has(key)) faults.push(faultAt(tree.at, `Compose knows no ${key} at the top`));
  for (const [name, tree] of dict(project.root, 'services')) {
    if (tree.kind !== 'dict') faults.push(faultAt(tree.at, `${name} has to be a mapping`));
    for (const [key, value] of dict(tree)) {
      if (own(key) && !SERVICE.has(key)) faults.push(faultAt(value.at, `Compose knows no ${key} of a service (${name})`));
    }
  }
  if (project.remote.length > 0) return faults;
  for (const service of project.services) faults.push(...checkService(project, service), ...envFileFaults(service, textOf, lookup));
  faults.push(...cycles(project.services));
  return faults;
}

function checkService(project: Checked, service: ComposeService): SkylabError[] {
  const { name, at } = service;
  const faults: SkylabError[] = [];
  const say = (place: Tree['at'], said: string) => void faults.push(faultAt(place, said));
  if (!service.image && !service.build && !child(service.tree, 'provider')) say(at, `${name} has neither an image nor a build`);
  const defined = (section: string) => dict(project.root, section);
  for (const volume of oneOrMore(child(service.tree, 'volumes')))
    for (const [key, value] of dict(volume))
      if (own(key) && !VOLUME.has(key)) say(value.at, `Compose knows no ${key} of a volume (${name})`);
  for (const volume of service.volumes) {
    if (volume.type !== 'volume' || volume.source === undefined || defined('volumes').has(volume.source)) continue;
    say(volume.at, `${name} uses the volume ${volume.source}, which the file does not define`);
  }
  for (const network of service.networks) {
    if (network.value === 'default' || defined('networks').has(network.value)) continue;
    say(network, `${name} uses the network ${network.value}, which the file does not define`);
  }
  for (const section of ['secrets', 'configs'] as const) {
    for (const used of service[section]) {
      if (!defined(section).has(used.value)) say(used, `${name} uses ${used.value}, which the file does not define under ${section}`);
    }
  }
  if (service.networkMode && service.networks.length > 0) say(service.networkMode, `${name} has both network_mode and networks`);
  for (const dependency of service.dependsOn) {
    const there = project.services.some((other) => other.name === dependency.service);
    const resting = project.resting.some((other) => other.name === dependency.service);
    if (there || (resting && !dependency.required)) continue;
    say(
      dependency.at,
      `${name} depends on ${dependency.service}, which ${resting ? 'starts with a profile that is off' : 'is no service'}`,
    );
  }
  if (service.containerName && service.replicas > 1) {
    say(service.containerName, `${name} has a container_name and more than one replica`);
  }
  return faults;
}

function envFileFaults(service: ComposeService, textOf: TextOf, lookup: (name: string) => string | undefined): SkylabError[] {
  return service.envFileUses.flatMap((use) => {
    const text = textOf(use.path);
    if (text === undefined) {
      return use.required ? [faultAt(use.at, `${service.name} reads ${use.path}, which is not in the folder`)] : [];
    }
    try {
      envFileVariables(use, text, lookup);
      return [];
    } catch (error) {
      return error instanceof Fault ? [error] : [];
    }
  });
}

/** The variables that an env file gives a service. @throws SkylabError where Compose would refuse the file */
export function envFileVariables(
  use: EnvFileUse,
  text: string,
  lookup: (name: string) => string | undefined,
): ReadonlyMap<string, string | undefined> {
  if (use.raw) {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.split('=')[0] ?? '', line.includes('=') ? line.slice(line.indexOf('=') + 1) : undefined]));
  }
  const known = [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].flatMap(([, name = '']) => {
    const value = lookup(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const file = EnvFile.parse(text, use.path, new Map(known));
  return new Map(file.keys().map((key) => [key, file.get(key)]));
}

function cycles(services: readonly ComposeService[]): SkylabError[] {
  const done = new Set<string>();
  const visit = (service: ComposeService, chain: readonly string[]): SkylabError | undefined => {
    if (chain.includes(service.name)) return faultAt(service.at, `services wait for each other: ${[...chain, service.name].join(' → ')}`);
    if (done.has(service.name)) return undefined;
    done.add(service.name);
    for (const { service: other } of service.dependsOn) {
      const next = services.find(({ name }) => name === other);
      const found = next && visit(next, [...chain, service.name]);
      if (found) return found;
    }
    return undefined;
  };
  for (const service of services) {
    const found = visit(service, []);
    if (found) return [found];
  }
  return [];
}
