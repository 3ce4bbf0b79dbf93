/** A row of the SSH Hosts view. */
export type HostNode =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'entry';
      readonly path: string;
      /** The block's number in its file. */
      readonly block: number;
      readonly entry: 'host' | 'pattern' | 'match';
      /** As in the file, one character per byte. */
      readonly label: string;
    }
  | { readonly kind: 'more'; readonly path: string };

export type EntryNode = Extract<HostNode, { kind: 'entry' }>;

export function hostNodeId(node: HostNode): string {
  return node.kind === 'entry' ? `${node.kind}:${node.path}:${node.block}:${node.label}` : `${node.kind}:${node.path}`;
}

/** True for an entry that the view hands to a command. */
export function isEntryNode(value: unknown): value is EntryNode {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'entry' && 'block' in value;
}

/** True for a file that the view hands to a command. */
export function isFileNode(value: unknown): value is Extract<HostNode, { kind: 'file' }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file' && 'path' in value;
}
