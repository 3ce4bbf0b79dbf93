import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import { ask } from '../quick/wizard';
import type { Dropped } from '../tree/drop';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';
import type { Handlers } from './registry';

const uploads = () => import('../transfers/uploads');

export function uploadCommands(ui: Ui): Handlers {
  return {
    'skylab.uploadFolder': async (arg, selected) => (await uploads()).uploadChosen(ui, arg, selected),
    'skylab.uploadFiles': async (arg, selected) => (await uploads()).uploadFiles(ui, arg, selected),
  };
}

/** Uploads a folder under a name that is settled. @param remoteDir absolute, or relative to the login folder */
export async function uploadFolderAs(ui: Ui, machine: Machine, folder: vscode.Uri, remoteDir: string): Promise<void> {
  await (await uploads()).uploadFolderAs(ui, machine, folder, remoteDir);
}

/** What lands on a machine's row. */
export async function uploadDropped(ui: Ui, node: Node, dropped: Dropped): Promise<void> {
  await (await uploads()).uploadDropped(ui, node, dropped);
}

/** @throws SkylabError in a workspace that the person does not trust */
export function mustTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new SkylabError('This folder is not trusted, so nothing of it is sent to a machine.', {
    next: 'Trust it with “Workspaces: Manage Workspace Trust”, then try again.',
  });
}

/**
 * The folder that a command was called on, or the person's choice: a likely one, a workspace folder or any other.
 * @param likely folders below the workspace that fit the command, offered first
 */
export async function chooseFolder(
  arg: unknown,
  label: string,
  likely: () => Promise<readonly vscode.Uri[]> = () => Promise.resolve([]),
): Promise<vscode.Uri> {
  mustTrust();
  if (arg instanceof vscode.Uri) {
    const stat = await vscode.workspace.fs.stat(arg);
    return stat.type & vscode.FileType.Directory ? arg : vscode.Uri.joinPath(arg, '..');
  }
  const open = vscode.workspace.workspaceFolders ?? [];
  const browse = Symbol('browse');
  const folders = open.map(({ name, uri }) => ({ label: `$(folder) ${name}`, description: uri.fsPath, value: uri }));
  const first = (open.length === 0 ? [] : await likely()).map((uri) => ({
    label: `$(folder-active) ${baseName(uri)}`,
    description: uri.fsPath,
    value: uri,
  }));
  const items = [
    ...first,
    ...folders.filter(({ description }) => !first.some((one) => one.description === description)),
    { label: `$(folder-opened) ${l10n.t('Another folder…')}`, value: browse as vscode.Uri | symbol },
  ];
  const chosen = open.length === 0 ? browse : await ask(label).pick({ placeholder: l10n.t('Which folder?'), items });
  if (typeof chosen !== 'symbol') return chosen;
  const picked = await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, openLabel: label });
  const folder = picked?.[0];
  if (!folder) throw new CancelledError();
  return folder;
}

/** What is wrong with a destination that was typed; undefined where nothing is. */
export function destinationProblem(path: string): string | undefined {
  const trimmed = path.trim();
  if (trimmed === '' || trimmed === '~' || trimmed === '~/' || trimmed === '/') return l10n.t('Name a folder.');
  return pathProblem(trimmed);
}

/** What is wrong with a path on a machine, whatever it names. */
export function pathProblem(path: string): string | undefined {
  if (path.split('/').includes('..')) return l10n.t('Leave out "..".');
  return /\p{Cc}/u.test(path) ? l10n.t('The path holds a control character.') : undefined;
}

/** The last part of a path. */
export function baseName(uri: { readonly path: string }): string {
  return uri.path.replace(/\/+$/, '').split('/').pop() ?? uri.path;
}
