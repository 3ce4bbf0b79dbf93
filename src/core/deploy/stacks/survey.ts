import type { ListedApp } from '../../apps/list';
import { APPS_SCRIPT, parseApps } from '../../apps/list';
import type { Container } from '../../docker/containers';
import { CONTAINERS_SCRIPT, parseContainer, parseRecord } from '../../docker/containers';
import type { Reach } from '../../docker/engine';
import { ENGINE_SCRIPT, parseReach } from '../../docker/engine';
import type { RemoteCommand } from '../../remote/command';

/** A release that lies on the machine. */
export interface Release {
  readonly id: string;
  /** Milliseconds since the epoch, from its name. */
  readonly madeAt: number;
  readonly current: boolean;
  /** Who made it, where that was written down. */
  readonly by?: string;
  /** What made it other than a deployment: `env`. */
  readonly change?: string;
}

/** The containers of one service. */
export interface Service {
  readonly name: string;
  readonly containers: readonly Container[];
}

/** A unit that starts a stack at boot. */
interface StackUnit {
  readonly name: string;
  /** active, inactive, failed, activating. */
  readonly active: string;
  readonly enabled: string;
}

/** A stack under `~/skylab`. */
export interface Stack {
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly url: string;
  readonly services: readonly Service[];
  /** Newest first. */
  readonly releases: readonly Release[];
  readonly unit?: StackUnit;
  /** Who works on it right now, as the lock's owner wrote it. */
  readonly busy?: string;
}

/** A Compose project that Skylab did not deploy. */
export interface Project {
  readonly name: string;
  readonly folder: string;
  readonly services: readonly Service[];
}

/** What is deployed on a machine, as the machine itself tells. */
export interface Survey {
  readonly docker: Reach;
  readonly dockerVersion: string;
  /** Milliseconds since the epoch by this computer's clock. */
  readonly at: number;
  readonly stacks: readonly Stack[];
  readonly others: readonly Project[];
  /** Applications that run on the machine itself; none where the login may not become root. */
  readonly apps: readonly ListedApp[];
}

/**
 * Root alone reads what an application's releases say: it is asked only where there is an application.
 * The lock's owner file stays behind when a machine restarts: only a process that lives counts.
 */
const SCRIPT = String.raw`
cd || exit
${ENGINE_SCRIPT}
say() { printf '%s\t%s\n' "$1" "$2"; }
say home "$(pwd -P)"
${CONTAINERS_SCRIPT}
units=
for dir in skylab/*/; do
  name=${'$'}{dir#skylab/}; name=${'$'}{name%/}
  [ -d "skylab/$name/releases" ] || continue
  say stack "$name"
  current=$(readlink "skylab/$name/current" 2>/dev/null); current=${'$'}{current##*/}
  say current "$current"
  if [ -r "skylab/$name/lock.owner" ]; then
    owner=$(head -n 1 "skylab/$name/lock.owner"); pid=${'$'}{owner##*process }; pid=${'$'}{pid%)}
    [ -d "/proc/$pid" ] && say busy "$owner"
  fi
  for release in "skylab/$name/releases"/*/; do
    [ -d "$release" ] || continue
    id=${'$'}{release%/}; say release "${'$'}{id##*/}"
    record=$release.skylab-release.json
    [ -r "$record" ] || continue
    say record "$(tr -d '\n' <"$record")"
    [ "${'$'}{id##*/}" = "$current" ] && units="$units $(sed -n 's/^ *"unit": *"\([A-Za-z0-9@._-]*\)".*/\1/p' "$record")"
  done
done
set -- $units
[ $# -gt 0 ] && systemctl show --property=Id,ActiveState,UnitFileState "$@" 2>/dev/null | sed 's/^/unit	/'
root=; [ "$(id -u)" = 0 ] || root='sudo -n'
for mark in /srv/www/*/.skylab; do
  [ -e "$mark" ] || continue
  $root sh -s <<'APPS' 2>/dev/null | sed 's/^/app	/'
${APPS_SCRIPT}
APPS
  break
done
exit 0
`;

/** Everything that the Deployments rows of a machine show, in one round trip. */
export const surveyCommand: RemoteCommand<Survey> = {
  argv: ['sh', '-s'],
  stdin: SCRIPT,
  what: 'list the deployments',
  parse: (stdout) => parseSurvey(stdout, Date.now()),
};

interface Found {
  readonly name: string;
  current: string;
  busy?: string;
  readonly releases: { id: string; record: Readonly<Record<string, unknown>> }[];
}

/** Reads what the script prints. @param at milliseconds since the epoch */
export function parseSurvey(stdout: string, at: number): Survey {
  let reach: ReturnType<typeof parseReach> = { reach: 'silent', version: '' };
  let home = '';
  const containers: Container[] = [];
  const found: Found[] = [];
  const units: string[] = [];
  const apps: string[] = [];
  for (const line of stdout.split('\n')) {
    const tab = line.indexOf('\t');
    const value = line.slice(tab + 1);
    const last = found.at(-1);
    switch (tab < 0 ? '' : line.slice(0, tab)) {
      case 'docker':
        reach = parseReach(value);
        break;
      case 'home':
        home = value;
        break;
      case 'container': {
        const container = parseContainer(value);
        if (container) containers.push(container);
        break;
      }
      case 'stack':
        found.push({ name: value, current: '', releases: [] });
        break;
      case 'current':
        if (last) last.current = value;
        break;
      case 'busy':
        if (last) last.busy = value;
        break;
      case 'release':
        last?.releases.push({ id: value, record: {} });
        break;
      case 'record': {
        const release = last?.releases.at(-1);
        if (release) release.record = parseRecord(value);
        break;
      }
      case 'unit':
        units.push(value);
        break;
      case 'app':
        apps.push(value);
        break;
    }
  }
  const byProject = projectsOf(containers);
  const states = parseUnits(units);
  const stacks = found
    .map((one) => stackOf(one, home, byProject.get(one.name) ?? [], states))
    // what is left of a removed stack is a person's work, no stack
    .filter((stack) => stack.releases.length > 0);
  const own = new Set(stacks.map(({ name }) => name));
  const others = [...byProject]
    .filter(([name]) => name !== '' && !own.has(name))
    .map(([name, services]) => ({ name, folder: services[0]?.containers[0]?.folder ?? '', services }))
    .sort((a, b) => a.name.localeCompare(b.name));
  return { docker: reach.reach, dockerVersion: reach.version, at, stacks, others, apps: parseApps(apps.join('\n')) };
}

function stackOf(found: Found, home: string, services: readonly Service[], units: ReadonlyMap<string, StackUnit>): Stack {
  const { name, current, busy } = found;
  const serving = found.releases.find(({ id }) => id === current)?.record ?? {};
  const unit = units.get(textOf(serving, 'unit'));
  return {
    name,
    folder: `${home}/skylab/${name}`,
    url: textOf(serving, 'url'),
    services,
    releases: found.releases.flatMap(({ id, record }) => releaseOf(id, record, id === current)).sort((a, b) => (a.id < b.id ? 1 : -1)),
    ...(unit ? { unit } : {}),
    ...(busy === undefined ? {} : { busy }),
  };
}

const textOf = (record: Readonly<Record<string, unknown>>, key: string): string => {
  const value = record[key];
  return typeof value === 'string' ? value : '';
};

/** A half-uploaded one is none yet. */
function releaseOf(id: string, record: Readonly<Record<string, unknown>>, current: boolean): Release[] {
  const match = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-\w+$/.exec(id);
  if (!match) return [];
  const [, year, month, day, hour, minute, second] = match;
  const by = textOf(record, 'by');
  const change = textOf(record, 'change');
  return [
    {
      id,
      madeAt: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
      current,
      ...(by === '' ? {} : { by }),
      ...(change === '' ? {} : { change }),
    },
  ];
}

function projectsOf(containers: readonly Container[]): Map<string, Service[]> {
  const projects = new Map<string, Map<string, Container[]>>();
  for (const container of containers) {
    if (container.project === '' || container.oneOff) continue;
    const services = projects.get(container.project) ?? new Map<string, Container[]>();
    services.set(container.service, [...(services.get(container.service) ?? []), container]);
    projects.set(container.project, services);
  }
  const order = new Intl.Collator('en', { numeric: true });
  return new Map(
    [...projects].map(([project, services]) => [
      project,
      [...services]
        .map(([name, all]) => ({ name, containers: all.sort((a, b) => order.compare(a.name, b.name)) }))
        .sort((a, b) => order.compare(a.name, b.name)),
    ]),
  );
}

/** Reads `systemctl show`: blocks of `Key=value` lines, each with the unit's Id. */
function parseUnits(lines: readonly string[]): Map<string, StackUnit> {
  const units = new Map<string, StackUnit>();
  for (const block of lines.join('\n').split(/\n\n+/)) {
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(block)?.[1] ?? '';
    const name = value('Id');
    if (name !== '') units.set(name, { name, active: value('ActiveState'), enabled: value('UnitFileState') });
  }
  return units;
}
