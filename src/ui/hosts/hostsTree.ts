import * as vscode from 'vscode';
import { Repaints } from '../tree/item';
import type { HostsModel } from './hostsModel';
import type { HostNode } from './nodes';

/** The rows of the SSH Hosts view; what they show is read when the view is first seen. */
export class HostsTree implements vscode.TreeDataProvider<HostNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** Two repaints at once would leave the editor with rows that it no longer knows. */
  readonly #repaints = new Repaints<undefined>(() => this.#changed.fire(undefined));
  #model: HostsModel | undefined;

  /** @param load gives the model, made when first asked for */
  constructor(private readonly load: () => Promise<HostsModel>) {}

  getChildren(node?: HostNode): HostNode[] | Promise<HostNode[]> {
    return this.#model?.children(node) ?? this.#first(node);
  }

  getTreeItem(node: HostNode): vscode.TreeItem {
    return this.#model?.item(node) ?? new vscode.TreeItem('');
  }

  getParent(node: HostNode): HostNode | undefined {
    return this.#model?.parent(node);
  }

  async resolveTreeItem(item: vscode.TreeItem, node: HostNode): Promise<vscode.TreeItem> {
    item.tooltip ??= await this.#model?.hover(node);
    return item;
  }

  async #first(node?: HostNode): Promise<HostNode[]> {
    const model = await this.load();
    const rows = await model.children(node);
    if (this.#model === undefined) {
      this.#model = model;
      model.onDidChange(() => this.#repaints.add(undefined));
    }
    return rows;
  }

  dispose(): void {
    this.#repaints.dispose();
    this.#changed.dispose();
  }
}
