import * as vscode from 'vscode';
import type { Ui } from '../ui';

const SELECTOR: vscode.DocumentSelector = [{ language: 'systemd-unit' }];
/** Milliseconds of quiet before a file that is being typed is looked at. */
const SETTLE = 250;

/** Completion, hovers, checks and quick fixes in unit files; the code is loaded with the first of them. */
export function registerUnitLanguage(ui: Ui): vscode.Disposable {
  const found = vscode.languages.createDiagnosticCollection('skylab-units');
  const timers = new Map<string, NodeJS.Timeout>();
  const help = () => import('./languageHelp');
  const look = (document: vscode.TextDocument, afterMs: number): void => {
    if (vscode.languages.match(SELECTOR, document) === 0) return;
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    const run = async (): Promise<void> => {
      timers.delete(key);
      const { diagnose } = await help();
      if (!document.isClosed) found.set(document.uri, diagnose(document));
    };
    timers.set(
      key,
      setTimeout(() => void ui.errors.run(run), afterMs),
    );
  };
  for (const document of vscode.workspace.textDocuments) look(document, 0);
  return vscode.Disposable.from(
    found,
    vscode.workspace.onDidOpenTextDocument((document) => look(document, 0)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document, SETTLE)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      clearTimeout(timers.get(uri.toString()));
      timers.delete(uri.toString());
      found.delete(uri);
    }),
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
    new vscode.Disposable(() => timers.forEach((timer) => clearTimeout(timer))),
  );
}
