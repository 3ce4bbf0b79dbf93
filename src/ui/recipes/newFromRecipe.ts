import { homedir } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { isCancelled } from '../../core/errors';
import { answerProblem, applies } from '../../core/recipes/answers';
import type { RecipeVariable } from '../../core/recipes/model';
import type { FoundRecipe } from '../../core/recipes/recipes';
import { isAppFolder, tellAppMade } from '../apps/made';
import { allMachines, chooseMachine } from '../commands/choose';
import { isReachable } from '../model/machineRow';
import { busy } from '../notifications';
import type { Ask, WizardStep } from '../quick/wizard';
import { wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { pickRecipe } from './pickRecipe';
import { mustFit } from './size';

/** A folder made from a recipe, and the machine that it is meant for, if any. */
interface Made {
  readonly found: FoundRecipe;
  readonly answers: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** Makes a folder from a recipe, and offers to deploy it. */
export async function newFromRecipe(ui: Ui, arg: unknown): Promise<void> {
  const place = arg instanceof vscode.Uri ? arg.fsPath : undefined;
  const made = await make(ui, l10n.t('New from Recipe'), place, undefined);
  if (await isAppFolder(made.folder)) {
    const { title, after } = made.found.recipe;
    tellAppMade(ui, title, made.folder, after[0]?.note ?? '');
    return;
  }
  tellMade(ui, made);
}

/** Makes a folder from a recipe for one machine, and opens its deploy page. */
export async function deployRecipe(ui: Ui, arg: unknown): Promise<void> {
  const machine = await chooseMachine(ui, arg, l10n.t('Deploy a recipe to…'));
  const made = await make(ui, l10n.t('Deploy Recipe to {0}', machine.name), undefined, machine);
  await carryOn(ui, made, machine);
}

/** What the recipe does on the machine itself comes first, then the deploy page where there is a stack. */
async function carryOn(ui: Ui, made: Made, machine: Machine): Promise<void> {
  const { recipe } = made.found;
  const uri = vscode.Uri.file(made.folder);
  if (recipe.host.length > 0) {
    const { setUp } = await import('./setUpFolder');
    const done = await setUp(ui, uri, machine, { fits: true });
    if (!done || !(await isStack(uri))) return;
  }
  if (recipe.signIn === 'github') await registerFirst(ui, made, machine);
  await openDeployPage(ui, made, machine);
}

const isStack = (folder: vscode.Uri): Thenable<boolean> =>
  vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, 'compose.yml')).then(
    () => true,
    () => false,
  );

async function make(ui: Ui, title: string, place: string | undefined, machine: Machine | undefined): Promise<Made> {
  const found = await pickRecipe(ui, title);
  if (machine) await mustFit(ui, found.recipe, machine);
  const answers: Record<string, string> = {};
  let folder = '';
  const steps: WizardStep[] = found.recipe.variables
    .filter((variable) => variable.ask)
    .map((variable) => async (ask) => {
      if (!applies(variable.when, answers)) return false;
      answers[variable.name] = await askVariable(ask, variable, answers[variable.name]);
      return undefined;
    });
  const where = async (ask: Ask): Promise<undefined> => {
    folder = await askFolder(ask, found.recipe.id, place);
  };
  await wizard(`${title}: ${found.recipe.title}`, [...steps, where]);
  await busy(l10n.t('Making {0}', basename(folder)), async () => (await ui.services.recipes()).make(found, answers, folder));
  return { found, answers, folder };
}

/** Stands for a value that is none of the choices. */
const OTHER = '\0other';

/** One question; the default is what stands there first. */
async function askVariable(ask: Ask, variable: RecipeVariable, before: string | undefined): Promise<string> {
  const { label, help = '', type, choices } = variable;
  const now = before ?? variable.default ?? '';
  const prompt = help === '' ? label : `${label}. ${help}`;
  if (type === 'choice' || type === 'bool') {
    const plain = [
      { value: 'true', label: l10n.t('Yes') },
      { value: 'false', label: l10n.t('No') },
    ];
    const items = (type === 'bool' ? plain : choices).map((choice) => ({ ...choice }));
    const other = { value: OTHER, label: l10n.t('Another…') };
    const chosen = await ask.pick({
      placeholder: prompt,
      items: type === 'choice' && variable.others ? [...items, other] : items,
      active: (value) => value === now,
    });
    if (chosen !== OTHER) return chosen;
  }
  const answer = await ask.input({
    prompt,
    value: type === 'secret' ? '' : now,
    password: type === 'secret' || type === 'password',
    validate: (value) => answerProblem(variable, value),
  });
  return answer.trim();
}

/** The folder to be made: beside what is open in the editor, else in the home folder. @param place a folder that it is to be made in */
export async function askFolder(ask: Ask, id: string, place: string | undefined): Promise<string> {
  const parent = place ?? vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath ?? homedir();
  const expand = (text: string): string => resolve(text.trim().replace(/^~(?=$|[/\\])/, () => homedir()));
  const answer = await ask.input({
    prompt: l10n.t('Folder to make on this computer. Its files are yours to change, before and after it is deployed.'),
    value: await freeName(join(parent, id)),
    validate: (value) =>
      isAbsolute(value.trim()) || value.trim().startsWith('~') ? undefined : l10n.t('Give the whole path, from / or ~ on.'),
  });
  return expand(answer);
}

/** The path, with a number where it is taken already. */
async function freeName(path: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = n === 1 ? path : `${path}-${n}`;
    const taken = await vscode.workspace.fs.stat(vscode.Uri.file(name)).then(
      () => true,
      () => false,
    );
    if (!taken) return name;
  }
}

/** The app at GitHub needs the site's name, and the stack the app: both are settled before the deploy page. Esc goes on to the page. */
async function registerFirst(ui: Ui, made: Made, machine: Machine): Promise<void> {
  const { registerHub } = await import('./register');
  try {
    await registerHub(ui, vscode.Uri.file(made.folder), machine);
  } catch (error) {
    if (!isCancelled(error)) throw error;
  }
}

/** Says what was made, with deploying it as the next thing to do. */
function tellMade(ui: Ui, made: Made): void {
  const machines = allMachines(ui).filter(isReachable);
  const onHost = made.found.recipe.host.length > 0;
  const deploy = {
    label: onHost ? l10n.t('Set Up…') : l10n.t('Deploy…'),
    act: async () => {
      const machine = await chooseMachine(ui, undefined, l10n.t('Deploy {0} to…', basename(made.folder)), { alwaysAsk: true });
      await mustFit(ui, made.found.recipe, machine);
      await (onHost ? carryOn(ui, made, machine) : openDeployPage(ui, made, machine));
    },
  };
  const show = {
    label: onHost ? l10n.t('Open Its Values') : l10n.t('Open Compose File'),
    act: () => vscode.window.showTextDocument(vscode.Uri.file(join(made.folder, onHost ? '.env' : 'compose.yml'))),
  };
  const note = made.found.recipe.after[0]?.note ?? '';
  const register = {
    label: l10n.t('Register with GitHub…'),
    act: () => vscode.commands.executeCommand('skylab.hub.register', vscode.Uri.file(made.folder)),
  };
  const message = l10n.t('{0} was made in {1}.', made.found.recipe.title, made.folder);
  const first = made.found.recipe.signIn === 'github' ? [register] : [];
  ui.notifications.tell(`${message} ${note}`.trim(), [...first, ...(machines.length > 0 ? [deploy] : []), show]);
}

async function openDeployPage(ui: Ui, made: Made, machine: Machine): Promise<void> {
  if (await isAppFolder(made.folder)) {
    await vscode.commands.executeCommand('skylab.app.deploy', vscode.Uri.file(made.folder), machine.key);
    return;
  }
  const { DeployPanel } = await import('../webviews/deployPanel');
  DeployPanel.show(ui, { root: made.folder, machine });
}
