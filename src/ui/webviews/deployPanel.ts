import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { DeploySession } from '../../core/deploy/deployer';
import { isCancelled, sentenceOf } from '../../core/errors';
import { isRunning } from '../../core/operations/operations';
import type { Operation } from '../../core/operations/operations';
import type { DeployAnswers, DeployForm, Notebook, StackChoice } from '../../shared/deployModel';
import type { DeployToForm, DeployToHost } from '../../shared/messages';
import { parseDeployMessage } from './messages';
import { OperationFeed } from './operationFeed';
import type { PanelContext } from './webviewHost';
import { WebviewHost } from './webviewHost';

type State =
  | { readonly kind: 'loading'; readonly stop: AbortController }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'form'; readonly session: DeploySession }
  | {
      readonly kind: 'operation';
      readonly operation: Operation;
      readonly feed: OperationFeed;
      readonly url: string;
      readonly notebooks: readonly Notebook[];
    };

/**
 * Folder -> ids of findings that the person has set aside. Kept by the editor and not in the folder: a file there would be uploaded, would
 * make a release differ from the one before, and would decide for everybody who gets the folder.
 */
const ASIDE = 'skylab.review.aside';

export interface DeployTarget {
  /** Absolute folder on this computer. */
  readonly root: string;
  readonly machine: Machine;
}

/** The deploy page of one folder and one machine. */
export class DeployPanel {
  static readonly #open = new Map<string, DeployPanel>();

  readonly #context: PanelContext;
  readonly #target: DeployTarget;
  readonly #host: WebviewHost<DeployToHost, DeployToForm>;
  #state: State = { kind: 'failed', message: '' };
  /** Kept here while the page is hidden, since what a page keeps is written to disk and these hold passwords. */
  #answers: DeployAnswers | undefined;

  /** Opens the page of this folder and machine, or brings it to the front. */
  static show(context: PanelContext, target: DeployTarget): void {
    const key = `${target.machine.key} ${target.root}`;
    const open = DeployPanel.#open.get(key);
    if (open === undefined) DeployPanel.#open.set(key, new DeployPanel(context, target, () => DeployPanel.#open.delete(key)));
    else open.#host.reveal();
  }

  private constructor(context: PanelContext, target: DeployTarget, closed: () => void) {
    this.#context = context;
    this.#target = target;
    this.#host = new WebviewHost(context, {
      viewType: 'skylab.deploy',
      title: l10n.t('Deploy {0} to {1}', basename(target.root), target.machine.name),
      script: 'deploy',
      parse: parseDeployMessage,
      receive: (message) => this.#receive(message),
      closed: () => {
        this.#leave();
        saved.dispose();
        this.#answers = undefined;
        closed();
      },
    });
    const saved = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      const { form } = this.#state.kind === 'form' ? this.#state.session : {};
      if (form && uri.scheme === 'file' && uri.fsPath === this.#envFile()) void this.#load(form.choices?.chosen ?? 'usual');
    });
    void this.#load();
  }

  #envFile(): string {
    return join(this.#target.root, '.env');
  }

  async #receive(message: DeployToHost): Promise<void> {
    const state = this.#state;
    switch (message.type) {
      case 'ready':
        this.#send();
        return;
      case 'reload':
        await this.#load();
        return;
      case 'choose':
        if (state.kind === 'form') await this.#load(message.choice);
        return;
      case 'changed':
        this.#plan(message.answers);
        return;
      case 'editEnv':
        await vscode.commands.executeCommand('skylab.env.openForm', vscode.Uri.file(this.#envFile()));
        return;
      case 'setAside':
        await this.#context.services.memento.set(ASIDE, { ...this.#allAside(), [this.#target.root]: message.ids });
        return;
      case 'showChange':
        await this.#showChange(message);
        return;
      case 'showUpdate':
        await this.#showUpdate(message);
        return;
      case 'deploy':
        this.#deploy(message.answers);
        return;
      case 'cancel':
        if (state.kind === 'operation') state.operation.cancel();
        return;
      case 'again':
        if (state.kind === 'operation' && !isRunning(state.operation.view)) await this.#load();
        return;
      case 'openSite':
        await this.#openSite(message.notebook);
        return;
      case 'showLog':
        if (state.kind === 'operation') await this.#context.documents.showLog(state.operation);
        return;
    }
  }

  /** Everything there is to show now. */
  #send(): void {
    const state = this.#state;
    if (state.kind === 'operation') state.feed.resend();
    else if (state.kind === 'failed') this.#host.post({ type: 'failed', message: state.message });
    else if (state.kind === 'form') {
      const answers = this.#answers === undefined ? {} : { answers: this.#answers };
      this.#host.post({ type: 'form', form: state.session.form, ...answers, aside: this.#aside() });
    } else {
      const what = l10n.t('Reading {0} and asking {1} what it has', basename(this.#target.root), this.#target.machine.name);
      this.#host.post({ type: 'loading', what });
    }
  }

  #leave(): void {
    if (this.#state.kind === 'loading') this.#state.stop.abort();
    if (this.#state.kind === 'operation') this.#state.feed.dispose();
  }

  #become(state: State): void {
    this.#leave();
    this.#state = state;
    this.#send();
  }

  /** @param choice the Compose files and profiles, which keeps what was typed in before where its field stays; absent, all begins anew */
  async #load(choice?: StackChoice | 'usual'): Promise<void> {
    const before = this.#state.kind === 'form' ? this.#state.session.form : undefined;
    const stop = new AbortController();
    this.#become({ kind: 'loading', stop });
    try {
      const deployer = await this.#context.services.deployer();
      const session = await deployer.open(this.#target.root, this.#target.machine, stop.signal, choice === 'usual' ? undefined : choice);
      if (stop.signal.aborted) return;
      if (choice) this.#answers = this.#carried(session.form, before);
      this.#become({ kind: 'form', session });
    } catch (error) {
      if (stop.signal.aborted) return;
      // A question about the host key that was answered with no is no error, but the page has to say why it is empty.
      const message = isCancelled(error) ? l10n.t('Canceled before {0} was asked.', this.#target.machine.name) : sentenceOf(error);
      this.#become({ kind: 'failed', message });
    }
  }

  /** What was typed stays; what was only filled in is filled in anew. */
  #carried(form: DeployForm, before: DeployForm | undefined): DeployAnswers {
    const filled = new Map(before?.fields.map(({ key, value }) => [key, value]));
    const typed = Object.fromEntries(Object.entries(this.#answers?.values ?? {}).filter(([key, value]) => filled.get(key) !== value));
    return {
      values: Object.fromEntries(form.fields.map(({ key, value }) => [key, typed[key] ?? value])),
      fixes: form.findings.filter(({ id, fix }) => fix?.onByDefault === true && !this.#aside().includes(id)).map(({ id }) => id),
    };
  }

  #aside(): readonly string[] {
    return this.#allAside()[this.#target.root] ?? [];
  }

  #allAside(): Readonly<Record<string, readonly string[]>> {
    return this.#context.services.memento.get<Readonly<Record<string, readonly string[]>>>(ASIDE) ?? {};
  }

  #plan(answers: DeployAnswers): void {
    if (this.#state.kind !== 'form') return;
    this.#answers = answers;
    this.#host.post({ type: 'plan', plan: this.#state.session.plan(answers) });
  }

  async #showChange({ path, findingId, answers }: Extract<DeployToHost, { type: 'showChange' }>): Promise<void> {
    if (this.#state.kind !== 'form') return;
    const { session } = this.#state;
    const changes =
      findingId === undefined
        ? session.plan(answers).changes
        : (session.form.findings.find((finding) => finding.id === findingId)?.fix?.changes ?? []);
    const change = changes.find((one) => one.path === path);
    if (change === undefined) return;
    const title = l10n.t('{0}: yours and the copy that is sent', change.path);
    await this.#context.documents.showChange(title, change.path, change.before, change.after);
  }

  async #showUpdate({ path, answers }: Extract<DeployToHost, { type: 'showUpdate' }>): Promise<void> {
    if (this.#state.kind !== 'form') return;
    const change = this.#state.session.updated(answers, path);
    if (change === undefined) return;
    const title = l10n.t('{0}: on {1} now and after the deployment', change.path, this.#target.machine.name);
    await this.#context.documents.showChange(title, change.path, change.before, change.after);
  }

  /** A second message finds no form any more: one click, one deployment. */
  #deploy(answers: DeployAnswers): void {
    if (this.#state.kind !== 'form') return;
    const { session } = this.#state;
    const plan = session.plan(answers);
    this.#answers = answers;
    if (Object.keys(plan.problems).length > 0) {
      this.#host.post({ type: 'plan', plan });
      return;
    }
    const operation = session.run(answers);
    const { url, notebooks } = plan;
    const feed = new OperationFeed(operation, (view, logTail) => this.#host.post({ type: 'operation', view, logTail, url, notebooks }));
    this.#become({ kind: 'operation', operation, feed, url, notebooks });
  }

  /** @param notebook name of one of the plan's; the site itself when absent */
  async #openSite(notebook: string | undefined): Promise<void> {
    if (this.#state.kind !== 'operation') return;
    const { url, notebooks } = this.#state;
    const address = notebooks.find(({ name }) => name === notebook)?.url ?? url;
    await vscode.env.openExternal(vscode.Uri.parse(address, true));
  }
}
