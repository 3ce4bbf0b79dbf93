import { posix } from 'node:path';
import { EnvFile } from '../deploy/envFile';
import { SkylabError } from '../errors';
import type { Answers } from './answers';
import { answerProblem, applies, settle } from './answers';
import type { Recipe } from './model';
import { RECIPE_FILE } from './model';
import type { RecipeFile } from './ports';

/**
 * The files of the folder that a recipe becomes with these answers. Files are copied byte for byte; in `.env` alone values are set.
 * Passwords stay empty: the deploy page asks for them, and hashes those for Caddy.
 * @param random bytes in hexadecimal, for generated secrets
 * @throws SkylabError for an answer that cannot be taken, and for a recipe whose `.env` lacks a variable
 */
export function makeFolder(
  recipe: Recipe,
  source: readonly RecipeFile[],
  given: Answers,
  random: (bytes: number) => string,
): readonly RecipeFile[] {
  const values = settle(recipe, given, random);
  const variables = recipe.variables.filter(({ name }) => name in values);
  for (const variable of variables) {
    const problem = variable.ask ? answerProblem(variable, values[variable.name] ?? '') : undefined;
    if (problem !== undefined) throw new SkylabError(`${variable.label}: ${problem}`, { code: 'BadAnswer' });
  }
  const files = new Map(chosen(recipe, source, values).map((file) => [file.path, file]));
  const written = variables.filter(({ env, name }) => env && values[name] !== '');
  if (written.length > 0) {
    const file = files.get('.env');
    const env = EnvFile.parse(file?.content.toString('utf8') ?? '');
    for (const { name } of written) {
      if (!env.has(name)) throw new SkylabError(`The recipe ${recipe.title} has no line for ${name} in its .env.`, { code: 'BadRecipe' });
      if (env.get(name) !== values[name]) env.set(name, values[name] ?? '');
    }
    files.set('.env', { path: '.env', content: Buffer.from(env.toString()), executable: false });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files that the answers choose: all that no rule names, then those of the rules that apply. */
function chosen(recipe: Recipe, source: readonly RecipeFile[], values: Answers): RecipeFile[] {
  const below = (path: string, from: string) => path === from || path.startsWith(`${from}/`);
  // What is done on a machine is read from the folder each time.
  const left = (path: string) => path === RECIPE_FILE && recipe.host.length === 0;
  const plain = source.filter(({ path }) => !left(path) && !recipe.files.some(({ from }) => below(path, from)));
  const ruled = recipe.files
    .filter(({ when }) => applies(when, values))
    .flatMap(({ from, path }) =>
      source
        .filter((file) => below(file.path, from))
        .map((file) => ({ ...file, path: posix.normalize(posix.join(path, file.path.slice(from.length))) })),
    );
  return [...plain, ...ruled];
}
