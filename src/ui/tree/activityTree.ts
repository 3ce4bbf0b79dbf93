import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isRunning } from '../../core/operations/operations';
import type { OperationView } from '../../shared/operation';
import { activityOrder, operationRow, stepRow } from '../model/operationRow';
import type { Services } from '../services';
import { Repaints, treeItem } from './item';

/** A row of the Activity view: an operation, or one of its steps. */
export interface ActivityNode {
  readonly operationId: string;
  readonly step?: string;
}

/** Running operations first, with their steps; then the history. */
export class ActivityTree implements vscode.TreeDataProvider<ActivityNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<ActivityNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes = new Map<string, ActivityNode>();
  readonly #running = new Map<string, boolean>();
  readonly #repaints = new Repaints<ActivityNode | undefined>((node) => this.#changed.fire(node));
  readonly #subscription: { dispose(): void };

  constructor(private readonly services: Services) {
    this.#subscription = services.operations.onChange((view) => this.#onOperation(view));
  }

  getTreeItem(node: ActivityNode): vscode.TreeItem {
    const view = this.#view(node.operationId);
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    if (!view) return new vscode.TreeItem('', None);
    if (node.step !== undefined) {
      const step = view.steps.find((one) => one.name === node.step);
      return step ? treeItem(`${view.id}/${step.name}`, stepRow(step, Date.now(), l10n), None) : new vscode.TreeItem('', None);
    }
    const open = isRunning(view) || view.state === 'failed';
    // The id changes when an operation ends, so that the editor folds it up instead of keeping it open for good.
    const item = treeItem(`${view.id}:${open ? 'open' : 'closed'}`, operationRow(view, Date.now(), l10n), open ? Expanded : Collapsed);
    item.tooltip = view.error === undefined ? view.title : `${view.title}\n${view.error}`;
    item.command = { command: 'skylab.showOperationLog', title: l10n.t('Show Log'), arguments: [view.id] };
    return item;
  }

  getChildren(node?: ActivityNode): ActivityNode[] {
    if (!node) {
      const views = this.services.operations.list().map((operation) => operation.view);
      return views.sort(activityOrder).map((view) => this.#node(view.id));
    }
    if (node.step !== undefined) return [];
    return this.#view(node.operationId)?.steps.map((step) => this.#node(node.operationId, step.name)) ?? [];
  }

  dispose(): void {
    this.#repaints.dispose();
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #onOperation(view: OperationView): void {
    const known = this.#running.get(view.id);
    this.#running.set(view.id, isRunning(view));
    this.#repaints.add(known === isRunning(view) ? this.#node(view.id) : undefined);
  }

  #view(id: string): OperationView | undefined {
    return this.services.operations.list().find((operation) => operation.view.id === id)?.view;
  }

  #node(operationId: string, step?: string): ActivityNode {
    const key = step === undefined ? operationId : `${operationId}/${step}`;
    const known = this.#nodes.get(key);
    if (known) return known;
    const node = { operationId, ...(step !== undefined && { step }) };
    this.#nodes.set(key, node);
    return node;
  }
}
