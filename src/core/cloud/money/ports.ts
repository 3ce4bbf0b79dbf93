/** What something costs, in US dollars. */
export interface Price {
  readonly perHour: number;
  /** ISO 8601 date on which the figure was read. */
  readonly asOf: string;
  /** `cloud`: asked from the price list; `table`: the one that ships with Skylab; `recorded`: noted at launch. */
  readonly source: 'cloud' | 'table' | 'recorded';
}

/** Per GiB and month. */
export interface StoragePrice {
  readonly perGiBMonth: number;
  readonly asOf: string;
  readonly source: 'cloud' | 'table';
}

/** Prices on demand for Linux. Never throws: what is not known is undefined. */
export interface Prices {
  /** At once, out of cache or the table that ships with Skylab. */
  known(region: string, instanceType: string): Price | undefined;
  /** Of all types of a region that are known, by type. */
  knownTypes(region: string): ReadonlyMap<string, Price>;
  /** EBS volumes by type (`gp3`), and `snapshot`. */
  storage(region: string, volumeType: string): StoragePrice | undefined;
  /** A public IPv4 address, in use or idle. */
  address(region: string): Price | undefined;
  /** Asks the price list for a type that the cache lacks or has kept too long. */
  refresh(region: string, instanceTypes: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** What only one of a person's windows is to do. Adapter: adapters/files/claims.ts. */
export interface Claims {
  /** True for the first of all windows that asks for this. @throws when the claim cannot be kept */
  claim(what: string): Promise<boolean>;
}
