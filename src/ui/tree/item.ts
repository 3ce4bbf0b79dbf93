import * as vscode from 'vscode';
import type { Row } from '../model/row';

/** A row as the editor wants it. */
export function treeItem(id: string, row: Row, collapsible: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, collapsible);
  item.id = id;
  item.description = row.description;
  item.iconPath = new vscode.ThemeIcon(row.icon.id, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color));
  item.contextValue = row.contextValue;
  item.accessibilityInformation = { label: row.aria };
  return item;
}

/** Collects repaints of rows for a moment, so that a burst of progress costs one repaint per row. */
export class Repaints<T> {
  readonly #pending = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  /** @param fire repaints one row @param delayMs milliseconds that a burst is collected */
  constructor(
    private readonly fire: (node: T) => void,
    private readonly delayMs = 80,
  ) {}

  add(node: T): void {
    this.#pending.add(node);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const nodes = [...this.#pending];
      this.#pending.clear();
      for (const pending of nodes) this.fire(pending);
    }, this.delayMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#pending.clear();
  }
}
