import { causeChain } from '../../errors';
import type { Log } from '../../log';
import type { Price, Prices, StoragePrice } from './ports';
import type { PriceTable } from './priceTable';
import { storagePrice } from './storagePrices';

/** A price as the price list gave it. */
interface AskedPrice {
  readonly perHour: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What was asked before, by region and type; volumes per GiB and month under `ebs:gp3`. */
export type AskedPrices = Readonly<Record<string, Readonly<Record<string, AskedPrice>>>>;

/** Remembers what was asked. Adapter: adapters/files. */
export interface PriceCache {
  /** Empty when there is none, or it cannot be read. */
  read(): Promise<AskedPrices>;
  write(prices: AskedPrices): Promise<void>;
}

/** The cloud's price list. Adapter: adapters/aws/prices.ts. */
export interface PriceList {
  /**
   * Prices per hour on demand for Linux, by type; those of volumes per GiB and month by `ebs:<type>`. What it does not know is left out.
   * @throws SkylabError
   */
  ask(region: string, instanceTypes: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, number>>;
}

/** How long an answer of the price list counts. Milliseconds. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** How long after a failure nobody is asked again. Milliseconds. */
const PAUSE_MS = 3_600_000;

/** Prices out of the answers of the price list, and else out of the table that ships with Skylab. */
export class PriceBook implements Prices {
  #asked: AskedPrices;
  #askAgainAt = 0;
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    private readonly table: PriceTable,
    asked: AskedPrices,
    private readonly list: PriceList,
    private readonly cache: PriceCache,
    private readonly log: Pick<Log, 'info'>,
    private readonly now: () => number = Date.now,
  ) {
    this.#asked = asked;
  }

  known(region: string, instanceType: string): Price | undefined {
    const asked = this.#asked[region]?.[instanceType];
    if (asked !== undefined) return { perHour: asked.perHour, asOf: day(asked.at), source: 'cloud' };
    const shipped = this.table.price(region, instanceType);
    return shipped === undefined ? undefined : { ...shipped, source: 'table' };
  }

  knownTypes(region: string): ReadonlyMap<string, Price> {
    const types = new Set([...this.table.types(region), ...Object.keys(this.#asked[region] ?? {}).filter((name) => !name.includes(':'))]);
    return new Map(
      [...types].flatMap((type) => {
        const price = this.known(region, type);
        return price === undefined ? [] : [[type, price] as const];
      }),
    );
  }

  storage(region: string, volumeType: string): StoragePrice | undefined {
    const asked = this.#asked[region]?.[`ebs:${volumeType}`];
    if (asked !== undefined) return { perGiBMonth: asked.perHour, asOf: day(asked.at), source: 'cloud' };
    return storagePrice(region, volumeType);
  }

  address(region: string): Price | undefined {
    // One price in all regions of the commercial partition since February 2024 (https://aws.amazon.com/vpc/pricing/).
    return isCommercial(region) ? { perHour: 0.005, asOf: '2024-02-01', source: 'table' } : undefined;
  }

  async refresh(region: string, instanceTypes: readonly string[], signal?: AbortSignal): Promise<void> {
    const now = this.now();
    const known = this.#asked[region] ?? {};
    const wanted = [...new Set(instanceTypes)].filter((type) => (known[type]?.at ?? 0) < now - KEPT_MS).sort();
    if (wanted.length === 0 || now < this.#askAgainAt || !isCommercial(region)) return;
    const question = `${region} ${wanted.join(' ')}`;
    const running = this.#running.get(question) ?? this.#ask(region, wanted, signal).finally(() => this.#running.delete(question));
    this.#running.set(question, running);
    await running;
  }

  async #ask(region: string, wanted: readonly string[], signal?: AbortSignal): Promise<void> {
    try {
      const answers = await this.list.ask(region, wanted, signal);
      if (answers.size === 0) return;
      const at = this.now();
      const fresh = Object.fromEntries([...answers].map(([name, perHour]) => [name, { perHour, at }]));
      this.#asked = { ...this.#asked, [region]: { ...this.#asked[region], ...fresh } };
      await this.cache.write(this.#asked);
    } catch (error) {
      if (signal?.aborted !== true) this.#askAgainAt = this.now() + PAUSE_MS;
      // Prices are no one's errand: what is known stays, and whoever has no right to the price list is not told so each time.
      this.log.info(`The price list could not be read: ${causeChain(error)}`);
    }
  }
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** GovCloud and China have price lists and prices of their own. */
const isCommercial = (region: string): boolean => /^[a-z]{2}-[a-z]+-\d$/.test(region) && !/^(cn|us-gov|us-iso)/.test(region);
