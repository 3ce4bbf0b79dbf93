import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';

/**
 * Opens a `.env` file in one of its editors: the row or tab that the command was called on, else the file in front.
 * @param line to go to in the text, counted from 1
 */
export async function openAs(editor: string, arg: unknown, line?: number): Promise<void> {
  const uri = arg instanceof vscode.Uri ? arg : inFront();
  if (!uri) throw new SkylabError(l10n.t('No .env file is open.'), { next: l10n.t('Open one first.') });
  const at = line === undefined ? undefined : new vscode.Position(line - 1, 0);
  await vscode.commands.executeCommand('vscode.openWith', uri, editor, at ? { selection: new vscode.Range(at, at) } : undefined);
}

function inFront(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
}
