import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defaultChoice } from '../../core/deploy/compose/sources';
import { filesWanted } from '../../core/deploy/compose/wanted';
import type { LabFile, LabFolder, LabFolderReader } from '../../core/deploy/ports';
import type { ContentEntry } from '../../core/deploy/releaseContents';
import { SkylabError } from '../../core/errors';
import { codeOf, readable, sha256, smallText, walkContents } from './folderContents';

const CADDY_NAMES = ['Caddyfile', 'caddy/Caddyfile', 'conf/Caddyfile', 'config/Caddyfile'];
/** No text file of a lab is larger; one that is would stall the page. */
const MAX_TEXT_BYTES = 1024 * 1024;

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
    const { entries, folders } = await walkContents(root, (path) => overrides.has(path), signal);
    const lines = [
      ...[...overrides].map(([path, content]) => `${path}\0file\0${String(false)}\0${sha256(content)}`),
      ...folders.map((path) => `${path}\0folder`),
      ...entries.map(({ path, executable, hash }) =>
        hash.startsWith('link:') ? `${path}\0link\0${hash.slice(5)}` : `${path}\0file\0${String(executable)}\0${hash}`,
      ),
    ];
    return sha256(Buffer.from(lines.sort().join('\n')));
  }

  async contents(root: string, signal?: AbortSignal): Promise<readonly ContentEntry[]> {
    return (await walkContents(root, () => false, signal)).entries;
  }

  async texts(root: string, paths: readonly string[]): Promise<readonly (string | undefined)[]> {
    return Promise.all(paths.map((path) => smallText(root, path)));
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
