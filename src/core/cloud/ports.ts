import type { DiskType } from '../../shared/launchMore';
import type { Secret } from '../secret';
import type { Account, Image, IngressRule, Instance, InstanceType, KeyPair, SecurityGroup } from './model';

export interface RunInstancesRequest {
  /** The same token never makes a second set of instances. */
  readonly clientToken: string;
  readonly imageId: string;
  readonly instanceType: string;
  /** Empty for none yet, as when a launch is tried before its key pair is made. */
  readonly keyName: string;
  /** Empty for the network's default group. */
  readonly securityGroupIds: readonly string[];
  readonly subnetId?: string;
  readonly rootDeviceName: string;
  readonly diskGiB: number;
  /** Text, or packed by gzip; encoded by the adapter. */
  readonly userData: string | Uint8Array;
  readonly count: number;
  /** Content with fewer, down to this many; all or none unless given. */
  readonly minCount?: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Where no subnet is given. */
  readonly zone?: string;
  /** As the subnet says unless given. */
  readonly publicAddress?: boolean;
  readonly ipv6?: boolean;
  /** By name. */
  readonly instanceProfile?: string;
  readonly protect?: boolean;
  /** `stop` unless given. */
  readonly onShutdown?: 'stop' | 'terminate';
  readonly hibernation?: boolean;
  readonly keepDisk?: boolean;
  /** Of the root disk; gp3 unless given. */
  readonly diskType?: DiskType;
  readonly disks?: readonly RequestedDisk[];
  /** One-time, terminated when it is interrupted. */
  readonly spot?: { readonly maxPricePerHour?: number };
  readonly placementGroup?: string;
  readonly tenancy?: 'default' | 'dedicated';
}

interface RequestedDisk {
  /** Such as `/dev/sdf`. */
  readonly device: string;
  readonly sizeGiB: number;
  readonly type: DiskType;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
}

/**
 * One account's cloud. Adapter: adapters/aws. Every method throws SkylabError with a sentence for the person
 * (bad key, expired session, unreachable endpoint, wrong region, throttled, no permission), keeping the SDK's error as cause.
 */
export interface CloudProvider {
  /** Cheapest call that proves key, endpoint and region. */
  check(signal?: AbortSignal): Promise<void>;
  /** All instances, page by page. */
  listInstances(signal?: AbortSignal): AsyncIterable<readonly Instance[]>;
  /** Only these; unknown ids are left out of the answer. */
  describeInstances(ids: readonly string[], signal?: AbortSignal): Promise<readonly Instance[]>;
  start(ids: readonly string[]): Promise<void>;
  stop(ids: readonly string[]): Promise<void>;
  reboot(ids: readonly string[]): Promise<void>;
  terminate(ids: readonly string[]): Promise<void>;
  /** What the console printed so far; undefined while it is blank. */
  consoleOutput(id: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Featured images first, newest first. */
  listImages(signal?: AbortSignal): Promise<readonly Image[]>;
  /** Images of any owner whose id equals or whose name contains the text. */
  searchImages(text: string, signal?: AbortSignal): Promise<readonly Image[]>;
  describeImage(id: string): Promise<Image | undefined>;
  listInstanceTypes(signal?: AbortSignal): Promise<readonly InstanceType[]>;
  listKeyPairs(): Promise<readonly KeyPair[]>;
  importKeyPair(name: string, publicKey: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Where public keys cannot be imported: the cloud makes the pair and hands out the private key, once. In PEM form. */
  createKeyPair?(name: string): Promise<Secret>;
  deleteKeyPair(name: string): Promise<void>;
  listSecurityGroups(): Promise<readonly SecurityGroup[]>;
  /** @param subnetId the group goes into its network, else into the default VPC. @throws SkylabError `NoDefaultVpc` */
  createSecurityGroup(
    name: string,
    description: string,
    rules: readonly IngressRule[],
    tags: Readonly<Record<string, string>>,
    subnetId?: string,
  ): Promise<string>;
  addRules(groupId: string, rules: readonly IngressRule[]): Promise<void>;
  removeRules(groupId: string, rules: readonly IngressRule[]): Promise<void>;
  deleteSecurityGroup(id: string): Promise<void>;
  /** DryRun of runInstances: resolves when it would be allowed. */
  checkRunInstances(request: RunInstancesRequest): Promise<void>;
  /** The request as it would be sent, for a person to read. */
  runInstancesInput(request: RunInstancesRequest): object;
  /** IMDSv2 required with hop limit 1, encrypted root disk deleted on termination unless kept, tags on instance, volumes and interface. */
  runInstances(request: RunInstancesRequest): Promise<readonly Instance[]>;
  /** Adds the tags to the instances, or changes them. */
  setTags(ids: readonly string[], tags: Readonly<Record<string, string>>): Promise<void>;
  /** Whole GiB of the disks that are deleted with the instance; undefined where the cloud cannot tell. */
  disksDeletedWith(id: string): Promise<number | undefined>;
}

/** Makes (and keeps) the provider of an account; loads the SDK on first use. */
export interface CloudProviders {
  for(account: Account): Promise<CloudProvider>;
  /** Drops a cached provider after its keys or settings changed. */
  forget(accountId: string): void;
}

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
}

/** Access keys typed in by the person, by account id. The UI backs it with SecretStorage. */
export interface KeyVault {
  get(accountId: string): Promise<AccessKeys | undefined>;
  set(accountId: string, keys: AccessKeys): Promise<void>;
  delete(accountId: string): Promise<void>;
}

/** The profiles in `~/.aws/config` and `~/.aws/credentials`. */
export interface ProfileSource {
  list(): Promise<readonly { name: string; region?: string; kind: 'keys' | 'sso' | 'role' | 'process' | 'other' }[]>;
  /** The access key in `~/.boto`, as older tools wrote it; undefined where there is none. */
  botoKeys(): Promise<AccessKeys | undefined>;
}

/** Small durable JSON values (accounts, given machines, form defaults). The UI backs it with globalState. */
export interface Memento {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the shape of the editor's own Memento
  get<T>(key: string): T | undefined;
  set(key: string, value: unknown): Promise<void>;
}

/** The address from which this computer reaches the world. */
export interface PublicAddress {
  /** One address per family that works, such as `['203.0.113.7']`. @throws SkylabError when none can be found */
  find(signal?: AbortSignal): Promise<readonly string[]>;
}
