import * as vscode from 'vscode';
import type { Area } from '../area';
import { lazily } from '../commands/registry';
import type { CommandId } from '../ids';
import type { Ui } from '../ui';
import { UnitsBranch } from './unitsBranch';

const commandIds = [
  'skylab.unit.clearFilter',
  'skylab.unit.disable',
  'skylab.unit.enable',
  'skylab.unit.filter',
  'skylab.unit.followJournal',
  'skylab.unit.journal',
  'skylab.unit.mask',
  'skylab.unit.refresh',
  'skylab.unit.reload',
  'skylab.unit.restart',
  'skylab.unit.start',
  'skylab.unit.status',
  'skylab.unit.stop',
  'skylab.unit.stopJournals',
  'skylab.unit.unmask',
] as const satisfies readonly CommandId[];

/** systemd on machines: their services below their rows, acts on them, and help with unit files. Loaded with the first use. */
export function unitsArea(ui: Ui): Area {
  const branch = new UnitsBranch(async (changed) => {
    const { UnitsModel } = await import('./unitsModel');
    return new UnitsModel(ui.services, changed);
  });
  ui.machinesTree.addBranch(branch);
  const commands = lazily(commandIds, async () => (await import('./commands')).unitCommands(ui, branch));
  return { commands, disposables: [vscode.Disposable.from(branch)] };
}
