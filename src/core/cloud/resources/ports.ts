import type { Account, IngressRule, KeyPair, SecurityGroup } from '../model';

type Tags = Readonly<Record<string, string>>;

export interface Volume {
  readonly id: string;
  /** The Name tag, or empty. */
  readonly name: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops?: number;
  readonly throughput?: number;
  readonly encrypted: boolean;
  readonly zone: string;
  readonly state: 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error';
  readonly attachment?: { readonly instanceId: string; readonly device: string; readonly deleteOnTermination: boolean };
  readonly snapshotId?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tags: Tags;
}

export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly state: 'pending' | 'completed' | 'error' | 'recoverable' | 'recovering';
  /** 0 to 1. */
  readonly progress: number;
  readonly createdAt: number;
  readonly tags: Tags;
}

export interface OwnImage {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly architecture: string;
  readonly createdAt: number;
  readonly snapshotIds: readonly string[];
  readonly sizeGiB: number;
  /** Everybody may launch from it. */
  readonly isPublic: boolean;
  readonly tags: Tags;
}

export interface ElasticAddress {
  /** Empty in clouds that know addresses only by themselves. */
  readonly allocationId: string;
  readonly associationId?: string;
  readonly publicIp: string;
  readonly instanceId?: string;
  readonly networkInterfaceId?: string;
  /** A service of the cloud holds it, such as a load balancer: it is not the person's to give back. */
  readonly managed?: boolean;
  readonly tags: Tags;
}

/** A security group with what the rule editor and the question "who uses it" need besides. */
export interface OwnGroup extends SecurityGroup {
  /** Ids of the groups that its rules name, inbound and outbound. */
  readonly refersTo: readonly string[];
  /** Inbound rules that an IngressRule cannot say (prefix lists, other protocols): shown as a number and left alone. */
  readonly furtherRules: number;
}

/** Where something is plugged into the network: of a machine, or of another service such as a load balancer or a database. */
export interface NetworkInterface {
  readonly id: string;
  readonly description: string;
  readonly instanceId?: string;
  readonly groupIds: readonly string[];
}

/** What a launch template's default or newest version asks for: it keeps things in use that no machine has now. */
export interface TemplateUse {
  readonly name: string;
  readonly imageId?: string;
  readonly keyName?: string;
  /** Ids or names. */
  readonly groups: readonly string[];
  readonly snapshotIds: readonly string[];
}

/** What an account has besides instances. Adapter: adapters/aws/resources.ts. Errors as CloudProvider's. */
export interface CloudResources {
  listVolumes(signal?: AbortSignal): Promise<readonly Volume[]>;
  /** Undefined once it is gone. */
  volume(id: string, signal?: AbortSignal): Promise<Volume | undefined>;
  createVolume(
    wanted: {
      readonly sizeGiB: number;
      readonly zone: string;
      readonly type: string;
      readonly encrypted: boolean;
      readonly snapshotId?: string;
      /** The same token never makes a second one. */
      readonly clientToken: string;
    },
    tags: Tags,
  ): Promise<Volume>;
  deleteVolume(id: string): Promise<void>;
  attachVolume(id: string, instanceId: string, device: string): Promise<void>;
  detachVolume(id: string, force?: boolean): Promise<void>;
  /** Grows it (never shrinks), or changes its type. Resolves once accepted. */
  modifyVolume(id: string, change: { readonly sizeGiB?: number; readonly type?: string }): Promise<void>;
  /** How far the last change of a volume is; undefined where there was none. From `optimizing` on, the new size is there. */
  volumeChange(id: string, signal?: AbortSignal): Promise<'modifying' | 'optimizing' | 'completed' | 'failed' | undefined>;
  listSnapshots(signal?: AbortSignal): Promise<readonly Snapshot[]>;
  snapshot(id: string, signal?: AbortSignal): Promise<Snapshot | undefined>;
  createSnapshot(volumeId: string, description: string, tags: Tags): Promise<Snapshot>;
  deleteSnapshot(id: string): Promise<void>;
  /** Images that the account owns. */
  listOwnImages(signal?: AbortSignal): Promise<readonly OwnImage[]>;
  ownImage(id: string, signal?: AbortSignal): Promise<OwnImage | undefined>;
  /** Other accounts, organizations or everybody may launch from it. */
  isShared(imageId: string, signal?: AbortSignal): Promise<boolean>;
  createImage(instanceId: string, name: string, options: { readonly reboot: boolean }, tags: Tags): Promise<string>;
  /** Deregisters the image; its snapshots stay until they are deleted. */
  deregisterImage(id: string): Promise<void>;
  listAddresses(signal?: AbortSignal): Promise<readonly ElasticAddress[]>;
  allocateAddress(tags: Tags): Promise<ElasticAddress>;
  /** Takes it away from whoever has it. */
  associateAddress(address: ElasticAddress, instanceId: string): Promise<void>;
  disassociateAddress(address: ElasticAddress): Promise<void>;
  releaseAddress(address: ElasticAddress): Promise<void>;
  listKeyPairs(signal?: AbortSignal): Promise<readonly KeyPair[]>;
  deleteKeyPair(name: string): Promise<void>;
  listSecurityGroups(signal?: AbortSignal): Promise<readonly OwnGroup[]>;
  /** @param vpcId the default network where it is left out */
  createSecurityGroup(name: string, description: string, vpcId: string | undefined, tags: Tags): Promise<string>;
  deleteSecurityGroup(id: string): Promise<void>;
  addRules(groupId: string, rules: readonly IngressRule[]): Promise<void>;
  removeRules(groupId: string, rules: readonly IngressRule[]): Promise<void>;
  /** Gives rules that are there already another description, or none. */
  describeRules(groupId: string, rules: readonly IngressRule[]): Promise<void>;
  listInterfaces(signal?: AbortSignal): Promise<readonly NetworkInterface[]>;
  listTemplates(signal?: AbortSignal): Promise<readonly TemplateUse[]>;
  /** Names of the zones in which disks can be made. */
  listZones(signal?: AbortSignal): Promise<readonly string[]>;
  setTags(ids: readonly string[], tags: Tags): Promise<void>;
  removeTags(ids: readonly string[], names: readonly string[]): Promise<void>;
}

/** Gives the resources of an account's cloud; loads the SDK on first use. */
export type ResourcesOf = (account: Account) => Promise<CloudResources>;
