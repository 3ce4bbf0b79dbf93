import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DiskRecipeFolders } from '../../../../src/adapters/files/recipeFolders';
import type { Schema } from '../../../../src/core/cloud/specs/schema';
import type { Recipe } from '../../../../src/core/recipes/model';
import type { RecipeFile } from '../../../../src/core/recipes/ports';
import { readRecipe } from '../../../../src/core/recipes/read';

const repo = resolve(__dirname, '../../../..');
export const recipesRoot = join(repo, 'recipes');
export const recipeIds = readdirSync(recipesRoot).sort();
/** Whether a recipe that ships sets up the machine itself, and is no stack. */
export const setsUpMachines = (id: string): boolean => /^host:/m.test(readFileSync(join(recipesRoot, id, 'recipe.yaml'), 'utf8'));
export const schema = JSON.parse(readFileSync(join(repo, 'schemas', 'recipe.schema.json'), 'utf8')) as Schema;

export interface Shipped {
  readonly recipe: Recipe;
  readonly files: readonly RecipeFile[];
  readonly folder: string;
}

/** A recipe that ships. */
export async function shipped(id: string): Promise<Shipped> {
  const folder = join(recipesRoot, id);
  const files = await new DiskRecipeFolders().files(folder);
  const text = files.find(({ path }) => path === 'recipe.yaml')?.content.toString('utf8') ?? '';
  return { recipe: readRecipe(text, schema, `${id}/recipe.yaml`), files, folder };
}

/** Every way of answering the questions that decide about files, defaults first. */
export function variantsOf(recipe: Recipe): Record<string, string>[] {
  const deciding = new Set([...recipe.files, ...recipe.tests].flatMap(({ when }) => Object.keys(when)));
  return recipe.variables
    .filter(({ name }) => deciding.has(name))
    .reduce<Record<string, string>[]>(
      (all, { name, choices, type }) =>
        all.flatMap((one) =>
          (type === 'bool' ? ['false', 'true'] : choices.map(({ value }) => value)).map((value) => ({ ...one, [name]: value })),
        ),
      [
        Object.fromEntries(
          recipe.variables.filter((one) => one.ask && one.required && one.default === undefined).map(({ name }) => [name, 'ada']),
        ),
      ],
    );
}

/** Randomness that a test knows. */
export const known = (bytes: number): string => 'a7'.repeat(bytes);

export const textOf = (files: readonly RecipeFile[], path: string): string | undefined =>
  files.find((file) => file.path === path)?.content.toString('utf8');
