import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { isReachable } from '../model/machineRow';
import type { Branch } from '../tree/branch';
import { treeItem } from '../tree/item';
import type { UnitsModel } from './unitsModel';

/** The rows that others hang on. */
export const ROOT = 'units';
export const ALL = 'all';

/** The unit that a path of the branch stands for: `unit:` and `all:` with a name. */
export const unitOf = (path: string): string | undefined => /^(?:unit|all):(.+)$/.exec(path)?.[1];

/** The services of each machine below its row; what it shows is loaded when it is first opened. */
export class UnitsBranch implements Branch {
  readonly name = 'units';
  readonly #changed = new vscode.EventEmitter<{ readonly key: MachineKey; readonly path?: string }>();
  readonly onDidChange = this.#changed.event;
  #model: UnitsModel | undefined;

  /** @param load makes the model; called once it is needed */
  constructor(private readonly load: (changed: (key: MachineKey, path: string) => void) => Promise<UnitsModel>) {}

  async model(): Promise<UnitsModel> {
    this.#model ??= await this.load((key, path) => this.#changed.fire({ key, path }));
    return this.#model;
  }

  /** What was loaded so far: an act has changed something on a machine whose services nobody may have looked at. */
  touched(key: MachineKey): void {
    this.#model?.refresh(key);
  }

  async children(machine: Machine, path: string): Promise<readonly string[]> {
    if (path === '') return isReachable(machine) ? [ROOT] : [];
    return (await this.model()).children(machine, path);
  }

  parent(path: string): string {
    if (path === ROOT) return '';
    return path.startsWith('all:') ? ALL : ROOT;
  }

  item(machine: Machine, path: string): vscode.TreeItem {
    if (path !== ROOT && this.#model) return this.#model.item(machine, path);
    const label = l10n.t('Services');
    const description = this.#model?.summary(machine) ?? '';
    const aria = [l10n.t('Services of {0}', machine.name), description].filter((part) => part !== '').join(', ');
    const row = { label, description, icon: { id: 'server-process' }, contextValue: 'units.root', aria };
    return treeItem('', row, vscode.TreeItemCollapsibleState.Collapsed);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
