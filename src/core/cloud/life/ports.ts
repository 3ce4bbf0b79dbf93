import type { Account } from '../model';

/** What DescribeInstances does not tell of an instance. */
export interface InstanceAttributes {
  /** EC2 refuses to terminate it. */
  readonly protected: boolean;
  /** What a shutdown from inside does. */
  readonly onShutdown: 'stop' | 'terminate';
}

/** EC2's two status checks: of the host, and of the machine on it. */
export interface StatusChecks {
  readonly system: CheckState;
  readonly instance: CheckState;
}

export type CheckState = 'ok' | 'impaired' | 'initializing' | 'unknown';

/** A network ACL's rule for what comes in, or goes out; the lowest number that fits decides. */
export interface AclRule {
  readonly number: number;
  readonly egress: boolean;
  readonly allow: boolean;
  /** IANA number, `-1` for all. */
  readonly protocol: string;
  readonly cidr: string;
  readonly fromPort: number;
  readonly toPort: number;
}

/** How an instance's subnet is tied to the internet. */
export interface SubnetNetwork {
  /** Destinations that go to an internet gateway (or, for IPv6, an egress gateway does not count). */
  readonly internetRoutes: readonly string[];
  readonly aclRules: readonly AclRule[];
}

/** What can be done to, and asked of, single instances. Adapter: adapters/aws/instanceActs.ts. Errors as CloudProvider's. */
export interface InstanceActs {
  attributes(id: string, signal?: AbortSignal): Promise<InstanceAttributes>;
  setProtection(id: string, on: boolean): Promise<void>;
  setShutdownBehavior(id: string, what: 'stop' | 'terminate'): Promise<void>;
  /** Of a stopped instance. @throws SkylabError `WrongState` */
  setType(id: string, type: string): Promise<void>;
  /** Replaces the groups. */
  setGroups(id: string, groupIds: readonly string[]): Promise<void>;
  hibernate(ids: readonly string[]): Promise<void>;
  removeTags(ids: readonly string[], names: readonly string[]): Promise<void>;
  /** A JPEG image of what its screen shows. */
  screenshot(id: string, signal?: AbortSignal): Promise<Uint8Array>;
  statusChecks(id: string, signal?: AbortSignal): Promise<StatusChecks>;
  subnetNetwork(vpcId: string, subnetId: string, signal?: AbortSignal): Promise<SubnetNetwork>;
}

/** Makes the acts of an account's cloud; loads the SDK on first use. */
export interface InstanceActsSource {
  for(account: Account): Promise<InstanceActs>;
}
