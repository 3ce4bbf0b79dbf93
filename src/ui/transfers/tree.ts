import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isRunning } from '../../core/operations/operations';
import type { SyncPair, TransferRecord } from '../../core/transfer/transfers';
import type { OperationView } from '../../shared/operation';
import { operationRow, progressText } from '../model/operationRow';
import type { WatchState } from '../model/transferRow';
import { pairRow, recordRow } from '../model/transferRow';
import type { Services } from '../services';
import { Repaints, treeItem } from '../tree/item';

/** A row of the Transfers view. `operationId` is what the commands on operations look for. */
export type TransferNode =
  | { readonly kind: 'running'; readonly operationId: string }
  | { readonly kind: 'pair'; readonly pairId: string }
  | { readonly kind: 'history' }
  | { readonly kind: 'record'; readonly recordId: string };

const KINDS: readonly OperationView['kind'][] = ['upload', 'sync', 'download'];
const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** What runs, the pairs of folders that are kept in step, and what has ended. */
export class TransfersTree implements vscode.TreeDataProvider<TransferNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<TransferNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes = new Map<string, TransferNode>();
  readonly #running = new Set<string>();
  readonly #repaints = new Repaints<TransferNode | undefined>((node) => this.#changed.fire(node));
  readonly #subscriptions: readonly { dispose(): void }[];

  /** @param about what goes on with a pair: what watching does, and the operation that syncs it */
  constructor(
    private readonly services: Services,
    private readonly about: {
      readonly watchOf: (pairId: string) => WatchState | undefined;
      readonly operationOf: (pairId: string) => string | undefined;
    },
  ) {
    this.#subscriptions = [
      services.operations.onChange((view) => this.#onOperation(view)),
      services.transfers.onChange(() => this.#repaints.add(undefined)),
    ];
  }

  getTreeItem(node: TransferNode): vscode.TreeItem {
    const now = Date.now();
    switch (node.kind) {
      case 'running': {
        const view = this.#view(node.operationId);
        if (view === undefined) return new vscode.TreeItem('', None);
        const row = operationRow(view, now, l10n);
        const fraction = view.steps.find((step) => step.state === 'running')?.fraction;
        const percent = fraction === undefined ? '' : `${l10n.t('{0} %', Math.floor(fraction * 100))} · `;
        const description = `${percent}${row.description}`;
        const item = treeItem(`running:${view.id}`, { ...row, description, contextValue: 'transfer.running' }, None);
        item.command = { command: 'skylab.showOperationLog', title: l10n.t('Show Log'), arguments: [node] };
        return item;
      }
      case 'pair': {
        const pair = this.services.transfers.pair(node.pairId);
        return pair === undefined ? new vscode.TreeItem('', None) : this.#pairItem(pair, now);
      }
      case 'history': {
        const total = this.services.transfers.history().length;
        const count = total === 1 ? l10n.t('1 transfer') : l10n.t('{0} transfers', total);
        const label = l10n.t('History');
        const row = { label, description: count, icon: { id: 'history' }, contextValue: 'transfers.history', aria: `${label}, ${count}` };
        return treeItem('history', row, Collapsed);
      }
      case 'record': {
        const record = this.services.transfers.history().find(({ id }) => id === node.recordId);
        return record === undefined ? new vscode.TreeItem('', None) : recordItem(record, now);
      }
    }
  }

  getChildren(node?: TransferNode): TransferNode[] {
    const { transfers } = this.services;
    if (node?.kind === 'history') return transfers.history().map(({ id }) => this.#node(`record:${id}`, { kind: 'record', recordId: id }));
    if (node !== undefined) return [];
    const running = this.#views().map(({ id }) => this.#node(`running:${id}`, { kind: 'running', operationId: id }));
    const pairs = transfers.pairs().map(({ id }) => this.#node(`pair:${id}`, { kind: 'pair', pairId: id }));
    return [...running, ...pairs, ...(transfers.history().length > 0 ? [this.#node('history', { kind: 'history' })] : [])];
  }

  /** Paints the row of a pair anew. */
  repaintPair(pairId: string): void {
    this.#repaints.add(this.#node(`pair:${pairId}`, { kind: 'pair', pairId }));
  }

  dispose(): void {
    this.#repaints.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #pairItem(pair: SyncPair, now: number): vscode.TreeItem {
    const operationId = this.about.operationOf(pair.id);
    const running = this.#views().find((view) => view.id === operationId);
    const row = pairRow(pair, running && progressText(running, l10n), this.about.watchOf(pair.id), now, l10n);
    const item = treeItem(`pair:${pair.id}`, row, None);
    item.tooltip = `${pair.root}\n${pair.machineName}:${pair.remoteDir}\n${row.description}`;
    item.command = { command: 'skylab.sync.preview', title: l10n.t('Preview Changes'), arguments: [{ kind: 'pair', pairId: pair.id }] };
    return item;
  }

  #onOperation(view: OperationView): void {
    if (!KINDS.includes(view.kind)) return;
    const known = this.#running.has(view.id);
    if (isRunning(view)) this.#running.add(view.id);
    else this.#running.delete(view.id);
    const whole = known !== isRunning(view);
    this.#repaints.add(whole ? undefined : this.#node(`running:${view.id}`, { kind: 'running', operationId: view.id }));
  }

  #views(): OperationView[] {
    return this.services.operations
      .list()
      .map(({ view }) => view)
      .filter((view) => KINDS.includes(view.kind) && isRunning(view));
  }

  #view(id: string): OperationView | undefined {
    return this.services.operations.list().find((operation) => operation.view.id === id)?.view;
  }

  #node(id: string, node: TransferNode): TransferNode {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    this.#nodes.set(id, node);
    return node;
  }
}

function recordItem(record: TransferRecord, now: number): vscode.TreeItem {
  const row = recordRow(record, now, l10n);
  const item = treeItem(`record:${record.id}`, row, None);
  item.tooltip = [row.label, record.path, new Date(record.endedAt).toLocaleString(vscode.env.language), row.description].join('\n');
  return item;
}
