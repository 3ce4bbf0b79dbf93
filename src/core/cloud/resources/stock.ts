import { CancelledError, isCancelled } from '../../errors';
import type { Disposable } from '../../events';
import { Emitter } from '../../events';
import type { Accounts } from '../accounts';
import type { Machines } from '../machines';
import type { Instance, KeyPair } from '../model';
import type { CloudResources, ElasticAddress, OwnGroup, OwnImage, ResourcesOf, Snapshot, Volume } from './ports';
import { PARTS_FOR, Uses, type Inventory, type Part, type ResourceKind, type Use } from './usage';

/** Anything that a row of the resources can stand for. */
export type Resource =
  | { readonly kind: 'keyPairs'; readonly id: string; readonly item: KeyPair }
  | { readonly kind: 'groups'; readonly id: string; readonly item: OwnGroup }
  | { readonly kind: 'volumes'; readonly id: string; readonly item: Volume }
  | { readonly kind: 'addresses'; readonly id: string; readonly item: ElasticAddress }
  | { readonly kind: 'images'; readonly id: string; readonly item: OwnImage }
  | { readonly kind: 'snapshots'; readonly id: string; readonly item: Snapshot };

export type StockStatus =
  | { readonly state: 'idle' }
  | { readonly state: 'loading' }
  | { readonly state: 'loaded'; readonly at: number }
  | { readonly state: 'failed'; readonly error: Error };

export interface StockChange {
  readonly accountId: string;
  /** Undefined stands for all kinds of the account. */
  readonly kind: ResourceKind | undefined;
}

const IDLE: StockStatus = { state: 'idle' };
const KINDS = Object.keys(PARTS_FOR) as readonly ResourceKind[];

/** What is known of one account. */
class AccountStock {
  inventory: Inventory = {};
  readonly status = new Map<ResourceKind, StockStatus>();
  readonly loading = new Map<Part, Promise<void>>();
  readonly rows = new Map<ResourceKind, readonly Resource[]>();
  uses: Uses | undefined;
}

/**
 * What the accounts have besides machines, kind by kind, asked for when somebody looks and then kept until a refresh.
 * A kind is loaded once its own list has come; what cannot be had of the rest leaves its use unknown.
 */
export class ResourceStock implements Disposable {
  readonly #changed = new Emitter<StockChange>();
  readonly onChange = this.#changed.event;
  readonly #accounts = new Map<string, AccountStock>();
  readonly #subscriptions: readonly Disposable[];

  constructor(
    private readonly accounts: Accounts,
    private readonly machines: Machines,
    private readonly resources: ResourcesOf,
  ) {
    this.#subscriptions = [
      accounts.onChange(() => this.#accountsChanged()),
      machines.onChange((change) => {
        if (change.kind === 'account') this.#machinesChanged(change.accountId);
        else if (change.kind === 'machine') this.#machinesChanged(change.key.slice(0, change.key.lastIndexOf('/')));
      }),
    ];
  }

  status(accountId: string, kind: ResourceKind): StockStatus {
    return this.#accounts.get(accountId)?.status.get(kind) ?? IDLE;
  }

  /** Sorted by name, numbers counted as numbers; empty until loaded. */
  list(accountId: string, kind: ResourceKind): readonly Resource[] {
    const stock = this.#accounts.get(accountId);
    if (stock === undefined) return [];
    let rows = stock.rows.get(kind);
    if (rows === undefined) stock.rows.set(kind, (rows = sorted(rowsOf(stock.inventory, kind))));
    return rows;
  }

  find(accountId: string, kind: ResourceKind, id: string): Resource | undefined {
    return this.list(accountId, kind).find((one) => one.id === id);
  }

  inventory(accountId: string): Inventory {
    return this.#accounts.get(accountId)?.inventory ?? {};
  }

  useOf(accountId: string, resource: Resource): Use {
    const stock = this.#accounts.get(accountId);
    if (stock === undefined) return { state: 'unknown' };
    return useOf((stock.uses ??= new Uses(stock.inventory)), resource);
  }

  /** Loads a kind unless it is there. Never rejects: a failure becomes the status. */
  async load(accountId: string, kind: ResourceKind): Promise<void> {
    const { state } = this.status(accountId, kind);
    if (state !== 'loaded') await this.#load(accountId, kind);
  }

  /** Asks anew for a kind, or for all that was ever looked at. Never rejects. */
  async refresh(accountId: string, kind?: ResourceKind): Promise<void> {
    const stock = this.#stockOf(accountId);
    const wanted = kind === undefined ? KINDS.filter((one) => stock.status.has(one)) : [kind];
    const known = new Set(wanted.flatMap((one) => PARTS_FOR[one]));
    // What shows already stays until the new answer is there.
    for (const part of known) stock.loading.delete(part);
    await Promise.all(wanted.map((one) => this.#load(accountId, one, true)));
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  async #load(accountId: string, kind: ResourceKind, anew = false): Promise<void> {
    const stock = this.#stockOf(accountId);
    if (!anew || this.status(accountId, kind).state === 'failed') {
      stock.status.set(kind, { state: 'loading' });
      this.#changed.fire({ accountId, kind });
    }
    const [own, ...others] = PARTS_FOR[kind];
    if (own === undefined) return;
    const rest = others.map((part) => this.#part(accountId, stock, part, anew).catch(() => undefined));
    try {
      await this.#part(accountId, stock, own, anew);
      await Promise.all(rest);
      stock.status.set(kind, { state: 'loaded', at: Date.now() });
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      stock.status.set(kind, isCancelled(error) ? IDLE : { state: 'failed', error: cause });
    }
    stock.rows.clear();
    stock.uses = undefined;
    if (this.#accounts.get(accountId) === stock) this.#changed.fire({ accountId, kind });
  }

  /** One request for a part at a time; what is there is not asked for again, except the machines: they change by themselves. */
  #part(accountId: string, stock: AccountStock, part: Part, anew: boolean): Promise<void> {
    const loading = stock.loading.get(part);
    if (loading !== undefined) return loading;
    if (!anew && part !== 'instances' && stock.inventory[part] !== undefined) return Promise.resolve();
    const asked = this.#ask(accountId, part).then(
      (found) => {
        stock.inventory = { ...stock.inventory, ...found };
      },
      (error: unknown) => {
        // What it was before says nothing about now.
        stock.inventory = Object.fromEntries(Object.entries(stock.inventory).filter(([name]) => name !== part));
        throw error;
      },
    );
    const settled = asked.finally(() => {
      if (stock.loading.get(part) === settled) stock.loading.delete(part);
    });
    stock.loading.set(part, settled);
    return settled;
  }

  async #ask(accountId: string, part: Part): Promise<Inventory> {
    if (part === 'instances') return { instances: await this.#instances(accountId) };
    const cloud = await this.resources(this.accounts.need(accountId));
    return { [part]: await LISTS[part](cloud) };
  }

  /** @throws the account's failure: without its machines nothing can be called unused */
  async #instances(accountId: string): Promise<readonly Instance[]> {
    // A listing that a newer one overtook brings nothing: then the newer one is waited for by asking once more.
    for (let tries = 0; tries < 3; tries++) {
      await this.machines.refresh(accountId);
      if (this.machines.status(accountId).state === 'loaded') break;
    }
    const status = this.machines.status(accountId);
    if (status.state !== 'loaded') throw status.state === 'failed' ? status.error : new CancelledError();
    return this.#known(accountId);
  }

  #stockOf(accountId: string): AccountStock {
    let stock = this.#accounts.get(accountId);
    if (stock === undefined) this.#accounts.set(accountId, (stock = new AccountStock()));
    return stock;
  }

  /** Who uses what follows the machines without asking again. */
  #machinesChanged(accountId: string): void {
    const stock = this.#accounts.get(accountId);
    if (stock?.inventory.instances === undefined || this.machines.status(accountId).state !== 'loaded') return;
    stock.inventory = { ...stock.inventory, instances: this.#known(accountId) };
    stock.uses = undefined;
    this.#changed.fire({ accountId, kind: undefined });
  }

  #known(accountId: string): readonly Instance[] {
    return this.machines.of(accountId).flatMap((machine) => (machine.kind === 'instance' ? [machine.instance] : []));
  }

  /** A changed account may be another cloud by now. */
  #accountsChanged(): void {
    const ids = [...this.#accounts.keys()];
    this.#accounts.clear();
    for (const accountId of ids) this.#changed.fire({ accountId, kind: undefined });
  }
}

const LISTS: Readonly<Record<Exclude<Part, 'instances'>, (cloud: CloudResources) => Promise<unknown>>> = {
  keyPairs: (cloud) => cloud.listKeyPairs(),
  groups: (cloud) => cloud.listSecurityGroups(),
  volumes: (cloud) => cloud.listVolumes(),
  addresses: (cloud) => cloud.listAddresses(),
  images: (cloud) => cloud.listOwnImages(),
  snapshots: (cloud) => cloud.listSnapshots(),
  interfaces: (cloud) => cloud.listInterfaces(),
  templates: (cloud) => cloud.listTemplates(),
};

function rowsOf(inventory: Inventory, kind: ResourceKind): readonly Resource[] {
  switch (kind) {
    case 'keyPairs':
      return (inventory.keyPairs ?? []).map((item) => ({ kind, id: item.name, item }));
    case 'groups':
      return (inventory.groups ?? []).map((item) => ({ kind, id: item.id, item }));
    case 'volumes':
      return (inventory.volumes ?? []).map((item) => ({ kind, id: item.id, item }));
    case 'addresses':
      return (inventory.addresses ?? []).map((item) => ({ kind, id: item.allocationId === '' ? item.publicIp : item.allocationId, item }));
    case 'images':
      return (inventory.images ?? []).map((item) => ({ kind, id: item.id, item }));
    case 'snapshots':
      return (inventory.snapshots ?? []).map((item) => ({ kind, id: item.id, item }));
  }
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** By name, then id: rows keep their places. */
function sorted(rows: readonly Resource[]): readonly Resource[] {
  return rows
    .map((row) => ({ row, name: nameOf(row) }))
    .sort((a, b) => collator.compare(a.name, b.name) || (a.row.id < b.row.id ? -1 : 1))
    .map(({ row }) => row);
}

/** What a person calls it: its Name tag, else what the cloud calls it. */
export function nameOf({ kind, id, item }: Resource): string {
  switch (kind) {
    case 'keyPairs':
    case 'groups':
    case 'images':
      return item.name;
    case 'volumes':
      return item.name === '' ? id : item.name;
    case 'addresses':
      return item.publicIp;
    case 'snapshots':
      return item.name !== '' ? item.name : item.description !== '' ? item.description : id;
  }
}

/** Who uses a resource, by an index of everything. */
export function useOf(uses: Uses, { kind, item }: Resource): Use {
  switch (kind) {
    case 'keyPairs':
      return uses.keyPair(item);
    case 'groups':
      return uses.group(item);
    case 'volumes':
      return uses.volume(item);
    case 'addresses':
      return uses.address(item);
    case 'images':
      return uses.image(item);
    case 'snapshots':
      return uses.snapshot(item);
  }
}
