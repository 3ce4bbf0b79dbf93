import type { RemoteCommand } from '../remote/command';
import { foldersAbove } from './syncPlan';

/** Days after which what an interrupted run has left is thrown away instead of used. */
const KEEP_DAYS = 2;

/** How find(1) tells an entry. */
const LISTED = String.raw`%y %m %s %T@ %p\0%l\0`;

/** The name of the working folder beside (or, where that cannot be, inside) the destination begins with it. */
const WORK_PREFIX = '.skylab-sync-';

/**
 * What runs on the machine during a sync. It lists the destination and what an earlier run has left, then reads from standard input one
 * line `go KILOBYTES INODES COUNT...`, the lists with these byte counts, and a tar archive of `t/` (the new versions), `a/` (empty files
 * whose mode and time count) and `x/` (rests of files whose beginning is here). The archive is unpacked into the working folder, counted,
 * and only then put in place, by hard links that replace one name at a time. From there on no signal and no lost connection stops it: what
 * stood there before is kept aside until the end, and put back when anything fails. A run that is killed outright in that moment is taken
 * back by the next one. It says lines that begin with `@`.
 */
const SCRIPT = String.raw`
set -u
export LC_ALL=C
dest=$1 prefix=$2 days=$3; shift 3
made= held= work=
say() { printf '@%s\n' "$*"; }
fail() { say error "$@"; exit 9; }
erase() { rm -rf -- "$1" 2>/dev/null || { chmod -R u+rwX -- "$1" 2>/dev/null; rm -rf -- "$1"; }; }
# By another name first and only once: the next run makes the folder anew as soon as it is gone.
leave() {
  [ -n "$held" ] || return 0
  held=
  if mv -T -- "$work" "$work.$$" 2>/dev/null; then erase "$work.$$"; else erase "$work"; fi
}
finish() {
  trap "" HUP INT TERM PIPE
  [ -z "$held" ] || [ -d "$work/in" ] || [ -d "$work/prev" ] || [ -e "$work/undo/begun" ] || leave
  [ -z "$made" ] || find "$made" -depth -type d -exec rmdir {} \; 2>/dev/null
}
trap finish EXIT
together() { devices=$(stat -c %d -- "$1" "$2" 2>/dev/null) && [ "\${devices%?"\${devices#*[!0-9]}"}" = "\${devices#*[!0-9]}" ]; }
each() { [ ! -s "$1" ] || { list=$1; shift; xargs -0 "$@" < "$list"; }; }
link=-l keep=--preserve=mode,timestamps
put() { find "$1" -mindepth 1 -maxdepth 1 -print0 | xargs -0 -r cp -Rdf $3 $keep -t "$2" --; }
told() { (cd -- "$work/undo/o" && find . -type f -print0) | (cd -- "$1" && xargs -0 -r cksum -- | sort); }
back() {
  (cd -- "$dest" && each "$lists/fresh" rm -f -- && { each "$lists/folders" rmdir -- 2>/dev/null; :; }) || return 1
  # What could not be replaced needs no putting back, and cannot be.
  put "$work/undo/o" "$dest" "$link" 2>/dev/null || [ "$(told "$work/undo/o")" = "$(told "$dest")" ] || return 1
  [ ! -s "$work/undo/dirs" ] || tar -x -p -f "$work/undo/dirs" -C "$dest" 2>/dev/null
  rm -f -- "$work/undo/begun"
}
locate() {
  key=$(printf %s "$dest" | cksum)
  key=$prefix\${key%% *}
  up=\${dest%/*}
  while [ ! -e "\${up:-/}" ]; do made=$up; up=\${up%/*}; done
  work=$up/$key
  [ ! -d "$dest" ] || { [ -w "\${up:-/}" ] && together "\${up:-/}" "$dest"; } || work=$dest/$key
  lists=$work/c in=$work/in
}
# Another run may make it at the same time.
workplace() { [ -d "$work" ] || mkdir -m 700 -- "$work" 2>/dev/null || [ -d "$work" ] || mkdir -m 700 -- "$work" || fail Mkdir; }
hold() {
  [ -z "$held" ] || return 0
  command -v flock >/dev/null || { held=yes; return 0; }
  tries=0
  while :; do
    # an earlier run may take the folder away this very moment
    { command exec 9>>"$work/lock"; } 2>/dev/null || { workplace; continue; }
    until flock -n 9; do
      tries=$((tries + 1)); [ "$tries" -lt 100 ] || fail Busy
      sleep 0.2
    done
    [ -e "/proc/$$/fd/9" ] && [ ! "$work/lock" -ef "/proc/$$/fd/9" ] || break
    exec 9>&-
    workplace
  done
  held=yes
  # Of a run that was killed while it removed its folder.
  for old in "$work".*; do [ ! -d "$old" ] || erase "$old"; done
}
gather() {
  if [ -e "$work/undo/begun" ]; then back || fail Broken "$work/undo/o"; say recovered; fi
  rm -rf -- "$work/undo"
  [ -d "$in" ] || return 0
  if [ -s "$lists/append" ] && [ -d "$work/prev/t" ]; then
    xargs -0 -n 3 sh -c '[ ! -s "$0/in/x/$1" ] || cat -- "$0/in/x/$1" >> "$0/prev/t/$2"' "$work" < "$lists/append"
  fi
  if [ -d "$work/prev/t" ]; then cp -Rdlf -T -- "$in/t" "$work/prev/t" 2>/dev/null; else rm -rf -- "$work/prev"; mv -- "$in" "$work/prev"; fi
  erase "$in"
}
list() { find "$@" -printf '%y %m %s %T@ %p\0%l\0' 2>/dev/null; printf '.\0'; }
[ ! -d "$dest" ] || { dest=$(cd -- "$dest" && pwd -P) && [ "$dest" != / ]; } || fail Denied
[ -d "$dest" ] || { [ ! -e "$dest" ] && [ ! -L "$dest" ]; } || fail NotAFolder
case $dest in /*) ;; *) up=$(pwd -P); dest=\${up%/}/\${dest#./};; esac
kind=none
[ ! -d "$dest" ] || kind=folder
locate
made=
if [ -d "$work" ]; then
  [ -O "$work" ] || fail Foreign "$work"
  hold
  if [ ! -e "$work/undo/begun" ] && [ -n "$(find "$work" -maxdepth 1 -name c -mtime +"$days" 2>/dev/null)" ]; then
    erase "$in"; erase "$work/prev"
  fi
  gather
fi
say start $$ "$work"
say "list $kind $dest"
if [ "$kind" = folder ]; then (cd -- "$dest" && list "$@"); else printf '.\0'; fi
say staged
if [ -d "$work/prev/t" ]; then (cd -- "$work/prev/t" && list . -mindepth 1); else printf '.\0'; fi
say ready
# Made while the other end compares.
cp --help 2>&1 | grep -q attributes-only || keep=
room=$(stat -f -c '%a %S %d %c' -- "$dest" 2>/dev/null || stat -f -c '%a %S %d %c' -- "\${up:-/}" 2>/dev/null) || room=
read -r verb kilobytes inodes reuse append saved fresh folders gone empty parents wanted || exit 0
if [ "$verb" = none ]; then leave; exit 0; fi
[ "$verb" = go ] || exit 0
if [ "$kind" = none ]; then locate; mkdir -p -- "\${dest%/*}/" || fail Mkdir; first=$made; locate; made=$first; fi
workplace
if [ -z "$held" ]; then
  hold
  # Another run has ended meanwhile: what it left is taken into account by the next one.
  [ ! -e "$work/undo/begun" ] || fail Appeared
  gather
fi
[ ! -d "$lists" ] || rm -rf -- "$lists"
mkdir -- "$lists" "$in" "$in/t" || fail Mkdir
say taking "$work"
take() { if [ "$2" -gt 0 ]; then dd bs="$2" count=1 iflag=fullblock of="$lists/$1" 2>/dev/null || fail Mkdir; else : > "$lists/$1"; fi; }
take reuse "$reuse"; take append "$append"; take saved "$saved"; take fresh "$fresh"; take folders "$folders"
take gone "$gone"; take empty "$empty"; take parents "$parents"
enough() {
  [ $# -eq 4 ] || return 0
  [ $(($1 * ($2 / 512) / 2)) -ge "$kilobytes" ] || { rmdir -- "$in/t" "$in"; fail NoSpace $(($1 * ($2 / 512) / 2)); }
  [ "$4" -eq 0 ] || [ "$3" -ge "$inodes" ] || { rmdir -- "$in/t" "$in"; fail NoInodes "$3"; }
}
enough $room
command -v tar >/dev/null || fail NoTar
trap 'trap "" HUP INT TERM PIPE; leave; exit 1' TERM
ln -- "$lists/reuse" "$lists/probe" 2>/dev/null || link=
if [ -s "$lists/reuse" ]; then (cd -- "$work/prev/t" && xargs -0 cp -Rdl --parents -t "$in/t" -- < "$lists/reuse") || fail Reuse; fi
tar -x -p -o -f - -C "$in" || fail Tar
if [ -s "$lists/append" ]; then
  xargs -0 -n 3 sh -c 'd=$(dirname -- "$2") && mkdir -p -- "$0/in/t/$d" && cat -- "$0/in/x/$1" >> "$0/prev/t/$2" && rm -f -- "$0/in/x/$1" &&
    chmod "\${3#*,}" -- "$0/prev/t/$2" && touch -d "@\${3%,*}" -- "$0/prev/t/$2" && mv -- "$0/prev/t/$2" "$0/in/t/$2" || exit 255' \
    "$work" < "$lists/append" || fail Append
fi
seen=$(cd -- "$in/t" && { find . -mindepth 1 -printf "%y %s\n" 2>/dev/null || find . -mindepth 1 -exec stat -c "%A %s" {} +; } |
  awk '{ kind = substr($1, 1, 1); if (kind == "-") kind = "f"; count[kind]++; if (kind == "f") bytes += $2 }
    END { printf "%d %d %d %.0f", count["f"], count["l"], count["d"], bytes }')
[ "$seen" = "$wanted" ] || { erase "$in"; erase "$work/prev"; fail Mismatch "$seen"; }
trap "" HUP INT TERM PIPE
say placing
if [ "$kind" = none ]; then
  mv -T -- "$in/t" "$dest" || fail Appeared
else
  (cd -- "$dest" && each "$lists/parents" sh -c 'for d; do [ -d "$d" ] && [ ! -L "$d" ] || exit 255; done' sh) || fail Moved
  mkdir -- "$work/undo" "$work/undo/o" || fail Mkdir
  save() { (cd -- "$dest" && each "$lists/saved" cp -Rd $1 $keep --parents -t "$work/undo/o" --); }
  save "$link" 2>/dev/null || { erase "$work/undo/o"; mkdir -- "$work/undo/o"; save ""; } || { erase "$work/undo"; fail Save; }
  (cd -- "$dest" && tar -c --format=posix --no-recursion --null -T "$lists/parents" -f "$work/undo/dirs" 2>/dev/null) ||
    rm -f -- "$work/undo/dirs"
  : > "$work/undo/begun" || fail Mkdir
  if (cd -- "$dest" && each "$lists/gone" rm -f -- && each "$lists/empty" rmdir --) && put "$in/t" "$dest" "$link"; then
    rm -f -- "$work/undo/begun"
  elif back; then
    fail Place
  else
    fail Broken "$work/undo/o"
  fi
fi
if [ -d "$in/a" ]; then { [ -n "$keep" ] && put "$in/a" "$dest" --attributes-only; } || say unset; fi
made=
say done "$dest"
leave
exit 0
`
  .trim()
  .replaceAll('\\${', '${');

/** Ends what a run has left: the working folder, once no process of that run is at it any more. */
const DISCARD = String.raw`
tries=0
while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
[ -d "$2" ] && [ ! -e "$2/undo/begun" ] || exit 0
! command -v flock >/dev/null || { exec 9>>"$2/lock"; flock -n 9; } || exit 0
mv -T -- "$2" "$2.$$" 2>/dev/null && set -- "$1" "$2.$$"
[ ! -d "$2" ] || rm -rf -- "$2" 2>/dev/null || { chmod -R u+rwX -- "$2"; rm -rf -- "$2"; }
`.trim();

/** What of the destination is looked at. */
export interface SyncScope {
  /** Names of files and folders that are not looked at, at any depth, such as `.git`. */
  readonly pruned: readonly string[];
  /** These paths and what is below them; everything unless given. */
  readonly only?: readonly string[];
}

/** More paths than these are not named one by one, since a command line has an end. */
const NAMED_MAX = 500;

/** @param dest absolute, or relative to the login folder */
export function syncCommand(dest: string, { pruned, only }: SyncScope): RemoteCommand {
  const place = dest.startsWith('/') ? dest : `./${dest}`;
  const prune = [`${WORK_PREFIX}*`, ...pruned.map((name) => name.replace(/[*?[\\]/g, '\\$&'))].flatMap((name) => [
    '-name',
    name,
    '-prune',
    '-o',
  ]);
  const named = only !== undefined && only.length <= NAMED_MAX && !only.some(isOdd) ? namedPaths(only) : undefined;
  const expression = named === undefined ? ['.', '-mindepth', '1', ...prune] : [...named, ...prune];
  return { argv: ['sh', '-c', SCRIPT, 'skylab-sync', place, WORK_PREFIX, String(KEEP_DAYS), ...expression], what: 'sync the folder' };
}

/** Waits up to 5 s for the run to end, then removes what it left. */
export function discardCommand(started: { pid: string; work: string }): RemoteCommand {
  return { argv: ['sh', '-c', DISCARD, 'skylab-sync', started.pid, started.work], what: 'remove what the sync left' };
}

/** A name that is not UTF-8 cannot stand in a command line. */
const isOdd = (path: string): boolean => /\p{Surrogate}/u.test(path);

/**
 * Start points and tests of find(1) for a few paths: each with what is below it, and the folders above them without anything else.
 * A folder above is a start point, too, so that a link in its place is seen.
 */
function namedPaths(only: readonly string[]): readonly string[] {
  const above = [...foldersAbove(only)].sort();
  const inside = only.filter((path) => !above.includes(path)).map((path) => `./${path}`);
  const shut = above.flatMap((path) => ['-path', `./${path}`.replace(/[*?[\\]/g, '\\$&'), '-printf', LISTED, '-prune', '-o']);
  return [...above.map((path) => `./${path}`), ...inside, ...shut];
}
