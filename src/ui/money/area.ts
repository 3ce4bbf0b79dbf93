import * as vscode from 'vscode';
import type { MachineKey } from '../../core/cloud/model';
import { knownEnd } from '../../core/cloud/money/expiry';
import type { Area } from '../area';
import { allMachines } from '../commands/choose';
import { lazily } from '../commands/registry';
import type { ContextKey } from '../ids';
import { Repaints } from '../tree/item';
import type { Ui } from '../ui';
import { watchEnds } from './endWatching';
import { MoneyNotes } from './notes';

/** What machines cost and when they end by themselves: notes on their rows, commands, warnings. */
export function moneyArea(ui: Ui): Area {
  const painted = new vscode.EventEmitter<MachineKey | undefined>();
  const notes = new MoneyNotes(ui.services, painted);
  ui.machinesTree.addNotes(notes);
  let hasEnds = false;
  const look = (): void => {
    const now = allMachines(ui).some((machine) => knownEnd(machine, ui.services.memento) !== undefined);
    if (now === hasEnds) return;
    hasEnds = now;
    const key: ContextKey = 'skylab.hasEnds';
    void vscode.commands.executeCommand('setContext', key, now);
  };
  look();
  // it goes through all machines: once for a burst of changes
  const looks = new Repaints<undefined>(look);
  const lookSoon = (): void => looks.add(undefined);
  const warnings = watchEnds(ui);
  return {
    commands: lazily(['skylab.extendMachine', 'skylab.keepMachine', 'skylab.machineEnd'], async () =>
      (await import('./endCommands')).endCommands(ui, (machine) => painted.fire(machine.key)),
    ),
    disposables: [vscode.Disposable.from(painted, looks, ui.services.machines.onChange(lookSoon), painted.event(lookSoon), warnings)],
  };
}
