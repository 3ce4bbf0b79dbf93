import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { LaunchOptions } from '../../core/cloud/launch';
import type { Account, Image, MachineKey } from '../../core/cloud/model';
import { isCancelled, sentenceOf } from '../../core/errors';
import { isRunning } from '../../core/operations/operations';
import type { Operation } from '../../core/operations/operations';
import type { Prices } from '../../core/cloud/money/ports';
import { SpecRefused } from '../../shared/launchSpec';
import type { LaunchSpec } from '../../shared/launchSpec';
import type { FormPick, LaunchFormData, LaunchNext, LaunchToForm } from '../../shared/messages';
import type { CommandId } from '../ids';
import { runningPerHour } from '../runningCost';
import { formData, formImage, formPrices, withIdentity } from './launchModel';
import { pickFor, pickKeyFile } from './launchPicks';
import { parseLaunchMessage } from './messages';
import type { LaunchRequest } from './messages';
import { OperationFeed } from './operationFeed';
import type { PanelContext } from './webviewHost';
import { takeSpec } from './takeSpec';
import { WebviewHost } from './webviewHost';

interface Form {
  readonly kind: 'form';
  readonly data: LaunchFormData;
  readonly options: LaunchOptions;
  readonly prices: Prices | undefined;
  /** Ends what is still being read for the form. */
  readonly stop: AbortController;
}

type State =
  | { readonly kind: 'loading'; readonly what: string; readonly stop: AbortController }
  | { readonly kind: 'failed'; readonly message: string }
  | Form
  | { readonly kind: 'operation'; readonly operation: Operation; readonly feed: OperationFeed };

const LAST_LAUNCH = 'skylab.lastLaunch';

/** The launch form's panel: one form at a time; a form that became a running launch stays with it. */
export class LaunchPanel {
  static #open: LaunchPanel | undefined;

  readonly #context: PanelContext;
  readonly #host: WebviewHost<LaunchRequest, LaunchToForm>;
  #accountId: string | undefined;
  #state: State = { kind: 'failed', message: '' };
  #found: Image[] = [];
  #search: AbortController | undefined;
  #given: LaunchSpec | undefined;
  #opening = 0;

  /**
   * Opens the form, or brings it to the front.
   * @param options.accountId the first account when absent
   * @param options.spec filled in instead of the account's last launch, in place of what an open form has
   */
  static show(context: PanelContext, options: { readonly accountId?: string; readonly spec?: LaunchSpec } = {}): void {
    const open = LaunchPanel.#open;
    const accountId = options.spec?.accountId ?? options.accountId;
    if (open === undefined || open.#state.kind === 'operation') {
      LaunchPanel.#open = new LaunchPanel(context, accountId, options.spec);
      return;
    }
    open.#host.reveal();
    if (options.spec !== undefined) open.#begin(options.spec);
    if (options.spec !== undefined || (accountId !== undefined && accountId !== open.#accountId)) void open.#load(accountId);
  }

  private constructor(context: PanelContext, accountId: string | undefined, given: LaunchSpec | undefined) {
    this.#context = context;
    if (given !== undefined) this.#begin(given);
    this.#host = new WebviewHost(context, {
      viewType: 'skylab.launch',
      title: l10n.t('Launch a machine'),
      script: 'launch',
      parse: parseLaunchMessage,
      receive: (message) => this.#receive(message),
      closed: () => this.#closed(),
    });
    void this.#load(accountId);
  }

  /** The form begins anew with a spec from elsewhere. */
  #begin(given: LaunchSpec): void {
    this.#given = given;
    this.#opening += 1;
  }

  #closed(): void {
    this.#leave();
    this.#search?.abort();
    if (LaunchPanel.#open === this) LaunchPanel.#open = undefined;
  }

  async #receive(message: LaunchRequest): Promise<void> {
    const state = this.#state;
    switch (message.type) {
      case 'ready':
        this.#send();
        return;
      case 'reload':
        await this.#load(this.#accountId);
        return;
      case 'chooseAccount':
        await this.#load(message.accountId);
        return;
      case 'searchImages':
        await this.#searchImages(message.text);
        return;
      case 'browseKey':
        await this.#browseKey();
        return;
      case 'browse':
        await this.#browse(message.what, message.row);
        return;
      case 'price':
        await this.#price(message.instanceType);
        return;
      case 'launch':
        await this.#launch(message.spec);
        return;
      case 'dryRun':
        await this.#dryRun(message.spec);
        return;
      case 'preview':
      case 'saveSpec':
      case 'copyCli':
        await this.#hand(message.type, message.spec);
        return;
      case 'cancel':
        if (state.kind === 'operation') state.operation.cancel();
        return;
      case 'close':
        this.#host.dispose();
        return;
      case 'again':
        if (state.kind === 'operation' && !isRunning(state.operation.view)) await this.#load(this.#accountId);
        return;
      case 'next':
        await this.#next(message.action);
        return;
    }
  }

  /** Everything there is to show now. */
  #send(): void {
    const state = this.#state;
    if (state.kind === 'operation') state.feed.resend();
    else if (state.kind === 'form') this.#host.post({ type: 'data', data: state.data });
    else if (state.kind === 'failed') this.#host.post({ type: 'failed', message: state.message });
    else this.#host.post({ type: 'loading', what: state.what });
  }

  #leave(next?: State): void {
    // A form goes on with what its loading has begun.
    if (this.#state.kind === 'loading' && !(next?.kind === 'form' && next.stop === this.#state.stop)) this.#state.stop.abort();
    if (this.#state.kind === 'form') this.#state.stop.abort();
    if (this.#state.kind === 'operation') this.#state.feed.dispose();
  }

  #become(state: State): void {
    this.#leave(state);
    this.#state = state;
    this.#send();
  }

  async #load(accountId: string | undefined): Promise<void> {
    const { accounts } = this.#context.services;
    const account = accounts.list().find((one) => one.id === accountId) ?? accounts.list()[0];
    if (account === undefined) {
      this.#become({ kind: 'failed', message: l10n.t('There is no cloud account yet. Add one in the Skylab view, then try again.') });
      return;
    }
    if (account.id !== this.#accountId) this.#found = [];
    if (account.id !== this.#given?.accountId) this.#given = undefined;
    this.#accountId = account.id;
    this.#host.title = l10n.t('Launch a machine');
    const stop = new AbortController();
    this.#become({ kind: 'loading', what: l10n.t('Reading what {0} offers', account.name), stop });
    try {
      const { launchCatalog, prices: priceBook } = this.#context.services;
      // A form without prices is better than none.
      const book = capabilitiesOf(account).prices ? priceBook().catch(() => undefined) : undefined;
      const [catalog, prices] = await Promise.all([launchCatalog(), book]);
      const left = (): boolean => stop.signal.aborted;
      const known = await catalog.known(account);
      if (left()) return;
      const show = (options: LaunchOptions): Form => ({
        kind: 'form',
        options,
        prices,
        stop,
        data: this.#formData(account, options, prices),
      });
      if (known !== undefined) this.#become(show(known));
      const options = await catalog.refresh(account, stop.signal);
      if (left()) return;
      if (known === undefined) this.#become(show(options));
      else this.#renew(show(options));
      await this.#findGivenImage(options, stop.signal);
    } catch (error) {
      if (stop.signal.aborted || isCancelled(error)) return;
      if (this.#state.kind === 'form') this.#renew({ ...this.#state, data: { ...this.#state.data, stale: sentenceOf(error) } });
      else this.#become({ kind: 'failed', message: sentenceOf(error) });
    }
  }

  /** Takes what was read behind the form, which goes on as it is. */
  #renew(form: Form): void {
    const chosen = this.#state.kind === 'form' ? this.#state.data.publicKeys : [];
    const publicKeys = [
      ...chosen.filter(({ path: file }) => !form.data.publicKeys.some((key) => key.path === file)),
      ...form.data.publicKeys,
    ];
    this.#state = { ...form, data: { ...form.data, publicKeys } };
    this.#host.post({ type: 'refreshed', data: this.#state.data });
  }

  #formData(account: Account, options: LaunchOptions, prices: Prices | undefined): LaunchFormData {
    const { accounts, machines, memento } = this.#context.services;
    return formData({
      accounts: accounts.list(),
      account,
      options,
      found: this.#found,
      machines: machines.of(account.id),
      last: memento.get<unknown>(`${LAST_LAUNCH}.${account.id}`),
      prices,
      costLimit: this.#costLimit(prices),
      given: this.#given,
      opening: this.#opening,
    });
  }

  #costLimit(prices: Prices | undefined): LaunchFormData['costLimit'] {
    const { services, settings } = this.#context;
    if (settings.costWarnPerDay === 0 || prices === undefined) return undefined;
    return { perDay: settings.costWarnPerDay, runningPerHour: runningPerHour(services, prices) };
  }

  /** A spec from elsewhere may name an image that is not among the usual ones. */
  async #findGivenImage({ images }: LaunchOptions, signal: AbortSignal): Promise<void> {
    const imageId = this.#given?.imageId;
    if (imageId === undefined || images.some(({ id }) => id === imageId)) return;
    await this.#searchImages(imageId);
    signal.throwIfAborted();
  }

  async #price(instanceType: string): Promise<void> {
    const state = this.#state;
    const account = this.#context.services.accounts.list().find(({ id }) => id === this.#accountId);
    if (state.kind !== 'form' || state.prices === undefined || account === undefined) return;
    await state.prices.refresh(account.region, [instanceType], state.stop.signal);
    const now = this.#state;
    if (now.kind !== 'form' || now.stop !== state.stop) return;
    const prices = formPrices(account.region, state.prices);
    this.#keep((data) => ({ ...data, prices }));
    this.#host.post({ type: 'prices', prices });
  }

  async #searchImages(text: string): Promise<void> {
    const accountId = this.#accountId;
    if (accountId === undefined || this.#state.kind !== 'form') return;
    this.#search?.abort();
    const stop = new AbortController();
    this.#search = stop;
    try {
      const launcher = await this.#context.services.launcher();
      const images = await launcher.searchImages(accountId, text, stop.signal);
      if (stop.signal.aborted || accountId !== this.#accountId) return;
      const shown = images.map(formImage);
      this.#found.push(...images.filter((image) => !this.#found.some((known) => known.id === image.id)));
      this.#keep((data) => ({
        ...data,
        images: [...data.images, ...shown.filter(({ id }) => !data.images.some((known) => known.id === id))],
      }));
      this.#host.post({ type: 'images', text, images: shown });
    } catch (error) {
      if (stop.signal.aborted || isCancelled(error)) return;
      this.#host.post({ type: 'images', text, images: [], problem: sentenceOf(error) });
    }
  }

  /** Takes what was learnt since the form opened into what a form that is shown anew gets. */
  #keep(change: (data: LaunchFormData) => LaunchFormData): void {
    if (this.#state.kind === 'form') this.#state = { ...this.#state, data: change(this.#state.data) };
  }

  async #browse(what: FormPick, row: number): Promise<void> {
    const text = await pickFor(what, this.#context.services.homeDir);
    if (text !== undefined && this.#state.kind === 'form') this.#host.post({ type: 'picked', what, row, text });
  }

  async #browseKey(): Promise<void> {
    const file = await pickKeyFile(this.#context.services.homeDir);
    const state = this.#state;
    if (file === undefined || state.kind !== 'form') return;
    const known = state.data.publicKeys.some((key) => key.path === file);
    const publicKeys = known ? state.data.publicKeys : [{ path: file, comment: '' }, ...state.data.publicKeys];
    this.#keep((data) => ({ ...data, publicKeys }));
    this.#host.post({ type: 'publicKeys', publicKeys, chosen: file });
  }

  /** A second message while the first is at work finds no form any more: one click, one launch. */
  async #launch(value: unknown): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'form') return;
    try {
      const spec = takeSpec(value, state, this.#found);
      const launcher = await this.#context.services.launcher();
      if (this.#state.kind !== 'form') return;
      const operation = launcher.launch(withIdentity(spec, state.options));
      // The next form begins with this launch; after a failure the page has its draft.
      this.#given = undefined;
      this.#follow(operation);
      await this.#context.services.memento.set(`${LAST_LAUNCH}.${spec.accountId}`, spec);
    } catch (error) {
      if (!(error instanceof SpecRefused)) {
        this.#host.post({ type: 'refused', problems: {} });
        throw error;
      }
      this.#host.post({ type: 'refused', problems: error.problems });
    }
  }

  async #dryRun(value: unknown): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'form') return;
    const answer = await this.#orRefused(async () => {
      const spec = withIdentity(takeSpec(value, state, this.#found), state.options);
      await this.#context.services.tryLaunch(spec, state.stop.signal);
    });
    if (answer === 'refused') return;
    const message = answer === undefined ? l10n.t('The cloud would launch this. Nothing was made.') : sentenceOf(answer.error);
    this.#host.post({ type: 'dryRun', allowed: answer === undefined, message });
  }

  /** Gives the spec to the command that has to do with it. */
  async #hand(act: 'preview' | 'saveSpec' | 'copyCli', value: unknown): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'form') return;
    const answer = await this.#orRefused(() =>
      Promise.resolve(
        vscode.commands.executeCommand(`skylab.launch.${act}`, withIdentity(takeSpec(value, state, this.#found), state.options)),
      ),
    );
    if (answer !== undefined && answer !== 'refused') throw answer.error;
  }

  /** @returns `refused` when the spec does not fit, which the form is told; the error of anything else; undefined when all went well */
  async #orRefused(act: () => Promise<unknown>): Promise<'refused' | { readonly error: unknown } | undefined> {
    try {
      await act();
      return undefined;
    } catch (error) {
      if (!(error instanceof SpecRefused)) return { error };
      this.#host.post({ type: 'refused', problems: error.problems });
      return 'refused';
    }
  }

  #follow(operation: Operation): void {
    this.#host.title = operation.view.title;
    const feed = new OperationFeed(operation, (view, logTail) => {
      const machine = view.machineKey === undefined ? undefined : this.#context.services.machines.get(view.machineKey as MachineKey);
      const result = machine
        ? l10n.t('{0} is ready. Deploy a folder to it, or log in with a terminal.', machine.name)
        : l10n.t('The machines are ready. Deploy a folder to one, or log in with a terminal.');
      this.#host.post({ type: 'operation', view, logTail, ...(view.state === 'done' ? { result } : {}) });
    });
    this.#become({ kind: 'operation', operation, feed });
  }

  async #next(action: LaunchNext): Promise<void> {
    if (this.#state.kind !== 'operation') return;
    const { operation } = this.#state;
    if (action === 'log') {
      await this.#context.documents.showLog(operation);
      return;
    }
    const command: CommandId = action === 'terminal' ? 'skylab.connect' : 'skylab.deploy';
    const key = operation.view.machineKey;
    await vscode.commands.executeCommand(command, ...(key === undefined ? [] : [{ kind: 'machine', key }]));
  }
}
