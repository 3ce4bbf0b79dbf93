import * as fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { throwIfCancelled } from '../../core/errors';
import { GIT_FOLDER } from '../../core/transfer/ignore';
import { decodeName, printableName } from '../../core/transfer/names';
import { emptyFailure } from '../../core/transfer/syncFailures';
import type { ArchiveItem, ArchiveOptions, FolderListing, ListOptions, LocalEntry, LocalFolder } from '../../core/transfer/ports';
import { hashFile } from './hashFile';
import { IgnoreFilter } from './ignoreFilter';
import { folderError, localPath } from './localPath';
import { tarStream } from './tarStream';

const WINDOWS = process.platform === 'win32';

type Skipped = FolderListing['skipped'][number];

/**
 * Folders of this computer, read with the blocking functions of fs, which take a third of the time of the others for thousands of small
 * files: to be used in a thread of its own (WorkerFolder).
 */
export class DiskFolder implements LocalFolder {
  list(root: string, signal?: AbortSignal, options: ListOptions = {}): Promise<FolderListing> {
    try {
      return Promise.resolve(listFolder(root, signal, options));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  tar(root: string, listing: { readonly entries: readonly ArchiveItem[] }, options: ArchiveOptions): Readable {
    return tarStream(root, listing.entries, options);
  }

  hash(
    root: string,
    files: readonly { readonly path: string; readonly length?: number }[],
    signal?: AbortSignal,
  ): Promise<readonly (string | undefined)[]> {
    return Promise.resolve(files.map(({ path: file, length }) => (throwIfCancelled(signal), hashFile(root, file, length))));
  }
}

function listFolder(root: string, signal: AbortSignal | undefined, { ignore, only }: ListOptions): FolderListing {
  const entries: LocalEntry[] = [];
  const skipped: Skipped[] = [];
  const realRoot = attempt(root, '', () => fs.realpathSync.native(root));
  const filter = ignore === undefined ? undefined : new IgnoreFilter(root, ignore);
  const folders = only === undefined ? [''] : [];
  const take = (entryPath: string): boolean => {
    const found = inspect(root, realRoot, entryPath);
    const directory = 'kind' in found && found.kind === 'directory';
    if (filter?.leavesOut(entryPath, directory) === true) return false;
    if ('reason' in found) skipped.push(found);
    else entries.push(found);
    return directory;
  };
  if (only !== undefined) folders.push(...takeOnly(root, only, filter, take));
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    throwIfCancelled(signal);
    const names = readNames(root, folder);
    filter?.enter(folder, names);
    for (const name of names) {
      const entryPath = folder === '' ? name : `${folder}/${name}`;
      if (filter !== undefined && name === GIT_FOLDER) continue;
      if (take(entryPath)) folders.push(entryPath);
    }
  }
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
  entries.sort(byPath);
  skipped.sort(byPath);
  let files = 0;
  let bytes = 0;
  for (const entry of entries) {
    if (entry.kind === 'file') files++;
    bytes += entry.size;
  }
  return { entries, files, bytes, skipped, hasModes: !WINDOWS, ...(filter && { ignore: filter.result() }) };
}

/**
 * Takes these paths and the folders above them. @param take lists one entry; true for a folder that is listed
 * @returns the folders among them, which are to be walked
 * @throws SkylabError (code `FolderEmpty`) where the root holds nothing at all: its disk may not be mounted
 */
function takeOnly(
  root: string,
  only: readonly string[],
  filter: IgnoreFilter | undefined,
  take: (path: string) => boolean,
): readonly string[] {
  const top = readNames(root, '');
  if (top.length === 0) throw emptyFailure(root);
  filter?.enter('', top);
  const taken = new Map<string, boolean>();
  const visit = (entryPath: string, last: boolean): boolean => {
    const known = taken.get(entryPath);
    if (known !== undefined) return known;
    const there = fs.lstatSync(localPath(root, entryPath), { throwIfNoEntry: false }) !== undefined;
    const directory = there && take(entryPath);
    taken.set(entryPath, directory);
    // A folder that is walked has its rules read then.
    if (directory && !last) filter?.enter(entryPath, readNames(root, entryPath));
    return directory;
  };
  const folders: string[] = [];
  for (const wanted of [...only].sort()) {
    const parts = wanted.split('/');
    if (parts.includes(GIT_FOLDER) && filter !== undefined) continue;
    if (liesBelow(wanted, folders)) continue;
    const above = parts.slice(0, -1).every((_, depth) => visit(parts.slice(0, depth + 1).join('/'), false));
    if (above && visit(wanted, true)) folders.push(wanted);
  }
  return folders;
}

const liesBelow = (entryPath: string, folders: readonly string[]): boolean => folders.some((folder) => entryPath.startsWith(`${folder}/`));

/** Does it, or fails with a sentence about this entry. */
function attempt<T>(root: string, entryPath: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw folderError(root, entryPath, error as NodeJS.ErrnoException);
  }
}

function readNames(root: string, folder: string): string[] {
  return attempt(root, folder, () => {
    const at = localPath(root, folder);
    const names = fs.readdirSync(at, 'utf8');
    if (WINDOWS || !names.some((name) => name.includes('\ufffd'))) return names;
    return fs.readdirSync(at, 'buffer').map(decodeName);
  });
}

function inspect(root: string, realRoot: string, entryPath: string): LocalEntry | Skipped {
  const stats = attempt(root, entryPath, () => fs.lstatSync(localPath(root, entryPath)));
  const common = { path: entryPath, mode: modeOf(stats), mtime: Math.floor(stats.mtimeMs / 1000) };
  if (stats.isFile()) return { ...common, kind: 'file', size: stats.size };
  if (stats.isDirectory()) return { ...common, kind: 'directory', size: 0 };
  if (!stats.isSymbolicLink()) return { path: entryPath, reason: 'It is neither a file nor a folder nor a link.' };
  const target = readLink(root, entryPath);
  const inside = path.posix.normalize(path.posix.join(path.posix.dirname(entryPath), target));
  const real = realPath(root, entryPath);
  const leavesByName = path.isAbsolute(target) || inside === '..' || inside.startsWith('../');
  const leavesForReal = real !== undefined && real !== realRoot && !real.startsWith(realRoot + path.sep);
  if (leavesByName || leavesForReal) return { path: entryPath, reason: `The link leads out of the folder, to ${printableName(target)}.` };
  return { ...common, kind: 'symlink', size: 0, linkTarget: target };
}

/** Windows has no permission bits: what node makes up there would close folders on the machine. */
function modeOf(stats: fs.Stats): number {
  if (!WINDOWS) return stats.mode & 0o777;
  return stats.isDirectory() ? 0o755 : 0o644;
}

function readLink(root: string, entryPath: string): string {
  const target = attempt(root, entryPath, () => fs.readlinkSync(localPath(root, entryPath), 'buffer'));
  return WINDOWS ? target.toString().replaceAll('\\', '/') : decodeName(target);
}

/** Where a link ends; undefined for one that leads nowhere. */
function realPath(root: string, entryPath: string): string | undefined {
  try {
    return decodeName(fs.realpathSync.native(localPath(root, entryPath), 'buffer'));
  } catch {
    return undefined;
  }
}
