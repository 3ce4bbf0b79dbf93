import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { PartialFile } from '../../core/transfer/download/ports';
import { receiveError } from './receiveErrors';
import { taken } from './receiveFolderPlace';

const SUFFIX = '.skylab-partial';
const HASH_CHUNK = 1024 * 1024;
/** Longest name that most file systems take, in bytes. */
const NAME_MAX = 255;

/**
 * Opens what an earlier attempt left of the same state of the same file, or begins: `data.csv.<source>-<version>.skylab-partial` beside
 * the place that it is for. What is left of the file's other states is removed.
 */
export async function openPartial(dest: string, source: string, version: string): Promise<PartialFile> {
  const folder = path.dirname(dest);
  const base = shortened(path.basename(dest));
  const ours = `${base}.${digest(source)}-`;
  const name = `${ours}${digest(version)}${SUFFIX}`;
  try {
    for (const other of await readdir(folder)) {
      if (other.startsWith(ours) && other.endsWith(SUFFIX) && other !== name) await unlink(path.join(folder, other));
    }
    const place = path.join(folder, name);
    const handle = await open(place, 'a+', 0o600);
    const { size } = await handle.stat();
    return new AppendedFile(handle, place, dest, size);
  } catch (error) {
    throw receiveError(error, dest);
  }
}

class AppendedFile implements PartialFile {
  constructor(
    private readonly handle: FileHandle,
    private readonly place: string,
    private readonly dest: string,
    public size: number,
  ) {}

  append(data: Buffer): Promise<void> {
    return this.#telling(async () => {
      for (let at = 0; at < data.length;) at += (await this.handle.write(data, at)).bytesWritten;
      this.size += data.length;
    });
  }

  read(offset: number, length: number): Promise<Buffer> {
    return this.#telling(async () => {
      const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    });
  }

  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for (let at = 0; at < this.size; at += HASH_CHUNK) hash.update(await this.read(at, Math.min(HASH_CHUNK, this.size - at)));
    return hash.digest('hex');
  }

  reset(): Promise<void> {
    return this.#telling(async () => {
      await this.handle.truncate(0);
      this.size = 0;
    });
  }

  finish({ mode, mtime, replace, isPrivate }: Parameters<PartialFile['finish']>[0]): Promise<void> {
    return this.#telling(async () => {
      if (!isPrivate) await this.handle.chmod(await maskedMode(`${this.place}-mode`, mode & 0o777));
      await this.handle.utimes(mtime, mtime);
      await this.handle.sync();
      await this.handle.close();
      if (!replace && (await isThere(this.dest))) throw taken(this.dest);
      await rename(this.place, this.dest);
    });
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await unlink(this.place).catch(() => undefined);
  }

  async #telling<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw receiveError(error, this.dest);
    }
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** What the umask leaves of a mode: asked of the system by a file, since a process cannot read its umask without setting it. */
async function maskedMode(probe: string, mode: number): Promise<number> {
  await unlink(probe).catch(() => undefined);
  const handle = await open(probe, 'wx', mode);
  try {
    return (await handle.stat()).mode & 0o777;
  } finally {
    await handle.close();
    await unlink(probe);
  }
}

function shortened(base: string): string {
  let kept = base;
  while (Buffer.byteLength(kept) > NAME_MAX - 26 - SUFFIX.length) kept = Array.from(kept).slice(0, -1).join('');
  return kept;
}

async function isThere(place: string): Promise<boolean> {
  return lstat(place).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
