import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import { allMachines, pickMachine } from './choose';
import type { Handlers } from './registry';

export function viewCommands(ui: Ui): Handlers {
  return {
    'skylab.refresh': (arg) => ui.services.machines.refresh(isNode(arg) && 'accountId' in arg ? arg.accountId : undefined),
    'skylab.showMore': (arg) => {
      if (isNode(arg) && arg.kind === 'more') ui.machinesTree.showMore(arg.parent);
    },
    'skylab.findMachine': async () => {
      const machine = await pickMachine(ui, l10n.t('Find a machine'), allMachines(ui));
      await vscode.commands.executeCommand('skylab.machines.focus');
      await ui.machinesView.reveal(ui.machinesTree.rowOf(machine.key), { select: true, focus: true });
    },
  };
}
