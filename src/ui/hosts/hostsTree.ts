import * as vscode from 'vscode';
import type { HostsModel } from './hostsModel';
import type { HostNode } from './nodes';

/** The rows of the SSH Hosts view; what they show is read when the view is first seen. */
export class HostsTree implements vscode.TreeDataProvider<HostNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  #model: HostsModel | undefined;

  /** @param load gives the model, made when first asked for */
  constructor(private readonly load: () => Promise<HostsModel>) {}

  async getChildren(node?: HostNode): Promise<HostNode[]> {
    if (this.#model === undefined) {
      this.#model = await this.load();
      this.#model.onDidChange(() => this.#changed.fire(undefined));
    }
    return this.#model.children(node);
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

  dispose(): void {
    this.#changed.dispose();
  }
}
