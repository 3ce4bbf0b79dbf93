import type { Account } from '../model';

export interface Subnet {
  readonly id: string;
  /** The Name tag, or empty. */
  readonly name: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly cidr: string;
  readonly ipv6: boolean;
  readonly freeAddresses: number;
  /** Machines in it get a public address unless told otherwise. */
  readonly publicByDefault: boolean;
  /** Where a launch goes that names a zone and no subnet. */
  readonly defaultForZone: boolean;
}

export interface Network {
  readonly id: string;
  /** The Name tag, or empty. */
  readonly name: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly subnets: readonly Subnet[];
}

/** What an account's region has for a launch to choose from, besides images, sizes, keys and groups. Plain data. */
export interface LaunchOffers {
  readonly networks: readonly Network[];
  /** Names of the availability zones that are open to the account. */
  readonly zones: readonly string[];
  /** Zones that lack a size, by the size's name; sizes that every zone has are left out. */
  readonly notOfferedIn: Readonly<Record<string, readonly string[]>>;
  readonly placementGroups: readonly { readonly name: string; readonly strategy: string }[];
  /** Names of instance profiles that machines of the region have; others may exist. */
  readonly instanceProfiles: readonly string[];
  /** Virtual processors of the machines that run, as far as they are listed; the account's limit is not known. */
  readonly vcpusInUse?: number;
}

/** Adapter: adapters/aws/offers.ts. What a cloud or the account's rights do not give is left empty; throws only on cancel. */
export interface OffersSource {
  read(account: Account, signal?: AbortSignal): Promise<LaunchOffers>;
}
