import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Ui } from '../ui';
import { chooseMachine } from './choose';
import type { Handlers } from './registry';
import { chooseFolder } from './upload';

export function deployCommands(ui: Ui): Handlers {
  return {
    'skylab.deploy': async (arg) => {
      const folder = await chooseFolder(arg, l10n.t('Deploy'), composeFolders);
      const name = vscode.workspace.asRelativePath(folder, false).split('/').pop() ?? '';
      const machine = await chooseMachine(ui, arg, l10n.t('Deploy {0} to…', name), { alwaysAsk: true });
      const { DeployPanel } = await import('../webviews/deployPanel');
      DeployPanel.show(ui, { root: folder.fsPath, machine });
    },
  };
}

/** Folders of the workspace with a Compose file, by path. */
async function composeFolders(): Promise<readonly vscode.Uri[]> {
  const files = await vscode.workspace.findFiles('**/{compose,docker-compose}.{yml,yaml}', '**/node_modules/**', 50);
  const folders = new Map(files.map((file) => vscode.Uri.joinPath(file, '..')).map((folder) => [folder.path, folder]));
  return [...folders.values()].sort((a, b) => a.path.localeCompare(b.path));
}
