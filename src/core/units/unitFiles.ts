import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import { mustBeUnitName } from './names';
import type { UnitFile } from './verify';
import { encodeFiles, unitOfPath } from './verify';

/** Where a person's own units stand; where Skylab keeps what they were before. */
const FOLDER = '/etc/systemd/system';
const KEPT = '/var/lib/skylab/units';
/** Earlier versions that are kept of each file. */
const VERSIONS = 5;

/** @throws SkylabError where a path is neither a unit nor a file that changes one */
export function mustBeUnitPath(path: string): void {
  mustBeUnitName(unitOfPath(path));
  if (!/^[^/]+(\.d\/[A-Za-z0-9:_.@-]+\.conf)?$/.test(path) || path.includes('/.'))
    throw new SkylabError(`${path} is no place for a unit file.`, {
      next: 'A change of a unit stands in UNIT.d/NAME.conf.',
      code: 'UnitName',
    });
}

/** What of a unit stands where. */
export interface UnitSource {
  /** Of the file in /etc/systemd/system; undefined where there is none. */
  readonly text: string | undefined;
  /** Absolute path of the file that systemd reads for the unit; empty where there is none. */
  readonly fragment: string;
  /** Everything that makes up the unit, as `systemctl cat` shows it. */
  readonly whole: string;
}

/** The text of a unit file or of a change, and the whole unit. */
export function readUnit(path: string): RemoteCommand<UnitSource> {
  const script = String.raw`
export LC_ALL=C SYSTEMD_COLORS=0
systemctl show --property=FragmentPath --value -- "$2" 2>/dev/null | head -n 1
if [ -f "${FOLDER}/$1" ]; then printf 'text '; base64 <"${FOLDER}/$1" | tr -d '\n'; else printf none; fi
echo
systemctl cat --no-pager -- "$2" 2>/dev/null
exit 0`;
  return {
    argv: ['sh', '-c', script, 'read', path, unitOfPath(path)],
    sudo: true,
    what: `read ${path}`,
    parse: (stdout) => {
      const [fragment = '', text = '', ...whole] = stdout.split('\n');
      return { fragment, text: text.startsWith('text ') ? decode(text.slice(5)) : undefined, whole: whole.join('\n') };
    },
  };
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString();

/**
 * Writes files whole, all or none, after keeping what they replace; then systemd reads its files anew.
 * Gives the paths that have changed: a file that is as it should be is left alone.
 */
export function installFiles(files: readonly UnitFile[]): RemoteCommand<string[]> {
  for (const { path } of files) mustBeUnitPath(path);
  const script = String.raw`
set -e
umask 022
cd ${FOLDER}
new=$(mktemp -d ${FOLDER}/.skylab.XXXXXX)
trap 'rm -rf "$new"' EXIT
while read -r path data; do
  if [ -L "$path" ]; then
    echo "$path is a link to $(readlink "$path"): $([ "$(readlink "$path")" = /dev/null ] && echo 'unmask it first' || echo 'edit it there')" >&2
    exit 9
  fi
  mkdir -p "$new/$(dirname "$path")"
  printf '%s' "$data" | base64 -d >"$new/$path"
  chmod 644 "$new/$path"
  if ! cmp -s "$new/$path" "$path"; then printf '%s\n' "$path" >>"$new/.changed"; fi
done
[ -e "$new/.changed" ] || exit 0
while read -r path; do ${keepCommand}; done <"$new/.changed"
while read -r path; do mkdir -p "$(dirname "$path")"; mv -f "$new/$path" "$path"; done <"$new/.changed"
systemctl daemon-reload
cat "$new/.changed"`;
  return {
    argv: ['sh', '-c', script, 'install'],
    stdin: encodeFiles(files),
    sudo: true,
    what: `install ${files.map(({ path }) => path).join(', ')}`,
    parse: (stdout) => stdout.split('\n').filter((line) => line !== ''),
  };
}

/** Keeps what stands at $path, named by the moment in nanoseconds, and forgets all but the newest few. */
const keepCommand = String.raw`if [ -f "$path" ]; then
  kept="${KEPT}/$path"; mkdir -p "$kept"; chmod 700 ${KEPT}
  cp -p "$path" "$kept/.new"; mv -f "$kept/.new" "$kept/$(date +%s%N)"
  ls -1 "$kept" | sort -n | head -n -${VERSIONS} | while read -r old; do rm -f "$kept/$old"; done
fi`;

/** An earlier version of a file. */
export interface KeptVersion {
  /** Milliseconds since the epoch: when it was replaced. */
  readonly replacedAt: number;
  readonly text: string;
}

/** What a file was before, the newest first. */
export function keptVersions(path: string): RemoteCommand<KeptVersion[]> {
  const script = String.raw`cd "${KEPT}/$1" 2>/dev/null || exit 0
for f in *; do [ -f "$f" ] && { printf '%s ' "$f"; base64 <"$f" | tr -d '\n'; echo; }; done; exit 0`;
  return {
    argv: ['sh', '-c', script, 'kept', path],
    sudo: true,
    what: `read the earlier versions of ${path}`,
    parse: (stdout) =>
      stdout
        .split('\n')
        .flatMap((line) => {
          const [, stamp, text = ''] = /^(\d+) (\S*)$/.exec(line) ?? [];
          return stamp === undefined ? [] : [{ replacedAt: Number(BigInt(stamp) / 1_000_000n), text: decode(text) }];
        })
        .sort((a, b) => b.replacedAt - a.replacedAt),
  };
}

/** Takes a unit off the machine: stopped, not started at boot, its file and its changes kept aside. Nothing to do where it does not exist. */
export function removeUnitFiles(name: string): RemoteCommand {
  mustBeUnitName(name);
  const script = String.raw`
cd ${FOLDER} || exit 1
[ -e "$1" ] || [ -d "$1.d" ] || exit 0
case $1 in *@.*) ;; *) if [ -e "$1" ]; then systemctl disable --now -- "$1" 2>/dev/null || systemctl stop -- "$1"; fi;; esac
set -e
for path in "$1" "$1".d/*.conf; do
  [ -f "$path" ] || continue
  ${keepCommand}
  rm -f "$path"
done
rmdir "$1.d" 2>/dev/null || true
systemctl daemon-reload
systemctl reset-failed -- "$1" 2>/dev/null || true`;
  return { argv: ['sh', '-c', script, 'remove', name], sudo: true, what: `remove ${name}` };
}

/** Takes one change off a unit; kept aside like a unit. */
export function removeDropIn(path: string): RemoteCommand {
  mustBeUnitPath(path);
  const script = String.raw`cd ${FOLDER} || exit 1
path=$1
[ -f "$path" ] || exit 0
set -e
${keepCommand}
rm -f "$path"
rmdir "$(dirname "$path")" 2>/dev/null || true
systemctl daemon-reload`;
  return { argv: ['sh', '-c', script, 'remove', path], sudo: true, what: `remove ${path}` };
}
