import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SkylabError } from '../../core/errors';
import { RECIPE_FILE } from '../../core/recipes/model';
import type { RecipeFile, RecipeFolders } from '../../core/recipes/ports';
import { writeWhole } from './atomic';

/** A recipe is text and a few pictures; more than this is something else. */
const MOST_FILES = 2_000;
const MOST_BYTES = 64 * 2 ** 20;
/** Not part of a recipe wherever they stand. */
const LEFT_OUT = new Set(['.git', '.DS_Store', 'node_modules', '__pycache__']);

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** Recipes on this computer's disk, and the folders made from them. */
export class DiskRecipeFolders implements RecipeFolders {
  async find(root: string): Promise<readonly string[]> {
    if (await isFile(join(root, RECIPE_FILE))) return [root];
    const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
      throw new SkylabError(`The folder ${root} cannot be read (${codeOf(error)}).`, {
        next: 'Check that it is there and that you may read it.',
        cause: error,
      });
    });
    const folders = entries.filter((entry) => entry.isDirectory() && !LEFT_OUT.has(entry.name)).map((entry) => join(root, entry.name));
    const found = await Promise.all(folders.map(async (folder) => ((await isFile(join(folder, RECIPE_FILE))) ? [folder] : [])));
    return found.flat().sort();
  }

  async files(folder: string): Promise<readonly RecipeFile[]> {
    const found: RecipeFile[] = [];
    let bytes = 0;
    const walk = async (prefix: string): Promise<void> => {
      for (const name of (await readdir(join(folder, prefix))).sort()) {
        if (LEFT_OUT.has(name)) continue;
        const path = prefix === '' ? name : `${prefix}/${name}`;
        const stats = await lstat(join(folder, path));
        if (stats.isDirectory()) {
          await walk(path);
          continue;
        }
        if (!stats.isFile()) throw refused(folder, `${path} is a link or a device, which a recipe may not hold`);
        bytes += stats.size;
        if (found.length >= MOST_FILES || bytes > MOST_BYTES) throw refused(folder, 'it is far too large for a recipe');
        found.push({ path, content: await readFile(join(folder, path)), executable: (stats.mode & 0o100) !== 0 });
      }
    };
    await walk('');
    return found;
  }

  async writeSecret(path: string, text: string): Promise<void> {
    await writeWhole(path, text, { mode: 0o600 });
  }

  async make(folder: string, files: readonly RecipeFile[]): Promise<void> {
    if (await occupied(folder)) {
      throw new SkylabError(`${folder} is there already and not empty.`, {
        next: 'Choose another name. Nothing was changed.',
        code: 'FolderTaken',
      });
    }
    let staged: string | undefined;
    try {
      await mkdir(dirname(folder), { recursive: true });
      staged = await mkdtemp(join(dirname(folder), `.${basename(folder)}.${randomBytes(3).toString('hex')}-`));
      for (const { path, content, executable } of files) {
        const full = join(staged, path);
        await mkdir(dirname(full), { recursive: true });
        // .env is made for secrets
        await writeFile(full, content, { flag: 'wx', mode: path === '.env' ? 0o600 : executable ? 0o755 : 0o644 });
      }
      await chmod(staged, 0o755);
      await rename(staged, folder);
    } catch (error) {
      if (staged !== undefined) await rm(staged, { recursive: true, force: true });
      const code = codeOf(error);
      const why = code === 'ENOSPC' ? 'the disk is full' : code === 'EACCES' || code === 'EPERM' ? 'this account may not' : String(error);
      throw new SkylabError(`${folder} cannot be made: ${why}.`, { next: 'Choose another place. Nothing was left behind.', cause: error });
    }
  }
}

function refused(folder: string, why: string): SkylabError {
  return new SkylabError(`${folder} cannot be used: ${why}.`, { code: 'BadRecipe', next: 'Nothing of it was used.' });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    (error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false;
      throw error;
    },
  );
}

/** An empty folder may be filled: renaming over it is allowed by POSIX; Windows needs it gone. */
async function occupied(folder: string): Promise<boolean> {
  try {
    if ((await readdir(folder)).length > 0) return true;
    if (process.platform === 'win32') await rm(folder, { recursive: true });
    return false;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    if (codeOf(error) === 'ENOTDIR') return true;
    throw error;
  }
}
