import { parseOsRelease } from '../deploy/facts';
import type { OsRelease } from '../deploy/facts';
import type { RemoteCommand } from '../remote/command';
import { taggedLines } from '../remote/taggedLines';
import { Secret } from '../secret';
import type { DatabaseFacts } from './database';
import { databaseName, LOOK_AT_DATABASE, parseDatabase } from './database';
import { parseEnvText } from './env';
import type { HostKeyFound } from './gitHost';
import { gitHostOf, LOOK_AT_HOST, parseHostKey, STRICT_SSH, wantedKeys } from './gitHost';
import type { App } from './model';
import { appLook, RELEASE_FILE } from './shell';

/** What a release says of itself. */
export interface AppRelease {
  readonly id: string;
  /** Hash; empty where git did not tell. */
  readonly commit: string;
  readonly subject: string;
  /** Hash over everything but the commit: what Skylab would do otherwise next time. */
  readonly inputs: string;
  /** The address that was asked for. */
  readonly url: string;
}

/** How an application stands on its machine. */
export interface AppFacts {
  readonly os: OsRelease;
  readonly systemd: boolean;
  readonly ipv6: boolean;
  readonly git: boolean;
  /** Those of the asked packages that are installed. */
  readonly installed: readonly string[];
  /** Its user is there. */
  readonly user: boolean;
  /** A folder of its name is there that Skylab has not made. */
  readonly foreign: boolean;
  /** A unit of its name is there that Skylab has not made for it. */
  readonly taken: boolean;
  /** SHA-256 of the deploy key that is there. */
  readonly key: string;
  /** The key of the git server; absent where that is not reached by SSH. */
  readonly hostKey?: HostKeyFound;
  /** Absent where the application has no database of its own. */
  readonly database?: DatabaseFacts;
  /** The commit that would be taken; undefined where that is not known before git is installed. */
  readonly target?: { readonly commit: string; readonly subject: string };
  /** Why git could not tell. */
  readonly gitSaid: string;
  /** The commits between what serves and the target, newest first: `a1b2c3d Subject`. */
  readonly commits: readonly string[];
  /** Commits that serve and that the target leaves out. */
  readonly dropped: number;
  /** Migrations that come with them: `polls.0002_choice`. */
  readonly migrations: readonly string[];
  readonly releases: readonly AppRelease[];
  readonly current?: AppRelease;
  readonly env: ReadonlyMap<string, string>;
  /** Unit files in /etc/systemd/system that are its own, by name. */
  readonly units: ReadonlyMap<string, string>;
  readonly running: readonly string[];
  /** The files of the web server's that were asked about, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Caddy's own file is the one of its package. */
  readonly caddyUntouched: boolean;
  readonly proxyRuns: boolean;
  readonly certificate: boolean;
  readonly maintenance: boolean;
}

/** Standard input: the deploy key, or nothing. Parameters: git, ref, proxy, domain, the git server (4), the database's container, then packages, `--`, files. */
const LOOK = String.raw`
set +e
git=$1 ref=$2 proxy=$3 domain=$4 host=$5 port=$6 hostname=$7 wants=$8 database=$9; shift 9
sed 's/^/os /' /etc/os-release 2>/dev/null
[ -d /run/systemd/system ] && echo systemd
[ -s /proc/net/if_inet6 ] && echo ipv6
getent passwd "$name" >/dev/null && echo user
if [ -d "$root" ] && [ ! -e "$root/.skylab" ]; then echo foreign; fi
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  if { dpkg-query -W -f '${'$'}{Status}' "$1" 2>/dev/null | grep -q 'ok installed'; } || { command -v rpm >/dev/null && rpm -q --quiet "$1"; }; then echo "package $1"; fi
  shift
done
shift
coded() { printf '%s %s %s\n' "$1" "$2" "$(base64 <"$3" | tr -d '\n')"; }
for file; do [ -f "$file" ] && coded file "$file" "$file"; done
key=$(cat; echo .); key=${'$'}{key%.}
[ -e "$root/home/.ssh/deploy_key" ] && echo "key $(sha256sum <"$root/home/.ssh/deploy_key" | cut -d' ' -f1)"
current=$(readlink "$root/current" 2>/dev/null); current=${'$'}{current##*/}
[ -n "$current" ] && echo "current $current"
for one in "$root"/releases/*/${RELEASE_FILE}; do [ -f "$one" ] && coded release "$(basename "$(dirname "$one")")" "$one"; done
[ -f "$root/current/.env" ] && coded env . "$root/current/.env"
for unit in "/etc/systemd/system/$name.service" "/etc/systemd/system/$name.socket" "/etc/systemd/system/$name"-*.service; do
  [ -f "$unit" ] || continue
  grep -q "^WorkingDirectory=$root/current\|^ListenStream=/run/$name.sock" "$unit" || continue
  coded unit "${'$'}{unit##*/}" "$unit"
  systemctl is-active -q "${'$'}{unit##*/}" && echo "running ${'$'}{unit##*/}"
done
for unit in "$name.service" "$name.socket"; do
  path=$(systemctl show --property=FragmentPath --value "$unit" 2>/dev/null)
  [ -z "$path" ] || grep -q "^WorkingDirectory=$root/current\|^ListenStream=/run/$name.sock" "$path" || echo taken
done
if [ -f /etc/caddy/Caddyfile ] && dpkg-query -W -f '${'$'}{Conffiles}' caddy 2>/dev/null | grep -q "/etc/caddy/Caddyfile $(md5sum </etc/caddy/Caddyfile | cut -d' ' -f1)"; then echo untouched; fi
systemctl is-active -q "$proxy" && echo proxy
[ -e "/etc/letsencrypt/live/$domain/fullchain.pem" ] && echo certificate
[ -e "$root/shared/maintenance.on" ] && echo maintenance
${LOOK_AT_DATABASE}
own=$(mktemp -d) || exit 1
dir=; trap 'rm -rf "$own" "$dir"' EXIT
${LOOK_AT_HOST}
command -v git >/dev/null || exit 0
echo git
case $state in changed | foreign | silent | unable) exit 0 ;; esac
commit_of() { sed -n 's/.*"commit": *"\([0-9a-f]*\)".*/\1/p' "$1/${RELEASE_FILE}" 2>/dev/null; }
repo() { as git --git-dir="$root/home/repo.git" "$@"; }
added() { repo diff --name-only --no-renames --diff-filter=A "$1" "$2" -- '*/migrations/*.py' | sed -n 's#^\(.*/\)\{0,1\}\([^/]*\)/migrations/\([0-9][^/]*\)\.py$#migration \2.\3#p'; }
cd /
if [ -z "$git" ]; then
  was=$(commit_of "$release"); now=$(commit_of "$root/current")
  [ -z "$was" ] || [ -z "$now" ] || added "$was" "$now"
  exit 0
fi
# Never as root: a repository's configuration can name programs to run.
getent passwd "$name" >/dev/null || name=nobody
dir=$(mktemp -d) || exit 1
ssh="GIT_SSH_COMMAND=ssh ${STRICT_SSH}$dir/hosts"
if [ -n "$key" ]; then
  printf '%s' "$key" >"$dir/key"; chmod 600 "$dir/key"
  ssh="$ssh -i $dir/key -o IdentitiesOnly=yes"
fi
printf '%s %s\n' "$hostname" "$chosen" >"$dir/hosts"
chown -R "$name" "$dir"
# What git says is written by root, where nobody else can put a link.
try() { as GIT_TERMINAL_PROMPT=0 "$ssh" timeout 120 git "$@" 2>"$own/said"; }
with_key() {
  try "$@" && return
  [ "$state" = known ] && grep -q 'Host key verification failed' "$own/said" || return 1
  judge_host
  [ "$state" = vouched ] || exit 0
  printf '%s %s\n' "$hostname" "$chosen" | as tee "$dir/hosts" >/dev/null
  try "$@"
}
said() { sed 's/^/said /' "$own/said"; exit 0; }
if [ -d "$root/home/repo.git" ]; then
  with_key --git-dir="$root/home/repo.git" fetch --quiet --prune --tags --force "$git" '+refs/heads/*:refs/heads/*' || said
  commit=$(repo rev-parse --verify --quiet --end-of-options "$ref^{commit}") || { echo "said There is no $ref in $git."; exit 0; }
  echo "target $commit $(repo log -1 --format=%s "$commit")"
  was=$(commit_of "$root/current")
  if [ -n "$was" ] && repo cat-file -e "$was" 2>/dev/null; then
    repo log --format='log %h %s' -n 50 "$was..$commit"
    echo "dropped $(repo rev-list --count "$commit..$was")"
    added "$was" "$commit"
  fi
else
  with_key ls-remote --quiet "$git" "$ref" "refs/tags/$ref^{}" >"$own/refs" || said
  commit=$(sed -n '$s/[[:space:]].*//p' "$own/refs")
  if [ -z "$commit" ] && printf '%s' "$ref" | grep -qE '^[0-9a-f]{40}$'; then commit=$ref; fi
  if [ -n "$commit" ]; then echo "target $commit "; else echo "said There is no $ref in $git."; fi
fi
exit 0`;

interface Look {
  readonly packages: readonly string[];
  /** Files of the web server's. */
  readonly files: readonly string[];
  /** The deploy key, or empty. */
  readonly key: string;
}

/** What a deployment depends on, in one round trip. Fetches the repository's news; changes nothing that serves. */
export function appFacts(app: App, { packages, files, key }: Look): RemoteCommand<AppFacts> {
  const { source, proxy } = app;
  const { host = '', port = '', name = '' } = gitHostOf(source.git) ?? {};
  return appLook(app, '', `look at ${app.name}`, LOOK, {
    values: [
      source.git,
      source.ref,
      proxy.kind,
      proxy.domain,
      host,
      port,
      name,
      wantedKeys(app).join(' '),
      boxOf(app),
      ...packages,
      '--',
      ...files,
    ],
    stdin: new Secret(key),
    parse: (text) => parseAppFacts(text, app.name),
  });
}

/** The same without asking the repository. @param id release to compare: `migrations` are those that came after it */
export function appState(app: App, id: string, files: readonly string[]): RemoteCommand<AppFacts> {
  const { proxy } = app;
  return appLook(app, id, `look at ${app.name}`, LOOK, {
    values: ['', '', proxy.kind, proxy.domain, '', '', '', '', boxOf(app), '--', ...files],
    stdin: '',
    parse: (text) => parseAppFacts(text, app.name),
  });
}

const boxOf = (app: App): string => (app.database === undefined ? '' : databaseName(app));

const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

function parseAppFacts(text: string, app: string): AppFacts {
  const of = taggedLines(text);
  const lines = (key: string): readonly string[] => of.get(key) ?? [];
  const pairs = (key: string): ReadonlyMap<string, string> =>
    new Map(lines(key).map((line) => [line.split(' ')[0] ?? '', decode(line.split(' ')[1] ?? '')]));
  const releases = [...pairs('release')].flatMap(([id, json]) => releaseOf(id, json)).sort((a, b) => (a.id < b.id ? 1 : -1));
  const current = releases.find(({ id }) => id === lines('current')[0]);
  const [target] = lines('target');
  const database = parseDatabase(of, app);
  const hostKey = parseHostKey(lines('host').at(-1));
  return {
    os: parseOsRelease(lines('os').join('\n')),
    systemd: of.has('systemd'),
    ipv6: of.has('ipv6'),
    git: of.has('git'),
    installed: lines('package'),
    user: of.has('user'),
    foreign: of.has('foreign'),
    taken: of.has('taken'),
    key: lines('key')[0] ?? '',
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(database === undefined ? {} : { database }),
    ...(target === undefined ? {} : { target: { commit: target.slice(0, 40), subject: target.slice(41) } }),
    gitSaid: lines('said').join(' ').replaceAll('\r', ''),
    commits: lines('log'),
    dropped: Number(lines('dropped')[0] ?? 0),
    migrations: lines('migration'),
    releases,
    ...(current === undefined ? {} : { current }),
    env: parseEnvText(pairs('env').get('.') ?? ''),
    units: pairs('unit'),
    running: lines('running'),
    files: pairs('file'),
    caddyUntouched: of.has('untouched'),
    proxyRuns: of.has('proxy'),
    certificate: of.has('certificate'),
    maintenance: of.has('maintenance'),
  };
}

/** What is not such a file is no release. */
export function releaseOf(id: string, json: string): AppRelease[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [];
  }
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const text = (key: string): string => (typeof fields[key] === 'string' ? fields[key] : '');
  return [{ id, commit: text('commit'), subject: text('subject'), inputs: text('inputs'), url: text('url') }];
}
