import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Prices } from '../core/cloud/money/ports';
import { runningCount } from './model/machineRow';
import { dollars } from './model/moneyText';
import { runningPerHour } from './runningCost';
import type { Services } from './services';
import type { Settings } from './settings';
import { Repaints } from './tree/item';

/** How many machines run and what they cost: what costs money is always in sight. Hidden until a cloud has answered. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('skylab.running', vscode.StatusBarAlignment.Left, 10);
  readonly #subscriptions: { dispose(): void }[];
  /** A sum over all machines: once for a burst of changes. */
  readonly #repaints = new Repaints<undefined>(() => this.#paint());

  #prices: Prices | undefined;
  #loading = false;

  constructor(
    private readonly services: Services,
    private readonly settings: Settings,
  ) {
    this.#item.name = l10n.t('Skylab: running machines');
    this.#item.command = 'skylab.machines.focus';
    this.#subscriptions = [
      this.#repaints,
      services.accounts.onChange(() => this.#repaints.add(undefined)),
      services.machines.onChange(() => this.#repaints.add(undefined)),
      settings.onChange(() => this.#repaints.add(undefined)),
    ];
    this.#paint();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#item.dispose();
  }

  #paint(): void {
    const accounts = this.services.accounts.list();
    const known = accounts.some((account) => this.services.machines.status(account.id).state === 'loaded');
    if (!known) {
      this.#item.hide();
      return;
    }
    const machines = accounts.flatMap((account) => this.services.machines.of(account.id));
    const running = runningCount(machines);
    const perHour = running === 0 ? 0 : this.#perHour();
    const count = l10n.t('{0} running', running);
    const text = perHour === 0 ? count : `${count} · ${l10n.t('{0}/h', dollars(perHour))}`;
    const limit = this.settings.costWarnPerDay;
    const over = limit > 0 && perHour * 24 > limit;
    this.#item.text = over ? `$(warning) ${text}` : `$(vm) ${text}`;
    this.#item.backgroundColor = over ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    const shows = l10n.t('Machines running in your cloud accounts. Click to show them.');
    const warns = l10n.t('They cost {0} a day; your limit is {1}.', dollars(perHour * 24), dollars(limit));
    this.#item.tooltip = over ? `${warns} ${shows}` : shows;
    this.#item.accessibilityInformation = { label: l10n.t('Skylab, {0}', over ? `${text}, ${warns}` : text), role: 'button' };
    this.#item.show();
  }

  /** US dollars; 0 while prices are not loaded, which begins with the first machine that runs. */
  #perHour(): number {
    if (this.#prices === undefined) {
      if (!this.#loading) void this.#load();
      return 0;
    }
    return runningPerHour(this.services, this.#prices);
  }

  async #load(): Promise<void> {
    this.#loading = true;
    // The number of machines is shown in any case.
    this.#prices = await this.services.prices().catch(() => undefined);
    if (this.#prices !== undefined) this.#paint();
  }
}
