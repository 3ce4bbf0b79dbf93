import type { RemoteCommand } from '../remote/command';
import type { ReleaseContents } from './releaseContents';
import { CONTENTS_SCRIPT, parseContents } from './releaseContents';
import type { StackService } from './stackHost';
import { statusOf } from './stackHost';
import type { UnitState } from './unitCommands';
import { parseUnitState } from './unitCommands';

/** What Skylab writes into a release as `.skylab-release.json`. */
export interface ReleaseRecord {
  readonly id: string;
  readonly stack: string;
  /** Hash of everything that was uploaded: an equal one means that there is nothing to do. */
  readonly digest: string;
  readonly url: string;
  /** The unit's file name; absent where the machine has no systemd. */
  readonly unit?: string;
  /** Its text, for going back to this release. */
  readonly unitText?: string;
  /** The site asks for a password. */
  readonly guarded?: boolean;
  /** Who deployed it from where, such as `ada@laptop`. */
  readonly by?: string;
}

/** https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
export interface OsRelease {
  readonly id: string;
  readonly idLike: readonly string[];
  readonly versionId: string;
  readonly codename: string;
  readonly prettyName: string;
}

/** What a machine has, asked once when the deploy page opens and again when a deployment begins. */
export interface MachineFacts {
  readonly user: string;
  readonly uid: number;
  readonly group: string;
  /** Physical path of the login folder. */
  readonly home: string;
  readonly os: OsRelease;
  readonly architecture: string;
  /** Whether commands can be run as root: the login user is root or has sudo without a password. */
  readonly root: boolean;
  readonly systemd: boolean;
  readonly curl: boolean;
  readonly dockerVersion?: string;
  readonly composeVersion?: string;
  /** Whether the login user reaches Docker's engine without sudo. */
  readonly dockerDirect: boolean;
  /** Whether it will after the next login: it is in the group docker, but this login is older than that. */
  readonly dockerGroup?: boolean;
  readonly containers: readonly { readonly name: string; readonly project: string }[];
  /** TCP ports on which something listens. */
  readonly listening: readonly number[];
  /** Those of the asked paths that exist. */
  readonly paths: readonly string[];
  /** The release that `current` points to. */
  readonly current?: {
    readonly id: string;
    readonly record?: ReleaseRecord;
    readonly env?: string;
    /** Its files, where they were asked for. */
    readonly contents?: ReleaseContents;
  };
  /** The stack's own containers. */
  readonly services?: readonly StackService[];
  /** The unit that was asked for. */
  readonly unit?: UnitState;
  /** Changes with every start of the machine. */
  readonly bootId?: string;
}

const SCRIPT = String.raw`
stack=$1 unit=$2 contents=$3; shift 3
say() { printf '%s\t%s\n' "$1" "$2"; }
coded() { base64 <"$2" 2>/dev/null | tr -d '\n' | { read -r line; say "$1" "$line"; }; }
cd || exit
say user "$(id -un)"; say uid "$(id -u)"; say group "$(id -gn)"; say home "$(pwd -P)"; say arch "$(uname -m)"
[ -r /proc/sys/kernel/random/boot_id ] && say boot "$(cat /proc/sys/kernel/random/boot_id)"
[ -r /etc/os-release ] && coded os /etc/os-release
{ if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then say root yes; fi; } &
[ -d /run/systemd/system ] && say systemd yes
command -v curl >/dev/null && say curl yes
if command -v docker >/dev/null; then
  # side by side: each start of these programs takes its time
  say docker "$(docker --version)" &
  { compose=$(docker compose version --short 2>/dev/null) && say compose "$compose"; } &
  id -nG "$(id -un)" | grep -qw docker && say group-docker yes
  containers() { "$@" ps -a --format 'container{{"\t"}}{{.Names}}{{"\t"}}{{.Label "com.docker.compose.project"}}{{"\t"}}{{.Label "com.docker.compose.service"}}{{"\t"}}{{.State}}{{"\t"}}{{.Status}}{{"\t"}}{{.Image}}' 2>/dev/null; }
  if listed=$(containers docker); then say direct yes; elif [ "$(id -u)" != 0 ]; then listed=$(containers sudo -n docker); fi
  [ -z "$listed" ] || printf '%s\n' "$listed"
fi
if [ -n "$unit" ] && [ -d /run/systemd/system ]; then
  say unit "$({ systemctl show --property=ActiveState,UnitFileState,FragmentPath "$unit"; [ ! -r "/etc/systemd/system/$unit" ] || { echo; cat "/etc/systemd/system/$unit"; }; } | base64 | tr -d '\n')"
fi
ss -Hltn 2>/dev/null | while read -r _ _ _ local _; do say listen "${'$'}{local##*:}"; done
for path; do [ -e "$path" ] && say path "$path"; done
wait
release=$(cd "skylab/$stack/current" 2>/dev/null && pwd -P) || exit 0
say current "${'$'}{release##*/}"
[ -r "$release/.skylab-release.json" ] && coded record "$release/.skylab-release.json"
[ -r "$release/.env" ] && coded env "$release/.env"
if [ -n "$contents" ] && cd "$release"; then say contents "$({ ${CONTENTS_SCRIPT}
} 2>/dev/null | base64 | tr -d '\n')"; fi
exit 0
`;

/** What else to look at, in the same round trip. */
export interface FactsOptions {
  /** File name of the unit that runs the stack. */
  readonly unit?: string;
  /** The current release's files as well, to tell an update apart from it. */
  readonly contents?: boolean;
}

/** Asks the machine for everything that a plan needs, in one round trip. @param paths absolute paths whose presence matters */
export function factsCommand(stack: string, paths: readonly string[], options: FactsOptions = {}): RemoteCommand<MachineFacts> {
  const words = [stack, options.unit ?? '', options.contents === true ? 'yes' : '', ...paths];
  return {
    argv: ['sh', '-c', SCRIPT, 'skylab', ...words],
    parse: (stdout) => parseFacts(stdout, stack),
    what: 'look at what the machine has',
  };
}

const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** Reads `/etc/os-release`. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const [, key = '', value = ''] of text.matchAll(/^([A-Z_]+)=(.*)$/gm)) values.set(key, value.trim().replace(/^(["'])(.*)\1$/, '$2'));
  return {
    id: values.get('ID') ?? 'linux',
    idLike: (values.get('ID_LIKE') ?? '').split(' ').filter((id) => id !== ''),
    versionId: values.get('VERSION_ID') ?? '',
    codename: values.get('UBUNTU_CODENAME') ?? values.get('VERSION_CODENAME') ?? '',
    prettyName: values.get('PRETTY_NAME') ?? values.get('ID') ?? 'Linux',
  };
}

/** Reads a release's own record; undefined for what Skylab did not write. */
export function parseRecord(text: string): ReleaseRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, stack, digest, url, unit, unitText, guarded } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof stack !== 'string' || typeof digest !== 'string' || typeof url !== 'string') return undefined;
  return {
    id,
    stack,
    digest,
    url,
    ...(typeof unit === 'string' ? { unit } : {}),
    ...(typeof unitText === 'string' ? { unitText } : {}),
    ...(guarded === true ? { guarded } : {}),
  };
}

/** Reads what the facts script prints: `key TAB value` lines. @param stack whose containers are its services */
export function parseFacts(stdout: string, stack = ''): MachineFacts {
  const values = new Map<string, string[]>();
  for (const line of stdout.split('\n')) {
    const tab = line.indexOf('\t');
    if (tab < 0) continue;
    const key = line.slice(0, tab);
    values.set(key, [...(values.get(key) ?? []), line.slice(tab + 1)]);
  }
  const one = (key: string): string | undefined => values.get(key)?.[0];
  const dockerVersion = one('docker');
  const composeVersion = one('compose');
  const current = one('current');
  const record = one('record');
  const parsed = record === undefined ? undefined : parseRecord(decode(record));
  const env = one('env');
  const contents = one('contents');
  const unit = one('unit');
  const bootId = one('boot');
  const containers = (values.get('container') ?? []).map((line) => line.split('\t'));
  return {
    user: one('user') ?? '',
    uid: Number(one('uid') ?? '-1'),
    group: one('group') ?? '',
    home: one('home') ?? '',
    os: parseOsRelease(decode(one('os') ?? '')),
    architecture: one('arch') ?? '',
    root: one('root') === 'yes',
    systemd: one('systemd') === 'yes',
    curl: one('curl') === 'yes',
    ...(dockerVersion === undefined ? {} : { dockerVersion }),
    ...(composeVersion === undefined ? {} : { composeVersion }),
    dockerDirect: one('direct') === 'yes',
    dockerGroup: one('group-docker') === 'yes',
    containers: containers.map(([name = '', project = '']) => ({ name, project })),
    services: containers.flatMap(([container = '', project, service = '', state = '', status = '', image = '']) =>
      project === stack && stack !== '' ? [{ service, container, state, ...statusOf(status), image }] : [],
    ),
    listening: [...new Set((values.get('listen') ?? []).map(Number).filter((port) => port > 0))],
    paths: values.get('path') ?? [],
    ...(current === undefined
      ? {}
      : {
          current: {
            id: current,
            ...(parsed ? { record: parsed } : {}),
            ...(env === undefined ? {} : { env: decode(env) }),
            ...(contents === undefined ? {} : { contents: parseContents(decode(contents)) }),
          },
        }),
    ...(unit === undefined ? {} : { unit: parseUnitState(decode(unit)) }),
    ...(bootId === undefined ? {} : { bootId }),
  };
}
