import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { parseConfig } from '../../core/ssh/config/document';
import type { Fix } from '../../core/ssh/config/problems';
import { moveUp } from '../../core/ssh/config/placement';
import { ConfigFile } from '../../core/ssh/config/tree';
import { shownText, storedText } from '../../core/ssh/config/words';
import { SshDiagnostic } from './diagnostics';

/** What repairs the problems under the cursor. */
export function quickFixes(document: vscode.TextDocument, diagnostics: readonly vscode.Diagnostic[]): vscode.CodeAction[] {
  return diagnostics.flatMap((diagnostic) => {
    if (!(diagnostic instanceof SshDiagnostic) || diagnostic.problem.fix === undefined) return [];
    return actionsFor(document, diagnostic.problem.fix).map((action) => {
      action.diagnostics = [diagnostic];
      return action;
    });
  });
}

function actionsFor(document: vscode.TextDocument, fix: Fix): vscode.CodeAction[] {
  const bytes = storedText(document.getText());
  switch (fix.kind) {
    case 'splice': {
      if (fix.does === 'removeBom') return [command(l10n.t('Remove the byte order mark…'), 'skylab.host.repair', document.uri.fsPath)];
      const { offset, length, text } = fix.splice;
      return [
        edit(
          document,
          fix.does === 'spelling' ? l10n.t('Change to {0}', fix.text ?? '') : l10n.t('Put the path in double quotes'),
          shownText(bytes.slice(0, offset)) + shownText(text) + shownText(bytes.slice(offset + length)),
        ),
      ];
    }
    case 'move': {
      const moved = moveUp(new ConfigFile(document.uri.fsPath, parseConfig(bytes), new Map()), fix.block);
      return moved === undefined ? [] : [edit(document, l10n.t('Move the entry before the one that wins'), shownText(moved.after))];
    }
    case 'protect':
      return [command(l10n.t('Let only me read and write it (mode 600)…'), 'skylab.host.repair', fix.path)];
    case 'key':
      return [
        command(l10n.t('Create this key (ed25519)…'), 'skylab.host.createKey', fix.path),
        command(l10n.t('Choose another key…'), 'skylab.host.chooseKey', { uri: document.uri, line: fix.directive.line }),
      ];
  }
}

/** One edit of the part that differs: the rest of the document is left alone. */
function edit(document: vscode.TextDocument, title: string, after: string): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  const before = document.getText();
  let from = 0;
  while (from < before.length && before[from] === after[from]) from++;
  let to = 0;
  while (to < before.length - from && to < after.length - from && before.at(-1 - to) === after.at(-1 - to)) to++;
  const range = new vscode.Range(document.positionAt(from), document.positionAt(before.length - to));
  action.edit.replace(document.uri, range, after.slice(from, after.length - to));
  return action;
}

function command(title: string, id: string, argument: unknown): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.command = { command: id, title, arguments: [argument] };
  return action;
}
