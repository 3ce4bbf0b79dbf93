import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { ListedUser } from '../../core/upkeep/users/list';
import { parseUserList } from '../../core/upkeep/users/list';
import { addUsers } from '../../core/upkeep/users/tasks';
import type { Ui } from '../ui';
import { runTask } from './run';

/** Adds the people of a file: each row can be left out; what is wrong with a row is said beside it. */
export async function addFromFile(ui: Ui, machine: Machine): Promise<void> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: l10n.t('People with their keys'),
      openLabel: l10n.t('Read'),
      filters: { [l10n.t('Lists')]: ['csv', 'tsv', 'txt', 'yaml', 'yml'] },
    })) ?? [];
  if (file === undefined) return;
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  const rows = parseUserList(text, /\.ya?ml$/i.test(file.path) ? 'yaml' : 'csv');
  const chosen = await vscode.window.showQuickPick(rows.map(item), {
    title: l10n.t('Add users on {0}', machine.name),
    placeHolder: l10n.t('Who shall be added?'),
    canPickMany: true,
    matchOnDescription: true,
  });
  const users = (chosen ?? []).filter(({ row }) => row.problem === undefined).map(({ row }) => row.user);
  if (users.length > 0) await runTask(ui, machine, addUsers(users));
}

function item(row: ListedUser): vscode.QuickPickItem & { readonly row: ListedUser } {
  const { user, problem, line } = row;
  if (problem !== undefined) {
    return {
      label: user.name === '' ? l10n.t('Row {0}', line) : user.name,
      description: l10n.t('left out: {0}', problem),
      picked: false,
      row,
    };
  }
  const keys = user.keys.length === 1 ? l10n.t('1 key') : l10n.t('{0} keys', user.keys.length);
  const words = [keys, user.sudo ? l10n.t('sudo without a password') : '', user.groups.join(', '), user.fullName ?? ''];
  return { label: user.name, description: words.filter((one) => one !== '').join(' · '), picked: true, row };
}
