import { createHash } from 'node:crypto';
import { EnvFile } from '../deploy/envFile';
import { SkylabError } from '../errors';
import { answerProblem, settle } from './answers';
import type { HostProgram } from './hostProgram';
import { stepsOf } from './host';
import type { Recipe } from './model';
import type { RecipeFile } from './ports';

/** A folder on this computer that sets machines up: recipe.yaml, scripts, and the values of its .env. */
export interface HostFolder extends HostProgram {
  readonly recipe: Recipe;
  /** Of everything that runs on the machine: the same for the same scripts, whatever the values. */
  readonly digest: string;
}

/**
 * Makes it of what was read.
 * @throws SkylabError `NoHostSteps`, `BadRecipe` for a script that is not there, `BadAnswer` for a value that cannot be taken
 */
export function hostFolder(recipe: Recipe, files: readonly RecipeFile[], folder: string): HostFolder {
  if (recipe.host.length === 0) {
    throw new SkylabError(`${folder} sets up nothing on a machine itself.`, {
      next: 'Deploy it as a stack.',
      code: 'NoHostSteps',
    });
  }
  const paths = new Set(files.map(({ path }) => path));
  const missing = recipe.host
    .flatMap(({ check, run, undo }) => [check, run, ...(undo === undefined ? [] : [undo])])
    .find((one) => !paths.has(one));
  if (missing !== undefined) throw new SkylabError(`${folder} has no ${missing}, which recipe.yaml names.`, { code: 'BadRecipe' });
  const env = EnvFile.parse(files.find(({ path }) => path === '.env')?.content.toString('utf8') ?? '');
  const given = Object.fromEntries(recipe.variables.map(({ name }) => [name, env.get(name) ?? '']));
  const settled = settle(recipe, given, () => '');
  for (const variable of recipe.variables.filter(({ name }) => name in settled)) {
    const problem = answerProblem(variable, settled[variable.name] ?? '');
    if (problem === undefined) continue;
    throw new SkylabError(`${variable.name} in ${folder}/.env: ${problem}`, {
      next: 'Correct it there, and try again.',
      code: 'BadAnswer',
    });
  }
  // What does not apply is empty, so that no variable of the machine's own stands in for it.
  const values = { ...Object.fromEntries(recipe.variables.map(({ name }) => [name, ''])), ...settled };
  const secret = new Set(recipe.variables.filter(({ type }) => type === 'password' || type === 'secret').map(({ name }) => name));
  return { recipe, files, values, secret, digest: digestOf(files) };
}

/** Everything but the values. */
export function digestOf(files: readonly RecipeFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (path !== '.env') hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The scripts that would run with these values, in order, each once. */
export function scriptsOf({ recipe, values }: HostFolder): readonly string[] {
  return [...new Set(stepsOf(recipe, values).flatMap(({ check, run, undo }) => [check, run, ...(undo === undefined ? [] : [undo])]))];
}
