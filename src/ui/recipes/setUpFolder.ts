import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError } from '../../core/errors';
import { hostTask, stepsOf } from '../../core/recipes/host';
import { scriptsOf } from '../../core/recipes/hostFolder';
import type { HostFolder } from '../../core/recipes/hostFolder';
import { siteOf } from '../../core/recipes/hostSite';
import { RECIPE_FILE } from '../../core/recipes/model';
import { chooseMachine } from '../commands/choose';
import { baseName, chooseFolder, mustTrust } from '../commands/upload';
import { runTask } from '../upkeep/run';
import type { Ui } from '../ui';
import { mustFit } from './size';

/** Digests of folders whose scripts the person has let run. */
const TRUSTED = 'skylab.recipes.trusted';
const MOST_TRUSTED = 100;

/** Sets a machine up as a folder says that a recipe made; again after its values were changed. */
export async function setUpFromFolder(ui: Ui, arg: unknown): Promise<void> {
  const uri = await chooseFolder(arg, l10n.t('Set up a machine from…'), likely);
  const recipes = await ui.services.recipes();
  await recipes.hostFolder(uri.fsPath);
  const machine = await chooseMachine(ui, undefined, l10n.t('Set up from {0}', baseName(uri)), { alwaysAsk: true });
  await setUp(ui, uri, machine);
}

/**
 * Shows what the folder's scripts would do to the machine, asks, and does it.
 * @param options fits: whether the machine is known to have the memory and disk
 * @returns whether it was done
 */
export async function setUp(ui: Ui, uri: vscode.Uri, machine: Machine, { fits = false } = {}): Promise<boolean> {
  mustTrust();
  const recipes = await ui.services.recipes();
  let folder = await recipes.hostFolder(uri.fsPath);
  if (!fits) await mustFit(ui, folder.recipe, machine);
  if (joins(folder)) {
    await (await import('./graphTerm')).joinServer(ui, uri, machine);
    folder = await recipes.hostFolder(uri.fsPath);
  }
  if (!(await recipes.ships(folder))) await mustTrustScripts(ui, uri, folder, machine);
  const done = await runTask(ui, machine, hostTask(folder.recipe, folder));
  if (done) await tellNext(ui, folder, machine);
  return done;
}

/** A secondary GraphTerm host that does not know yet which server it joins. */
const joins = ({ recipe, values }: HostFolder): boolean =>
  recipe.id === 'graphterm' && values['GRAPHTERM_ROLE'] === 'host' && values['GRAPHTERM_PRIMARY'] === '';

async function likely(): Promise<readonly vscode.Uri[]> {
  const files = await vscode.workspace.findFiles(`**/${RECIPE_FILE}`, '**/node_modules/**', 20);
  return files.map((file) => vscode.Uri.joinPath(file, '..'));
}

/** Scripts that do not ship with Skylab run only after the person could read them; once for the same scripts. @throws CancelledError */
async function mustTrustScripts(ui: Ui, uri: vscode.Uri, folder: HostFolder, machine: Machine): Promise<void> {
  const kept = ui.services.memento.get<readonly string[]>(TRUSTED) ?? [];
  if (kept.includes(folder.digest)) return;
  const run = l10n.t('Run Them');
  const read = l10n.t('Read Them First');
  const scripts = scriptsOf(folder);
  const root = stepsOf(folder.recipe, folder.values).some(({ as }) => as === 'root');
  const detail = [
    root
      ? l10n.t('They run as root on {0}, and may change everything there.', machine.name)
      : l10n.t('They run as you on {0}.', machine.name),
    l10n.t('From {0}', uri.fsPath),
    scripts.join('\n'),
  ].join('\n\n');
  const answer = await vscode.window.showWarningMessage(
    l10n.t('Run the scripts of {0}?', folder.recipe.title),
    { modal: true, detail },
    run,
    read,
  );
  if (answer === read) {
    for (const path of [RECIPE_FILE, ...scripts]) {
      await vscode.window.showTextDocument(vscode.Uri.joinPath(uri, path), { preview: false, preserveFocus: true });
    }
    const again = { label: l10n.t('Set Up…'), act: () => setUp(ui, uri, machine) };
    ui.notifications.tell(l10n.t('Once you have read them, go on.'), [again]);
    throw new CancelledError();
  }
  if (answer !== run) throw new CancelledError();
  await ui.services.memento.set(TRUSTED, [...kept, folder.digest].slice(-MOST_TRUSTED));
}

/** What there is to open now, and what the recipe says. */
async function tellNext(ui: Ui, { recipe, values }: HostFolder, machine: Machine): Promise<void> {
  const { hostName } = await ui.services.access.prepare(machine);
  const address = machine.kind === 'instance' ? (machine.instance.publicAddress ?? hostName) : hostName;
  const site = siteOf(recipe.id, values, address);
  const codes = recipe.id === 'graphterm' && values['GRAPHTERM_ROLE'] !== 'host';
  const choices = [
    ...(codes
      ? [{ label: l10n.t('Get Access Codes…'), act: () => import('./graphTerm').then(({ codesOf }) => codesOf(ui, machine)) }]
      : []),
    ...(site === undefined || codes
      ? []
      : [{ label: l10n.t('Open Site'), act: () => vscode.env.openExternal(vscode.Uri.parse(site, true)) }]),
  ];
  const [note] = recipe.after;
  if (choices.length > 0) ui.notifications.tell(note?.note ?? l10n.t('{0} is set up.', recipe.title), choices);
}
