import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import type { Tunnel, Tunnels } from '../../core/ssh/tunnels/tunnels';
import type { Services } from '../services';
import type { Branch } from '../tree/branch';
import { Repaints, treeItem } from '../tree/item';

import type * as Rows from './row';

export const BRANCH = 'tunnels';

/** A row of the Tunnels view. */
export interface TunnelNode {
  readonly kind: 'tunnel';
  readonly id: string;
}

/** Every tunnel in the Tunnels view, and each machine's below its row. Loads them when somebody looks first. */
export class TunnelsTree implements vscode.TreeDataProvider<TunnelNode>, Branch, vscode.Disposable {
  readonly name = BRANCH;
  readonly #painted = new vscode.EventEmitter<TunnelNode | undefined>();
  readonly onDidChangeTreeData = this.#painted.event;
  readonly #changed = new vscode.EventEmitter<{ readonly key: MachineKey; readonly path?: string }>();
  readonly onDidChange = this.#changed.event;
  readonly #repaints = new Repaints<TunnelNode | undefined>((node) => this.#painted.fire(node));
  readonly #nodes = new Map<string, TunnelNode>();
  #known = '';
  #tunnels: Tunnels | undefined;
  #rows: typeof Rows | undefined;
  #subscription: { dispose(): void } | undefined;

  constructor(private readonly services: Services) {}

  /** The tunnels, watched from now on. */
  async load(): Promise<Tunnels> {
    const tunnels = await this.services.tunnels();
    this.#rows ??= await import('./row');
    this.#tunnels = tunnels;
    if (this.#subscription === undefined) this.#known = idsOf(tunnels.list());
    this.#subscription ??= tunnels.onChange(({ id, key }) => this.#onChange(id, key));
    return tunnels;
  }

  async getChildren(node?: TunnelNode): Promise<TunnelNode[]> {
    if (node !== undefined) return [];
    return (await this.load()).list().map(({ id }) => this.node(id));
  }

  getTreeItem(node: TunnelNode): vscode.TreeItem {
    return this.#item(node.id);
  }

  /** The hover is made when it is asked for: its numbers move. */
  resolveTreeItem(item: vscode.TreeItem, node: TunnelNode): vscode.TreeItem {
    item.tooltip = this.#tooltip(node.id);
    return item;
  }

  getParent(): undefined {
    return undefined;
  }

  /** One object per tunnel: the editor tells rows apart by identity. */
  node(id: string): TunnelNode {
    const known = this.#nodes.get(id) ?? { kind: 'tunnel', id };
    this.#nodes.set(id, known);
    return known;
  }

  machineName(tunnel: Tunnel): string {
    return this.services.machines.get(tunnel.key)?.name ?? tunnel.machineName;
  }

  async children(machine: Machine, path: string): Promise<readonly string[]> {
    return path === '' ? (await this.load()).of(machine.key).map(({ id }) => id) : [];
  }

  item(_machine: Machine, path: string): vscode.TreeItem {
    const item = this.#item(path);
    item.tooltip = this.#tooltip(path);
    return item;
  }

  parent(): string {
    return '';
  }

  dispose(): void {
    this.#subscription?.dispose();
    this.#repaints.dispose();
    this.#painted.dispose();
    this.#changed.dispose();
  }

  #item(id: string): vscode.TreeItem {
    const tunnel = this.#tunnels?.get(id);
    if (tunnel === undefined || this.#rows === undefined) return new vscode.TreeItem('');
    return treeItem(`tunnel:${id}`, this.#rows.tunnelRow(tunnel, this.machineName(tunnel), l10n), vscode.TreeItemCollapsibleState.None);
  }

  #tooltip(id: string): vscode.MarkdownString | undefined {
    const tunnel = this.#tunnels?.get(id);
    if (tunnel === undefined || this.#rows === undefined) return undefined;
    return new vscode.MarkdownString(this.#rows.tunnelTooltip(tunnel, this.machineName(tunnel), l10n));
  }

  #onChange(id: string, key: MachineKey): void {
    const ids = idsOf(this.#tunnels?.list() ?? []);
    const added = ids !== this.#known;
    this.#known = ids;
    this.#repaints.add(added ? undefined : this.node(id));
    this.#changed.fire(added ? { key } : { key, path: id });
  }
}

const idsOf = (tunnels: readonly Tunnel[]): string => tunnels.map(({ id }) => id).join();
