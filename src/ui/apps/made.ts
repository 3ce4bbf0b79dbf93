import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { APP_FILE } from '../../core/apps/model';
import type { Ui } from '../ui';

/** Whether a folder is an application's. */
export function isAppFolder(folder: string): Thenable<boolean> {
  return vscode.workspace.fs.stat(vscode.Uri.joinPath(vscode.Uri.file(folder), APP_FILE)).then(
    () => true,
    () => false,
  );
}

/** Says that the folder was made, with what comes next. */
export function tellAppMade(ui: Ui, title: string, folder: string, note: string): void {
  const uri = vscode.Uri.file(folder);
  const message = l10n.t('{0} was made in {1}.', title, folder);
  ui.notifications.tell(`${message} ${note}`.trim(), [
    { label: l10n.t('Deploy…'), act: () => vscode.commands.executeCommand('skylab.app.deploy', uri) },
    { label: l10n.t('Open Its Settings'), act: () => vscode.window.showTextDocument(vscode.Uri.joinPath(uri, APP_FILE)) },
  ]);
}
