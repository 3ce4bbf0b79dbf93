import { capabilitiesOf } from '../core/cloud/capabilities';
import { sumOf } from '../core/cloud/money/cost';
import type { Prices } from '../core/cloud/money/ports';
import type { Services } from './services';

/** What the machines of all accounts cost now, in US dollars an hour, as far as prices are known. */
export function runningPerHour({ accounts, machines }: Pick<Services, 'accounts' | 'machines'>, prices: Prices): number {
  const priced = new Map(accounts.list().flatMap((account) => (capabilitiesOf(account).prices ? [[account.id, account.region]] : [])));
  const all = [...priced.keys()].flatMap((id) => machines.of(id));
  return sumOf(all, (id) => priced.get(id), prices).perHour;
}
