import type { LaunchSpec } from '../../../shared/launchSpec';
import { capabilitiesOf } from '../capabilities';
import type { Account } from '../model';
import { priceTag, PRICE_TAG } from './cost';
import { endOf, endTags } from './expiry';
import type { Prices } from './ports';

/**
 * The tags by which a machine's end and its price at launch are known later. A spot machine's price is not the list's.
 * @param now milliseconds since the epoch
 */
export function moneyTags(
  spec: Pick<LaunchSpec, 'expiry' | 'spot' | 'instanceType'>,
  account: Account,
  prices: Pick<Prices, 'known'> | undefined,
  now: number,
): Readonly<Record<string, string>> {
  const end = endOf(spec.expiry, now);
  const listed = spec.spot === undefined && capabilitiesOf(account).prices;
  const price = listed ? prices?.known(account.region, spec.instanceType) : undefined;
  return {
    ...(end === undefined ? {} : endTags(end)),
    ...(price === undefined ? {} : { [PRICE_TAG]: priceTag(price, spec.instanceType) }),
  };
}
