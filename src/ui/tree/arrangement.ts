import type { Machines } from '../../core/cloud/machines';
import { parseFilter, type MachineFilter } from '../../core/cloud/machineFilter';
import { groupMachines, groupValue, type Grouping, type MachineGroup } from '../../core/cloud/machineGroups';
import type { Account, Machine, MachineKey } from '../../core/cloud/model';
import { Emitter } from '../../core/events';
import { GIVEN } from './nodes';

/** Rows of one parent shown before "Show more": a tree sends every child to the screen at once. */
export const PAGE = 500;

/** Which machines the tree shows, and below which rows. */
export class Arrangement {
  readonly #changed = new Emitter<void>();
  /** Another filter or grouping: every row may stand elsewhere. */
  readonly onChange = this.#changed.event;
  readonly #shown = new Map<string, number>();
  #filtered = new WeakMap<readonly Machine[], readonly Machine[]>();
  #grouped = new WeakMap<readonly Machine[], readonly MachineGroup[]>();
  /** Where rows stood when their parent was last painted; kept only while filter or grouping can move them. */
  readonly #places = new Map<MachineKey, string | undefined>();
  #text = '';
  #filter: MachineFilter | undefined;
  #grouping: Grouping = { by: 'none' };

  constructor(
    private readonly machines: Machines,
    private readonly account: (id: string) => Account | undefined,
  ) {}

  get filterText(): string {
    return this.#text;
  }

  get grouping(): Grouping {
    return this.#grouping;
  }

  setFilter(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#filter = parseFilter(text);
    this.#reset();
  }

  setGrouping(grouping: Grouping): void {
    this.#grouping = grouping;
    this.#reset();
  }

  /** The machines of an account (or the given ones) that the filter lets through, by name. */
  of(parent: string): readonly Machine[] {
    const all = this.machines.of(parent);
    const filter = this.#filter;
    if (filter === undefined) return all;
    const known = this.#filtered.get(all);
    if (known !== undefined) return known;
    const account = this.account(parent);
    const shown = all.filter((machine) => filter(machine, account));
    this.#filtered.set(all, shown);
    return shown;
  }

  /** Groups of an account's machines; undefined where they stand side by side. */
  groups(parent: string): readonly MachineGroup[] | undefined {
    if (this.#grouping.by === 'none' || parent === GIVEN) return undefined;
    const shown = this.of(parent);
    const known = this.#grouped.get(shown);
    if (known !== undefined) return known;
    const groups = groupMachines(shown, this.#grouping);
    this.#grouped.set(shown, groups);
    return groups;
  }

  group(parent: string, value: string): readonly Machine[] {
    return this.groups(parent)?.find((group) => group.value === value)?.machines ?? [];
  }

  /** The group below which a machine stands; undefined for none. */
  groupOf(machine: Machine): string | undefined {
    return this.#grouping.by === 'none' || machine.kind === 'given' ? undefined : groupValue(machine, this.#grouping);
  }

  /** Notes where the rows of a parent stand now. */
  painted(parent: string): void {
    if (this.#filter === undefined && this.#grouping.by === 'none') return;
    for (const machine of this.machines.of(parent)) this.#places.set(machine.key, this.#placeOf(machine, parent));
  }

  /** Whether a change of a machine takes its row elsewhere, in or out of sight. */
  moved(machine: Machine, parent: string): boolean {
    if (this.#filter === undefined && this.#grouping.by === 'none') return false;
    return this.#places.get(machine.key) !== this.#placeOf(machine, parent);
  }

  limit(parent: string, group?: string): number {
    return this.#shown.get(pageKey(parent, group)) ?? PAGE;
  }

  showMore(parent: string, group?: string): void {
    this.#shown.set(pageKey(parent, group), this.limit(parent, group) + PAGE);
  }

  /** Makes sure that the row of a machine is among those shown. @returns true when more are shown than before */
  reach(machine: Machine, parent: string): boolean {
    const group = this.groupOf(machine);
    const rows = group === undefined ? this.of(parent) : this.group(parent, group);
    const index = rows.findIndex(({ key }) => key === machine.key);
    if (index < this.limit(parent, group)) return false;
    this.#shown.set(pageKey(parent, group), Math.ceil((index + 1) / PAGE) * PAGE);
    return true;
  }

  /** Hidden by the filter. */
  hides(machine: Machine, parent: string): boolean {
    return this.#filter !== undefined && !this.#filter(machine, this.account(parent));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #placeOf(machine: Machine, parent: string): string | undefined {
    return this.hides(machine, parent) ? undefined : (this.groupOf(machine) ?? '');
  }

  #reset(): void {
    this.#shown.clear();
    this.#places.clear();
    this.#filtered = new WeakMap();
    this.#grouped = new WeakMap();
    this.#changed.fire();
  }
}

const pageKey = (parent: string, group: string | undefined): string => (group === undefined ? parent : `${parent}\n${group}`);
