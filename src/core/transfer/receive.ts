import type { RemoteCommand } from '../remote/command';
import type { FolderListing } from './ports';

/**
 * What runs on the machine: checks, unpacks standard input beside the destination, counts, and renames. It cleans up after itself
 * whatever happens to the connection; what a killed one left is found and removed by the next. It says `@start`, then `@done` or
 * `@error CODE detail`.
 */
const SCRIPT = String.raw`
set -u
export LC_ALL=C
dest=$1 id=$2 mode=$3 kilobytes=$4 inodes=$5 wanted=$6
part= made= exists=
fail() { echo "@error $*"; exit 9; }
erase() { rm -rf -- "$1" 2>/dev/null || { chmod -R u+rwX -- "$1" 2>/dev/null; rm -rf -- "$1"; }; }
finish() {
  trap "" HUP INT TERM PIPE
  [ -z "$part" ] || [ ! -d "$part" ] || erase "$part"
  [ -z "$made" ] || find "$made" -depth -type d -exec rmdir {} \; 2>/dev/null
}
alive() {
  kill -0 "$2" 2>/dev/null || [ -d "/proc/$2" ] || return 1
  [ ! -r "/proc/$2/cmdline" ] || grep -qF -e "$1" "/proc/$2/cmdline"
}
dead() {
  rest=$(basename -- "$1") && rest=$(echo "$rest" | sed "s/.*[.][a-z]*-//") && owner=$(echo "$rest" | cut -d. -f2)
  case $owner in ""|*[!0-9]*) return 1;; esac
  ! alive "$(echo "$rest" | cut -d. -f1)" "$owner"
}
trap finish EXIT
trap "exit 1" HUP INT TERM PIPE
command -v tar >/dev/null || fail NoTar
[ ! -d "$dest" ] || dest=$(cd -- "$dest" && pwd -P) || fail Denied
parent=$(dirname -- "$dest") name=$(basename -- "$dest")
up=$parent
while [ ! -e "$up" ]; do made=$up; up=$(dirname -- "$up"); done
mkdir -p -- "$parent" || fail Mkdir
parent=$(cd -- "$parent" && pwd -P) || fail Denied
dest=$(echo "$parent" | sed "s,/$,,")/$name
for old in "$dest".old-*.*; do
  [ -d "$old" ] && dead "$old" || continue
  if [ -e "$dest" ]; then erase "$old"; else mv -T -- "$old" "$dest"; fi
done
for old in "$dest".partial-*.*; do [ ! -d "$old" ] || ! dead "$old" || erase "$old"; done
if [ -e "$dest" ] || [ -L "$dest" ]; then
  [ -d "$dest" ] || fail NotAFolder
  [ "$mode" != refuse ] || fail Exists
  exists=yes
fi
free=$(df -Pk -- "$parent" | awk 'NR == 2 { print $4 }')
case $free in ""|*[!0-9]*) ;; *) [ "$free" -ge "$kilobytes" ] || fail NoSpace "$free";; esac
free=$(df -Pi -- "$parent" 2>/dev/null | awk 'NR == 2 && $2 > 0 { print $4 }')
case $free in ""|*[!0-9]*) ;; *) [ "$free" -ge "$inodes" ] || fail NoInodes "$free";; esac
part=$dest.partial-$id.$$
mkdir -- "$part" || fail Mkdir
echo "@start $$ $part"
tar -x -p -o -f - -C "$part" || fail Tar
seen=$({ find "$part" -mindepth 1 -printf "%y %s\n" 2>/dev/null || find "$part" -mindepth 1 -exec stat -c "%A %s" {} +; } |
  awk '{ kind = substr($1, 1, 1); if (kind == "-") kind = "f"; count[kind]++; if (kind == "f") bytes += $2 }
    END { printf "%d %d %d %.0f", count["f"], count["l"], count["d"], bytes }')
[ "$seen" = "$wanted" ] || fail Mismatch "$seen"
trap "" HUP INT TERM PIPE
if [ -z "$exists" ]; then
  mv -T -- "$part" "$dest" || fail Rename
elif [ "$mode" = merge ]; then
  chmod --reference="$dest" -- "$part"
  cp -RdflT --preserve=mode,timestamps -- "$part" "$dest" || fail Merge
elif ! mv --exchange -T -- "$part" "$dest" 2>/dev/null; then
  aside=$dest.old-$id.$$
  mv -T -- "$dest" "$aside" || fail Rename
  mv -T -- "$part" "$dest" || { mv -T -- "$aside" "$dest"; fail Rename; }
  part=$aside
fi
made=
[ ! -d "$part" ] || erase "$part" || echo "@left $part"
echo "@done $dest"
`.trim();

/** Removes what a cancelled upload left, once the process that was unpacking has ended. */
const CLEAN_UP = String.raw`
tries=0
while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
[ ! -d "$2" ] || rm -rf -- "$2" 2>/dev/null || { chmod -R u+rwX -- "$2"; rm -rf -- "$2"; }
`.trim();

export interface ReceiveOptions {
  /** Absolute or relative to the login folder. */
  readonly dest: string;
  readonly ifExists: 'replace' | 'refuse' | 'merge';
  /** Names this upload in the partial folder's name; letters and digits. */
  readonly id: string;
}

/** The command that takes a tar stream on standard input; its output is read with `ReceiveReport`. */
export function receiveCommand(listing: FolderListing, options: ReceiveOptions): RemoteCommand {
  const count = { file: 0, symlink: 0, directory: 0 };
  let blocks = 0;
  for (const entry of listing.entries) {
    count[entry.kind]++;
    blocks += 1 + Math.ceil(entry.size / 4096);
  }
  const wanted = `${count.file} ${count.symlink} ${count.directory} ${listing.bytes}`;
  const dest = options.dest.startsWith('/') ? options.dest : `./${options.dest}`;
  const argv = [
    'sh',
    '-c',
    SCRIPT,
    'skylab-upload',
    dest,
    options.id,
    options.ifExists,
    String(blocks * 4),
    String(listing.entries.length + 2),
    wanted,
  ];
  return { argv, what: 'receive the folder' };
}

/** Waits up to 5 s for the process to end, then removes its folder. */
export function cleanUpCommand(started: { pid: string; partial: string }): RemoteCommand {
  return { argv: ['sh', '-c', CLEAN_UP, 'skylab-upload', started.pid, started.partial], what: 'remove what the upload left' };
}

/** What the command has said so far, line by line. */
export class ReceiveReport {
  started: { readonly pid: string; readonly partial: string } | undefined;
  done: string | undefined;
  error: { readonly code: string; readonly detail: string } | undefined;
  left: string | undefined;
  #rest = '';

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word, rest = ''] = splitOnce(line);
      const [first, second = ''] = splitOnce(rest);
      if (word === '@start') this.started = { pid: first, partial: second };
      else if (word === '@error') this.error = { code: first, detail: second };
      else if (word === '@left') this.left = rest;
      else if (word === '@done') this.done = rest;
    }
  }
}

function splitOnce(line: string): [string, string?] {
  const at = line.indexOf(' ');
  return at < 0 ? [line] : [line.slice(0, at), line.slice(at + 1)];
}
