import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { TextEdit } from '../../core/deploy/envFile';
import { EnvFile } from '../../core/deploy/envFile';
import type { EnvSurroundings } from '../../core/deploy/envForm';
import { envForm } from '../../core/deploy/envForm';
import { applyEdits } from '../../core/deploy/edits';
import { SkylabError, sentenceOf } from '../../core/errors';
import { Secret } from '../../core/secret';
import type { EnvForm, EnvToForm, EnvToHost } from '../../shared/envModel';
import type { Ui } from '../ui';
import { WebviewHost } from '../webviews/webviewHost';
import { parseEnvMessage } from './messages';
import { openAs } from './open';
import { surroundingsOf } from './surroundings';

/** Milliseconds of quiet after which what is typed goes into the document: one step of undo for a word, not for a letter. */
const SETTLE = 400;

/** The form over one `.env` document. The document has the truth; every change of the form is a small edit of it. */
export class EnvEditor {
  readonly #host: WebviewHost<EnvToHost, EnvToForm>;
  readonly #subscriptions: vscode.Disposable;
  #around: EnvSurroundings | undefined;
  #form: EnvForm | undefined;
  /** What was typed and is not in the document yet. */
  readonly #typed = new Map<string, string>();
  /** Why something typed cannot go into the document. */
  readonly #refused = new Map<string, string>();
  #count = 0;
  /** The last message of which everything is in the document. */
  #settled = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The changes under way: the next one is computed from a text in which the one before has arrived. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ui: Ui,
    private readonly document: vscode.TextDocument,
    panel: vscode.WebviewPanel,
  ) {
    const page = {
      viewType: panel.viewType,
      title: panel.title,
      script: 'env',
      parse: parseEnvMessage,
      receive: (message: EnvToHost) => this.#receive(message),
      closed: () => this.#close(),
    } as const;
    this.#host = new WebviewHost<EnvToHost, EnvToForm>(ui, page, panel);
    const own = (other: vscode.TextDocument): boolean => other.uri.toString() === document.uri.toString();
    this.#subscriptions = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (own(event.document) && event.contentChanges.length > 0) this.#send();
      }),
      vscode.workspace.onWillSaveTextDocument((event) => {
        if (own(event.document)) event.waitUntil(this.#changes.then(() => this.#takeTyped()));
      }),
      // the Compose files may be changed beside it
      vscode.workspace.onDidSaveTextDocument((other) => {
        if (!own(other)) void ui.errors.run(() => this.#look());
      }),
      ui.services.machines.onChange(() => this.#forget()),
    );
  }

  async #receive(message: EnvToHost): Promise<void> {
    switch (message.type) {
      case 'ready':
        await this.#look();
        return;
      case 'set':
        this.#typed.set(message.key, message.value);
        this.#count = message.count;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.ui.errors.run(() => this.#settle()), SETTLE);
        return;
      case 'leave':
        await this.#settle();
        return;
      case 'hash':
        await this.#hash(message.key, message.password);
        return;
      case 'add':
        await this.#add(message.keys);
        return;
      case 'mend':
        await this.#mend(message);
        return;
      case 'openText':
        await this.#settle();
        await openAs('default', this.document.uri, message.line);
        return;
    }
  }

  /** Reads what lies around the file, and shows the form. */
  async #look(): Promise<void> {
    this.#around = await surroundingsOf(this.ui, this.document);
    this.#send();
  }

  /** The names of machines may be others: they are asked for with the next look. */
  #forget(): void {
    if (this.#around?.domains.length === 0) void this.ui.errors.run(() => this.#look());
  }

  #send(): void {
    if (!this.#around) return;
    try {
      const form = envForm(this.document.getText(), this.#around);
      this.#form = form;
      this.#host.post({ type: 'form', form: withProblems(form, this.#refused), count: this.#settled });
    } catch (error) {
      if (!(error instanceof SkylabError)) throw error;
      this.#form = undefined;
      const line = /, line (\d+):/.exec(error.message)?.[1];
      this.#host.post({ type: 'broken', message: sentenceOf(error), ...(line === undefined ? {} : { line: Number(line) }) });
    }
  }

  /** Puts what was typed into the document. */
  async #settle(): Promise<void> {
    if (!(await this.#change(() => this.#takeTyped()))) this.#send();
  }

  /** The edits for what was typed; what Compose would not read stays typed, with the reason. */
  #takeTyped(): vscode.TextEdit[] {
    clearTimeout(this.#timer);
    const text = this.document.getText();
    const edits: TextEdit[] = [];
    for (const [key, value] of this.#typed) {
      const edit = this.#tried(text, key, value);
      if (edit === undefined) continue;
      this.#typed.delete(key);
      if (text.slice(edit.start, edit.end) !== edit.text) edits.push(edit);
    }
    if (this.#typed.size === 0) this.#settled = this.#count;
    return edits.map((edit) => this.#placed(edit));
  }

  #tried(text: string, key: string, value: string): TextEdit | undefined {
    try {
      const edit = EnvFile.parse(text).edit(key, value, this.#isTemplate(key));
      EnvFile.parse(applied(text, [edit]));
      this.#refused.delete(key);
      return edit;
    } catch (error) {
      if (!(error instanceof SkylabError)) throw error;
      this.#refused.set(key, error.message.replace(/^\.env, line \d+: /, ''));
      return undefined;
    }
  }

  #isTemplate(key: string): boolean {
    return this.#form?.sections.some(({ fields }) => fields.some((field) => field.key === key && field.becomes !== undefined)) === true;
  }

  #placed({ start, end, text }: TextEdit): vscode.TextEdit {
    const { document } = this;
    return vscode.TextEdit.replace(new vscode.Range(document.positionAt(start), document.positionAt(end)), text);
  }

  /**
   * Changes the document, after the changes before it.
   * @returns whether there was anything to change
   */
  #change(edits: () => readonly vscode.TextEdit[]): Promise<boolean> {
    const change = this.#changes.then(() => this.#apply(edits()));
    this.#changes = change.catch(() => undefined);
    return change;
  }

  async #apply(edits: readonly vscode.TextEdit[]): Promise<boolean> {
    if (edits.length === 0) return false;
    const change = new vscode.WorkspaceEdit();
    change.set(this.document.uri, [...edits]);
    if (await vscode.workspace.applyEdit(change)) return true;
    throw new SkylabError(l10n.t('{0} could not be changed.', this.document.fileName), { next: l10n.t('Look whether it is read-only.') });
  }

  async #hash(key: string, password: string): Promise<void> {
    try {
      const hash = await (await this.ui.services.hasher()).hash(new Secret(password));
      await this.#change(() => [this.#placed(EnvFile.parse(this.document.getText()).edit(key, hash))]);
      this.#host.post({ type: 'hashed', key });
    } catch (error) {
      this.#host.post({ type: 'hashed', key, problem: sentenceOf(error) });
    }
  }

  async #add(keys: readonly string[]): Promise<void> {
    await this.#settle();
    await this.#change(() => {
      const before = this.document.getText();
      let text = before;
      for (const absent of this.#form?.absent ?? []) {
        if (!keys.includes(absent.key)) continue;
        const { key, fallback } = absent;
        text = applied(text, [EnvFile.parse(text).edit(key, fallback, fallback.includes('${'))]);
      }
      return text === before ? [] : [this.#placed({ start: before.length, end: before.length, text: text.slice(before.length) })];
    });
  }

  async #mend({ key, mend }: Extract<EnvToHost, { type: 'mend' }>): Promise<void> {
    await this.#settle();
    await this.#change(() => {
      const env = EnvFile.parse(this.document.getText());
      const edits =
        mend === 'quote' ? [env.edit(key, env.entry(key)?.written ?? '')] : env.removal(key, mend === 'remove' ? 'all' : 'hidden');
      return edits.map((edit) => this.#placed(edit));
    });
  }

  #close(): void {
    // what was typed last is not lost with the tab: the document is still there
    void this.ui.errors.run(() => this.#settle());
    this.#subscriptions.dispose();
  }
}

const applied = (text: string, edits: readonly TextEdit[]): string =>
  applyEdits(
    '',
    text,
    edits.map((edit) => ({ ...edit, path: '' })),
  );

function withProblems(form: EnvForm, refused: ReadonlyMap<string, string>): EnvForm {
  if (refused.size === 0) return form;
  const sections = form.sections.map((section) => ({
    ...section,
    fields: section.fields.map((field) => {
      const problem = refused.get(field.key);
      return problem === undefined ? field : { ...field, problem };
    }),
  }));
  return { ...form, sections };
}
