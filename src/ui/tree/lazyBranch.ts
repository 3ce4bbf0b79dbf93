import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { isReachable } from '../model/machineRow';
import type { Row } from '../model/row';
import type { Branch } from './branch';
import type { Dropped } from './drop';
import { treeItem } from './item';

/** The row that all others of the branch hang on. */
export const ROOT = 'root';

/** The row of a look that failed: a click tries again. */
export function failedItem(sentence: string, contextValue: string, again: vscode.Command): vscode.TreeItem {
  const icon = { id: 'error', color: 'list.errorForeground' };
  const row = { label: sentence, description: l10n.t('try again'), icon, contextValue, aria: sentence };
  const item = treeItem('', row, vscode.TreeItemCollapsibleState.None);
  item.tooltip = sentence;
  item.command = again;
  return item;
}

/** A branch whose code is loaded when its row below a machine is first unfolded: until then there is that row alone. */
export class LazyBranch<B extends Branch & vscode.Disposable> implements Branch, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<{ readonly key: MachineKey; readonly path?: string }>();
  readonly onDidChange = this.#changed.event;
  #branch: B | undefined;
  #loading: Promise<B> | undefined;

  /**
   * @param root the row while nothing is loaded
   * @param kept whether there is something to show even of a machine that does not run; its row shows what is below it at first
   * @param drop takes what is dropped on one of its rows; absent, the machine does
   */
  constructor(
    readonly name: string,
    private readonly make: () => Promise<B>,
    private readonly root: (machine: Machine) => Row,
    private readonly kept: (key: MachineKey) => boolean = () => false,
    readonly drop?: (machine: Machine, path: string, dropped: Dropped) => Promise<void>,
  ) {}

  /** What was loaded; undefined before. */
  get loaded(): B | undefined {
    return this.#branch;
  }

  load(): Promise<B> {
    this.#loading ??= this.make().then(
      (branch) => {
        branch.onDidChange((change) => this.#changed.fire(change));
        this.#branch = branch;
        return branch;
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }

  startsUnfolded(key: MachineKey): boolean {
    return this.kept(key);
  }

  async children(machine: Machine, path: string): Promise<readonly string[]> {
    if (path === '') return isReachable(machine) || this.kept(machine.key) ? [ROOT] : [];
    return isReachable(machine) ? (await this.load()).children(machine, path) : [];
  }

  item(machine: Machine, path: string): vscode.TreeItem {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    if (!isReachable(machine)) return treeItem('', this.root(machine), None);
    if (this.#branch) return this.#branch.item(machine, path);
    return treeItem('', this.root(machine), this.kept(machine.key) ? Expanded : Collapsed);
  }

  parent(path: string): string {
    return path === ROOT ? '' : (this.#branch?.parent(path) ?? ROOT);
  }

  dispose(): void {
    this.#branch?.dispose();
    this.#changed.dispose();
  }
}
