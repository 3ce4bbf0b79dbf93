import { posix } from 'node:path';
import type { RemoteCommand } from '../remote/command';
import type { ReleaseRecord } from './facts';
import type { Seed } from './review/draft';

/** Releases kept on the machine, the current one among them. */
const KEPT_RELEASES = 5;
export const RECORD_FILE = '.skylab-release.json';

/** A name that sorts by time: `20261121-093000-4f2a`. */
export function releaseId(now: Date, salt: string): string {
  const digits = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${digits}-${salt.slice(0, 4)}`;
}

export function recordText(record: ReleaseRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** Closes a fresh release to other users of the machine: its .env holds secrets. */
export function closeRelease(path: string, envFile: string): RemoteCommand {
  const script = 'chmod 700 "$1" && chmod 600 "$1/$2" && rm -rf --one-file-system "$1".partial-*';
  return { argv: ['sh', '-c', script, 'close', path, envFile], what: 'close the release to others' };
}

/** Points `current` to a release in one step. @param release absolute path, or undefined to take the link away */
export function pointCurrent(folder: string, release: string | undefined): RemoteCommand {
  if (release === undefined) return { argv: ['rm', '-f', `${folder}/current`], what: 'take the current release away' };
  const script = 'ln -sfn "releases/$2" "$1/.current.new" && mv -T "$1/.current.new" "$1/current"';
  return { argv: ['sh', '-c', script, 'current', folder, posix.basename(release)], what: 'make the release current' };
}

/** Removes a release, and what is left of an upload that was cut off. */
export function removeRelease(path: string, root: boolean): RemoteCommand {
  const script = 'rm -rf --one-file-system "$1" "$1".partial-*';
  return { argv: ['sh', '-c', script, 'remove', path], sudo: root, what: `remove ${path}` };
}

/** Removes what containers may have written too, so with root's rights where there are any. */
export function removeTree(path: string, root: boolean): RemoteCommand {
  return { argv: ['rm', '-rf', '--one-file-system', path], sudo: root, what: `remove ${path}` };
}

/** Removes all releases but the newest few; `current` is never among the removed. */
export function pruneReleases(folder: string, root: boolean): RemoteCommand {
  const script = `cd "$1/releases" || exit 0
# uploads that were cut off: whoever prunes holds the lock, so none is under way
rm -rf --one-file-system ./*.partial-*
current=$(cd ../current 2>/dev/null && pwd -P)
ls -1 | grep -E '^[0-9]{8}-[0-9]{6}-' | sort -r | tail -n +${KEPT_RELEASES + 1} | while read -r id; do
  [ "$PWD/$id" = "$current" ] || rm -rf --one-file-system "./$id"
done`;
  return { argv: ['sh', '-c', script, 'prune', folder], sudo: root, what: 'remove old releases' };
}

/** Runs for each batch of the folder's files: a three-way merge between the last release, this one and what is on the machine. */
const MERGE = `dst=$1 prev=$2; shift 2
put() { cp -pP "$1" "$2.skylab-new" && { [ -L "$2.skylab-new" ] || chmod u+w "$2.skylab-new"; } && mv -f "$2.skylab-new" "$2"; }
for f; do
  f=\${f#./}; into=$dst/$f
  case $f in */*) parent=$dst/\${f%/*} ;; *) parent=$dst ;; esac
  if [ ! -e "$into" ] && [ ! -L "$into" ]; then
    if [ -n "$prev" ] && [ -e "$prev/$f" ]; then continue; fi
    mkdir -p "$parent"
    case $(cd "$parent" && pwd -P)/ in "$dst"/*) ;; *) continue ;; esac
    put "$f" "$into" && echo "added $f"
  elif [ -n "$prev" ] && [ -f "$prev/$f" ] && [ -f "$f" ] && [ -f "$into" ] && [ ! -L "$into" ] && ! cmp -s "$prev/$f" "$f"; then
    case $(cd "$parent" && pwd -P)/ in "$dst"/*) ;; *) continue ;; esac
    if cmp -s "$prev/$f" "$into"; then put "$f" "$into" && echo "updated $f"; else echo "kept $f"; fi
  fi
done`;

/**
 * Brings the release's files into a data folder that outlasts releases. New files are added, files that nobody touched on the machine follow
 * the folder, files that were changed or deleted there stay so. What is read-only in the folder
 * can be written in the data folder, since people work there. Prints `added|updated|kept <path>` lines.
 * @param previous the release before, if any
 * @param exclude top-level names of the stack's own files, left out when the whole folder is the seed
 */
export function seedCommand(
  place: { folder: string; release: string; previous?: string },
  seed: Seed,
  exclude: readonly string[],
  sudo: boolean,
): RemoteCommand<string[]> {
  const script = `set -e
src=$1 dst=$2 prev=$3 uid=$4 merge=$5; shift 5
[ -d "$src" ] || mkdir -p "$src"
if [ ! -d "$dst" ]; then prev=; mkdir -p "$dst"; fi
dst=$(cd "$dst" && pwd -P)
cd "$src"
find . -mindepth 1 "$@" \\( -type f -o -type l \\) -exec sh -c "$merge" merge "$dst" "$prev" {} +
if [ -n "$uid" ]; then chown -R --no-dereference "$uid" "$dst"; fi`;
  const previous = place.previous === undefined ? '' : posix.join(place.previous, seed.from);
  const names = seed.from === '.' ? [...exclude, '.git', RECORD_FILE] : ['.git'];
  const paths = names.flatMap((name, index) => [...(index > 0 ? ['-o'] : []), '-path', `./${name.replace(/[*?[\]\\]/g, '\\$&')}`]);
  const prune = ['(', ...paths, ')', '-prune', '-o'];
  const words = [
    posix.join(place.release, seed.from),
    posix.join(place.folder, seed.to),
    previous,
    sudo ? String(seed.uid ?? '') : '',
    MERGE,
  ];
  return {
    argv: ['sh', '-c', script, 'seed', ...words, ...prune],
    sudo,
    parse: (stdout) => stdout.split('\n').filter((line) => line !== ''),
    what: `fill ${seed.to}`,
  };
}
