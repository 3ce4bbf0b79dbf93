import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Ui } from '../ui';
import type { HostsModel } from './hostsModel';

/** Milliseconds without typing after which a text is looked at. */
const SETTLE = 300;

/** Files that are ssh configurations by where they lie; those that the person's own file includes are found when it is read. */
const PATTERNS = ['**/.ssh/config', '**/.ssh/config.d/*', '**/.ssh/*.conf', '**/ssh_config', '**/ssh_config.d/*.conf'];

/** What PATTERNS match, with `/` between parts. */
const usualPlace = /\/(\.ssh\/config|\.ssh\/config\.d\/[^/]+|\.ssh\/[^/]*\.conf|ssh_config|ssh_config\.d\/[^/]*\.conf)$/;

export interface ConfigLanguage {
  readonly registered: vscode.Disposable;
  /** The files that the person's configuration consists of, absolute: those in unusual places get the same help. */
  include(paths: readonly string[]): void;
}

/** Completion, hovers, diagnostics and quick fixes in ssh configurations; all of it is loaded with the first such file. */
export function registerLanguage(ui: Ui, model: () => Promise<HostsModel>): ConfigLanguage {
  const selector = PATTERNS.map((pattern): vscode.DocumentFilter => ({ scheme: 'file', pattern }));
  let elsewhere: readonly string[] = [];
  let helpElsewhere: vscode.Disposable | undefined;
  const help = () => import('./languageHelp');
  const found = vscode.languages.createDiagnosticCollection('skylab-ssh-config');
  const timers = new Map<string, NodeJS.Timeout>();
  const isOurs = (document: vscode.TextDocument): boolean =>
    vscode.languages.match(selector, document) > 0 || elsewhere.includes(document.uri.fsPath);
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
  const providers = (files: vscode.DocumentSelector): vscode.Disposable =>
    vscode.Disposable.from(
      vscode.languages.registerCompletionItemProvider(
        files,
        { provideCompletionItems: async (document, position) => (await help()).complete(ui, await model(), document, position) },
        ' ',
        '=',
        ',',
      ),
      vscode.languages.registerHoverProvider(files, {
        provideHover: async (document, position) => (await help()).hover(document, position),
      }),
      vscode.languages.registerCodeActionsProvider(
        files,
        {
          provideCodeActions: async (document, _range, context) => (await import('./quickFixes')).quickFixes(document, context.diagnostics),
        },
        { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
      ),
    );
  const include = (paths: readonly string[]): void => {
    const found = paths.filter((path) => !usualPlace.test(path.replaceAll('\\', '/')) && !/[*?[\]{}]/.test(path)).sort();
    if (found.join('\n') === elsewhere.join('\n')) return;
    elsewhere = found;
    helpElsewhere?.dispose();
    const filters = found.map((path) => ({ scheme: 'file', pattern: new vscode.RelativePattern(dirname(path), basename(path)) }));
    helpElsewhere = filters.length === 0 ? undefined : providers(filters);
    for (const document of vscode.workspace.textDocuments) if (found.includes(document.uri.fsPath)) look(document, true);
  };
  for (const document of vscode.workspace.textDocuments) look(document, true);
  const registered = vscode.Disposable.from(
    found,
    vscode.workspace.onDidOpenTextDocument((document) => look(document, true)),
    vscode.workspace.onDidSaveTextDocument((document) => look(document, true)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document, false)),
    vscode.workspace.onDidCloseTextDocument(forget),
    providers(selector),
    new vscode.Disposable(() => void helpElsewhere?.dispose()),
    new vscode.Disposable(() => timers.forEach((timer) => clearTimeout(timer))),
  );
  return { include, registered };
}
