/** media/prices.json: prices on demand for Linux in US dollars per hour, by the day on which they were read, in the order of `regions`. */
export interface PriceData {
  readonly regions: readonly string[];
  /** Day -> type -> price in each region; 0 where it is not known. */
  readonly days: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

/** The prices that ship with Skylab. What is not in it is not known: nothing is reckoned from something else. */
export class PriceTable {
  readonly #column: ReadonlyMap<string, number>;
  /** Newest day first. */
  readonly #days: readonly (readonly [string, Readonly<Record<string, readonly number[]>>])[];

  constructor(data: PriceData) {
    this.#column = new Map(data.regions.map((region, index) => [region, index]));
    this.#days = Object.entries(data.days).sort(([a], [b]) => b.localeCompare(a));
  }

  price(region: string, type: string): { readonly perHour: number; readonly asOf: string } | undefined {
    const column = this.#column.get(region);
    if (column === undefined) return undefined;
    for (const [asOf, types] of this.#days) {
      const perHour = types[type]?.[column] ?? 0;
      if (perHour > 0) return { perHour, asOf };
    }
    return undefined;
  }

  /** The types that have a price in the region. */
  types(region: string): readonly string[] {
    const column = this.#column.get(region);
    if (column === undefined) return [];
    return this.#days.flatMap(([, types]) => Object.keys(types).filter((type) => (types[type]?.[column] ?? 0) > 0));
  }
}
