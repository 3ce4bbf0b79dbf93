import { posix } from 'node:path';
import type { Schema } from '../cloud/specs/schema';
import { SkylabError } from '../errors';
import type { Log } from '../log';
import type { Answers } from './answers';
import { digestOf, hostFolder } from './hostFolder';
import type { HostFolder } from './hostFolder';
import { makeFolder } from './make';
import type { Recipe } from './model';
import { RECIPE_FILE } from './model';
import type { RecipeFile, RecipeFolders, RecipeGit } from './ports';
import { readRecipe } from './read';

/** A recipe and where it lies on this computer. */
export interface FoundRecipe {
  readonly recipe: Recipe;
  readonly folder: string;
}

/** A clone that the person has not yet agreed to. */
export interface FetchedRecipes {
  readonly url: string;
  readonly folder: string;
  /** Hash of the commit. */
  readonly commit: string;
  readonly author: string;
  /** ISO 8601. */
  readonly date: string;
  readonly recipes: readonly FoundRecipe[];
}

interface RecipePorts {
  readonly folders: RecipeFolders;
  readonly git: RecipeGit;
  /** Bytes of randomness in hexadecimal. */
  readonly random: (bytes: number) => string;
  readonly log: Log;
}

/** Recipes that ship with Skylab, and the person's own; folders are made from them here. */
export class Recipes {
  /** @param shipped the folder of those that ship; @param fetched where clones are kept */
  constructor(
    private readonly ports: RecipePorts,
    private readonly schema: () => Promise<Schema>,
    private readonly shipped: string,
    private readonly fetched: string,
  ) {}

  /** Those that ship. @throws SkylabError when one cannot be read */
  async list(): Promise<readonly FoundRecipe[]> {
    return this.from(this.shipped);
  }

  /** Those of the person's own folders; one that cannot be read is logged and left out. */
  async own(roots: readonly string[]): Promise<readonly FoundRecipe[]> {
    const found = await Promise.all(
      roots.map((root) =>
        this.from(root).catch((error: unknown) => {
          this.ports.log.warn(`Recipes of ${root} are left out: ${String(error)}`);
          return [];
        }),
      ),
    );
    return found.flat();
  }

  /** The recipes of a folder: it is one, or holds some. @throws SkylabError when there are none, or one cannot be read */
  async from(root: string): Promise<readonly FoundRecipe[]> {
    const folders = await this.ports.folders.find(root);
    if (folders.length === 0) {
      throw new SkylabError(`${root} holds no recipes.`, {
        next: `A recipe is a folder with a ${RECIPE_FILE} and the files that are to be deployed.`,
        code: 'NoRecipes',
      });
    }
    return Promise.all(folders.map(async (folder) => ({ folder, recipe: await this.#read(folder) })));
  }

  /** A recipe by its text. @param where the file as the person knows it @throws SkylabError `BadRecipe` */
  async parse(text: string, where: string): Promise<Recipe> {
    return readRecipe(text, await this.schema(), where);
  }

  /** Clones a repository of recipes; nothing of it is run. @throws SkylabError */
  async fetch(url: string, signal?: AbortSignal): Promise<FetchedRecipes> {
    const folder = posix.join(this.fetched, `${slugOf(url)}-${this.ports.random(4)}`);
    const about = await this.ports.git.clone(url, folder, signal);
    return { url, folder, ...about, recipes: await this.from(folder) };
  }

  /**
   * Makes a lab folder. @param folder absolute; nothing may be there yet
   * @throws SkylabError and makes nothing
   */
  async make({ recipe, folder: source }: FoundRecipe, answers: Answers, folder: string): Promise<void> {
    const files = makeFolder(recipe, await this.ports.folders.files(source), answers, this.ports.random);
    await this.ports.folders.make(folder, files);
  }

  /** A folder that sets machines up, as it is now. @throws SkylabError when it is none, or a value cannot be taken */
  async hostFolder(folder: string): Promise<HostFolder> {
    const files = await this.ports.folders.files(folder);
    return hostFolder(await this.#read(folder, files), files, folder);
  }

  /** The scripts of a recipe that ships. @throws SkylabError when it cannot be read */
  async scripts(id: string): Promise<readonly { readonly path: string; readonly text: string }[]> {
    const files = await this.ports.folders.files(posix.join(this.shipped, id));
    return files.filter(({ path }) => path.startsWith('scripts/')).map(({ path, content }) => ({ path, text: content.toString('utf8') }));
  }

  /** Whether everything that it runs is as a recipe that ships has it. */
  async ships({ recipe, digest }: HostFolder): Promise<boolean> {
    const found = (await this.list()).find((one) => one.recipe.id === recipe.id);
    return found !== undefined && digestOf(await this.ports.folders.files(found.folder)) === digest;
  }

  /** Writes a .env with secrets, for its owner alone. @throws SkylabError */
  async writeSecret(path: string, text: string): Promise<void> {
    await this.ports.folders.writeSecret(path, text);
  }

  async #read(folder: string, known?: readonly RecipeFile[]): Promise<Recipe> {
    const files = known ?? (await this.ports.folders.files(folder));
    const text = files.find(({ path }) => path === RECIPE_FILE)?.content.toString('utf8') ?? '';
    return readRecipe(text, await this.schema(), `${posix.basename(folder)}/${RECIPE_FILE}`);
  }
}

/** The last parts of an address as a folder's name. */
function slugOf(url: string): string {
  const words = url
    .replace(/\.git\/?$/, '')
    .split(/[^A-Za-z0-9_-]+/)
    .filter((word) => word !== '');
  return words.slice(-2).join('-').toLowerCase().slice(0, 60) || 'recipes';
}
