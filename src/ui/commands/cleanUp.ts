import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { LedgerRecord } from '../../core/operations/operations';
import { spanText } from '../model/time';
import type { Ui } from '../ui';

/** Offers what windows that are gone have left behind. */
export async function cleanUp(ui: Ui): Promise<void> {
  const records = await ui.services.operations.leftovers();
  if (records.length === 0) {
    ui.notifications.tell(l10n.t('Nothing is left to clean up.'), []);
    return;
  }
  for (const record of records) await cleanUpOne(ui, record);
}

async function cleanUpOne(ui: Ui, record: LedgerRecord): Promise<void> {
  const deployed = isDeployment(record);
  const remove = deployed ? l10n.t('Put It Right') : l10n.t('Remove Them');
  const keep = deployed ? l10n.t('Leave It') : l10n.t('Keep Them');
  const question = deployed ? l10n.t('Put right what “{0}” left?', record.title) : l10n.t('Clean up “{0}”?', record.title);
  const detail = [
    l10n.t('It began {0} ago and did not finish. It left:', spanText(Date.now() - record.startedAt, l10n)),
    record.created.map((resource) => `• ${resource.label}`).join('\n'),
    ...(deployed ? [l10n.t('A release that comes up is finished; otherwise it is removed, and the one before serves again.')] : []),
  ].join('\n\n');
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, remove, keep);
  if (answer === keep) await ui.services.operations.settle(record.id);
  if (answer !== remove) return;
  const operation = await ui.services.cleanUp(record);
  const well = await ui.notifications.follow(operation, { showLog: (one) => ui.documents.showLog(one) });
  const said = operation.view.steps.find(({ name }) => name === 'files')?.detail;
  if (well && deployed && said !== undefined) ui.notifications.tell(`${operation.view.title}: ${said}.`, []);
}

const isDeployment = (record: LedgerRecord): boolean => record.created.every(({ kind }) => kind === 'remoteFolder');
