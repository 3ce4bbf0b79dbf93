import * as vscode from 'vscode';
import type { Ui } from './ui';

/** Milliseconds of quiet before a file that is being typed is looked at. */
const SETTLE = 250;

/**
 * Keeps the problems of open documents up to date.
 * @param name of the collection of problems
 * @param diagnose what is wrong with a document as it stands
 */
export function checkDocuments(
  ui: Ui,
  name: string,
  selector: vscode.DocumentSelector,
  diagnose: (document: vscode.TextDocument) => Promise<vscode.Diagnostic[]>,
): vscode.Disposable {
  const found = vscode.languages.createDiagnosticCollection(name);
  const timers = new Map<string, NodeJS.Timeout>();
  const look = (document: vscode.TextDocument, afterMs: number): void => {
    if (vscode.languages.match(selector, document) === 0) return;
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    const run = async (): Promise<void> => {
      timers.delete(key);
      const { version } = document;
      const problems = await diagnose(document);
      if (document.version === version && !document.isClosed) found.set(document.uri, problems);
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
    new vscode.Disposable(() => timers.forEach((timer) => clearTimeout(timer))),
  );
}
