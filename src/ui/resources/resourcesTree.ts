import * as vscode from 'vscode';
import { Repaints } from '../tree/item';
import type { ResourceNode } from './nodes';
import type { ResourcesModel } from './resourcesModel';

/** The rows of the Resources view; the code behind them is loaded when the view is first seen. */
export class ResourcesTree implements vscode.TreeDataProvider<ResourceNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** Two repaints at once would leave the editor with rows that it no longer knows. */
  readonly #repaints = new Repaints<undefined>(() => this.#changed.fire(undefined));
  #model: ResourcesModel | undefined;

  /** @param load gives the model, made when first asked for */
  constructor(private readonly load: () => Promise<ResourcesModel>) {}

  async getChildren(node?: ResourceNode): Promise<ResourceNode[]> {
    return (this.#model ?? (await this.#first())).children(node);
  }

  async #first(): Promise<ResourcesModel> {
    const model = await this.load();
    if (this.#model === undefined) {
      this.#model = model;
      model.onDidChange(() => this.#repaints.add(undefined));
    }
    return model;
  }

  getTreeItem(node: ResourceNode): vscode.TreeItem {
    return this.#model?.item(node) ?? new vscode.TreeItem('');
  }

  getParent(node: ResourceNode): ResourceNode | undefined {
    return this.#model?.parent(node);
  }

  async resolveTreeItem(item: vscode.TreeItem, node: ResourceNode): Promise<vscode.TreeItem> {
    item.tooltip ??= await this.#model?.hover(node);
    return item;
  }

  /** The accounts have changed. */
  refresh(): void {
    this.#repaints.add(undefined);
  }

  dispose(): void {
    this.#repaints.dispose();
    this.#changed.dispose();
  }
}
