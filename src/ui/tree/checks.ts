import { TreeItemCheckboxState, type TreeItem } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { Emitter } from '../../core/events';

/** Check boxes before machines; there only while the person chooses machines, so that the tree stays calm. */
export class Checks {
  readonly #changed = new Emitter<void>();
  readonly onChange = this.#changed.event;
  #keys: Set<MachineKey> | undefined;

  get choosing(): boolean {
    return this.#keys !== undefined;
  }

  get keys(): readonly MachineKey[] {
    return [...(this.#keys ?? [])];
  }

  begin(): void {
    this.#keys ??= new Set();
    this.#changed.fire();
  }

  end(): void {
    this.#keys = undefined;
    this.#changed.fire();
  }

  set(keys: readonly MachineKey[], checked: boolean): void {
    if (this.#keys === undefined) return;
    for (const key of keys) {
      if (checked) this.#keys.add(key);
      else this.#keys.delete(key);
    }
    this.#changed.fire();
  }

  /** Puts the box on a machine's row, or on that of a group: checked when all its machines are. */
  mark(item: TreeItem, machines: readonly Machine[]): TreeItem {
    const keys = this.#keys;
    if (keys === undefined || !machines.every(({ kind }) => kind === 'instance')) return item;
    const all = machines.length > 0 && machines.every(({ key }) => keys.has(key));
    item.checkboxState = all ? TreeItemCheckboxState.Checked : TreeItemCheckboxState.Unchecked;
    return item;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
