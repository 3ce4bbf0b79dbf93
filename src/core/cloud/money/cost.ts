import type { Machine } from '../model';
import type { Price, Prices } from './ports';

/** Tag with the price per hour in US dollars at launch, so that what was spent stays right when prices change. */
export const PRICE_TAG = 'skylab:price';

const HOUR = 3_600_000;

/** What a running machine costs each hour, in US dollars. */
export interface Rate {
  readonly machine: Price;
  /** Its public IPv4 address. */
  readonly address?: Price;
  readonly perHour: number;
}

/** @param region of the account @returns undefined where its price is not known, or it costs nothing here */
export function rateOf(machine: Machine, region: string, prices: Prices): Rate | undefined {
  if (machine.kind === 'given') return undefined;
  const { instance } = machine;
  const price = recordedPrice(machine) ?? prices.known(region, instance.type);
  if (price === undefined) return undefined;
  const address = instance.publicAddress === undefined ? undefined : prices.address(region);
  return { machine: price, ...(address === undefined ? {} : { address }), perHour: price.perHour + (address?.perHour ?? 0) };
}

/** The price that the tags recorded at launch; it is none any more of a machine that got another size. */
function recordedPrice({ instance }: Machine & { kind: 'instance' }): Price | undefined {
  const [perHour, asOf = '', type = instance.type] = (instance.tags[PRICE_TAG] ?? '').split(' ');
  if (type !== instance.type) return undefined;
  return Number(perHour) > 0 ? { perHour: Number(perHour), asOf, source: 'recorded' } : undefined;
}

/** The value of the price tag: dollars per hour, the day on which the figure was read, and the size that it is for. */
export const priceTag = (price: Price, instanceType: string): string => `${price.perHour} ${price.asOf} ${instanceType}`;

/**
 * What a machine that runs has cost since it was last started, for computing and its address, in US dollars: EC2 tells no earlier start, and
 * its disks are not in it. Undefined where the price is not known or it does not run.
 * @param now milliseconds since the epoch
 */
export function costSoFar(machine: Machine, region: string, prices: Prices, now: number): number | undefined {
  if (machine.kind === 'given' || !BILLED.includes(machine.instance.state)) return undefined;
  const rate = rateOf(machine, region, prices);
  // EC2 bills a minute at least.
  return rate && (Math.max(now - machine.instance.launchedAt, 60_000) / HOUR) * rate.perHour;
}

const BILLED: readonly string[] = ['running', 'stopping'];

/** What machines cost together. */
export interface CostSum {
  readonly running: number;
  /** Of those whose price is known. */
  readonly perHour: number;
  /** Running machines whose price is not known. */
  readonly unknown: number;
}

/** The running machines among these, of any accounts. @param regionOf an account's region by its id */
export function sumOf(machines: readonly Machine[], regionOf: (accountId: string) => string | undefined, prices: Prices): CostSum {
  let [running, perHour, unknown] = [0, 0, 0];
  for (const machine of machines) {
    if (machine.kind === 'given' || machine.instance.state !== 'running') continue;
    running += 1;
    const rate = rateOf(machine, regionOf(machine.instance.accountId) ?? '', prices);
    if (rate === undefined) unknown += 1;
    else perHour += rate.perHour;
  }
  return { running, perHour, unknown };
}
