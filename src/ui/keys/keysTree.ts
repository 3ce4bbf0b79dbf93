import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { KeyEntry } from '../../core/ssh/keys/model';
import { keyRow, keyTooltip } from '../model/keyRow';
import type { Services } from '../services';
import { treeItem } from '../tree/item';

/** A row of the Keys view. */
export interface KeyNode {
  readonly keyId: string;
}

/** True for what the Keys view hands to a command. */
export function isKeyNode(value: unknown): value is KeyNode {
  return typeof value === 'object' && value !== null && 'keyId' in value && typeof value.keyId === 'string';
}

/** The keys of this computer; read whenever the view is painted anew. */
export class KeysTree implements vscode.TreeDataProvider<KeyNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  #entries: ReadonlyMap<string, KeyEntry> = new Map();

  constructor(private readonly services: Services) {}

  async getChildren(node?: KeyNode): Promise<KeyNode[]> {
    if (node !== undefined) return [];
    const { keys } = await (await this.services.keyring()).list();
    this.#entries = new Map(keys.map((entry) => [entry.id, entry]));
    return keys.map(({ id }) => ({ keyId: id }));
  }

  getTreeItem({ keyId }: KeyNode): vscode.TreeItem {
    const entry = this.#entries.get(keyId);
    if (entry === undefined) return new vscode.TreeItem('');
    const { homeDir } = this.services;
    const item = treeItem(keyId, keyRow(entry, homeDir, l10n), vscode.TreeItemCollapsibleState.None);
    item.tooltip = new vscode.MarkdownString(keyTooltip(entry, homeDir, l10n));
    return item;
  }

  find(keyId: string): KeyEntry | undefined {
    return this.#entries.get(keyId);
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
