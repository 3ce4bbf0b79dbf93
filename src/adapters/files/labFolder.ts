import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defaultChoice } from '../../core/deploy/compose/sources';
import { filesWanted } from '../../core/deploy/compose/wanted';
import type { LabFile, LabFolder, LabFolderReader } from '../../core/deploy/ports';
import { SkylabError, throwIfCancelled } from '../../core/errors';

const CADDY_NAMES = ['Caddyfile', 'caddy/Caddyfile', 'conf/Caddyfile', 'config/Caddyfile'];
/** No text file of a lab is larger; one that is would stall the page. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** Files read at the same time while hashing. */
const PARALLEL = 16;

/** Reads lab folders from this computer's disk. */
export class DiskLabFolderReader implements LabFolderReader {
  async read(root: string): Promise<LabFolder> {
    const listed = await readable(root, 'The folder', async () => {
      const found = await readdir(root, { withFileTypes: true });
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
    const entries = listed.map((entry) => entry.name);
    const folders: string[] = [];
    const notebooks = entries.filter(isNotebook);
    for (const entry of listed) {
      const folder = entry.isSymbolicLink() ? await leadsToFolder(join(root, entry.name)) : entry.isDirectory();
      if (!folder) continue;
      folders.push(entry.name);
      // A folder that cannot be read is said when it is uploaded.
      const inside = await readdir(join(root, entry.name)).catch((): string[] => []);
      notebooks.push(...inside.filter(isNotebook).map((name) => `${entry.name}/${name}`));
    }
    const first = async (names: readonly string[]): Promise<LabFile | undefined> => {
      for (const name of names) {
        const [top = name] = name.split('/');
        if (!entries.includes(top)) continue;
        const file = await textFile(root, name);
        if (file) return file;
      }
      return undefined;
    };
    const env = await first(['.env']);
    const caddyfile = await first(CADDY_NAMES);
    const units: LabFile[] = [];
    for (const name of entries.filter((entry) => entry.endsWith('.service'))) {
      const unit = await textFile(root, name);
      if (unit) units.push(unit);
    }
    const texts = await composeTexts(root, { entries, ...(env ? { env } : {}) });
    const main = mainFile({ entries, ...(env ? { env } : {}) });
    const compose = main === undefined ? undefined : texts.get(main);
    return {
      root,
      name: basename(root),
      ...(main !== undefined && compose !== undefined ? { compose: { path: main, text: compose } } : {}),
      texts,
      ...(env ? { env } : {}),
      ...(caddyfile ? { caddyfile } : {}),
      units,
      entries,
      notebooks: notebooks.sort(),
      folders,
    };
  }

  async digest(root: string, overrides: ReadonlyMap<string, Buffer>, signal?: AbortSignal): Promise<string> {
    const lines: string[] = [];
    const files: { path: string; executable: boolean }[] = [];
    for (const [path, content] of overrides) lines.push(`${path}\0file\0${String(false)}\0${sha256(content)}`);
    const walk = async (folder: string): Promise<void> => {
      throwIfCancelled(signal);
      const listed = await readable(join(root, folder), 'The folder', () => readdir(join(root, folder), { withFileTypes: true }));
      for (const entry of listed) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          lines.push(`${path}\0folder`);
          await walk(path);
        } else if (entry.isSymbolicLink()) {
          lines.push(`${path}\0link\0${await readlink(join(root, path))}`);
        } else if (entry.isFile() && !overrides.has(path)) {
          const { mode } = await lstat(join(root, path));
          files.push({ path, executable: (mode & 0o100) !== 0 });
        }
      }
    };
    await walk('');
    await eachOf(files, async ({ path, executable }) => {
      throwIfCancelled(signal);
      const digest = await readable(join(root, path), 'The file', () => hashFile(join(root, path)));
      lines.push(`${path}\0file\0${String(executable)}\0${digest}`);
    });
    return sha256(Buffer.from(lines.sort().join('\n')));
  }
}

/** The first Compose file, as far as the .env can be read; what is wrong with it is said when the page opens. */
function mainFile(folder: Pick<LabFolder, 'entries' | 'env'>): string | undefined {
  try {
    return defaultChoice(folder).files[0];
  } catch (error) {
    if (error instanceof SkylabError) return undefined;
    throw error;
  }
}

/** Reads what the Compose files name, round by round until they name nothing new. */
async function composeTexts(root: string, folder: Pick<LabFolder, 'entries' | 'env'>): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const asked = new Set<string>();
  for (;;) {
    const wanted = filesWanted({ ...folder, texts }, asked);
    if (wanted.length === 0) return texts;
    for (const path of wanted) {
      asked.add(path);
      const file = await textFile(root, path);
      if (file) texts.set(path, file.text);
    }
  }
}

const isNotebook = (name: string): boolean => name.endsWith('.ipynb');

async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash: Hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: MAX_TEXT_BYTES })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // a link that leads nowhere is no folder; the upload says what becomes of it
    return false;
  }
}

async function textFile(root: string, path: string): Promise<LabFile | undefined> {
  const full = join(root, path);
  return readable(full, 'The file', async () => {
    let size: number;
    try {
      const stats = await stat(full);
      if (!stats.isFile()) return undefined;
      size = stats.size;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
      throw error;
    }
    if (size > MAX_TEXT_BYTES) {
      throw new SkylabError(`${full} has ${Math.round(size / 1024)} KiB: too much for such a file.`, {
        next: 'Check that it is what its name says.',
      });
    }
    return { path, text: await readFile(full, 'utf8') };
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Runs a read and turns what the system says into a sentence about the path. */
async function readable<T>(path: string, what: string, act: () => Promise<T>): Promise<T> {
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
