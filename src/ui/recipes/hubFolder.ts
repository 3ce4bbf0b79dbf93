import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { EnvFile } from '../../core/deploy/envFile';
import { CancelledError, SkylabError } from '../../core/errors';
import { hubsOf } from '../../core/recipes/hubs';
import { baseName, mustTrust } from '../commands/upload';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

/** A folder of the recipe JupyterHub on this computer. */
export interface HubFolder {
  readonly uri: vscode.Uri;
  /** Text of compose.yml. */
  readonly compose: string;
  readonly env: EnvFile;
}

const COMPOSE = 'compose.yml';

/** The hub's folder that a command is for: the one it was called on, the only one of the workspace, or the person's choice. @throws SkylabError */
export async function chooseHubFolder(arg: unknown, title: string): Promise<HubFolder> {
  mustTrust();
  if (arg instanceof vscode.Uri) {
    const { type } = await vscode.workspace.fs.stat(arg);
    return open(type & vscode.FileType.Directory ? arg : vscode.Uri.joinPath(arg, '..'));
  }
  const files = await vscode.workspace.findFiles('**/hub/jupyterhub_config.py', '**/node_modules/**', 50);
  const folders = files.map((file) => vscode.Uri.joinPath(file, '..', '..'));
  const browse = Symbol('browse');
  const items = [
    ...folders.map((value) => ({ label: `$(folder) ${baseName(value)}`, description: value.fsPath, value: value })),
    { label: `$(folder-opened) ${l10n.t('Another folder…')}`, value: browse as vscode.Uri | symbol },
  ];
  const [only] = folders;
  const chosen =
    only && folders.length === 1
      ? only
      : folders.length === 0
        ? browse
        : await ask(title).pick({ placeholder: l10n.t('Which hub?'), items });
  if (chosen instanceof vscode.Uri) return open(chosen);
  const picked = await vscode.window.showOpenDialog({ title, canSelectFolders: true, canSelectFiles: false });
  const folder = picked?.[0];
  if (!folder) throw new CancelledError();
  return open(folder);
}

async function open(uri: vscode.Uri): Promise<HubFolder> {
  const compose = await textAt(vscode.Uri.joinPath(uri, COMPOSE));
  if (compose === undefined || hubsOf(compose).length === 0) {
    throw new SkylabError(`${uri.fsPath} is no folder of the recipe JupyterHub.`, { next: 'Make one with “Skylab: New from Recipe…”.' });
  }
  return { uri, compose, env: EnvFile.parse((await textAt(vscode.Uri.joinPath(uri, '.env'))) ?? '') };
}

/** A file's text; undefined where there is none. */
export async function textAt(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
    throw error;
  }
}

/** Writes the answers into the folder's .env, which only its owner can read afterwards. */
export async function writeEnv(ui: Ui, { uri, env }: HubFolder, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [key, value] of Object.entries(values)) env.set(key, value);
  await (await ui.services.recipes()).writeSecret(vscode.Uri.joinPath(uri, '.env').fsPath, env.toString());
}

export async function writeText(uri: vscode.Uri, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
}
