import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Operation, Operations } from '../core/operations/operations';

const LOG = 'skylab-log';
const TEXT = 'skylab-text';

/** Read-only documents: the growing logs of operations, and the two sides of a change that is only proposed. */
export class VirtualDocuments implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #texts = new Map<string, string>();
  readonly #open = new Map<string, vscode.Uri>();
  readonly #subscriptions: { dispose(): void }[];

  constructor(private readonly operations: Operations) {
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(LOG, {
        onDidChange: this.#changed.event,
        provideTextDocumentContent: (uri) => this.#log(uri),
      }),
      vscode.workspace.registerTextDocumentContentProvider(TEXT, {
        provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? '',
      }),
      operations.onChange((view) => {
        const uri = this.#open.get(view.id);
        if (uri) this.#changed.fire(uri);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.#texts.delete(document.uri.toString());
        if (document.uri.scheme === LOG) this.#open.delete(document.uri.query);
      }),
    ];
  }

  /** Opens an operation's log; it grows while the operation runs. */
  async showLog(operation: Operation): Promise<void> {
    const { id, title } = operation.view;
    const uri = vscode.Uri.from({ scheme: LOG, path: `/${title.replaceAll(/[\\/]/g, ' ')}.log`, query: id });
    this.#open.set(id, uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(document, 'log');
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    const end = document.lineAt(Math.max(0, document.lineCount - 1)).range.end;
    editor.revealRange(new vscode.Range(end, end));
  }

  /** Shows a text that is not a file. */
  async showText(name: string, text: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.#text(name, randomUUID(), text));
    await vscode.window.showTextDocument(document, { preview: true });
  }

  /** Shows a change that nobody has made yet. */
  async showChange(title: string, name: string, before: string, after: string): Promise<void> {
    const left = this.#text(name, 'before', before);
    const right = this.#text(name, 'after', after);
    await vscode.commands.executeCommand('vscode.diff', left, right, title, { preview: true });
  }

  /** Shows a change of several files in one editor. */
  async showChanges(
    title: string,
    files: readonly { readonly name: string; readonly before: string; readonly after: string }[],
  ): Promise<void> {
    const id = randomUUID();
    const rows = files.map(({ name, before, after }) => {
      const left = this.#text(name, `before ${id}`, before);
      return [left, left, this.#text(name, `after ${id}`, after)];
    });
    await vscode.commands.executeCommand('vscode.changes', title, rows);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #text(name: string, side: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: TEXT, path: `/${name}`, query: side });
    this.#texts.set(uri.toString(), text);
    return uri;
  }

  #log(uri: vscode.Uri): string {
    const operation = this.operations.list().find((one) => one.view.id === uri.query);
    return operation ? `${operation.log.join('\n')}\n` : l10n.t('This operation belongs to a window that is closed.');
  }
}
