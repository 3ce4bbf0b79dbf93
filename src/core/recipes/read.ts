import { LineCounter, parseDocument } from 'yaml';
import { schemaProblems, type Schema } from '../cloud/specs/schema';
import { SkylabError } from '../errors';
import type { HostStep, Recipe, RecipeVariable, When } from './model';
import { RECIPE_FILE } from './model';

interface FileVariable extends Omit<Partial<RecipeVariable>, 'default'> {
  readonly name: string;
  readonly label: string;
  readonly type: RecipeVariable['type'];
  readonly default?: string | number | boolean;
}

/** recipe.yaml after the schema has seen it. */
interface FileRecipe {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly needs: { readonly memoryMiB: number; readonly diskGiB: number; readonly ports: readonly number[]; readonly systems?: string[] };
  readonly signIn?: 'github';
  readonly variables?: readonly FileVariable[];
  readonly files?: readonly { readonly from: string; readonly path: string; readonly when?: When }[];
  readonly after?: Recipe['after'];
  readonly host?: readonly (Pick<HostStep, 'title' | 'check' | 'run'> & Partial<HostStep>)[];
  readonly tests?: readonly { readonly path: string; readonly status: number; readonly when?: When }[];
}

/**
 * Reads recipe.yaml.
 * @param where the file as the person knows it, named in errors
 * @throws SkylabError (code `BadRecipe`) with line and column of the first problem
 */
export function readRecipe(text: string, schema: Schema, where: string = RECIPE_FILE): Recipe {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  const problem = broken ? { message: `${broken.message}.`, start: broken.pos[0] } : schemaProblems(document, schema)[0];
  if (problem) {
    const { line, col } = lines.linePos(problem.start);
    throw bad(`${where}:${line}:${col}: ${problem.message}`);
  }
  const recipe = recipeOf(document.toJS({ maxAliasCount: 100 }) as FileRecipe);
  const senseless = nonsense(recipe);
  if (senseless !== undefined) throw bad(`${where}: ${senseless}`);
  return recipe;
}

function bad(message: string): SkylabError {
  return new SkylabError(message, { code: 'BadRecipe', next: 'Correct the recipe and try again; nothing was made.' });
}

function recipeOf(file: FileRecipe): Recipe {
  const { id, title, description, needs, signIn } = file;
  return {
    id,
    title,
    description,
    needs: { ...needs, systems: needs.systems ?? [] },
    ...(signIn === undefined ? {} : { signIn }),
    variables: (file.variables ?? []).map((variable) => {
      const { default: fallback, ...rest } = variable;
      const own = fallback === undefined ? {} : { default: String(fallback) };
      return { required: false, choices: [], others: false, ask: false, env: true, when: {}, ...rest, ...own };
    }),
    files: (file.files ?? []).map((one) => ({ when: {}, ...one })),
    after: file.after ?? [],
    host: (file.host ?? []).map((one) => ({ as: 'root' as const, minutes: 10, when: {}, ...one })),
    tests: (file.tests ?? []).map((one) => ({ when: {}, ...one })),
  };
}

/** What the schema cannot say: names that lead nowhere, paths that lead out of the folder. */
function nonsense(recipe: Recipe): string | undefined {
  const names = new Set<string>();
  for (const variable of recipe.variables) {
    const { name, type, choices, generated, when } = variable;
    if (names.has(name)) return `the variable ${name} stands twice.`;
    const unknown = Object.keys(when).find((other) => !names.has(other));
    if (unknown !== undefined) return `${name} depends on ${unknown}, which is no variable above it.`;
    names.add(name);
    if ((type === 'choice') !== choices.length > 0) return `${name}: “choices” belong to the type “choice”, and only there.`;
    if (type === 'choice' && variable.default !== undefined && !choices.some(({ value }) => value === variable.default)) {
      return `the default of ${name} is none of its choices.`;
    }
    if (generated !== undefined && type !== 'secret') return `${name} is generated, so its type is “secret”.`;
    if (!variable.env && recipe.host.length > 0) return `${name} is no line of .env, and what is done on the machine reads all from there.`;
    if (!variable.env && !variable.ask) return `${name} is neither asked nor written to .env.`;
  }
  for (const { when } of [...recipe.files, ...recipe.host, ...recipe.tests]) {
    const unknown = Object.keys(when).find((name) => !names.has(name));
    if (unknown !== undefined) return `“when” names ${unknown}, which is no variable.`;
  }
  const scripts = recipe.host.flatMap(({ check, run, undo }) => [check, run, undo ?? run]);
  for (const paths of [...recipe.files.map(({ from, path }) => [from, path]), scripts]) {
    const out = paths.find((one) => one.split('/').includes('..'));
    if (out !== undefined) return `the path ${out} leads out of the folder.`;
  }
  return undefined;
}
