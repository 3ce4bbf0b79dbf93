import * as vscode from 'vscode';
import { checkDocuments } from '../documentChecks';
import type { Ui } from '../ui';

const SELECTOR: vscode.DocumentSelector = [{ language: 'systemd-unit' }];

/** Completion, hovers, checks and quick fixes in unit files; the code is loaded with the first of them. */
export function registerUnitLanguage(ui: Ui): vscode.Disposable {
  const help = () => import('./languageHelp');
  return vscode.Disposable.from(
    checkDocuments(ui, 'skylab-units', SELECTOR, async (document) => (await help()).diagnose(document)),
    vscode.languages.registerCompletionItemProvider(
      SELECTOR,
      { provideCompletionItems: async (document, position) => (await help()).complete(document, position) },
      '=',
      '[',
      ' ',
    ),
    vscode.languages.registerHoverProvider(SELECTOR, {
      provideHover: async (document, position) => (await help()).hover(document, position),
    }),
    vscode.languages.registerDocumentSymbolProvider(SELECTOR, {
      provideDocumentSymbols: async (document) => (await help()).symbols(document),
    }),
    vscode.languages.registerCodeActionsProvider(
      SELECTOR,
      { provideCodeActions: async (document, _range, context) => (await help()).quickFixes(document, context.diagnostics) },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
  );
}
