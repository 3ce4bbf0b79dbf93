import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError, SkylabError } from '../../core/errors';
import { fromOld, readOldScript, toOld, writeOldScript } from '../../core/recipes/cyberhubs';
import type { OldHub } from '../../core/recipes/cyberhubs';
import { namesOf, withNames } from '../../core/recipes/nameList';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { chooseHubFolder, textAt, writeText } from './hubFolder';
import { askFolder } from './newFromRecipe';

/** Makes a hub's folder from the script of an old Cyberhubs; the script is read, never run. */
export async function importOldHub(ui: Ui): Promise<void> {
  const title = l10n.t('Import Cyberhubs Configuration');
  const old = fromOld(readOldScript(await scriptText(title)));
  const recipes = await ui.services.recipes();
  const found = (await recipes.list()).find(({ recipe }) => recipe.id === 'jupyterhub');
  if (!found) throw new SkylabError('The recipe JupyterHub is missing from this installation.', { next: 'Install Skylab again.' });
  const folder = await askFolder(ask(title), old.hub ?? 'jupyterhub', undefined);
  const answers = { ...old.answers };
  if ((answers['JUPYTERHUB_ADMIN'] ?? '') === '') {
    answers['JUPYTERHUB_ADMIN'] = (
      await ask(title).input({
        prompt: l10n.t('GitHub name of the first administrator: the script names none'),
        validate: (value) => (value.trim() === '' ? l10n.t('Type a name.') : undefined),
      })
    ).trim();
  }
  await busy(l10n.t('Making {0}', folder), async () => {
    await recipes.make(found, answers, folder);
    await fillLists(vscode.Uri.file(folder), old);
  });
  const uri = vscode.Uri.file(folder);
  const deploy = { label: l10n.t('Deploy…'), act: () => vscode.commands.executeCommand('skylab.deploy', uri) };
  const message = l10n.t('The old hub’s settings are in {0}.', folder);
  ui.notifications.tell([message, ...old.notes].join(' '), [deploy]);
}

async function fillLists(folder: vscode.Uri, old: OldHub): Promise<void> {
  for (const [name, names] of [
    ['allow', old.allow],
    ['admins', old.admins],
  ] as const) {
    const uri = vscode.Uri.joinPath(folder, 'lists', 'main', name);
    await writeText(uri, withNames((await textAt(uri)) ?? '', names));
  }
}

/** The script: what is open in the editor if it is one, a file, or what was copied. */
async function scriptText(title: string): Promise<string> {
  const open = vscode.window.activeTextEditor?.document;
  const here = open !== undefined && /^\s*(export\s+)?JUPYTER_(HUB|SGLEUSR)_/m.test(open.getText()) ? open : undefined;
  const chosen = await ask(title).pick<'open' | 'file' | 'clipboard'>({
    placeholder: l10n.t('Where is jupyterhub-config-script.sh? It is read as data and never run.'),
    items: [
      ...(here ? [{ label: `$(file) ${l10n.t('The file that is open')}`, description: here.fileName, value: 'open' as const }] : []),
      { label: `$(folder-opened) ${l10n.t('A file…')}`, value: 'file' as const },
      { label: `$(clippy) ${l10n.t('What I have copied')}`, value: 'clipboard' as const },
    ],
  });
  if (chosen === 'open') return here?.getText() ?? '';
  if (chosen === 'clipboard') return vscode.env.clipboard.readText();
  const picked = await vscode.window.showOpenDialog({ title, defaultUri: vscode.Uri.file(join(homedir())) });
  const file = picked?.[0];
  if (!file) throw new CancelledError();
  return (await textAt(file)) ?? '';
}

/** Shows a hub's settings as the script that an old Cyberhubs sources. */
export async function exportOldHub(arg: unknown): Promise<void> {
  const { uri, env } = await chooseHubFolder(arg, l10n.t('Export for Cyberhubs'));
  const list = async (name: string) => namesOf((await textAt(vscode.Uri.joinPath(uri, 'lists', 'main', name))) ?? '');
  const values = Object.fromEntries(env.keys().map((key) => [key, env.get(key) ?? '']));
  const content = writeOldScript(toOld(values, { admins: await list('admins'), allow: await list('allow') }));
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'shellscript', content }));
}
