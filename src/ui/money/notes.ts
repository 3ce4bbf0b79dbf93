import type * as vscode from 'vscode';
import { env, l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { knownEnd } from '../../core/cloud/money/expiry';
import { endNote, endSentence } from '../model/endText';
import type { Fact } from '../model/markdown';
import { isReachable } from '../model/machineRow';
import type { Services } from '../services';
import type { RowNotes } from '../tree/notes';

/** Price and end on the rows of machines and accounts. */
export class MoneyNotes implements RowNotes {
  readonly onDidChange: vscode.Event<MachineKey | undefined>;

  constructor(
    private readonly services: Services,
    changed: vscode.EventEmitter<MachineKey | undefined>,
  ) {
    this.onDidChange = changed.event;
  }

  machine(machine: Machine): string | undefined {
    const end = isReachable(machine) ? knownEnd(machine, this.services.memento) : undefined;
    return end === undefined ? undefined : endNote(end, Date.now(), l10n);
  }

  facts(machine: Machine): readonly Fact[] {
    const end = isReachable(machine) ? knownEnd(machine, this.services.memento) : undefined;
    return end === undefined ? [] : [[l10n.t('End'), endSentence(end, Date.now(), l10n, env.language)]];
  }

  account(): string | undefined {
    return undefined;
  }
}
