import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { NameQuestions } from '../../core/cloud/names/ports';
import { CancelledError } from '../../core/errors';

/** Asks about names before anything is made for them. */
export const nameQuestions: NameQuestions = {
  createZone: ({ name, zone }) => {
    const detail = l10n.t(
      'No Route 53 zone of this account holds {0}. A new zone costs $0.50 a month, and the domain’s registrar has to be told its name servers.',
      name,
    );
    return yesOrWithout(l10n.t('Create the DNS zone {0}?', zone), detail, l10n.t('Create Zone'));
  },
  takeOver: ({ name, pointsTo }) => {
    const detail = l10n.t('It leads to {0} now. Whoever uses that name will reach the machine instead.', pointsTo.join(', '));
    return yesOrWithout(l10n.t('Let {0} lead to this machine?', name), detail, l10n.t('Take Over'));
  },
  tellNameServers: (zone, nameServers, delegatedTo) => {
    const copy = l10n.t('Copy Name Servers');
    const now = delegatedTo.length === 0 ? l10n.t('it names none') : l10n.t('it names {0}', delegatedTo.join(', '));
    const message = l10n.t('The registrar of {0} has to name {1}; {2}.', zone, nameServers.join(', '), now);
    void vscode.window.showWarningMessage(message, copy).then(async (answer) => {
      if (answer === copy) await vscode.env.clipboard.writeText(nameServers.join('\n'));
    });
  },
};

/** @throws CancelledError when the person wants neither */
async function yesOrWithout(title: string, detail: string, yes: string): Promise<boolean> {
  const without = l10n.t('Go On Without the Name');
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, yes, without);
  if (answer === undefined) throw new CancelledError();
  return answer === yes;
}
