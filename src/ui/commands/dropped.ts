import type { Dropped } from '../tree/drop';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';

/** What lands on a row goes to the branch that the row belongs to, or into the machine's login folder. */
export async function takeDropped(ui: Ui, node: Node, dropped: Dropped): Promise<void> {
  const branch = node.kind === 'branch' ? ui.machinesTree.branch(node.branch) : undefined;
  const machine = node.kind === 'branch' ? ui.services.machines.get(node.key) : undefined;
  if (node.kind === 'branch' && machine && branch?.drop) await branch.drop(machine, node.path, dropped);
  else await (await import('./upload')).uploadDropped(ui, node, dropped);
}
