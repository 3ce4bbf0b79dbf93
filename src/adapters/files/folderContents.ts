import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentEntry } from '../../core/deploy/releaseContents';
import { MAX_TEXT_BYTES, textOf } from '../../core/deploy/releaseContents';
import { SkylabError, throwIfCancelled } from '../../core/errors';

/** Files read at the same time while hashing. */
const PARALLEL = 16;
const CHUNK = 1024 * 1024;

/** What a folder on this computer consists of. */
export interface Walked {
  readonly entries: readonly (ContentEntry & { readonly hash: string })[];
  /** Paths of its folders. */
  readonly folders: readonly string[];
}

/** Every file and link of a folder with its hash. @param leave paths that are not read @throws SkylabError when something cannot be read */
export async function walkContents(root: string, leave: (path: string) => boolean, signal?: AbortSignal): Promise<Walked> {
  const entries: (ContentEntry & { hash: string })[] = [];
  const folders: string[] = [];
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    throwIfCancelled(signal);
    const listed = await readable(join(root, folder), 'The folder', () => readdir(join(root, folder), { withFileTypes: true }));
    for (const entry of listed) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        folders.push(path);
        await walk(path);
      } else if (entry.isSymbolicLink()) {
        entries.push({ path, size: 0, executable: false, hash: `link:${await readlink(join(root, path))}` });
      } else if (entry.isFile() && !leave(path)) files.push(path);
    }
  };
  await walk('');
  await eachOf(files, async (path) => {
    throwIfCancelled(signal);
    const full = join(root, path);
    await readable(full, 'The file', async () => {
      const { mode, size } = await lstat(full);
      entries.push({ path, size, executable: (mode & 0o100) !== 0, hash: await hashFile(full) });
    });
  });
  return { entries, folders };
}

/** The text of a file; undefined for one that is large, no text, or gone. */
export async function smallText(root: string, path: string): Promise<string | undefined> {
  const full = join(root, path);
  const stats = await lstat(full).catch(() => undefined);
  if (stats === undefined || !stats.isFile() || stats.size > MAX_TEXT_BYTES) return undefined;
  return textOf(await readable(full, 'The file', () => readFile(full)));
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

/** The code that the system gave an error; empty where there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Runs a read and turns what the system says into a sentence about the path. */
export async function readable<T>(path: string, what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SkylabError) throw error;
    const code = codeOf(error);
    if (code === '') throw error;
    const reason =
      code === 'ENOENT' ? 'is not there any more' : code === 'EACCES' || code === 'EPERM' ? 'may not be read' : `cannot be read (${code})`;
    throw new SkylabError(`${what} ${path} ${reason}.`, {
      next: 'Nothing was sent or changed. Mend that and try again.',
      code: 'FolderUnreadable',
      cause: error,
    });
  }
}
