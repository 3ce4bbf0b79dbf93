import type { Volume } from '../resources/ports';
import type { Prices } from './ports';

/** What machines' disks cost, whether they run or not. */
export interface DiskCost {
  readonly sizeGiB: number;
  /** US dollars; undefined where a disk's price is not known. */
  readonly perMonth: number | undefined;
}

/** The disks among these that are attached to the machines. Provisioned IOPS and throughput cost extra and are not in it. */
export function diskCost(
  volumes: readonly Volume[],
  instanceIds: ReadonlySet<string>,
  region: string,
  prices: Pick<Prices, 'storage'>,
): DiskCost {
  const disks = volumes.filter(({ attachment }) => attachment !== undefined && instanceIds.has(attachment.instanceId));
  const costs = disks.map(({ sizeGiB, type }) => {
    const price = prices.storage(region, type);
    return price && price.perGiBMonth * sizeGiB;
  });
  const known = costs.filter((cost) => cost !== undefined);
  return {
    sizeGiB: disks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
    perMonth: known.length === costs.length ? known.reduce((sum, cost) => sum + cost, 0) : undefined,
  };
}
