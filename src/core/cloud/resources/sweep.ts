import { CancelledError, isCancelled, sentenceOf } from '../../errors';
import type { Operation } from '../../operations/operations';
import type { Instance } from '../model';
import type { Act, Acts } from './act';
import { giveBack, unless } from './made';
import type { CloudResources } from './ports';
import { nameOf, useOf, type Resource } from './stock';
import { PARTS_FOR, Uses, type Inventory, type ResourceKind } from './usage';

/** What became of one thing that was to be swept. */
export interface Swept {
  readonly resource: Resource;
  /** `used`: it is in use by now, and was left alone. */
  readonly result: 'gone' | 'used' | 'failed';
  /** The sentence, where it failed. */
  readonly why?: string;
}

/** Requests at a time: EC2 counts them. */
const AT_ONCE = 4;
/** An image's copies of disks can go only after it. */
const ORDER: readonly ResourceKind[] = ['addresses', 'images', 'snapshots', 'volumes', 'groups', 'keyPairs'];

/** Removes what nobody uses. One failure does not stop the others. */
export class Sweeper {
  constructor(private readonly acts: Acts) {}

  /** @param swept filled while it runs: what became of each */
  start(account: Act['account'], resources: readonly Resource[], swept: Swept[]): Operation {
    let fresh: Inventory = {};
    return this.acts.start(account, `Sweep ${resources.length} unused`, [
      {
        name: 'look',
        title: 'See that nobody uses them by now',
        run: async (act, io) => {
          fresh = await this.#inventory(act, new Set(resources.map(({ kind }) => kind)), io.signal);
        },
      },
      {
        name: 'sweep',
        title: 'Remove them',
        onFailure: 'keep',
        run: async (act, io) => {
          const uses = new Uses(fresh);
          const cloud = await act.cloud();
          let done = 0;
          for (const kind of ORDER) {
            const mine = resources.filter((one) => one.kind === kind);
            await inTurns(mine, AT_ONCE, async (resource) => {
              if (io.signal.aborted) throw new CancelledError();
              const one = await sweepOne(cloud, resource, fresh, uses);
              swept.push(one);
              done += 1;
              io.report(`${done} of ${resources.length}`, done / resources.length);
              io.log(`${nameOf(resource)} (${resource.id}): ${one.why ?? one.result}`);
            });
          }
        },
      },
    ]);
  }

  /** Asked anew: the view may have shown it some time ago. */
  async #inventory(act: Act, kinds: ReadonlySet<ResourceKind>, signal: AbortSignal): Promise<Inventory> {
    const wanted = new Set([...kinds].flatMap((kind) => PARTS_FOR[kind]));
    const cloud = await act.cloud();
    const ask = async <T>(part: keyof Inventory, list: () => Promise<T>): Promise<T | undefined> =>
      wanted.has(part) ? list() : Promise.resolve(undefined);
    const [instances, keyPairs, groups, volumes, addresses, images, snapshots, interfaces, templates] = await Promise.all([
      ask('instances', () => this.#instances(act, signal)),
      ask('keyPairs', () => cloud.listKeyPairs(signal)),
      ask('groups', () => cloud.listSecurityGroups(signal)),
      ask('volumes', () => cloud.listVolumes(signal)),
      ask('addresses', () => cloud.listAddresses(signal)),
      ask('images', () => cloud.listOwnImages(signal)),
      ask('snapshots', () => cloud.listSnapshots(signal)),
      ask('interfaces', () => cloud.listInterfaces(signal)),
      ask('templates', () => cloud.listTemplates(signal)),
    ]);
    const found = { instances, keyPairs, groups, volumes, addresses, images, snapshots, interfaces, templates };
    return Object.fromEntries(Object.entries(found).filter(([, list]) => list !== undefined));
  }

  async #instances({ account }: Act, signal: AbortSignal): Promise<readonly Instance[]> {
    const found: Instance[] = [];
    for await (const page of (await this.acts.ports.providers.for(account)).listInstances(signal)) found.push(...page);
    return found;
  }
}

async function sweepOne(cloud: CloudResources, resource: Resource, fresh: Inventory, uses: Uses): Promise<Swept> {
  try {
    const state = await stateNow(cloud, resource, fresh, uses);
    if (state === 'used') return { resource, result: 'used' };
    if (state === 'unused') await remove(cloud, resource);
    return { resource, result: 'gone' };
  } catch (error) {
    if (isCancelled(error)) throw error;
    return { resource, result: 'failed', why: sentenceOf(error) };
  }
}

async function stateNow(cloud: CloudResources, resource: Resource, fresh: Inventory, uses: Uses): Promise<'used' | 'unused' | 'gone'> {
  const now = again(resource, fresh);
  if (now === undefined) return 'gone';
  if (useOf(uses, now).state !== 'unused') return 'used';
  return now.kind === 'images' && (await cloud.isShared(now.id)) ? 'used' : 'unused';
}

function again({ kind, id }: Resource, fresh: Inventory): Resource | undefined {
  const byId = <T extends { readonly id: string }>(all: readonly T[] | undefined): T | undefined => all?.find((one) => one.id === id);
  const found = {
    volumes: byId(fresh.volumes),
    snapshots: byId(fresh.snapshots),
    images: byId(fresh.images),
    groups: byId(fresh.groups),
    keyPairs: fresh.keyPairs?.find(({ name }) => name === id),
    addresses: fresh.addresses?.find(({ allocationId, publicIp }) => allocationId === id || publicIp === id),
  };
  const item = found[kind];
  // Kind and item belong together: both come from the same list.
  return item === undefined ? undefined : ({ kind, id, item } as Resource);
}

async function remove(cloud: CloudResources, { kind, id, item }: Resource): Promise<void> {
  switch (kind) {
    case 'keyPairs':
      return unless(cloud.deleteKeyPair(id), 'NoSuchKeyPair');
    case 'groups':
      return unless(cloud.deleteSecurityGroup(id), 'NoSuchGroup');
    case 'volumes':
      return unless(cloud.deleteVolume(id), 'NoSuchVolume');
    case 'addresses':
      return unless(giveBack(cloud, item), 'NoSuchAddress');
    case 'snapshots':
      return unless(cloud.deleteSnapshot(id), 'NoSuchSnapshot');
    case 'images':
      await unless(cloud.deregisterImage(id), 'NoSuchImage');
      for (const snapshot of item.snapshotIds) await unless(cloud.deleteSnapshot(snapshot), 'NoSuchSnapshot');
  }
}

async function inTurns<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
