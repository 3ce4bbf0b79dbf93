import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { runningCount } from './model/machineRow';
import type { Services } from './services';

/** How many machines run: what costs money is always in sight. Hidden until a cloud has answered. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('skylab.running', vscode.StatusBarAlignment.Left, 10);
  readonly #subscriptions: { dispose(): void }[];

  constructor(private readonly services: Services) {
    this.#item.name = l10n.t('Skylab: running machines');
    this.#item.command = 'skylab.machines.focus';
    this.#subscriptions = [services.accounts.onChange(() => this.#paint()), services.machines.onChange(() => this.#paint())];
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
    const running = accounts.reduce((sum, account) => sum + runningCount(this.services.machines.of(account.id)), 0);
    const text = l10n.t('{0} running', running);
    this.#item.text = `$(vm) ${text}`;
    this.#item.tooltip = l10n.t('Machines running in your cloud accounts. Click to show them.');
    this.#item.accessibilityInformation = { label: l10n.t('Skylab, {0}', text), role: 'button' };
    this.#item.show();
  }
}
