import type { Prices } from '../money/ports';
import type { Resource } from './stock';
import type { Inventory } from './usage';

/** Hours of a month as AWS counts them in its estimates. */
const MONTH_HOURS = 730;

/** What something costs in a month, in US dollars. */
export interface MonthlyCost {
  readonly usd: number;
  /** Copies of disks are billed by what differs between them: the figure is the most that it can be. */
  readonly atMost: boolean;
}

/**
 * Undefined for what costs nothing by itself, and where no price is known. Performance that is paid for on top of a disk's size is not counted.
 * @param region of the account
 */
export function monthlyCost(
  { kind, item }: Resource,
  inventory: Inventory,
  prices: Pick<Prices, 'storage' | 'address'>,
  region: string,
): MonthlyCost | undefined {
  switch (kind) {
    case 'volumes':
      return stored(prices.storage(region, item.type)?.perGiBMonth, item.sizeGiB, false);
    case 'snapshots':
      return stored(prices.storage(region, 'snapshot')?.perGiBMonth, item.sizeGiB, true);
    case 'images': {
      const sizes = (inventory.snapshots ?? []).filter(({ id }) => item.snapshotIds.includes(id)).map(({ sizeGiB }) => sizeGiB);
      const size = sizes.length === item.snapshotIds.length ? sizes.reduce((sum, one) => sum + one, 0) : item.sizeGiB;
      return stored(prices.storage(region, 'snapshot')?.perGiBMonth, size, true);
    }
    case 'addresses': {
      const hour = prices.address(region)?.perHour;
      return hour === undefined ? undefined : { usd: hour * MONTH_HOURS, atMost: false };
    }
    case 'keyPairs':
    case 'groups':
      return undefined;
  }
}

function stored(perGiBMonth: number | undefined, sizeGiB: number, atMost: boolean): MonthlyCost | undefined {
  return perGiBMonth === undefined || sizeGiB === 0 ? undefined : { usd: perGiBMonth * sizeGiB, atMost };
}

/** The sum of what is known; undefined where nothing is. */
export function sumOf(costs: readonly (MonthlyCost | undefined)[]): MonthlyCost | undefined {
  const known = costs.filter((cost) => cost !== undefined);
  if (known.length === 0) return undefined;
  return { usd: known.reduce((sum, cost) => sum + cost.usd, 0), atMost: known.some((cost) => cost.atMost) };
}
