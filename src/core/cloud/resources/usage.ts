import type { Instance, KeyPair } from '../model';
import type { ElasticAddress, NetworkInterface, OwnGroup, OwnImage, Snapshot, TemplateUse, Volume } from './ports';

/** What an account was found to have; a part that was not asked for, or could not be had, is undefined. */
export interface Inventory {
  readonly instances?: readonly Instance[];
  readonly keyPairs?: readonly KeyPair[];
  readonly groups?: readonly OwnGroup[];
  readonly volumes?: readonly Volume[];
  readonly addresses?: readonly ElasticAddress[];
  readonly images?: readonly OwnImage[];
  readonly snapshots?: readonly Snapshot[];
  readonly interfaces?: readonly NetworkInterface[];
  readonly templates?: readonly TemplateUse[];
}

export type Part = keyof Inventory;

/** The lists that a person sees. */
export type ResourceKind = 'keyPairs' | 'groups' | 'volumes' | 'addresses' | 'images' | 'snapshots';

/** What has to be known to say of each kind who uses it. */
export const PARTS_FOR: Readonly<Record<ResourceKind, readonly Part[]>> = {
  keyPairs: ['keyPairs', 'instances', 'templates'],
  groups: ['groups', 'instances', 'interfaces', 'templates'],
  volumes: ['volumes', 'instances'],
  addresses: ['addresses', 'instances', 'interfaces'],
  images: ['images', 'instances', 'templates', 'snapshots'],
  snapshots: ['snapshots', 'images', 'volumes', 'templates'],
};

/** Who uses something. */
export interface User {
  readonly kind: 'machine' | 'service' | 'group' | 'image' | 'template' | 'disk';
  readonly name: string;
}

export type Use =
  | { readonly state: 'used'; readonly by: readonly User[] }
  | { readonly state: 'unused' }
  /** Not the person's to remove: a default group, or made by another service of the cloud. */
  | { readonly state: 'kept'; readonly why: 'default' | 'managed' | 'public' }
  /** The cloud could not be asked about everything that may use it, or it is still being made. */
  | { readonly state: 'unknown' };

type Tags = Readonly<Record<string, string>>;

/** Tags that begin so are set by services of the cloud alone: CloudFormation, Auto Scaling, Backup, Data Lifecycle Manager. */
const isManaged = (tags: Tags | undefined): boolean => Object.keys(tags ?? {}).some((name) => name.startsWith('aws:'));
const UNKNOWN: Use = { state: 'unknown' };

/** Says of everything in an inventory who uses it. Looks up in tables: 10,000 disks are asked for at once. */
export class Uses {
  readonly #machines: ReadonlyMap<string, Instance>;
  readonly #byImage: ReadonlyMap<string, readonly Instance[]>;
  readonly #byKey: ReadonlyMap<string, readonly Instance[]>;
  readonly #byGroup: ReadonlyMap<string, readonly Instance[]>;
  readonly #interfacesByGroup: ReadonlyMap<string, readonly NetworkInterface[]>;
  readonly #groupsByReference: ReadonlyMap<string, readonly OwnGroup[]>;
  readonly #imagesBySnapshot: ReadonlyMap<string, readonly OwnImage[]>;
  readonly #volumes: ReadonlyMap<string, Volume>;
  readonly #interfaces: ReadonlyMap<string, NetworkInterface>;

  constructor(private readonly inventory: Inventory) {
    const living = (inventory.instances ?? []).filter((instance) => instance.state !== 'terminated');
    this.#machines = new Map(living.map((instance) => [instance.id, instance]));
    this.#byImage = table(living, (instance) => [instance.imageId]);
    this.#byKey = table(living, (instance) => [instance.keyName ?? '']);
    this.#byGroup = table(living, (instance) => instance.securityGroups.map((group) => group.id));
    this.#interfacesByGroup = table(inventory.interfaces ?? [], (one) => one.groupIds);
    this.#groupsByReference = table(inventory.groups ?? [], (group) => group.refersTo.filter((id) => id !== group.id));
    this.#imagesBySnapshot = table(inventory.images ?? [], (image) => image.snapshotIds);
    this.#volumes = new Map((inventory.volumes ?? []).map((volume) => [volume.id, volume]));
    this.#interfaces = new Map((inventory.interfaces ?? []).map((one) => [one.id, one]));
  }

  volume(volume: Volume): Use {
    if (volume.attachment !== undefined) return used([this.#machine(volume.attachment.instanceId)]);
    if (isManaged(volume.tags)) return { state: 'kept', why: 'managed' };
    return volume.state === 'available' ? { state: 'unused' } : UNKNOWN;
  }

  address(address: ElasticAddress): Use {
    if (address.instanceId !== undefined) return used([this.#machine(address.instanceId)]);
    if (address.networkInterfaceId !== undefined) return used([this.#service(this.#interfaces.get(address.networkInterfaceId))]);
    if (address.managed === true || isManaged(address.tags)) return { state: 'kept', why: 'managed' };
    return address.associationId === undefined ? { state: 'unused' } : UNKNOWN;
  }

  keyPair(pair: KeyPair): Use {
    const { instances, templates } = this.inventory;
    const by = [...machinesOf(this.#byKey.get(pair.name)), ...this.#templates((template) => template.keyName === pair.name)];
    if (by.length > 0) return used(by);
    if (isManaged(pair.tags)) return { state: 'kept', why: 'managed' };
    return instances === undefined || templates === undefined ? UNKNOWN : { state: 'unused' };
  }

  image(image: OwnImage): Use {
    const { instances, templates } = this.inventory;
    const by = [...machinesOf(this.#byImage.get(image.id)), ...this.#templates((template) => template.imageId === image.id)];
    if (by.length > 0) return used(by);
    if (isManaged(image.tags)) return { state: 'kept', why: 'managed' };
    if (image.isPublic) return { state: 'kept', why: 'public' };
    if (instances === undefined || templates === undefined || image.state !== 'available') return UNKNOWN;
    return { state: 'unused' };
  }

  snapshot(snapshot: Snapshot): Use {
    const { images, volumes, templates } = this.inventory;
    const ofImages = (this.#imagesBySnapshot.get(snapshot.id) ?? []).map(({ name }): User => ({ kind: 'image', name }));
    const ofTemplates = this.#templates((template) => template.snapshotIds.includes(snapshot.id));
    // A copy of a disk that exists is its backup.
    const volume = this.#volumes.get(snapshot.volumeId);
    const backup: User[] = volume === undefined ? [] : [{ kind: 'disk', name: volume.name === '' ? volume.id : volume.name }];
    const by = [...ofImages, ...ofTemplates, ...backup];
    if (by.length > 0) return used(by);
    if (isManaged(snapshot.tags)) return { state: 'kept', why: 'managed' };
    if (images === undefined || volumes === undefined || templates === undefined || snapshot.state === 'pending') return UNKNOWN;
    return { state: 'unused' };
  }

  group(group: OwnGroup): Use {
    const { instances, interfaces, templates } = this.inventory;
    const machines = machinesOf(this.#byGroup.get(group.id));
    const named = new Set((this.#byGroup.get(group.id) ?? []).map((instance) => instance.id));
    const others = (this.#interfacesByGroup.get(group.id) ?? [])
      .filter((one) => one.instanceId === undefined || !named.has(one.instanceId))
      .map((one) => (one.instanceId === undefined ? this.#service(one) : this.#machine(one.instanceId)));
    const groups = (this.#groupsByReference.get(group.id) ?? []).map(({ name }): User => ({ kind: 'group', name }));
    const templatesOf = this.#templates((template) => template.groups.includes(group.id) || template.groups.includes(group.name));
    const by = [...machines, ...others, ...groups, ...templatesOf];
    if (by.length > 0) return used(by);
    if (group.name === 'default') return { state: 'kept', why: 'default' };
    if (isManaged(group.tags)) return { state: 'kept', why: 'managed' };
    return instances === undefined || interfaces === undefined || templates === undefined ? UNKNOWN : { state: 'unused' };
  }

  #machine(id: string): User {
    return { kind: 'machine', name: this.#machines.get(id)?.name ?? id };
  }

  #service(one: NetworkInterface | undefined): User {
    return { kind: 'service', name: one === undefined ? '' : one.description === '' ? one.id : one.description };
  }

  #templates(wanted: (template: TemplateUse) => boolean): readonly User[] {
    const names = new Set((this.inventory.templates ?? []).filter(wanted).map((template) => template.name));
    return [...names].map((name) => ({ kind: 'template', name }));
  }
}

function used(by: readonly User[]): Use {
  return { state: 'used', by: [...new Map(by.map((user) => [`${user.kind} ${user.name}`, user])).values()] };
}

const machinesOf = (instances: readonly Instance[] | undefined): readonly User[] =>
  (instances ?? []).map(({ name }) => ({ kind: 'machine', name }));

function table<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const item of items)
    for (const key of new Set(keysOf(item))) {
      const known = found.get(key);
      if (known === undefined) found.set(key, [item]);
      else known.push(item);
    }
  return found;
}
