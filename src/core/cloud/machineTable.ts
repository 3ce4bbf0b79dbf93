import type { Instance, Machine, MachineKey } from './model';
import { instanceKey } from './model';

/** What a change touched: the list (machines came, went or were renamed) or only single machines. */
export interface TableChange {
  readonly list: boolean;
  readonly machines: readonly MachineKey[];
}

/** How long a machine that another use case reported may be missing from listings: EC2 lists new instances with a delay. */
const GRACE_MS = 30_000;

type InstanceMachine = Extract<Machine, { kind: 'instance' }>;

/** Digits of a number in a sort key. */
const DIGITS = 16;

/**
 * What a name is sorted by: without case and accents, numbers by value. Comparing two such keys takes a twentieth of the time of
 * Intl.Collator, which would block the editor for longer than a person notices where there are thousands.
 */
function sortKey(name: string): string {
  const plain = /[^ -~]/.test(name) ? name.normalize('NFKD').replace(/\p{M}/gu, '') : name;
  return plain.toLowerCase().replace(/0*(\d+)/g, (_, digits: string) => digits.padStart(DIGITS, '0'));
}

/** One account's instances, by value: knows what a new listing changes. */
export class MachineTable {
  #machines = new Map<MachineKey, InstanceMachine>();
  /** When another use case reported a machine; listings begun earlier know less. */
  readonly #reported = new Map<MachineKey, number>();
  #sorted: readonly InstanceMachine[] | undefined;

  get(key: MachineKey): Machine | undefined {
    return this.#machines.get(key);
  }

  /** By name, the id deciding between equal names. */
  sorted(): readonly Machine[] {
    this.#sorted ??= [...this.#machines.values()]
      .map((machine) => ({ machine, key: sortKey(machine.name) }))
      .sort((a, b) => (a.key === b.key ? (a.machine.instance.id < b.machine.instance.id ? -1 : 1) : a.key < b.key ? -1 : 1))
      .map(({ machine }) => machine);
    return this.#sorted;
  }

  /** Ids of the instances whose state will change by itself. */
  inTransition(): readonly string[] {
    return this.#ids((state) => state === 'pending' || state === 'stopping' || state === 'shutting-down');
  }

  terminated(): readonly string[] {
    return this.#ids((state) => state === 'terminated');
  }

  #ids(wanted: (state: Instance['state']) => boolean): readonly string[] {
    const ids: string[] = [];
    for (const { instance } of this.#machines.values()) if (wanted(instance.state)) ids.push(instance.id);
    return ids;
  }

  /** Takes a whole listing. @param begun when it was asked for: machines reported since then stay as reported */
  replace(instances: readonly Instance[], begun: number): TableChange {
    const next = new Map<MachineKey, InstanceMachine>();
    const touched: MachineKey[] = [];
    let list = false;
    for (const instance of instances) {
      const key = instanceKey(instance.accountId, instance.id);
      const before = this.#machines.get(key);
      // Terminated before anyone here saw it alive: nothing to show.
      if (before === undefined && instance.state === 'terminated') continue;
      const reportedAt = this.#reported.get(key);
      const keep = before !== undefined && ((reportedAt !== undefined && reportedAt >= begun) || sameInstance(before.instance, instance));
      if (keep) {
        next.set(key, before);
        continue;
      }
      next.set(key, machineOf(key, instance));
      if (before?.name !== instance.name) list = true;
      else touched.push(key);
    }
    for (const [key, machine] of this.#machines) {
      if (next.has(key)) continue;
      const reportedAt = this.#reported.get(key);
      if (reportedAt !== undefined && reportedAt + GRACE_MS >= begun) next.set(key, machine);
      else {
        list = true;
        this.#reported.delete(key);
      }
    }
    if (!list && touched.length === 0) return { list: false, machines: [] };
    this.#machines = next;
    this.#keepOrder(list);
    return { list, machines: touched };
  }

  /** Takes newer values of some machines. @param begun when they were asked for */
  update(instances: readonly Instance[], begun: number): TableChange {
    const current = instances.filter((instance) => {
      const key = instanceKey(instance.accountId, instance.id);
      return this.#machines.has(key) && (this.#reported.get(key) ?? 0) < begun;
    });
    return this.#put(current);
  }

  /** Takes part of a list: adds and renews, and takes nothing away. @param begun when it was asked for */
  merge(instances: readonly Instance[], begun: number): TableChange {
    const fresh = instances.filter((instance) => {
      const key = instanceKey(instance.accountId, instance.id);
      const known = this.#machines.has(key);
      return (known || instance.state !== 'terminated') && (this.#reported.get(key) ?? -Infinity) < begun;
    });
    return this.#put(fresh);
  }

  /** Takes what another use case reported. */
  upsert(instances: readonly Instance[], now: number): TableChange {
    for (const instance of instances) this.#reported.set(instanceKey(instance.accountId, instance.id), now);
    return this.#put(instances);
  }

  remove(key: MachineKey): boolean {
    this.#reported.delete(key);
    this.#sorted = undefined;
    return this.#machines.delete(key);
  }

  #put(instances: readonly Instance[]): TableChange {
    const touched: MachineKey[] = [];
    let list = false;
    for (const instance of instances) {
      const key = instanceKey(instance.accountId, instance.id);
      const before = this.#machines.get(key);
      if (before !== undefined && sameInstance(before.instance, instance)) continue;
      this.#machines.set(key, machineOf(key, instance));
      if (before?.name !== instance.name) list = true;
      else touched.push(key);
    }
    if (list || touched.length > 0) this.#keepOrder(list);
    return { list, machines: touched };
  }

  /** Values changed; the order stays as it is unless the list did as well. */
  #keepOrder(listChanged: boolean): void {
    this.#sorted = listChanged ? undefined : this.#sorted?.map((machine) => this.#machines.get(machine.key) ?? machine);
  }
}

function machineOf(key: MachineKey, instance: Instance): InstanceMachine {
  return { kind: 'instance', key, name: instance.name, instance };
}

function sameInstance(a: Instance, b: Instance): boolean {
  return (
    a === b ||
    (a.state === b.state &&
      a.name === b.name &&
      a.type === b.type &&
      a.imageId === b.imageId &&
      a.publicAddress === b.publicAddress &&
      a.publicDnsName === b.publicDnsName &&
      a.privateAddress === b.privateAddress &&
      a.privateDnsName === b.privateDnsName &&
      a.ipv6Address === b.ipv6Address &&
      a.vpcId === b.vpcId &&
      a.subnetId === b.subnetId &&
      a.hibernation === b.hibernation &&
      a.keyName === b.keyName &&
      a.launchedAt === b.launchedAt &&
      a.zone === b.zone &&
      a.architecture === b.architecture &&
      a.stateReason === b.stateReason &&
      sameGroups(a.securityGroups, b.securityGroups) &&
      sameTags(a.tags, b.tags))
  );
}

function sameGroups(a: Instance['securityGroups'], b: Instance['securityGroups']): boolean {
  return a.length === b.length && a.every((group, i) => group.id === b[i]?.id && group.name === b[i].name);
}

function sameTags(a: Instance['tags'], b: Instance['tags']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
