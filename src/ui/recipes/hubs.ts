import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';
import type { HubChange } from '../../core/recipes/hubs';
import { addHub, hubNameProblem, hubsOf, removeHub } from '../../core/recipes/hubs';
import { mustBe } from '../commands/choose';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import type { HubFolder } from './hubFolder';
import { chooseHubFolder, writeText } from './hubFolder';

/** One more hub at a path of the site. */
export async function addHubCommand(ui: Ui, arg: unknown): Promise<void> {
  const title = l10n.t('Add Hub');
  const hub = await chooseHubFolder(arg, title);
  const name = await ask(title).input({
    prompt: l10n.t('Name of the hub: it is opened at https://SITE/name/'),
    placeholder: 'physics',
    validate: (value) => hubNameProblem(value.trim(), hub.compose),
  });
  await apply(hub, addHub(hub.compose, name.trim()));
  const several = l10n.t('With several hubs, the callback of the app at GitHub has to be the site itself: register it anew.');
  tell(ui, hub, l10n.t('The hub {0} is added. {1}', name.trim(), several), [
    { label: l10n.t('Register…'), act: () => vscode.commands.executeCommand('skylab.hub.register', hub.uri) },
  ]);
}

/** Takes a further hub out of the folder. */
export async function removeHubCommand(ui: Ui, arg: unknown): Promise<void> {
  const title = l10n.t('Remove Hub');
  const hub = await chooseHubFolder(arg, title);
  const further = hubsOf(hub.compose).slice(1);
  if (further.length === 0) {
    throw new SkylabError('There is only one hub.', { next: 'Remove the whole deployment instead.' });
  }
  const name = await ask(title).pick({
    placeholder: l10n.t('Which hub?'),
    items: further.map((value) => ({ label: `$(organization) ${value}`, value })),
  });
  const sure = l10n.t('Remove');
  const detail = l10n.t(
    'Its lists in this folder go. With the next deployment the hub goes from the machine; the work of its people stays there, in volumes.',
  );
  mustBe(await vscode.window.showWarningMessage(l10n.t('Remove the hub {0}?', name), { modal: true, detail }, sure), sure);
  await apply(hub, removeHub(hub.compose, name));
  tell(ui, hub, l10n.t('The hub {0} is removed from the folder.', name), []);
}

/** The Compose file last: a hub without its lists would not start. */
async function apply({ uri }: HubFolder, { compose, files }: HubChange): Promise<void> {
  for (const [path, text] of files) {
    const target = vscode.Uri.joinPath(uri, path);
    if (text !== undefined) await writeText(target, text);
  }
  await writeText(vscode.Uri.joinPath(uri, 'compose.yml'), compose);
  // the file system of a remote window has no trash, and deletes nothing that is meant for it
  const useTrash = vscode.env.remoteName === undefined;
  for (const [path, text] of files) {
    if (text === undefined) await vscode.workspace.fs.delete(vscode.Uri.joinPath(uri, path), { recursive: true, useTrash });
  }
}

function tell(ui: Ui, hub: HubFolder, message: string, more: readonly { label: string; act: () => unknown }[]): void {
  const deploy = { label: l10n.t('Deploy…'), act: () => vscode.commands.executeCommand('skylab.deploy', hub.uri) };
  ui.notifications.tell(message, [...more, deploy]);
}
