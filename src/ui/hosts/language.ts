import * as vscode from 'vscode';
import type { Ui } from '../ui';
import type { HostsModel } from './hostsModel';

/** Milliseconds without typing after which a text is looked at. */
const SETTLE = 300;

/** Files that are ssh configurations by where they lie; those that the person's own file includes are found when it is read. */
const PATTERNS = ['**/.ssh/config', '**/.ssh/config.d/*', '**/.ssh/*.conf', '**/ssh_config', '**/ssh_config.d/*.conf'];

/** Completion, hovers, diagnostics and quick fixes in ssh configurations; all of it is loaded with the first such file. */
export function registerLanguage(ui: Ui, model: () => Promise<HostsModel>): vscode.Disposable {
  const selector = PATTERNS.map((pattern): vscode.DocumentFilter => ({ scheme: 'file', pattern }));
  const help = () => import('./languageHelp');
  const found = vscode.languages.createDiagnosticCollection('skylab-ssh-config');
  const timers = new Map<string, NodeJS.Timeout>();
  const isOurs = (document: vscode.TextDocument): boolean => vscode.languages.match(selector, document) > 0;
  const look = (document: vscode.TextDocument, askSsh: boolean): void => {
    if (!isOurs(document)) return;
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    const run = async (): Promise<void> => {
      timers.delete(key);
      const { version } = document;
      const { diagnose } = await import('./diagnostics');
      const diagnostics = await diagnose(document, await model(), askSsh);
      if (document.version === version && !document.isClosed) found.set(document.uri, diagnostics);
    };
    timers.set(
      key,
      setTimeout(() => void ui.errors.run(run), askSsh ? 0 : SETTLE),
    );
  };
  const forget = (document: vscode.TextDocument): void => {
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    timers.delete(key);
    found.delete(document.uri);
  };
  for (const document of vscode.workspace.textDocuments) look(document, true);
  return vscode.Disposable.from(
    found,
    vscode.workspace.onDidOpenTextDocument((document) => look(document, true)),
    vscode.workspace.onDidSaveTextDocument((document) => look(document, true)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document, false)),
    vscode.workspace.onDidCloseTextDocument(forget),
    vscode.languages.registerCompletionItemProvider(
      selector,
      { provideCompletionItems: async (document, position) => (await help()).complete(ui, await model(), document, position) },
      ' ',
      '=',
      ',',
    ),
    vscode.languages.registerHoverProvider(selector, {
      provideHover: async (document, position) => (await help()).hover(document, position),
    }),
    vscode.languages.registerCodeActionsProvider(
      selector,
      { provideCodeActions: async (document, _range, context) => (await import('./quickFixes')).quickFixes(document, context.diagnostics) },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
    new vscode.Disposable(() => timers.forEach((timer) => clearTimeout(timer))),
  );
}
