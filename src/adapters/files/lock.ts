import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { SkylabError } from '../../core/errors';

const patienceMs = 10_000;
/** A lock of another computer (a shared home folder) counts as left behind after this. */
const foreignAgeMs = 60_000;

/** Tasks of this window wait in line here, so that only windows compete for the file. */
const lines = new Map<string, Promise<unknown>>();

/**
 * Runs one task at a time on a file, over all windows: `<path>.lock` names the holder and is made only where none is.
 * The lock of a process that is gone is broken. @throws SkylabError `FileLocked` when it stays held for 10 s
 */
export async function withLock<T>(path: string, task: () => Promise<T>): Promise<T> {
  const before = lines.get(path) ?? Promise.resolve();
  const mine = before.catch(() => undefined).then(() => locked(`${path}.lock`, path, task));
  lines.set(path, mine);
  try {
    return await mine;
  } finally {
    if (lines.get(path) === mine) lines.delete(path);
  }
}

async function locked<T>(lock: string, path: string, task: () => Promise<T>): Promise<T> {
  const token = JSON.stringify({ pid: process.pid, host: hostname(), id: randomBytes(8).toString('hex') });
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 });
  const begun = Date.now();
  while (!(await take(lock, token))) {
    await breakStale(lock);
    if (Date.now() - begun > patienceMs) {
      throw new SkylabError(`${path} is being written by another window for too long.`, {
        code: 'FileLocked',
        next: `Close other windows, or remove ${lock}, then try again.`,
      });
    }
    await new Promise((done) => setTimeout(done, 10 + Math.random() * 20));
  }
  try {
    return await task();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

/** Makes the lock file, complete from the moment it is seen. */
async function take(lock: string, token: string): Promise<boolean> {
  const own = `${lock}.${randomBytes(6).toString('hex')}`;
  const file = await open(own, 'wx', 0o600);
  await file.writeFile(token);
  await file.close();
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(own);
  }
}

async function breakStale(lock: string): Promise<void> {
  const seen = await readFile(lock, 'utf8').catch(() => undefined);
  if (seen === undefined || !(await isStale(lock, seen))) return;
  // only one of several breakers gets the file; if it was a live one that had come in between, it goes back
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  const moved = await rename(lock, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, 'utf8')) !== seen) await link(aside, lock).catch(() => undefined);
  await unlink(aside);
}

async function isStale(lock: string, content: string): Promise<boolean> {
  const holder = parse(content);
  if (holder?.host !== hostname()) {
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    return Date.now() - mtimeMs > foreignAgeMs;
  }
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function parse(content: string): { pid: number; host: string } | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return undefined;
    return typeof value.pid === 'number' && typeof value.host === 'string' ? { pid: value.pid, host: value.host } : undefined;
  } catch {
    return undefined;
  }
}
