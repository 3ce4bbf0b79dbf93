import { SkylabError } from '../errors';
import { printableName } from './names';
import type { FolderListing, LocalEntry } from './ports';

/**
 * The listing with other contents for some files, and with files added. What replaces or adds a `.env` file is for its owner alone
 * (0600): it may hold secrets that the person's own copy does not.
 * @throws SkylabError (code `BadOverride`) for a path that leads out of the folder, or where a folder stands
 */
export function withOverrides(listing: FolderListing, overrides: ReadonlyMap<string, Buffer> | undefined, now: number): FolderListing {
  if (overrides === undefined || overrides.size === 0) return listing;
  const entries = new Map(listing.entries.map((entry) => [entry.path, entry]));
  for (const [path, content] of overrides) {
    const parts = path.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0'))
      throw badOverride(path, 'is not a path inside the folder');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      const found = entries.get(parent);
      if (found === undefined) entries.set(parent, { path: parent, kind: 'directory', mode: 0o755, size: 0, mtime: now });
      else if (found.kind !== 'directory') throw badOverride(path, `lies below ${printableName(parent)}, which is not a folder`);
    }
    const before = entries.get(path);
    if (before?.kind === 'directory') throw badOverride(path, 'is a folder');
    entries.set(path, { path, kind: 'file', mode: modeOf(path, before), size: content.length, mtime: now });
  }
  const changed = [...entries.values()];
  const files = changed.filter((entry) => entry.kind === 'file');
  return { ...listing, entries: changed, files: files.length, bytes: files.reduce((sum, entry) => sum + entry.size, 0) };
}

function modeOf(path: string, before: LocalEntry | undefined): number {
  const mode = before?.kind === 'file' ? before.mode : 0o644;
  return path.slice(path.lastIndexOf('/') + 1).startsWith('.env') ? mode & 0o700 : mode;
}

const badOverride = (path: string, why: string) =>
  new SkylabError(`A file was to be sent as ${printableName(path)}, which ${why}.`, { code: 'BadOverride' });
