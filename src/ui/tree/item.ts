import * as vscode from 'vscode';
import type { Row } from '../model/row';

export { Repaints } from './repaints';

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
