import type { Account } from '../model';

/** A hosted zone. */
export interface Zone {
  readonly id: string;
  /** In lower case, without the dot at the end. */
  readonly name: string;
  /** Seen from inside its networks only. */
  readonly private: boolean;
}

/** All values of one name and type. Names are in lower case, without the dot at the end; a wildcard's begins with `*.`. */
export interface RecordSet {
  readonly name: string;
  /** `A`, `AAAA`, `CNAME`, `TXT` and so on. */
  readonly type: string;
  /** Seconds; undefined for an alias. */
  readonly ttl?: number;
  /** Addresses, or the target of a CNAME or an alias without the dot at the end; other types as the zone has them. */
  readonly values: readonly string[];
  /** An alias to a resource, or one of several records by weight, place or health: not for Skylab to change. */
  readonly special?: boolean;
}

export interface ZoneChange {
  readonly action: 'upsert' | 'delete';
  readonly record: RecordSet;
}

/** An account's DNS zones. Adapter: adapters/aws/route53.ts. Methods throw SkylabError as CloudProvider's do. */
export interface DnsZones {
  listZones(signal?: AbortSignal): Promise<readonly Zone[]>;
  /** @param token the same one never makes a second zone */
  createZone(name: string, token: string): Promise<Zone>;
  /** A zone with records of its own besides NS and SOA is refused. */
  deleteZone(id: string): Promise<void>;
  /** Those that serve the zone, and that the registrar has to name. */
  nameServers(id: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The records of exactly these names. */
  records(id: string, names: readonly string[], signal?: AbortSignal): Promise<readonly RecordSet[]>;
  /** All or nothing. @returns what `isInSync` is asked with */
  change(id: string, changes: readonly ZoneChange[], comment: string): Promise<string>;
  /** True once all name servers have the change. */
  isInSync(changeId: string, signal?: AbortSignal): Promise<boolean>;
}

/** What the world's name servers answer. Adapter: adapters/net/dnsLookup.ts. */
export interface DnsLookup {
  /** The servers that the zone is delegated to; empty when it is not, undefined when nobody could be asked. */
  nameServers(zone: string, signal?: AbortSignal): Promise<readonly string[] | undefined>;
  /**
   * Addresses of a name as one of the given servers knows them, aliases followed.
   * @returns empty when the name does not exist, undefined when nobody could be asked
   */
  addresses(name: string, servers: readonly string[], signal?: AbortSignal): Promise<readonly string[] | undefined>;
}

/** Asked before anything is made. Cancel throws CancelledError. */
export interface NameQuestions {
  /** No zone of the account holds the name. @returns false to go on without a name */
  createZone(question: { readonly name: string; readonly zone: string }): Promise<boolean>;
  /** The name exists and points elsewhere. @returns false to go on without a name */
  takeOver(question: { readonly name: string; readonly pointsTo: readonly string[] }): Promise<boolean>;
  /** A zone is there that the world does not find yet. Returns at once. */
  tellNameServers(zone: string, nameServers: readonly string[], delegatedTo: readonly string[]): void;
}

export interface NamePorts {
  zones(account: Account): Promise<DnsZones>;
  readonly lookup: DnsLookup;
  readonly questions: NameQuestions;
}
