import type { ResourceKind } from '../../core/cloud/resources/usage';
import { isNode, type Node } from '../tree/nodes';

/** Rows of the Resources view hold ids only; what they show is looked up when they are painted. */
export type ResourceNode =
  | { readonly kind: 'resourceAccount'; readonly accountId: string }
  | { readonly kind: 'resourceKind'; readonly accountId: string; readonly of: ResourceKind }
  | { readonly kind: 'resource'; readonly accountId: string; readonly of: ResourceKind; readonly id: string }
  | { readonly kind: 'resourceRule'; readonly accountId: string; readonly group: string; readonly index: number }
  | { readonly kind: 'resourceMore'; readonly accountId: string; readonly of: ResourceKind }
  | { readonly kind: 'resourceProblem'; readonly accountId: string; readonly of: ResourceKind };

export function resourceNodeId(node: ResourceNode): string {
  switch (node.kind) {
    case 'resourceAccount':
      return node.accountId;
    case 'resourceKind':
      return `${node.accountId} ${node.of}`;
    case 'resource':
      return `${node.accountId} ${node.of} ${node.id}`;
    case 'resourceRule':
      return `${node.accountId} rule ${node.group} ${node.index}`;
    case 'resourceMore':
      return `${node.accountId} ${node.of} more`;
    case 'resourceProblem':
      return `${node.accountId} ${node.of} problem`;
  }
}

/** True for what the view hands to a command. */
export function isResourceNode(value: unknown): value is ResourceNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    value.kind.startsWith('resource') &&
    'accountId' in value
  );
}

/** True for the row of a machine, on which some of these commands are offered, too. */
export function isMachineNode(value: unknown): value is Extract<Node, { kind: 'machine' }> {
  return isNode(value) && value.kind === 'machine';
}
