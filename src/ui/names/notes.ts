import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { notedName } from '../../core/cloud/names/name';
import type { RowNotes } from '../tree/notes';

/** A machine's DNS name on its row, unless the machine itself is called so. */
export const nameNotes: RowNotes = {
  // The name is a tag: its row is painted anew with the machine.
  onDidChange: () => new vscode.Disposable(() => undefined),
  machine: (machine) => {
    const name = nameOf(machine);
    return name === machine.name ? undefined : name;
  },
  facts: (machine) => [[l10n.t('DNS name'), nameOf(machine)]],
  account: () => undefined,
};

const nameOf = (machine: Machine): string | undefined => (machine.kind === 'instance' ? notedName(machine.instance.tags)?.name : undefined);
