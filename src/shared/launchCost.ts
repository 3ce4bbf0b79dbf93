import type { Expiry } from './launchMore';
import type { LaunchSpec } from './launchSpec';
import type { FormPrices } from './messages';

/** As cloud calculators count. */
export const HOURS_PER_MONTH = 730;

interface CostPart {
  readonly what: string;
  /** US dollars for all machines of the launch; undefined where the price is not known. */
  readonly perHour: number | undefined;
}

/** What a launch costs while its machines run, in US dollars, for all of them together. */
export interface LaunchCost {
  /** The sum of the parts; undefined where the size's own price is not known. */
  readonly perHour: number | undefined;
  readonly parts: readonly CostPart[];
  /** What stays to be paid while the machines are stopped, per month; undefined where a disk's price is not known. */
  readonly stoppedPerMonth: number | undefined;
  /** ISO 8601 date of the size's price. */
  readonly asOf: string | undefined;
}

const sum = (parts: readonly (number | undefined)[]): number | undefined =>
  parts.reduce<number | undefined>((total, part) => (total === undefined || part === undefined ? undefined : total + part), 0);

/** Size, disks and public IPv4 address of a launch, on demand. */
export function launchCost(spec: LaunchSpec, prices: FormPrices): LaunchCost {
  const machines = Number.isInteger(spec.count) && spec.count > 0 ? spec.count : 1;
  const type = prices.types[spec.instanceType];
  const disks = [{ sizeGiB: spec.diskGiB, type: spec.diskType ?? 'gp3' }, ...(spec.disks ?? []).map((disk) => ({ type: 'gp3', ...disk }))];
  const perMonth = sum(disks.map((disk) => diskPrice(disk, prices)));
  const gibs = disks.reduce((total, { sizeGiB }) => total + (sizeGiB > 0 ? sizeGiB : 0), 0);
  const publicAddress = spec.network?.publicAddress ?? 'subnet';
  const addressPerHour = publicAddress === 'no' ? undefined : prices.addressPerHour;
  const all = (each: number | undefined): number | undefined => (each === undefined ? undefined : each * machines);
  const parts: CostPart[] = [
    { what: spec.instanceType, perHour: all(type?.perHour) },
    { what: `${gibs} GiB of disk`, perHour: all(perMonth === undefined ? undefined : perMonth / HOURS_PER_MONTH) },
    ...(publicAddress === 'no' ? [] : [{ what: 'public address', perHour: all(addressPerHour) }]),
  ];
  const known = parts.reduce((total, { perHour }) => total + (perHour ?? 0), 0);
  const kept = publicAddress === 'elastic' ? addressPerHour : 0;
  return {
    perHour: type === undefined ? undefined : known,
    parts,
    stoppedPerMonth: all(sum([perMonth, kept === undefined ? undefined : kept * HOURS_PER_MONTH])),
    asOf: type?.asOf,
  };
}

function diskPrice({ sizeGiB, type }: { sizeGiB: number; type: string }, { disks }: FormPrices): number | undefined {
  const perGiB = disks[type];
  return perGiB === undefined || !(sizeGiB > 0) ? undefined : perGiB * sizeGiB;
}

/** Made once, since lists of sizes format a price for each, and not before the first: making them is a good part of what a start takes. */
let formats: { readonly usual: Intl.NumberFormat; readonly small: Intl.NumberFormat } | undefined;

/** `$0.0208`, `$1.04`, `$15.18`: two digits after the point, four below ten cents. */
export function dollars(amount: number): string {
  formats ??= { usual: twoDigitsTo(2), small: twoDigitsTo(4) };
  return `$${(amount < 0.1 ? formats.small : formats.usual).format(amount)}`;
}

const twoDigitsTo = (most: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: most });

/** When a machine launched now ends by its time, in milliseconds since the epoch; undefined without one. */
export function endOf(expiry: Expiry | undefined, now: number): number | undefined {
  if (expiry?.at !== undefined) return Number.isNaN(Date.parse(expiry.at)) ? undefined : Date.parse(expiry.at);
  return expiry?.hours === undefined || !(expiry.hours > 0) ? undefined : now + expiry.hours * 3_600_000;
}
