import type { IngressRule, KeyPair, SecurityGroup } from '../model';

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
  readonly tags: Tags;
}

export interface ElasticAddress {
  /** Empty in clouds that know addresses only by themselves. */
  readonly allocationId: string;
  readonly associationId?: string;
  readonly publicIp: string;
  readonly instanceId?: string;
  readonly networkInterfaceId?: string;
  readonly tags: Tags;
}

/** What an account has besides instances. Adapter: adapters/aws/resources.ts. Errors as CloudProvider's. */
export interface CloudResources {
  listVolumes(signal?: AbortSignal): Promise<readonly Volume[]>;
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
  listSnapshots(signal?: AbortSignal): Promise<readonly Snapshot[]>;
  createSnapshot(volumeId: string, description: string, tags: Tags): Promise<Snapshot>;
  deleteSnapshot(id: string): Promise<void>;
  /** Images that the account owns. */
  listOwnImages(signal?: AbortSignal): Promise<readonly OwnImage[]>;
  createImage(instanceId: string, name: string, options: { readonly reboot: boolean }, tags: Tags): Promise<string>;
  /** Deregisters the image; its snapshots stay until they are deleted. */
  deregisterImage(id: string): Promise<void>;
  listAddresses(signal?: AbortSignal): Promise<readonly ElasticAddress[]>;
  allocateAddress(tags: Tags): Promise<ElasticAddress>;
  associateAddress(address: ElasticAddress, instanceId: string): Promise<void>;
  disassociateAddress(address: ElasticAddress): Promise<void>;
  releaseAddress(address: ElasticAddress): Promise<void>;
  listKeyPairs(): Promise<readonly KeyPair[]>;
  deleteKeyPair(name: string): Promise<void>;
  listSecurityGroups(): Promise<readonly SecurityGroup[]>;
  createSecurityGroup(name: string, description: string, vpcId: string | undefined, tags: Tags): Promise<string>;
  deleteSecurityGroup(id: string): Promise<void>;
  addRules(groupId: string, rules: readonly IngressRule[]): Promise<void>;
  removeRules(groupId: string, rules: readonly IngressRule[]): Promise<void>;
  setTags(ids: readonly string[], tags: Tags): Promise<void>;
  removeTags(ids: readonly string[], names: readonly string[]): Promise<void>;
}
