import type { RemoteCommand } from '../remote/command';
import { Secret } from '../secret';
import { SkylabError } from '../errors';
import { databaseName } from './database';
import { STRICT_SSH } from './gitHost';
import type { App } from './model';
import { WEB_GROUP } from './model';
import { appScript, NOTE_FILE, RELEASE_FILE } from './shell';

/** Makes the application's user, its group and its folders; what is there stays. */
export function makePlace(app: App): RemoteCommand {
  const script = `getent group ${WEB_GROUP} >/dev/null || groupadd --system ${WEB_GROUP}
getent passwd "$name" >/dev/null || useradd --system --user-group --home-dir "$root/home" --no-create-home --shell /usr/sbin/nologin "$name"
[ -d "\${root%/*}" ] || install -d -m 2775 -g ${WEB_GROUP} "\${root%/*}"
install -d -m 0755 -g ${WEB_GROUP} "$root" "$root/releases"
install -d -m 2755 -g ${WEB_GROUP} "$root/shared"
install -d -m 0700 -o "$name" -g "$name" "$root/home" "$root/home/.ssh"
touch "$root/.skylab"
for one; do
  as test -d "$root/shared/$one" || { as test -d "$root/shared/\${one%/*}" || :; install -d -m 2775 -o "$name" -g ${WEB_GROUP} "$root/shared/$one"; }
done`;
  return appScript(app, '', `make the place of ${app.name}`, script, { values: app.shared });
}

/** Gives the application's user the key with which it fetches. */
export function putKey(app: App, key: string): RemoteCommand {
  const script = `as sh -c 'umask 077; cat >"$HOME/.ssh/deploy_key.new" && mv "$HOME/.ssh/deploy_key.new" "$HOME/.ssh/deploy_key"'`;
  return appScript(app, '', 'write the deploy key', script, { stdin: new Secret(key) });
}

/** Writes down the key of a git server, which then has to show it. The file is root's: what is fetched cannot change it. */
export function putHostKey(app: App, line: string): RemoteCommand {
  const script = `{ awk -v name="\${1%% *}" '$1 != name' "$root/known_hosts" 2>/dev/null || :; printf '%s\\n' "$1"; } >"$root/.known_hosts.new"
chmod 644 "$root/.known_hosts.new"; mv "$root/.known_hosts.new" "$root/known_hosts"`;
  return appScript(app, '', 'write down the key of the git server', script, { values: [line] });
}

interface NewRelease {
  readonly id: string;
  /** Commit, or what the person wrote where that is not known yet. */
  readonly ref: string;
  /** The text of .env. */
  readonly env: string;
  readonly inputs: string;
  readonly url: string;
}

/** Fetches the repository and makes the release's folder from it; the build comes after. Standard input is .env. */
export function takeCommit(app: App, release: NewRelease): RemoteCommand {
  const script = String.raw`git=$1 ref=$2 inputs=$3 url=$4 note=$5 database=$6; shift 6
ssh="GIT_SSH_COMMAND=ssh ${STRICT_SSH}$root/known_hosts"
if [ -e "$root/home/.ssh/deploy_key" ]; then ssh="$ssh -i $root/home/.ssh/deploy_key -o IdentitiesOnly=yes"; fi
cd "$root/home"
as test -d repo.git || as git init --quiet --bare repo.git
as GIT_TERMINAL_PROMPT=0 "$ssh" git --git-dir=repo.git fetch --quiet --prune --tags --force "$git" '+refs/heads/*:refs/heads/*'
commit=$(as git --git-dir=repo.git rev-parse --verify --quiet --end-of-options "$ref^{commit}") || { echo "There is no $ref in $git." >&2; exit 1; }
install -d -m 0755 -g ${WEB_GROUP} "$release"
install -d -m 0755 -o "$name" -g ${WEB_GROUP} "$release/app" "$release/.venv"
install -m 0640 -o root -g "$name" /dev/null "$release/.env"
cat >"$release/.env"
if [ -n "$database" ]; then
  of() { sed -n "s/^$1=//p" "$root/shared/.database"; }
  printf 'DATABASE_URL=postgresql://%s:%s@127.0.0.1:%s/%s\n' "$name" "$(of POSTGRES_PASSWORD)" "$(of SKYLAB_PORT)" "$name" >>"$release/.env"
fi
as git clone --quiet --local --no-checkout "$root/home/repo.git" "$release/app"
as git -C "$release/app" -c advice.detachedHead=false checkout --quiet --detach "$commit"
if [ -e "$release/app/.gitmodules" ]; then as GIT_TERMINAL_PROMPT=0 "$ssh" git -C "$release/app" submodule --quiet update --init --recursive; fi
[ -d "$project" ] || { echo "The repository has no folder $folder." >&2; exit 1; }
as ln -sfn "$release/.env" "$project/.env"
for one; do
  if [ -d "$project/$one" ] && [ ! -L "$project/$one" ]; then as cp -an "$project/$one/." "$root/shared/$one/" && as rm -rf "$project/$one"; fi
  as mkdir -p "$(dirname "$project/$one")"
  as ln -sfn "$root/shared/$one" "$project/$one"
done
subject=$(as git -C "$release/app" log -1 --format=%s | tr -d '\000-\037"\\' | cut -c1-200)
printf '{"id": "%s", "commit": "%s", "subject": "%s", "inputs": "%s", "url": "%s"}\n' "$id" "$commit" "$subject" "$inputs" "$url" >"$release/${RELEASE_FILE}"
chmod 600 "$release/${RELEASE_FILE}"
printf '%s\n' "$note" >"$release/${NOTE_FILE}"
printf '%s %s\n' "$(printf %.8s "$commit")" "$subject"`;
  return appScript(app, release.id, `take ${release.ref} of ${app.source.git}`, script, {
    values: [
      app.source.git,
      release.ref,
      release.inputs,
      release.url,
      noteOf(app),
      app.database === undefined ? '' : databaseName(app),
      ...app.shared,
    ],
    stdin: new Secret(release.env),
  });
}

/** A release that never served. */
export function dropRelease(app: App, id: string): RemoteCommand {
  return appScript(app, id, `remove the release ${id}`, 'rm -rf --one-file-system "$release"');
}

export function makeVenv(app: App, id: string): RemoteCommand {
  const script = 'as "$1" -m venv "$release/.venv"';
  return appScript(app, id, 'make the virtual environment', script, { values: [app.python] });
}

/** A command of the person's, in the project's folder with the virtual environment active. */
export function runInside(app: App, id: string, line: string): RemoteCommand {
  return appScript(app, id, `run “${line}”`, 'inside "$1"', { values: [line] });
}

/** File of a release with the migrations that were pending before they were run. */
const PENDING_FILE = '.skylab-pending';

/** What a run of migrations has done. */
export interface Migrated {
  /** By name, as the project prints them. */
  readonly ran: readonly string[];
}

/** Python that becomes pg_dump; the password goes by the environment, since arguments can be read by every user of the machine. */
const DUMP = `import os, sys
from urllib.parse import unquote, urlsplit
url = urlsplit(os.environ["DATABASE_URL"])
if url.password: os.environ["PGPASSWORD"] = unquote(url.password)
login, at, place = url.netloc.rpartition("@")
bare = url._replace(netloc=login.partition(":")[0] + at + place).geturl()
os.execvp("pg_dump", ["pg_dump", "--format=custom", "--file=" + sys.argv[1], "--dbname=" + bare])`;

/**
 * Runs what is pending, if anything is. Before that, the maintenance page is put up where it is wanted, and a dump of the database is made
 * where it is PostgreSQL's and pg_dump is there, which the container of a database always has.
 * @param told is called with what ran, also where a later one failed
 * @throws SkylabError (code `MigrationFailed`)
 */
export function migrate(app: App, id: string, told: (ran: readonly string[]) => void): RemoteCommand<Migrated> {
  const { pending, run } = app.migrations ?? { pending: ':', run: ':' };
  const script = String.raw`pending() { inside "$1" | sed -n 's/^ *\[ \] *//p'; }
before=$(pending "$1")
[ -n "$before" ] || { echo "No migration is pending."; exit 0; }
printf '%s\n' "$before" >"$release/${PENDING_FILE}"
[ "$3" = never ] || touch "$root/shared/maintenance.on"
printf '%s\n' "$before" | sed 's/^/pending /'
url=$(sed -n "s/^DATABASE_URL=['\"]*\(postgres[a-z]*:[^'\"]*\)['\"]*$/\1/p" "$release/.env")
if [ -n "$5" ] || { [ -n "$url" ] && command -v pg_dump >/dev/null; }; then
  install -d -m 0700 -o "$name" "$root/shared/backups"
  failed() { echo "The database could not be dumped, so no migration was run." >&2; exit 1; }
  if [ -n "$5" ]; then
    dump=$(mktemp "$root/shared/.dump.XXXXXX")
    docker exec "$5" pg_dump --format=custom --username "$name" --dbname "$name" >"$dump" || { rm -f "$dump"; failed; }
    chown "$name" "$dump"
    mv -fT "$dump" "$root/shared/backups/$id.dump"
  else inside "umask 077; python -c '$4' \"\$SHARED/backups/\$(basename \"\$RELEASE\").dump\"" || failed; fi
  echo "dumped $root/shared/backups/$id.dump"
  ls -1 "$root/shared/backups" | sort -r | tail -n +6 | while read -r old; do rm -f "$root/shared/backups/$old"; done
fi
code=0
inside "$2" || code=$?
after=$(pending "$1") || after=$before
printf '%s\n' "$before" | while read -r one; do printf '%s\n' "$after" | grep -qxF -- "$one" || echo "ran $one"; done
[ "$code" = 0 ] || exit 90`;
  return appScript<Migrated>(app, id, 'run the migrations', script, {
    values: [pending, run, app.maintenance, DUMP, app.database === undefined ? '' : databaseName(app)],
    okCodes: [0, 90],
    parse: (stdout, code) => {
      const ran = ranIn(stdout);
      told(ran);
      if (code === 90) {
        const last = stdout.split('\n').findLast((line) => /\S/.test(line) && !/^(ran|pending) /.test(line)) ?? '';
        throw new SkylabError(`A migration failed${last === '' ? '.' : `: ${last.trim()}`}`, { code: 'MigrationFailed' });
      }
      return { ran };
    },
  });
}

/**
 * After migrations that failed, or of which nothing was heard again: takes the maintenance page away and sees which have run.
 * @param told is called with those
 */
export function afterMigrations(app: App, id: string, told: (ran: readonly string[]) => void): RemoteCommand {
  const script = String.raw`rm -f "$root/shared/maintenance.on"
[ -e "$release/${PENDING_FILE}" ] || exit 0
after=$(inside "$1" | sed -n 's/^ *\[ \] *//p') || exit 0
while read -r one; do printf '%s\n' "$after" | grep -qxF -- "$one" || echo "ran $one"; done <"$release/${PENDING_FILE}"`;
  return appScript(app, id, 'see which migrations have run', script, {
    values: [app.migrations?.pending ?? ':'],
    parse: (stdout) => {
      const ran = ranIn(stdout);
      if (ran.length > 0) told(ran);
      return stdout;
    },
  });
}

const ranIn = (stdout: string): readonly string[] =>
  stdout.split('\n').flatMap((line) => (line.startsWith('ran ') ? [line.slice(4).trim()] : []));

/** Puts up the maintenance page, or takes it away. @param text of the page; absent, the one that is there */
export function setMaintenance(app: App, on: boolean, text?: string): RemoteCommand {
  const put = 'cat >"$root/shared/.maintenance.new"; mv "$root/shared/.maintenance.new" "$root/shared/maintenance.html"';
  const page = text === undefined ? '[ -e "$root/shared/maintenance.html" ]' : put;
  const script = on ? `${page}\ntouch "$root/shared/maintenance.on"` : 'rm -f "$root/shared/maintenance.on"';
  return appScript(app, '', on ? 'put up the maintenance page' : 'take the maintenance page away', script, { stdin: text ?? '' });
}

/** Writes the maintenance page without showing it. */
export function putPage(app: App, text: string): RemoteCommand {
  const script = 'cat >"$root/shared/.maintenance.new"; mv "$root/shared/.maintenance.new" "$root/shared/maintenance.html"';
  return appScript(app, '', 'write the maintenance page', script, { stdin: text });
}

/** The application without what is only this computer's business. */
export function noteOf(app: App): string {
  const { git, ref, folder } = app.source;
  return JSON.stringify({ ...app, source: { git, ref, folder } });
}

/** Keeps the newest releases and the one that serves. */
export function tidy(app: App): RemoteCommand {
  const script = `current=$(readlink "$root/current"); current=\${current##*/}
cd "$root/releases"
ls -1 | grep -E '^[0-9]{8}-[0-9]{6}-' | sort -r | tail -n +$(( $1 + 1 )) | while read -r old; do [ "$old" = "$current" ] || rm -rf --one-file-system "./$old"; done`;
  return appScript(app, '', 'remove old releases', script, { values: [String(app.keep)] });
}
