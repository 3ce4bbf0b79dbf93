import * as fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { throwIfCancelled } from '../../core/errors';
import { decodeName, printableName } from '../../core/transfer/names';
import type { FolderListing, LocalEntry, LocalFolder } from '../../core/transfer/ports';
import { folderError, localPath } from './localPath';
import { tarStream } from './tarStream';

const WINDOWS = process.platform === 'win32';

type Skipped = FolderListing['skipped'][number];

/**
 * Folders of this computer. The callback functions of fs are used on purpose: for thousands of small files they take a third of the
 * time of the promises.
 */
export class DiskFolder implements LocalFolder {
  async list(root: string, signal?: AbortSignal): Promise<FolderListing> {
    const entries: LocalEntry[] = [];
    const skipped: Skipped[] = [];
    const realRoot = await realPathOf(root);
    const visit = async (folder: string): Promise<void> => {
      throwIfCancelled(signal);
      const names = await readNames(root, folder);
      const below: string[] = [];
      await Promise.all(
        names.map(async (name) => {
          const entryPath = folder === '' ? name : `${folder}/${name}`;
          const found = await inspect(root, realRoot, entryPath);
          if ('reason' in found) skipped.push(found);
          else entries.push(found);
          if ('kind' in found && found.kind === 'directory') below.push(entryPath);
        }),
      );
      await Promise.all(below.map(visit));
    };
    await visit('');
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    entries.sort(byPath);
    skipped.sort(byPath);
    let files = 0;
    let bytes = 0;
    for (const entry of entries) {
      if (entry.kind === 'file') files++;
      bytes += entry.size;
    }
    return { entries, files, bytes, skipped };
  }

  tar(root: string, listing: FolderListing, options: Parameters<LocalFolder['tar']>[2]): Readable {
    return tarStream(root, listing, options);
  }
}

function realPathOf(root: string): Promise<string> {
  return new Promise((resolve, reject) =>
    fs.realpath(root, (error, real) => (error ? reject(folderError(root, '', error)) : resolve(real))),
  );
}

function readNames(root: string, folder: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const at = localPath(root, folder);
    fs.readdir(at, 'utf8', (error, names) => {
      if (error) reject(folderError(root, folder, error));
      else if (WINDOWS || !names.some((name) => name.includes('\ufffd'))) resolve(names);
      else fs.readdir(at, 'buffer', (again, raw) => (again ? reject(folderError(root, folder, again)) : resolve(raw.map(decodeName))));
    });
  });
}

async function inspect(root: string, realRoot: string, entryPath: string): Promise<LocalEntry | Skipped> {
  const stats = await new Promise<fs.Stats>((resolve, reject) =>
    fs.lstat(localPath(root, entryPath), (error, found) => (error ? reject(folderError(root, entryPath, error)) : resolve(found))),
  );
  const common = { path: entryPath, mode: stats.mode & 0o777, mtime: Math.floor(stats.mtimeMs / 1000) };
  if (stats.isFile()) return { ...common, kind: 'file', size: stats.size };
  if (stats.isDirectory()) return { ...common, kind: 'directory', size: 0 };
  if (!stats.isSymbolicLink()) return { path: entryPath, reason: 'It is neither a file nor a folder nor a link.' };
  const target = await readLink(root, entryPath);
  const inside = path.posix.normalize(path.posix.join(path.posix.dirname(entryPath), target));
  const real = await realPath(root, entryPath);
  const leavesByName = path.isAbsolute(target) || inside === '..' || inside.startsWith('../');
  const leavesForReal = real !== undefined && real !== realRoot && !real.startsWith(realRoot + path.sep);
  if (leavesByName || leavesForReal) return { path: entryPath, reason: `The link leads out of the folder, to ${printableName(target)}.` };
  return { ...common, kind: 'symlink', size: 0, linkTarget: target };
}

function readLink(root: string, entryPath: string): Promise<string> {
  return new Promise((resolve, reject) =>
    fs.readlink(localPath(root, entryPath), 'buffer', (error, target) => {
      if (error) reject(folderError(root, entryPath, error));
      else resolve(WINDOWS ? target.toString().replaceAll('\\', '/') : decodeName(target));
    }),
  );
}

/** Where a link ends; undefined for one that leads nowhere. */
function realPath(root: string, entryPath: string): Promise<string | undefined> {
  return new Promise((resolve) =>
    fs.realpath(localPath(root, entryPath), 'buffer', (error, real) => resolve(error ? undefined : decodeName(real))),
  );
}
