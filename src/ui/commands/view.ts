import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import { allMachines, pickMachine } from './choose';
import type { Handlers } from './registry';

export function viewCommands(ui: Ui): Handlers {
  return {
    'skylab.refresh': (arg) => refresh(ui, isNode(arg) && 'accountId' in arg ? arg.accountId : undefined),
    'skylab.showMore': (arg) => {
      if (isNode(arg) && arg.kind === 'more') ui.machinesTree.showMore(arg.parent, arg.group);
    },
    'skylab.findMachine': async () => {
      const machine = await pickMachine(ui, l10n.t('Find a machine'), allMachines(ui));
      await vscode.commands.executeCommand('skylab.machines.focus');
      await ui.machinesView.reveal(ui.machinesTree.rowOf(machine.key), { select: true, focus: true });
    },
  };
}

/** A cloud that is only busy leaves the list as it is: who asked for a fresh one is told that it is not. */
async function refresh(ui: Ui, accountId: string | undefined): Promise<void> {
  const { accounts, machines } = ui.services;
  const wanted = accounts.list().filter((account) => accountId === undefined || account.id === accountId);
  const begun = Date.now();
  await machines.refresh(accountId);
  const stale = wanted.filter(({ id }) => {
    const status = machines.status(id);
    return status.state === 'loaded' && status.at < begun;
  });
  if (stale.length === 0) return;
  const names = stale.map((account) => account.name).join(', ');
  vscode.window.setStatusBarMessage(`$(watch) ${l10n.t('{0} is busy: the list is not fresh', names)}`, 6000);
}
