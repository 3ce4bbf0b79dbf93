import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';

/**
 * Opens a `.env` file in one of its editors: the row or tab that the command was called on, else the file in front. The editor that
 * showed it in front goes, unless something in it is not saved.
 * @param line to go to in the text, counted from 1
 */
export async function openAs(editor: string, arg: unknown, line?: number): Promise<void> {
  const before = vscode.window.tabGroups.activeTabGroup.activeTab;
  const uri = arg instanceof vscode.Uri ? arg : before && uriOf(before);
  if (!uri) throw new SkylabError(l10n.t('No .env file is open.'), { next: l10n.t('Open one first.') });
  const at = line === undefined ? undefined : new vscode.Position(line - 1, 0);
  await vscode.commands.executeCommand('vscode.openWith', uri, editor, at ? { selection: new vscode.Range(at, at) } : undefined);
  const after = vscode.window.tabGroups.activeTabGroup.activeTab;
  if (before && before !== after && !before.isDirty && uriOf(before)?.toString() === uri.toString()) {
    await vscode.window.tabGroups.close(before, true);
  }
}

function uriOf({ input }: vscode.Tab): vscode.Uri | undefined {
  return input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
}
