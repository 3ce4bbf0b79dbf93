import type { RemoteCommand } from '../remote/command';
import type { Secret } from '../secret';
import type { App } from './model';
import { appRoot } from './model';

/** File of a release that says what it is. */
export const RELEASE_FILE = '.skylab-release.json';
/** File of a release with the application as it was then, for acts without its folder. */
export const NOTE_FILE = '.skylab-app.json';

/**
 * What every script of an application begins with. `name`, `folder`, `root`, `release` and `project` are set; `as` runs as the
 * application's user with an empty environment, `inside` a line in the release's project folder with .env and the virtual environment.
 */
const PRELUDE = String.raw`set -eu
export LC_ALL=C.UTF-8 PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 022
name=$1 folder=$2 root=$3 id=$4; shift 4
release=$root/releases/$id project=$root/releases/$id/app/$folder
as() { runuser -u "$name" -- env -i HOME="$root/home" LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin "$@"; }
inside() {
  as RELEASE="$release" SHARED="$root/shared" VENV="$release/.venv" PATH="$release/.venv/bin:/usr/local/bin:/usr/bin:/bin" PYTHONUNBUFFERED=1 \
    sh -c 'set -a; . "$RELEASE/.env"; set +a; cd "$1"; exec sh -c "$2"' run "$project" "$1" </dev/null
}
`;

/**
 * Runs a script in a scope of systemd's, and first ends what an earlier one still does: after a lost connection or a cancel it goes on by
 * itself, and what is taken back then must not meet it. No name of an application holds an underscore.
 */
const ALONE = `systemctl stop "skylab-app_$1_*.scope" 2>/dev/null || :
unit="skylab-app_$1_$$"; shift
systemctl reset-failed "$unit.scope" 2>/dev/null || :
exec systemd-run --scope --quiet --unit="$unit" --property=TimeoutStopSec=15 -- "$@"`;

interface More<T> {
  readonly values?: readonly string[];
  readonly stdin?: string | Secret;
  readonly okCodes?: readonly number[];
  readonly parse?: (stdout: string, code: number) => T;
}

/** A script with which root looks at an application. @param id of the release that it is about, or empty */
export function appLook<T = string>(app: App, id: string, what: string, script: string, more: More<T> = {}): RemoteCommand<T> {
  const { values = [], ...rest } = more;
  return {
    argv: ['sh', '-c', PRELUDE + script, 'skylab', app.name, app.source.folder, appRoot(app.name), id, ...values],
    sudo: true,
    what,
    ...rest,
  };
}

/** A script with which root changes an application: only one runs at a time, and a new one ends what is left of those before. */
export function appScript<T = string>(app: App, id: string, what: string, script: string, more: More<T> = {}): RemoteCommand<T> {
  const { argv, ...rest } = appLook(app, id, what, script, more);
  return { ...rest, argv: ['sh', '-c', ALONE, 'skylab', app.name, ...argv] };
}
