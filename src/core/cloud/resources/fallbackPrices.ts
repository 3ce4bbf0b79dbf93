import type { Prices } from '../money/ports';

const AS_OF = '2026-11-01';
/** US dollars per GiB and month in us-east-1, from https://aws.amazon.com/ebs/pricing/ */
const STORAGE: Readonly<Record<string, number>> = {
  gp3: 0.08,
  gp2: 0.1,
  io1: 0.125,
  io2: 0.125,
  st1: 0.045,
  sc1: 0.015,
  standard: 0.05,
  snapshot: 0.05,
};

/** Orders of magnitude where no price list is at hand. */
export const fallbackPrices: Pick<Prices, 'storage' | 'address'> = {
  storage: (_region, type) => {
    const perGiBMonth = STORAGE[type];
    return perGiBMonth === undefined ? undefined : { perGiBMonth, asOf: AS_OF, source: 'table' };
  },
  address: () => ({ perHour: 0.005, asOf: AS_OF, source: 'table' }),
};
