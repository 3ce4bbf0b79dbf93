import { throwIfCancelled, SkylabError } from '../../errors';
import type { StepIo } from '../../operations/step';
import type { Account, Instance } from '../model';
import type { CloudProviders } from '../ports';
import { duration, waitFor } from '../waiting';
import {
  isHost,
  leads,
  namesOf,
  notedName,
  pointsAt,
  recordsOf,
  sameRecord,
  tagsOfName,
  targetOf,
  valuesOf,
  withWildcard,
  zoneFor,
  zoneToCreate,
} from './name';
import type { DnsZones, NamePorts, RecordSet, Zone, ZoneChange } from './ports';

/** How a name is to lead to a machine. */
export interface NameWish {
  readonly name: string;
  /** A CNAME to the name that the cloud gives, instead of the addresses. */
  readonly alias?: boolean;
  /** All names below it, too. */
  readonly wildcard?: boolean;
}

/** A name that was found free, or that the person lets Skylab take over. */
export interface NamePlan extends NameWish {
  readonly zone: Zone;
  /** The zone was made for it. */
  readonly made: boolean;
  /** What led somewhere before: put back when the name is given up again. */
  readonly before: readonly RecordSet[];
}

/** What became of a name. */
export type NameOutcome =
  | { readonly kind: 'resolves' }
  /** The zone has it, and the world asks other servers. */
  | { readonly kind: 'notDelegated'; readonly nameServers: readonly string[]; readonly delegatedTo: readonly string[] }
  /** No name server of the world can be asked from here. */
  | { readonly kind: 'unchecked' };

type Io = Pick<StepIo, 'signal' | 'report' | 'log' | 'created'>;

/** Milliseconds. */
export interface NameTimes {
  readonly pollMs: number;
  /** Until all name servers of the zone have a change; and again until they answer it. */
  readonly timeoutMs: number;
}

const TIMES: NameTimes = { pollMs: 1_000, timeoutMs: 3 * 60_000 };

/** Machines' names in the account's DNS zones: set, followed, removed; what points elsewhere stays unless the person says otherwise. */
export class Naming {
  constructor(
    private readonly ports: NamePorts,
    private readonly providers: CloudProviders,
    private readonly times: NameTimes = TIMES,
  ) {}

  /**
   * Finds the zones and sees that the names are free; asks before a zone is made or a name is taken over.
   * @param token of the operation: the same one never makes a second zone
   * @param holder the machine that may have the names already
   * @returns undefined when the person goes on without names
   */
  async prepare(
    account: Account,
    wishes: readonly NameWish[],
    token: string,
    io: Io,
    holder?: Instance,
  ): Promise<readonly NamePlan[] | undefined> {
    const zones = await this.ports.zones(account);
    let known = await zones.listZones(io.signal);
    const plans: NamePlan[] = [];
    for (const wish of wishes) {
      const found = zoneFor(wish.name, known);
      const zone = found ?? (await this.#makeZone(zones, account, wish.name, token, io));
      if (zone === undefined) return undefined;
      const made = found === undefined || plans.some((plan) => plan.made && plan.zone.id === zone.id);
      if (found === undefined) known = [...known, zone];
      const before = await this.#standing(zones, zone, wish, io.signal);
      const elsewhere = before.filter((record) => leads(record) && (holder === undefined || !pointsAt(record, holder, [wish.name])));
      if (elsewhere.length > 0) {
        const pointsTo = [...new Set(elsewhere.flatMap((record) => record.values))];
        if (!(await this.ports.questions.takeOver({ name: wish.name, pointsTo }))) return undefined;
      }
      throwIfCancelled(io.signal);
      plans.push({ ...wish, zone, made, before: before.filter(leads) });
      io.log(`${wish.name} belongs to the zone ${zone.name}`);
    }
    return plans;
  }

  /**
   * Notes the name on the machine, then leads it there, so that whoever finds the machine finds its name.
   * @returns the machine with its new tags, and the change for `settle`; undefined for a name that leads there already
   */
  async point(account: Account, plan: NamePlan, instance: Instance): Promise<{ readonly instance: Instance; readonly change?: string }> {
    const { name, alias = false, wildcard = false } = plan;
    const target = targetOf(instance, alias);
    if (target === undefined)
      throw new SkylabError(`${instance.name} has no ${alias ? 'public DNS name' : 'address'} to which ${name} could lead.`, {
        next: 'Start it, or give it an elastic address.',
        code: 'NoAddress',
      });
    const tags = tagsOfName({ name, target: valuesOf(target), wildcard });
    await (await this.providers.for(account)).setTags([instance.id], tags);
    const zones = await this.ports.zones(account);
    const changes = changesTo(recordsOf(name, target, wildcard), await this.#standing(zones, plan.zone, plan));
    const noted = { ...instance, tags: { ...instance.tags, ...tags } };
    if (changes.length === 0) return { instance: noted };
    return { instance: noted, change: await zones.change(plan.zone.id, changes, `Skylab: ${instance.id}`) };
  }

  /** Waits until the zone's servers have the change, then until they answer it where the world asks them at all. @throws SkylabError `NameNotThere` */
  async settle(account: Account, plan: NamePlan, instance: Instance, change: string | undefined, io: Io): Promise<NameOutcome> {
    const { name, zone, alias = false } = plan;
    const zones = await this.ports.zones(account);
    const { pollMs: everyMs, timeoutMs } = this.times;
    const onTimeout = () =>
      new SkylabError(`${name} does not lead to ${instance.name} after ${duration(timeoutMs)}.`, {
        next: 'The record is set; name servers can take longer. Look again in a while.',
        code: 'NameNotThere',
      });
    const options = { signal: io.signal, everyMs, timeoutMs, onTimeout };
    if (change !== undefined) {
      io.report(`waiting until the name servers have ${name}`);
      await waitFor(async () => ((await zones.isInSync(change, io.signal)) ? true : undefined), options);
    }
    const [nameServers, delegatedTo] = await Promise.all([
      zones.nameServers(zone.id, io.signal),
      this.ports.lookup.nameServers(zone.name, io.signal),
    ]);
    if (delegatedTo === undefined) {
      io.log(`${name} is set; whether the world finds it cannot be checked from here`);
      return { kind: 'unchecked' };
    }
    if (!delegatedTo.some((server) => nameServers.includes(server))) {
      io.log(`${name} is set, but nobody finds it until the registrar of ${zone.name} names these servers: ${nameServers.join(' ')}`);
      this.ports.questions.tellNameServers(zone.name, nameServers, delegatedTo);
      return { kind: 'notDelegated', nameServers, delegatedTo };
    }
    const target = targetOf(instance, alias);
    if (target === undefined || target.kind === 'alias') return { kind: 'resolves' };
    const wanted = valuesOf(target).join(' ');
    io.report(`waiting until ${name} resolves`);
    return waitFor<NameOutcome>(async () => {
      const seen = await this.ports.lookup.addresses(name, nameServers, io.signal);
      if (seen === undefined) return { kind: 'unchecked' };
      return sorted(seen) === sorted(wanted.split(' ')) ? { kind: 'resolves' } : undefined;
    }, options);
  }

  /** The plan of a name that the machine has, when its records are not what its address asks for; undefined when there is nothing to do. */
  async outdated(account: Account, instance: Instance, io: Io): Promise<NamePlan | undefined> {
    const note = notedName(instance.tags);
    const alias = note?.target.some(isHost) === true;
    const target = note === undefined ? undefined : targetOf(instance, alias);
    if (note === undefined || target === undefined || sorted(valuesOf(target)) === sorted(note.target)) return undefined;
    const zones = await this.ports.zones(account);
    const zone = zoneFor(note.name, await zones.listZones(io.signal));
    if (zone === undefined)
      throw new SkylabError(`The zone of ${note.name} is gone: the name of ${instance.name} cannot follow its address.`, {
        next: 'Give the machine another name.',
        code: 'NoSuchZone',
      });
    const wish = { name: note.name, alias, wildcard: note.wildcard };
    const before = await this.#standing(zones, zone, wish, io.signal);
    const elsewhere = before.filter((record) => leads(record) && !pointsAt(record, instance, [note.name]));
    if (elsewhere.length > 0)
      throw new SkylabError(
        `${note.name} leads to ${elsewhere.flatMap((record) => record.values).join(', ')}, which somebody else has set: it was left so.`,
        { next: `Set the DNS name of ${instance.name} anew to take it back.`, code: 'NameTaken' },
      );
    return { ...wish, zone, made: false, before: before.filter(leads) };
  }

  /**
   * Deletes the records that lead to the machine, after reading what stands there: records that lead elsewhere stay, and zones always do.
   * @returns the names that are gone
   */
  async remove(account: Account, instance: Instance, io: Pick<Io, 'signal' | 'log'>): Promise<readonly string[]> {
    return this.#remove(account, namesOf(instance), instance, io);
  }

  /** As `remove`, for one name. */
  async removeName(account: Account, name: string, instance: Instance, io: Pick<Io, 'signal' | 'log'>): Promise<void> {
    await this.#remove(account, [name], instance, io);
  }

  async #remove(
    account: Account,
    names: readonly string[],
    instance: Instance,
    io: Pick<Io, 'signal' | 'log'>,
  ): Promise<readonly string[]> {
    if (names.length === 0) return [];
    const zones = await this.ports.zones(account);
    const known = await zones.listZones(io.signal);
    const gone: string[] = [];
    for (const name of names) {
      const zone = zoneFor(name, known);
      if (zone === undefined) continue;
      const standing = (await zones.records(zone.id, withWildcard(name), io.signal)).filter(leads);
      const ours = standing.filter((record) => pointsAt(record, instance, [name]));
      const others = standing.filter((record) => !ours.includes(record));
      if (others.length > 0) io.log(`${[...new Set(others.map((r) => r.name))].join(', ')} leads elsewhere and stays`);
      if (ours.length === 0) continue;
      await zones.change(zone.id, ours.map(deleting), `Skylab: ${instance.id} is gone`);
      for (const record of ours) io.log(`${record.name} (${record.type} ${record.values.join(' ')}) is deleted`);
      gone.push(...new Set(ours.map((record) => record.name)));
    }
    return gone;
  }

  /** Gives a name up again: what led somewhere before does so again. */
  async giveUp(account: Account, plan: NamePlan, instance: Instance, io: Pick<Io, 'signal' | 'log'>): Promise<void> {
    await this.remove(account, instance, io);
    if (plan.before.length === 0) return;
    const upsert = plan.before.map((record): ZoneChange => ({ action: 'upsert', record }));
    await (await this.ports.zones(account)).change(plan.zone.id, upsert, 'Skylab: as it was before');
  }

  /** Takes the name off the machine: records and note. */
  async forget(account: Account, instance: Instance, io: Pick<Io, 'signal' | 'log'>): Promise<Instance> {
    await this.remove(account, instance, io);
    const tags = tagsOfName(undefined);
    await (await this.providers.for(account)).setTags([instance.id], tags);
    return { ...instance, tags: { ...instance.tags, ...tags } };
  }

  async deleteZone(account: Account, id: string): Promise<void> {
    await (await this.ports.zones(account)).deleteZone(id);
  }

  async #makeZone(zones: DnsZones, account: Account, name: string, token: string, io: Io): Promise<Zone | undefined> {
    const wanted = zoneToCreate(name);
    if (!(await this.ports.questions.createZone({ name, zone: wanted }))) return undefined;
    throwIfCancelled(io.signal);
    const zone = await zones.createZone(wanted, token);
    await io.created({ kind: 'dnsZone', id: zone.id, accountId: account.id, label: `DNS zone ${wanted}` });
    const nameServers = await zones.nameServers(zone.id, io.signal);
    io.log(`the zone ${wanted} is made; its registrar has to name these servers: ${nameServers.join(' ')}`);
    return zone;
  }

  /** What stands at the name, and at its wildcard where that is wanted. @throws SkylabError where Skylab may not change it */
  async #standing(zones: DnsZones, zone: Zone, { name, alias, wildcard }: NameWish, signal?: AbortSignal): Promise<readonly RecordSet[]> {
    const standing = await zones.records(zone.id, wildcard === true ? withWildcard(name) : [name], signal);
    if (standing.some((record) => record.special === true && leads(record)))
      throw new SkylabError(`${name} is an alias of a resource or has records by weight, place or health: Skylab leaves those alone.`, {
        next: 'Choose another name.',
        code: 'SpecialRecord',
      });
    if (alias !== true) return standing;
    if (name === zone.name || standing.some((record) => record.name === name && !leads(record)))
      throw new SkylabError(`${name} cannot be an alias: ${name === zone.name ? 'it is the zone itself' : 'it holds other records'}.`, {
        next: 'Let it lead to the address instead.',
        code: 'NoAliasHere',
      });
    return standing;
  }
}

const deleting = (record: RecordSet): ZoneChange => ({ action: 'delete', record });

/** Leads the wanted names to where they are wanted; other types of record at them stay. */
function changesTo(wanted: readonly RecordSet[], standing: readonly RecordSet[]): readonly ZoneChange[] {
  const same = (a: RecordSet, b: RecordSet) => a.name === b.name && a.type === b.type;
  const gone = standing.filter((record) => leads(record) && !wanted.some((one) => same(one, record)));
  const news = wanted.filter((one) => !standing.some((record) => sameRecord(one, record)));
  return [...gone.map(deleting), ...news.map((record): ZoneChange => ({ action: 'upsert', record }))];
}

/** Undefined where nobody gives names. */
export function namingOf({ names, providers }: { readonly names?: NamePorts; readonly providers: CloudProviders }): Naming | undefined {
  return names === undefined ? undefined : new Naming(names, providers);
}

const sorted = (values: readonly string[]): string => [...values].sort().join(' ');
