import * as vscode from 'vscode';
import { readTunnels } from '../../core/ssh/tunnels/stored';
import type { Area } from '../area';
import { lazily } from '../commands/registry';
import type { CommandId, ContextKey } from '../ids';
import { views } from '../ids';
import { GIVEN } from '../tree/nodes';
import type { Ui } from '../ui';
import { JupyterKernels } from './kernels';
import { TunnelsTree } from './tree';

const commandIds = [
  'skylab.openJupyter',
  'skylab.tunnel.changePort',
  'skylab.tunnel.copyAddress',
  'skylab.tunnel.copyCommand',
  'skylab.tunnel.forward',
  'skylab.tunnel.notAtStart',
  'skylab.tunnel.openAtStart',
  'skylab.tunnel.openInBrowser',
  'skylab.tunnel.remove',
  'skylab.tunnel.start',
  'skylab.tunnel.stop',
] as const satisfies readonly CommandId[];

export type TunnelCommand = (typeof commandIds)[number];

/** Tunnels: their view, their rows below machines, their commands; those marked so are opened again at start. */
export function tunnelsArea(ui: Ui): Area {
  const tree = new TunnelsTree(ui.services);
  const view = vscode.window.createTreeView(views.tunnels, { treeDataProvider: tree });
  const kernels = new JupyterKernels();
  ui.machinesTree.addBranch(tree);
  const has = (): void => {
    void vscode.commands.executeCommand(
      'setContext',
      'skylab.hasTunnels' satisfies ContextKey,
      readTunnels(ui.services.memento).length > 0,
    );
  };
  has();
  const watch = tree.onDidChange(({ path }) => {
    if (path === undefined) has();
  });
  void ui.errors.run(() => openMarked(ui, tree));
  const commands = lazily(commandIds, async () => (await import('./commands')).tunnelCommands(ui, tree, view, kernels));
  return { commands, disposables: [vscode.Disposable.from(tree, view, watch, kernels)] };
}

async function openMarked(ui: Ui, tree: TunnelsTree): Promise<void> {
  const marked = readTunnels(ui.services.memento).filter(({ openAtStart }) => openAtStart);
  if (marked.length === 0) return;
  (await tree.load()).openMarked();
  const { accounts, machines } = ui.services;
  const parents = new Set(marked.map(({ key }) => key.slice(0, key.lastIndexOf('/'))));
  for (const id of parents) {
    if (id !== GIVEN && accounts.get(id) !== undefined && machines.status(id).state === 'idle') await machines.refresh(id);
  }
}
