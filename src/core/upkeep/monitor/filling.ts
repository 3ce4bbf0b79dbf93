import type { RemoteCommand } from '../../remote/command';
import { taggedLines } from '../../remote/taggedLines';
import type { Task } from '../task';
import { rootScript, scripted } from '../task';

/** What takes the room of a file system. */
export interface Filling {
  /** Largest folders, largest first: bytes, and how many files and folders are in them. */
  readonly folders: readonly { readonly path: string; readonly bytes: number; readonly files: number }[];
  /** Docker's own account, where it runs: `Images`, `Containers`, `Local Volumes`, `Build Cache` with bytes and what can be had back. */
  readonly docker: readonly { readonly kind: string; readonly size: string; readonly reclaimable: string }[];
  /** Bytes of systemd's journal. */
  readonly journal: number;
  /** Bytes of packages that were fetched and are installed. */
  readonly packages: number;
  /** The count had to stop early: the folders are those seen until then. */
  readonly partial: boolean;
}

const SCRIPT = String.raw`set +eu
limit() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
{ limit 60 du -x -k --max-depth=3 -- "$1" 2>/dev/null ; [ $? = 124 ] && echo 99999999999999 stopped; } | sort -rn | head -n 40 | sed 's/^/bytes /;s/^bytes 99999999999999 stopped$/partial/'
limit 60 du -x --inodes --max-depth=3 -- "$1" 2>/dev/null | sort -rn | head -n 40 | sed 's/^/files /'
if command -v docker >/dev/null; then limit 30 docker system df --format 'docker {{.Type}}|{{.Size}}|{{.Reclaimable}}' 2>/dev/null; fi
bytes() { du -sk "$@" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }
echo "journal $(bytes /var/log/journal /run/log/journal)"
echo "packages $(bytes /var/cache/apt/archives /var/cache/dnf /var/cache/yum)"
exit 0`;

/** Walks a file system: may take a minute on a slow disk. Changes nothing. @param mount its mount point */
export const whatFills = (mount: string): RemoteCommand<Filling> => ({
  ...rootScript(SCRIPT, [mount], `see what fills ${mount}`),
  parse: (stdout) => parseFilling(stdout, mount),
});

/** Folders named in a list of what is large. */
const MOST_FOLDERS = 8;

function parseFilling(text: string, root: string): Filling {
  const of = taggedLines(text);
  const sizes = (key: string): readonly (readonly [string, number])[] =>
    (of.get(key) ?? []).map((line) => [line.slice(line.indexOf('\t') + 1), Number(line.slice(0, line.indexOf('\t')))]);
  const bytes = new Map(sizes('bytes').map(([path, kib]) => [path, kib * 1024]));
  const files = new Map(sizes('files'));
  const paths = [...new Set([...largest(bytes, root), ...largest(files, root)])];
  return {
    folders: paths.map((path) => ({ path, bytes: bytes.get(path) ?? 0, files: files.get(path) ?? 0 })),
    docker: (of.get('docker') ?? []).map((line) => {
      const [kind = '', size = '', reclaimable = ''] = line.split('|');
      return { kind, size, reclaimable };
    }),
    journal: Number(of.get('journal')?.[0] ?? 0) * 1024,
    packages: Number(of.get('packages')?.[0] ?? 0) * 1024,
    partial: of.has('partial'),
  };
}

/** The folders that say where it is: of one and the folder around it, the inner one where it has most of what the outer has. */
function largest(sizes: ReadonlyMap<string, number>, root: string): readonly string[] {
  const sorted = [...sizes].filter(([path]) => path !== root).sort(([, a], [, b]) => b - a);
  const inside = (path: string, folder: string): boolean => path.startsWith(folder === '/' ? '/' : `${folder}/`);
  return sorted
    .filter(([path, size]) => !sorted.some(([other, inner]) => other !== path && inside(other, path) && inner > size * 0.7))
    .slice(0, MOST_FOLDERS)
    .map(([path]) => path);
}

/** Megabytes of the journal that stay. */
export const KEPT_JOURNAL = 100;

/** Removes the oldest of the journal. @param kept megabytes that stay */
export const vacuumJournal = (kept = KEPT_JOURNAL): Task<Filling> => ({
  id: 'monitor.journal',
  title: 'Shorten the journal',
  look: whatFills('/var/log'),
  plan({ journal }) {
    // its files have a size of their own, so that a little more may stay
    if (journal <= (kept + 32) * 1024 * 1024) return { acts: [] };
    const script = 'journalctl --rotate --quiet\njournalctl --vacuum-size="$1M" --quiet';
    const change = scripted(`removes the oldest entries of the journal beyond ${kept} MB`, script, [String(kept)]);
    return { acts: [{ name: 'journal', title: 'Shorten the journal', changes: [change] }] };
  },
});

/** Removes fetched package files, which can be fetched again. */
export const cleanPackages: Task<Filling> = {
  id: 'monitor.packages',
  title: 'Remove fetched packages',
  look: whatFills('/var/cache'),
  plan({ packages }) {
    if (packages < 1024 * 1024) return { acts: [] };
    const script =
      'if command -v apt-get >/dev/null; then apt-get clean; elif command -v dnf >/dev/null; then dnf -q clean packages; else yum -q clean packages; fi';
    const change = scripted(`removes ${Math.round(packages / 1e6)} MB of fetched packages; what is installed stays`, script);
    return { acts: [{ name: 'packages', title: 'Remove fetched packages', changes: [change] }] };
  },
};
