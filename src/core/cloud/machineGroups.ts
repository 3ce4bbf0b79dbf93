import type { Machine } from './model';
import { TAG } from './tags';

/** By what the machines of an account are put together. */
export type Grouping = { readonly by: 'none' | 'lab' | 'state' | 'zone' | 'owner' | 'type' } | { readonly by: 'tag'; readonly tag: string };

/** Machines with the same value; `''` for those that have none. */
export interface MachineGroup {
  readonly value: string;
  readonly machines: readonly Machine[];
}

const LAB_TAGS = ['skylab:lab', 'Lab', 'lab'];
const OWNER_TAGS = [TAG.owner, 'Owner', 'owner'];

/** The value by which a machine is grouped; `''` where it has none. */
export function groupValue(machine: Machine, grouping: Grouping): string {
  if (machine.kind === 'given') return '';
  const { tags, state, zone, type } = machine.instance;
  switch (grouping.by) {
    case 'none':
      return '';
    case 'lab':
      return firstOf(tags, LAB_TAGS);
    case 'owner':
      return firstOf(tags, OWNER_TAGS);
    case 'state':
      return state;
    case 'zone':
      return zone ?? '';
    case 'type':
      return type;
    case 'tag':
      return tags[grouping.tag] ?? '';
  }
}

/** States in the order of a machine's life; other values by name; those without a value last. The order within a group stays. */
export function groupMachines(machines: readonly Machine[], grouping: Grouping): readonly MachineGroup[] {
  const groups = new Map<string, Machine[]>();
  for (const machine of machines) {
    const value = groupValue(machine, grouping);
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [machine]);
    else group.push(machine);
  }
  const rank = (value: string): string => {
    if (value === '') return '2';
    const at = grouping.by === 'state' ? STATES.indexOf(value) : -1;
    return at === -1 ? `1${value.toLowerCase()}` : `0${at}`;
  };
  return [...groups].map(([value, members]) => ({ value, machines: members })).sort((a, b) => (rank(a.value) < rank(b.value) ? -1 : 1));
}

const STATES: readonly string[] = ['running', 'pending', 'stopping', 'stopped', 'shutting-down', 'terminated'];

/** Names of tags by which machines could be grouped, the most common first; those of the cloud and of Skylab left out. */
export function tagNames(machines: readonly Machine[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const machine of machines)
    if (machine.kind === 'instance')
      for (const name of Object.keys(machine.instance.tags))
        if (name !== TAG.name && !/^(aws|skylab):/.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name]) => name);
}

/** What is kept between windows. @returns `none` for what an older or newer version wrote */
export function readGrouping(kept: unknown): Grouping {
  if (typeof kept !== 'object' || kept === null || !('by' in kept)) return { by: 'none' };
  const { by } = kept;
  if (by === 'tag' && 'tag' in kept && typeof kept.tag === 'string') return { by, tag: kept.tag };
  return by === 'lab' || by === 'state' || by === 'zone' || by === 'owner' || by === 'type' ? { by } : { by: 'none' };
}

function firstOf(tags: Readonly<Record<string, string>>, names: readonly string[]): string {
  for (const name of names) {
    const value = tags[name];
    if (value !== undefined && value !== '') return value;
  }
  return '';
}
