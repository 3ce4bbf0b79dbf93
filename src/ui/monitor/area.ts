import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Area } from '../area';
import { lazily } from '../commands/registry';
import { commandsOf } from '../ids';
import { LazyBranch } from '../tree/lazyBranch';
import type { Ui } from '../ui';

/** Disks, memory and load below each machine, looked at while somebody watches. */
export function monitorArea(ui: Ui): Area {
  const branch = new LazyBranch(
    'monitor',
    async () => new (await import('./branch')).MonitorBranch(ui),
    () => {
      const label = l10n.t('Disks, Memory and Load');
      return { label, description: '', icon: { id: 'pulse' }, contextValue: 'monitor.root', aria: label };
    },
  );
  ui.machinesTree.addBranch(branch);
  const commands = lazily(commandsOf('skylab.monitor.'), async () => (await import('./commands')).monitorCommands(ui, await branch.load()));
  return { commands, disposables: [vscode.Disposable.from(branch)] };
}
