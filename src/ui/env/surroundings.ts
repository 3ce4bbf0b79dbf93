import { basename, dirname, join } from 'node:path';
import type * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { isAddress, sslipName } from '../../core/deploy/domain';
import type { EnvSurroundings } from '../../core/deploy/envForm';
import { envStack, fitsRecipe } from '../../core/deploy/envForm';
import { SkylabError, sentenceOf } from '../../core/errors';
import { RECIPE_FILE } from '../../core/recipes/model';
import type { RecipeVariable } from '../../core/recipes/model';
import { allMachines } from '../commands/choose';
import { ENV_SCHEME } from '../deployments/environments';
import { machineAt } from '../files/machineFiles';
import type { Ui } from '../ui';

/** Most machines whose names are offered. */
const MOST_NAMES = 6;

/** What lies around a file: the stack that reads it, the recipe that made it, the names of machines. */
export async function surroundingsOf(ui: Ui, document: vscode.TextDocument): Promise<EnvSurroundings> {
  const { uri } = document;
  const name = basename(uri.path);
  const domains = allMachines(ui).flatMap(namesOf).slice(0, MOST_NAMES);
  const base = { name, domains };
  if (uri.scheme !== 'file') return { ...base, place: await stackPlace(ui, uri), recipe: await madeBy(ui, document.getText()) };
  const place = basename(dirname(uri.fsPath));
  const recipe = (await recipeBeside(ui, dirname(uri.fsPath))) ?? (await madeBy(ui, document.getText()));
  try {
    return { ...base, place, recipe, ...(await stackAround(ui, uri.fsPath)) };
  } catch (error) {
    if (!(error instanceof SkylabError)) throw error;
    const note = l10n.t('What uses a variable is not known: {0}', sentenceOf(error));
    return { ...base, place, recipe, note };
  }
}

/** The stack whose environment it is, and that saving it is no small thing; empty for any other file. */
async function stackPlace(ui: Ui, { scheme, authority, path }: vscode.Uri): Promise<string> {
  if (scheme !== ENV_SCHEME) return '';
  const { name } = await machineAt(ui.services, authority);
  return l10n.t('{0} on {1}: saving asks whether to deploy it again', path.split('/')[1] ?? '', name);
}

/** The stack of the file's folder, else of the folder above it, as far as that one reads the file. */
async function stackAround(ui: Ui, path: string): Promise<Pick<EnvSurroundings, 'stack'>> {
  const reader = await ui.services.labFolders();
  const here = dirname(path);
  const own = envStack(await reader.read(here), basename(path));
  if (own) return { stack: own };
  const above = envStack(await reader.read(dirname(here)), `${basename(here)}/${basename(path)}`);
  return above && above.whole.length > 0 ? { stack: above } : {};
}

async function recipeBeside(ui: Ui, folder: string): Promise<readonly RecipeVariable[] | undefined> {
  const [text] = await (await ui.services.labFolders()).texts(folder, [RECIPE_FILE]);
  if (text === undefined) return undefined;
  try {
    return (await (await ui.services.recipes()).parse(text, join(folder, RECIPE_FILE))).variables;
  } catch (error) {
    // a recipe that cannot be read is said where recipes are chosen; the form knows a little less
    ui.log.warn(`${RECIPE_FILE} of ${folder}: ${sentenceOf(error)}`);
    return undefined;
  }
}

async function madeBy(ui: Ui, text: string): Promise<readonly RecipeVariable[]> {
  const recipes = await (await ui.services.recipes()).list();
  return recipes.find(({ recipe }) => fitsRecipe(text, recipe.variables))?.recipe.variables ?? [];
}

/** Names that lead to the machine already. */
function namesOf(machine: Machine): EnvSurroundings['domains'] {
  const of = (value: string) => ({ value, label: `${value} (${machine.name})` });
  if (machine.kind === 'given') {
    const { hostName } = machine.given.target;
    return [of(isAddress(hostName) ? sslipName(hostName) : hostName)];
  }
  const { publicAddress, tags } = machine.instance;
  const own = tags['skylab:dns'];
  return [...(own === undefined ? [] : [of(own)]), ...(publicAddress === undefined ? [] : [of(sslipName(publicAddress))])];
}
