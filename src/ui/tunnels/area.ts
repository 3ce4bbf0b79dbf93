import * as vscode from 'vscode';
import { readTunnels } from '../../core/ssh/tunnels/stored';
import type { Area } from '../area';
import type { ContextKey } from '../ids';
import { views } from '../ids';
import { GIVEN } from '../tree/nodes';
import type { Ui } from '../ui';
import { tunnelCommands } from './commands';
import { TunnelsTree } from './tree';

/** Tunnels: their view, their rows below machines, their commands; those marked so are opened again at start. */
export function tunnelsArea(ui: Ui): Area {
  const tree = new TunnelsTree(ui.services);
  const view = vscode.window.createTreeView(views.tunnels, { treeDataProvider: tree });
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
  return { commands: tunnelCommands(ui, tree, view), disposables: [vscode.Disposable.from(tree, view, watch)] };
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
