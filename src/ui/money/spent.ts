import { l10n } from 'vscode';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { Machine } from '../../core/cloud/model';
import { costSoFar } from '../../core/cloud/money/cost';
import { dollars } from '../model/moneyText';
import type { Services } from '../services';

/** `It cost $1.12 since its last start.`, or nothing where that is not known. */
export async function spentText(services: Services, machine: Machine): Promise<string> {
  const account = machine.kind === 'instance' ? services.accounts.get(machine.instance.accountId) : undefined;
  if (account === undefined || !capabilitiesOf(account).prices) return '';
  // Whoever wants to end a machine is not held up by a price that cannot be read.
  const prices = await services.prices().catch(() => undefined);
  const spent = prices && costSoFar(machine, account.region, prices, Date.now());
  return spent === undefined ? '' : l10n.t('It cost {0} since its last start.', dollars(spent));
}
