import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Schema } from '../../core/cloud/specs/schema';
import { APP_FILE } from '../../core/apps/model';
import type { AppFolder } from '../../core/apps/model';
import { readApp } from '../../core/apps/read';
import { CancelledError, SkylabError } from '../../core/errors';
import { baseName, mustTrust } from '../commands/upload';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

/**
 * The folder of an application that a command is for: the one it was called on, the only one of the workspace, or the person's choice.
 * @param name of the application, where only its own folder will do
 */
export async function chooseAppFolder(arg: unknown, title: string, name?: string): Promise<vscode.Uri> {
  mustTrust();
  if (arg instanceof vscode.Uri) {
    const { type } = await vscode.workspace.fs.stat(arg);
    return type & vscode.FileType.Directory ? arg : vscode.Uri.joinPath(arg, '..');
  }
  const files = await vscode.workspace.findFiles(`**/${APP_FILE}`, '**/node_modules/**', 50);
  const fitting = await Promise.all(files.map(async (file) => name === undefined || (await nameIn(file)) === name));
  const folders = files.filter((_, index) => fitting[index]).map((file) => vscode.Uri.joinPath(file, '..'));
  const [only] = folders;
  if (only && folders.length === 1) return only;
  const items = [
    ...folders.map((value) => ({
      label: `$(folder) ${baseName(value)}`,
      description: value.fsPath,
      value: value,
    })),
    { label: `$(folder-opened) ${l10n.t('Another folder…')}`, value: undefined },
  ];
  const chosen = only ? await ask(title).pick({ placeholder: l10n.t('Which application?'), items }) : undefined;
  if (chosen) return chosen;
  const [picked] = (await vscode.window.showOpenDialog({ title, canSelectFolders: true, canSelectFiles: false })) ?? [];
  if (!picked) throw new CancelledError();
  return picked;
}

/** The application's name as its file says it. */
async function nameIn(file: vscode.Uri): Promise<string | undefined> {
  return /^name:\s*["']?([\w.-]+)/m.exec((await textAt(file)) ?? '')?.[1];
}

/** Reads the folder, and the deploy key that it names. @throws SkylabError where it cannot be */
export async function readAppFolder(ui: Ui, folder: vscode.Uri): Promise<{ readonly folder: AppFolder; readonly key: string }> {
  const at = (name: string): vscode.Uri => vscode.Uri.joinPath(folder, name);
  const [app, env, page, schema] = await Promise.all([
    textAt(at(APP_FILE)),
    textAt(at('.env')),
    textAt(at('maintenance.html')),
    textAt(vscode.Uri.joinPath(ui.extensionUri, 'schemas', 'app.schema.json')),
  ]);
  if (app === undefined) {
    throw new SkylabError(`${baseName(folder)} has no ${APP_FILE}.`, {
      code: 'NoApp',
      next: 'Make one with “New from Recipe…”, Django application, or open the folder that has one.',
    });
  }
  const texts = { app, env: env ?? '', ...(page === undefined ? {} : { maintenancePage: page }) };
  const read = readApp(texts, JSON.parse(schema ?? '{}') as Schema, `${baseName(folder)}/${APP_FILE}`);
  return { folder: read, key: await keyOf(ui, folder, read) };
}

async function keyOf(ui: Ui, folder: vscode.Uri, { app }: AppFolder): Promise<string> {
  const { deployKey } = app.source;
  if (deployKey === undefined) return '';
  const home = vscode.Uri.file(ui.services.homeDir);
  const uri = deployKey.startsWith('~/')
    ? vscode.Uri.joinPath(home, deployKey.slice(2))
    : deployKey.startsWith('/')
      ? vscode.Uri.file(deployKey)
      : vscode.Uri.joinPath(folder, deployKey);
  const text = await textAt(uri);
  if (text === undefined || !/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new SkylabError(`The deploy key ${deployKey} ${text === undefined ? 'is not there' : 'is no private key'}.`, {
      code: 'NoDeployKey',
      next: 'Make one with “Create SSH Key…”, without a passphrase, and give its public half to the repository.',
    });
  }
  return text.endsWith('\n') ? text : `${text}\n`;
}

async function textAt(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
    throw error;
  }
}
