import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { HostEntryStore, IncludeChange } from '../core/ssh/ports';
import type { Memento } from '../core/cloud/ports';
import type { VirtualDocuments } from './virtualDocuments';

const ANSWERED = 'ssh.includeOffered';

/** Asks, once, for the one line in `~/.ssh/config` that makes `ssh NAME` work in every terminal. */
export class IncludeOffer {
  #asking = false;

  constructor(
    private readonly hostEntries: HostEntryStore,
    private readonly memento: Memento,
    private readonly documents: VirtualDocuments,
  ) {}

  /** Asks unless it is there already or the person has answered before. @param alias a name to show as an example */
  async offer(alias: string): Promise<void> {
    if (this.#asking || this.memento.get<boolean>(ANSWERED) === true) return;
    await this.#ask(alias);
  }

  /** For acts that cannot work without the line. @returns true when it stands in the file */
  async require(alias: string): Promise<boolean> {
    return this.#asking ? false : this.#ask(alias);
  }

  async #ask(alias: string): Promise<boolean> {
    const change = await this.hostEntries.includeChange();
    if (!change) return true;
    this.#asking = true;
    try {
      return await this.#question(alias, change);
    } finally {
      this.#asking = false;
    }
  }

  async #question(alias: string, change: IncludeChange): Promise<boolean> {
    const add = l10n.t('Add');
    const show = l10n.t('Show Change');
    const notNow = l10n.t('Not Now');
    const message = l10n.t(
      'Add one line to {0} so that `ssh {1}` works in any terminal? Nothing else in it changes.',
      '~/.ssh/config',
      alias,
    );
    for (let seen = false; ; seen = true) {
      const answer = await vscode.window.showInformationMessage(message, add, ...(seen ? [] : [show]), notNow);
      if (answer === undefined) return false;
      if (answer === show) {
        await this.documents.showChange(l10n.t('Proposed change of {0}', '~/.ssh/config'), 'ssh-config', change.before, change.after);
        continue;
      }
      await this.memento.set(ANSWERED, true);
      if (answer !== add) return false;
      await change.apply();
      return true;
    }
  }
}
