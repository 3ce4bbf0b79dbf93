import type { RemoteCommand } from '../remote/command';
import type { Container } from './containers';
import { CONTAINERS_SCRIPT, parseContainer, parseRecord } from './containers';
import type { Reach } from './engine';
import { ENGINE_SCRIPT, parseReach } from './engine';
import { parseSize } from './sizes';

export interface Image {
  /** `sha256:…` */
  readonly id: string;
  /** References such as `caddy:2`; empty where nothing names it any more. */
  readonly tags: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined;
  /** Bytes; layers that it shares with others are counted for each. */
  readonly size: number;
  /** Names of the containers that were made from it. */
  readonly usedBy: readonly string[];
}

export interface Volume {
  readonly name: string;
  readonly driver: string;
  readonly createdAt: number | undefined;
  /** Bytes; undefined where Docker does not know or would take long to count. */
  readonly size: number | undefined;
  /** Compose's project; empty for none. */
  readonly project: string;
  readonly usedBy: readonly string[];
}

export interface Network {
  readonly name: string;
  readonly driver: string;
  readonly project: string;
  /** Names of the running containers in it. */
  readonly usedBy: readonly string[];
  /** One of Docker's own three, which cannot be removed. */
  readonly builtIn: boolean;
}

/** What Docker has on a machine. */
export interface DockerObjects {
  readonly docker: Reach;
  readonly version: string;
  readonly containers: readonly Container[];
  readonly images: readonly Image[];
  readonly volumes: readonly Volume[];
  readonly networks: readonly Network[];
}

/** Volumes are measured by reading them: what takes longer than this is shown without a size. Seconds. */
const MEASURE_S = 15;

const project = '{{json (index .Labels "com.docker.compose.project")}}';
const SCRIPT = String.raw`
${ENGINE_SCRIPT}
[ -n "$D" ] || exit 0
${CONTAINERS_SCRIPT}
ids=$($D image ls -q --no-trunc | sort -u)
[ -n "$ids" ] && $D image inspect --format '{{"image\t"}}{"id":{{json .ID}},"tags":{{json .RepoTags}},"created":{{json .Created}},"size":{{json .Size}}}' $ids 2>/dev/null
ids=$($D volume ls -q)
[ -n "$ids" ] && $D volume inspect --format '{{"volume\t"}}{"name":{{json .Name}},"driver":{{json .Driver}},"created":{{json .CreatedAt}},"project":${project}}' $ids 2>/dev/null
ids=$($D network ls -q)
[ -n "$ids" ] && $D network inspect --format '{{"network\t"}}{"name":{{json .Name}},"driver":{{json .Driver}},"project":${project},"containers":{{json .Containers}}}' $ids 2>/dev/null
if [ "$($D volume ls -q | wc -l)" -gt 0 ]; then
  limit=; command -v timeout >/dev/null && limit='timeout ${MEASURE_S}'
  printf 'sizes\t'; $limit $D system df -v --format '{{json .Volumes}}' 2>/dev/null || echo
fi
exit 0
`;

/** Containers, images, volumes and networks, in one round trip. */
export const objectsCommand: RemoteCommand<DockerObjects> = {
  argv: ['sh', '-s'],
  stdin: SCRIPT,
  what: 'list what Docker has',
  parse: parseObjects,
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text).filter((one) => one !== '') : []);

function time(value: unknown): number | undefined {
  const ms = Date.parse(text(value));
  return ms > 0 ? ms : undefined;
}

const BUILT_IN = new Set(['bridge', 'host', 'none']);

/** Reads what the script prints: `kind TAB JSON` lines. */
export function parseObjects(stdout: string): DockerObjects {
  const records = new Map<string, Readonly<Record<string, unknown>>[]>();
  const containers: Container[] = [];
  const measured: Readonly<Record<string, unknown>>[] = [];
  let reach: ReturnType<typeof parseReach> = { reach: 'silent', version: '' };
  for (const line of stdout.split('\n')) {
    const tab = line.indexOf('\t');
    if (tab < 0) continue;
    const [kind, value] = [line.slice(0, tab), line.slice(tab + 1)];
    if (kind === 'sizes') measured.push(...Object.values(parseRecord(value)).map((one) => parseRecord(JSON.stringify(one))));
    else if (kind === 'docker') reach = parseReach(value);
    else if (kind === 'container') containers.push(...[parseContainer(value)].flatMap((one) => one ?? []));
    else records.set(kind, [...(records.get(kind) ?? []), parseRecord(value)]);
  }
  const sizes = new Map(measured.map((one) => [text(one['Name']), parseSize(text(one['Size']))]));
  const users = (uses: (container: Container) => boolean) => containers.filter(uses).map(({ name }) => name);
  const byName = <T extends { readonly name: string }>(list: T[]) => list.sort((a, b) => a.name.localeCompare(b.name));
  return {
    docker: reach.reach,
    version: reach.version,
    containers: byName(containers),
    images: (records.get('image') ?? [])
      .map((one) => ({
        id: text(one['id']),
        tags: texts(one['tags']),
        createdAt: time(one['created']),
        size: typeof one['size'] === 'number' ? one['size'] : 0,
        usedBy: users(({ imageId }) => imageId === one['id']),
      }))
      .sort((a, b) => Number(a.tags.length === 0) - Number(b.tags.length === 0) || (a.tags[0] ?? '').localeCompare(b.tags[0] ?? '')),
    volumes: byName(
      (records.get('volume') ?? []).map((one) => ({
        name: text(one['name']),
        driver: text(one['driver']),
        createdAt: time(one['created']),
        size: sizes.get(text(one['name'])),
        project: text(one['project']),
        usedBy: users(({ volumes }) => volumes.includes(text(one['name']))),
      })),
    ),
    networks: byName(
      (records.get('network') ?? []).map((one) => ({
        name: text(one['name']),
        driver: text(one['driver']),
        project: text(one['project']),
        usedBy: Object.values(parseRecord(JSON.stringify(one['containers'] ?? {}))).flatMap((value) =>
          typeof value === 'object' && value !== null && 'Name' in value ? [text(value.Name)] : [],
        ),
        builtIn: BUILT_IN.has(text(one['name'])),
      })),
    ),
  };
}
