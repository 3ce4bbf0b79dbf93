import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { lstat, mkdir, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SkylabError } from '../../core/errors';

const leftoverAgeMs = 60 * 60 * 1000;

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The sentence for a file that cannot be used; nothing was changed. */
function unusable(path: string, verb: 'read' | 'written', error: unknown): SkylabError {
  if (error instanceof SkylabError) return error;
  const code = codeOf(error);
  const reasons: Record<string, readonly [string, string]> = {
    EACCES: ['this account may not', 'Correct its permissions, then try again.'],
    EPERM: ['this account may not', 'Correct its permissions, then try again.'],
    EISDIR: ['it is a folder', 'Move the folder away, then try again.'],
    ENOTDIR: ['a folder on the way to it is a file', 'Move that file away, then try again.'],
    ELOOP: ['it is a symbolic link that leads in a circle', 'Correct the link, then try again.'],
    ENOSPC: ['the disk is full', 'Free some space, then try again.'],
    EROFS: ['the disk is read-only', 'Make it writable, then try again.'],
  };
  const [why, next] = (code === undefined ? undefined : reasons[code]) ?? [
    error instanceof Error ? error.message : String(error),
    'Try again.',
  ];
  return new SkylabError(`${path} cannot be ${verb}: ${why}. Nothing was changed.`, { code: 'FileUnusable', next, cause: error });
}

/** The file that a path means, with symbolic links followed; undefined where there is none. @throws SkylabError for a link to nowhere */
async function resolve(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    const link = await lstat(path).catch((cause: unknown) => {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw cause;
    });
    if (link?.isSymbolicLink()) {
      throw new SkylabError(`${path} is a symbolic link to a file that does not exist. Nothing was changed.`, {
        code: 'FileUnusable',
        next: 'Correct or remove the link, then try again.',
        cause: error,
      });
    }
    return undefined;
  }
}

/** The bytes of a file, or undefined where there is none: every other trouble is told, never taken for an empty file. @throws SkylabError */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    const real = await resolve(path);
    return real === undefined ? undefined : await readFile(real);
  } catch (error) {
    throw unusable(path, 'read', error);
  }
}

export interface WriteOptions {
  /** Permission bits; those of the file that is replaced, or 0600, unless given. */
  readonly mode?: number;
}

/**
 * Writes a file whole or not at all: into a temporary file beside it (whose name no `*.conf` matches), flushed to disk, then renamed.
 * Symbolic links are followed, so that the link stays. Missing folders are made with mode 0700. @throws SkylabError
 */
export async function writeWhole(path: string, data: string | Buffer, options: WriteOptions = {}): Promise<void> {
  let temporary: string | undefined;
  try {
    const real = (await resolve(path)) ?? path;
    const folder = dirname(real);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const old = await stat(real).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (old?.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    await sweep(folder, basename(real));
    const name = join(folder, `.${basename(real)}.${randomBytes(6).toString('hex')}.skylab-tmp`);
    const file = await open(name, 'wx', 0o600);
    temporary = name;
    try {
      await file.writeFile(data);
      await file.chmod(options.mode ?? (old === undefined ? 0o600 : old.mode & 0o7777));
      await keepOwner(file, old);
      await file.sync();
    } finally {
      await file.close();
    }
    await replace(name, real);
    temporary = undefined;
    await syncFolder(folder);
  } catch (error) {
    if (temporary !== undefined) await unlink(temporary).catch(() => undefined);
    throw unusable(path, 'written', error);
  }
}

/** Root that writes somebody's file leaves it theirs. */
async function keepOwner(file: FileHandle, old: { uid: number; gid: number } | undefined): Promise<void> {
  if (old === undefined || process.getuid?.() !== 0) return;
  await file.chown(old.uid, old.gid);
}

/** Renames over the old file. On Windows another program may hold that open for a moment. */
async function replace(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const passing = process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '');
      if (!passing || attempt === 10) throw error;
      await new Promise((done) => setTimeout(done, 20 * attempt));
    }
  }
}

/** Makes the rename itself durable, where the system can flush a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Removes what a crash before the rename left behind. */
async function sweep(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !entry.endsWith('.skylab-tmp')) continue;
    const path = join(folder, entry);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > leftoverAgeMs) await unlink(path).catch(() => undefined);
  }
}
