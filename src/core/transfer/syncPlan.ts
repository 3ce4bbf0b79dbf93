import type { ArchiveItem, FolderListing, LocalEntry } from './ports';
import type { RemoteEntry } from './remoteListing';

export type RemoteEntries = ReadonlyMap<string, RemoteEntry>;

/** What differs between a folder here and one on the machine. Paths are relative, `/` between parts. */
export interface Difference {
  /** New there. */
  readonly added: readonly LocalEntry[];
  /** There in another version. */
  readonly changed: readonly LocalEntry[];
  /** Files of equal size whose times differ: only their contents tell whether they have changed. */
  readonly suspects: readonly LocalEntry[];
  /** Equal but for mode or time. */
  readonly touched: readonly LocalEntry[];
  /** There and not here, children after their folders; never what is ignored or was skipped here. */
  readonly extra: readonly string[];
  /** Of `changed` and `suspects`: those that are newer there. */
  readonly newerThere: readonly string[];
  /** Folders there where something else stands here; they give way only where deleting is asked for. */
  readonly blocked: readonly string[];
}

export interface CompareOptions {
  /** Every file of equal size counts as a suspect, whatever its time. */
  readonly contents?: boolean;
  /** The paths that were looked at, where that was not everything: folders above them are left as they are. */
  readonly only?: readonly string[];
  /** Whether a path that exists there alone is none of the folder's business. @param directory whether it is a folder there */
  readonly ignores?: (path: string, directory: boolean) => boolean;
}

/** Compares size, time (in whole seconds), mode, kind and link target. */
export function compare(local: FolderListing, remote: RemoteEntries, options: CompareOptions = {}): Difference {
  const added: LocalEntry[] = [];
  const changed: LocalEntry[] = [];
  const suspects: LocalEntry[] = [];
  const touched: LocalEntry[] = [];
  const newerThere: string[] = [];
  const blocked: string[] = [];
  const here = new Set<string>();
  const above = options.only === undefined ? undefined : foldersAbove(options.only);
  for (const found of local.entries) {
    here.add(found.path);
    const there = remote.get(found.path);
    const entry = local.hasModes ? found : { ...found, mode: there?.kind === found.kind ? there.mode : found.mode };
    if (there === undefined) {
      added.push(entry);
      continue;
    }
    const newer = there.kind === 'file' && there.mtime > entry.mtime;
    if (above?.has(entry.path) === true) {
      if (there.kind !== 'directory') blocked.push(entry.path);
      continue;
    }
    if (there.kind !== entry.kind) {
      changed.push(entry);
      if (there.kind === 'directory') blocked.push(entry.path);
    } else if (entry.kind === 'directory') {
      if (there.mode !== entry.mode) touched.push(entry);
    } else if (entry.kind === 'symlink') {
      if (there.linkTarget !== entry.linkTarget) changed.push(entry);
    } else if (there.size !== entry.size) {
      changed.push(entry);
      if (newer) newerThere.push(entry.path);
    } else if (there.mtime !== entry.mtime || options.contents === true) {
      suspects.push(entry);
      if (newer) newerThere.push(entry.path);
    } else if (there.mode !== entry.mode) {
      touched.push(entry);
    }
  }
  const extra = extraThere(here, local, remote, options.ignores ?? (() => false)).filter(
    (path) => options.only === undefined || isWithin(path, options.only),
  );
  return { added, changed, suspects, touched, extra, newerThere, blocked };
}

/** The difference once it is known which suspects are equal after all. @param equal whether a suspect has the same content there */
export function settle(difference: Difference, remote: RemoteEntries, equal: (entry: LocalEntry) => boolean): Difference {
  const changed = [...difference.changed];
  const touched = [...difference.touched];
  const same = new Set<string>();
  for (const entry of difference.suspects) {
    if (!equal(entry)) {
      changed.push(entry);
      continue;
    }
    same.add(entry.path);
    const there = remote.get(entry.path);
    if (there?.mtime === entry.mtime && there.mode === entry.mode) continue;
    touched.push(entry);
  }
  return { ...difference, changed, touched, suspects: [], newerThere: difference.newerThere.filter((path) => !same.has(path)) };
}

function extraThere(
  here: ReadonlySet<string>,
  local: FolderListing,
  remote: RemoteEntries,
  ignores: (path: string, directory: boolean) => boolean,
): readonly string[] {
  const skipped = new Set(local.skipped.map(({ path }) => path));
  const kept = new Set<string>();
  const keep = (path: string): void => {
    for (let at = path; at !== '' && !kept.has(at); at = parentOf(at)) kept.add(at);
  };
  const candidates: string[] = [];
  for (const [path, { kind }] of remote) {
    if (here.has(path)) continue;
    if (skipped.has(path) || liesBelow(path, skipped) || ignores(path, kind === 'directory')) keep(path);
    else candidates.push(path);
  }
  return candidates.filter((path) => !kept.has(path)).sort();
}

/** All folders that lead to these paths. */
export function foldersAbove(paths: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const path of paths) for (let at = parentOf(path); at !== '' && !found.has(at); at = parentOf(at)) found.add(at);
  return found;
}

const isWithin = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function liesBelow(path: string, folders: ReadonlySet<string>): boolean {
  if (folders.size === 0) return false;
  for (let at = parentOf(path); at !== ''; at = parentOf(at)) if (folders.has(at)) return true;
  return false;
}

/** A large file of which the machine has kept the beginning. */
export interface Started {
  readonly path: string;
  /** Bytes that are there. */
  readonly bytes: number;
}

/** What is carried out: the archive, and the lists that the machine gets before it. */
export interface Delivery {
  readonly items: readonly ArchiveItem[];
  readonly files: number;
  readonly bytes: number;
  /** Bytes that were kept from an earlier run and are not sent again. */
  readonly keptBytes: number;
  /** Paths that are taken from what an earlier run has left. */
  readonly reuse: readonly string[];
  /** Number, path, time and mode of each file whose rest is sent. */
  readonly append: readonly (readonly [path: string, mtime: number, mode: number])[];
  /** What stands there now and is replaced or deleted: kept aside until everything is in place. */
  readonly saved: readonly string[];
  /** Files and links that are new there. */
  readonly freshFiles: readonly string[];
  /** Folders that are new there, deepest first. */
  readonly freshFolders: readonly string[];
  readonly goneFiles: readonly string[];
  /** Deepest first. */
  readonly goneFolders: readonly string[];
  /** What the machine must count in the staged tree: files, links, folders, bytes. */
  readonly wanted: readonly [files: number, links: number, folders: number, bytes: number];
}

/**
 * Turns a settled difference into what is sent.
 * @param staged what an earlier run has left on the machine, whole files and one or more beginnings
 * @param started the beginnings that were found to be right
 */
export function deliver(
  local: FolderListing,
  remote: RemoteEntries,
  difference: Difference,
  options: { readonly deletes: boolean; readonly staged?: RemoteEntries; readonly started?: readonly Started[] },
): Delivery {
  const byPath = new Map(local.entries.map((entry) => [entry.path, entry]));
  const sent = [...difference.added, ...difference.changed];
  const tree = withFolders(local, sent, byPath, remote);
  const bare = withFolders(local, difference.touched, byPath, remote);
  const started = new Map((options.started ?? []).map(({ path, bytes }) => [path, bytes]));
  const items: ArchiveItem[] = [];
  const reuse: string[] = [];
  const append: [string, number, number][] = [];
  const count = { file: 0, symlink: 0, directory: 0 };
  let total = 0;
  let kept = 0;
  let files = 0;
  for (const entry of tree) {
    count[entry.kind]++;
    total += entry.size;
    const from = started.get(entry.path);
    if (from !== undefined) {
      kept += from;
      files++;
      items.push({ ...entry, name: `x/${append.length}`, from, mode: 0o600 });
      append.push([entry.path, entry.mtime, entry.mode]);
    } else if (entry.kind !== 'directory' && isStaged(entry, options.staged)) {
      kept += entry.size;
      reuse.push(entry.path);
    } else {
      if (entry.kind === 'file') files++;
      items.push({ ...entry, name: `t/${entry.path}` });
    }
  }
  for (const entry of bare) items.push({ ...entry, name: `a/${entry.path}`, bare: true });
  const extra = options.deletes ? difference.extra : [];
  const replaced = difference.changed.map(({ path }) => path).filter((path) => remote.get(path)?.kind === 'directory');
  const gone = [...new Set([...extra, ...replaced])].sort();
  const isFolder = (path: string): boolean => remote.get(path)?.kind === 'directory';
  const goneFolders = gone.filter(isFolder).reverse();
  const goneSet = new Set(goneFolders);
  const topmost = (path: string): boolean => !liesBelow(path, goneSet);
  const changedPaths = difference.changed.map(({ path }) => path).filter((path) => !isFolder(path));
  // Something else than a folder gives way before a folder can take its place.
  const turned = difference.changed.filter(({ path, kind }) => kind === 'directory' && !isFolder(path)).map(({ path }) => path);
  const fresh = tree.filter(({ path }) => !remote.has(path) || isFolder(path) !== (byPath.get(path)?.kind === 'directory'));
  return {
    items,
    files,
    bytes: total - kept,
    keptBytes: kept,
    reuse,
    append,
    saved: [...new Set([...changedPaths, ...gone])].filter(topmost).sort(),
    freshFiles: fresh.filter(({ kind }) => kind !== 'directory').map(({ path }) => path),
    freshFolders: fresh
      .filter(({ kind }) => kind === 'directory')
      .map(({ path }) => path)
      .reverse(),
    goneFiles: [...gone.filter((path) => !isFolder(path)), ...turned],
    goneFolders,
    wanted: [count.file, count.symlink, count.directory, total],
  };
}

function isStaged(entry: LocalEntry, staged: RemoteEntries | undefined): boolean {
  const there = staged?.get(entry.path);
  if (there?.kind !== entry.kind) return false;
  if (entry.kind === 'symlink') return there.linkTarget === entry.linkTarget;
  return there.size === entry.size && there.mtime === entry.mtime && there.mode === entry.mode;
}

/** The entries with all folders above them, in the order in which they are unpacked. */
function withFolders(
  local: FolderListing,
  entries: readonly LocalEntry[],
  byPath: ReadonlyMap<string, LocalEntry>,
  remote: RemoteEntries,
): readonly LocalEntry[] {
  if (entries.length === 0) return [];
  const found = new Map<string, LocalEntry>();
  for (const entry of entries) {
    found.set(entry.path, entry);
    for (let at = parentOf(entry.path); at !== '' && !found.has(at); at = parentOf(at)) {
      const folder = byPath.get(at);
      if (folder !== undefined) found.set(at, local.hasModes ? folder : { ...folder, mode: remote.get(at)?.mode ?? folder.mode });
    }
  }
  // The listing's order: sorting anew takes longer than all the rest.
  return local.entries.flatMap(({ path }) => found.get(path) ?? []);
}
