import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import type { UnitRow } from '../../core/units/listing';
import { chooseMachine } from '../commands/choose';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import { unitRow } from './row';
import { unitOf } from './unitsBranch';
import type { UnitsBranch } from './unitsBranch';

/** Units of one machine. */
export interface ChosenUnits {
  readonly machine: Machine;
  readonly units: readonly UnitRow[];
}

/**
 * The units that a command is for: the rows it was called on, or the person's choice.
 * @param all the other rows that are selected
 * @param wanted which ones it can be done to
 */
export async function chooseUnits(
  ui: Ui,
  branch: UnitsBranch,
  arg: unknown,
  all: unknown,
  title: string,
  wanted: (unit: UnitRow) => boolean = () => true,
): Promise<ChosenUnits> {
  const machine = await chooseMachine(ui, arg, title);
  const { units } = await busy(l10n.t('Listing the services of {0}', machine.name), async () => (await branch.model()).list(machine));
  const rows = Array.isArray(all) ? (all as unknown[]) : [arg];
  const names = new Set((rows.includes(arg) ? rows : [arg]).flatMap((row) => (isNode(row) ? nameIn(row, machine) : [])));
  if (names.size > 0) {
    const found = units.filter(({ name }) => names.has(name));
    if (found.length === 0) {
      throw new SkylabError(`${[...names].join(', ')} is no longer on ${machine.name}.`, {
        next: 'Refresh its services.',
        code: 'UnitGone',
      });
    }
    const fitting = found.filter(wanted);
    return { machine, units: fitting.length > 0 ? fitting : found };
  }
  const fitting = units.filter(wanted);
  if (fitting.length === 0) throw new SkylabError(`No service of ${machine.name} can be chosen for this.`, { code: 'NoUnit' });
  const items = [...fitting]
    .sort((a, b) => Number(b.own) - Number(a.own))
    .map((value) => {
      const row = unitRow(value, Date.now(), l10n);
      return { label: `$(${row.icon.id}) ${row.label}`, description: row.description, detail: value.description, value };
    });
  return { machine, units: [await ask(title).pick({ placeholder: l10n.t('Which service of {0}?', machine.name), items })] };
}

function nameIn(row: Parameters<typeof isNode>[0], machine: Machine): string[] {
  if (!isNode(row) || row.kind !== 'branch' || row.branch !== 'units' || row.key !== machine.key) return [];
  const name = unitOf(row.path);
  return name === undefined ? [] : [name];
}
