import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { Row } from '../model/row';

/** The row that a machine's files hang on. @param folder other than the login folder */
export function filesRow(machine: Machine, folder?: string): Row {
  const description = folder ?? l10n.t('login folder');
  const aria = l10n.t('Files of {0}, {1}', machine.name, description);
  return { label: l10n.t('Files'), description, icon: { id: 'files' }, contextValue: 'files.root', aria };
}
