import type { MachineKey } from '../../core/cloud/model';

/** Tree rows hold ids only; what they show is looked up when they are painted. */
export type Node =
  | { readonly kind: 'account'; readonly accountId: string }
  | { readonly kind: 'given' }
  | { readonly kind: 'group'; readonly accountId: string; readonly value: string }
  | { readonly kind: 'machine'; readonly key: MachineKey }
  | { readonly kind: 'launching'; readonly operationId: string; readonly accountId: string }
  | { readonly kind: 'branch'; readonly branch: string; readonly key: MachineKey; readonly path: string }
  | { readonly kind: 'problem'; readonly accountId: string }
  | { readonly kind: 'more'; readonly parent: string; readonly group?: string };

/** The parent's id of machines that no cloud lists; also the prefix of their keys. */
export const GIVEN = 'given';

export function nodeId(node: Node): string {
  switch (node.kind) {
    case 'account':
      return `account:${node.accountId}`;
    case 'given':
      return 'given';
    case 'group':
      return `group:${node.accountId}:${node.value}`;
    case 'machine':
      return `machine:${node.key}`;
    case 'launching':
      return `launching:${node.operationId}`;
    case 'branch':
      return `branch:${node.branch}:${node.key}:${node.path}`;
    case 'problem':
      return `problem:${node.accountId}`;
    case 'more':
      return node.group === undefined ? `more:${node.parent}` : `more:${node.parent}:${node.group}`;
  }
}

/** True for what the tree hands to a command; anything else came from a keybinding or another extension. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

/** One object per id: the editor tells rows apart by identity when one of them is to be repainted. */
export class NodePool {
  readonly #nodes = new Map<string, Node>();

  of(node: Node): Node {
    const id = nodeId(node);
    const known = this.#nodes.get(id);
    if (known) return known;
    this.#nodes.set(id, node);
    return node;
  }

  find(id: string): Node | undefined {
    return this.#nodes.get(id);
  }
}
