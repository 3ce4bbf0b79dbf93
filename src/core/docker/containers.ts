/** A container as `docker inspect` tells it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** The reference it was made from. */
  readonly image: string;
  /** `sha256:…` */
  readonly imageId: string;
  /** created, running, restarting, removing, paused, exited, dead. */
  readonly state: string;
  /** healthy, unhealthy, starting; empty where there is no check. */
  readonly health: string;
  readonly exitCode: number;
  /** Milliseconds since the epoch; undefined where it never happened. */
  readonly startedAt: number | undefined;
  readonly createdAt: number | undefined;
  readonly restarts: number;
  readonly ports: readonly PublishedPort[];
  /** Compose's project and service; empty for a container that Compose did not make. */
  readonly project: string;
  readonly service: string;
  /** Made by `docker compose run`. */
  readonly oneOff: boolean;
  /** Where Compose ran; with it the release that the container belongs to. */
  readonly folder: string;
  /** Names of the volumes that it mounts. */
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
}

/** A port of the machine that leads into a container. */
export interface PublishedPort {
  readonly hostIp: string;
  readonly hostPort: number;
  /** `80/tcp` */
  readonly inside: string;
}

const label = (name: string): string => `{{json (index .Config.Labels "com.docker.compose.${name}")}}`;

/**
 * One JSON object for each container. The fields are those of Docker's API since 1.12, by the names that the command's own types have
 * (`.ID`, not `.Id`): a name that they lack makes it fall back to a map, in which an absent Health is an error. Environments are left out:
 * they hold secrets.
 */
const FORMAT = [
  '{"id":{{json .ID}},"name":{{json .Name}},"image":{{json .Config.Image}},"imageId":{{json .Image}},"created":{{json .Created}}',
  '"state":{{json .State.Status}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}""{{end}},"exitCode":{{json .State.ExitCode}}',
  '"started":{{json .State.StartedAt}},"restarts":{{json .RestartCount}},"ports":{{json .NetworkSettings.Ports}}',
  `"project":${label('project')},"service":${label('service')},"oneOff":${label('oneoff')},"folder":${label('project.working_dir')}`,
  '"mounts":{{json .Mounts}},"networks":[{{range $name, $_ := .NetworkSettings.Networks}}{{json $name}},{{end}}""]}',
].join(',');

/** Shell lines that print `container TAB JSON` for each container; `$D` runs docker. One that goes meanwhile is left out. */
export const CONTAINERS_SCRIPT = `
if [ -n "$D" ] && ids=$($D ps -aq --no-trunc) && [ -n "$ids" ]; then
  $D inspect --type container --format '{{"container\\t"}}${FORMAT}' $ids 2>/dev/null
fi
`;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** Docker writes the year 1 for what never happened. */
function time(value: unknown): number | undefined {
  const ms = Date.parse(text(value));
  return ms > 0 ? ms : undefined;
}

/** Reads the JSON of one line of CONTAINERS_SCRIPT; undefined for what is none. */
export function parseContainer(json: string): Container | undefined {
  const value = parseRecord(json);
  if (text(value['id']) === '') return undefined;
  return {
    id: text(value['id']),
    name: text(value['name']).replace(/^\//, ''),
    image: text(value['image']),
    imageId: text(value['imageId']),
    state: text(value['state']),
    health: text(value['health']).replace(/^none$/, ''),
    exitCode: number(value['exitCode']),
    startedAt: time(value['started']),
    createdAt: time(value['created']),
    restarts: number(value['restarts']),
    ports: parsePorts(value['ports']),
    project: text(value['project']),
    service: text(value['service']),
    oneOff: text(value['oneOff']).toLowerCase() === 'true',
    folder: text(value['folder']),
    volumes: list(value['mounts']).flatMap((mount) => (record(mount)['Type'] === 'volume' ? [text(record(mount)['Name'])] : [])),
    networks: list(value['networks'])
      .map(text)
      .filter((name) => name !== ''),
  };
}

/** A JSON object, or an empty one. */
export function parseRecord(json: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(json) as unknown);
  } catch {
    // a line that was cut off
    return {};
  }
}

/** Docker lists a port once for IPv4 and once for IPv6; one is enough to know. */
function parsePorts(value: unknown): PublishedPort[] {
  const found = new Map<string, PublishedPort>();
  for (const [inside, bindings] of Object.entries(record(value))) {
    for (const binding of list(bindings)) {
      const { HostIp, HostPort } = record(binding);
      const hostIp = text(HostIp).replace(/^(::|0\.0\.0\.0)$/, '');
      const hostPort = Number(HostPort);
      if (hostPort > 0) found.set(`${hostIp} ${hostPort} ${inside}`, { hostIp, hostPort, inside });
    }
  }
  return [...found.values()];
}

/** `8080→80`, `127.0.0.1:5432→5432/udp`. */
export function portText({ hostIp, hostPort, inside }: PublishedPort): string {
  const host = hostIp === '' ? '' : `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:`;
  return `${host}${hostPort}→${inside.replace(/\/tcp$/, '')}`;
}
