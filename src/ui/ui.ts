import type * as vscode from 'vscode';
import type { ErrorBoundary } from './errorBoundary';
import type { IncludeOffer } from './includeOffer';
import type { Notifications } from './notifications';
import type { Services } from './services';
import type { Settings } from './settings';
import type { MachinesTree } from './tree/machinesTree';
import type { Node } from './tree/nodes';
import type { VirtualDocuments } from './virtualDocuments';

/** What commands work with on the editor's side. */
export interface Ui {
  readonly services: Services;
  readonly settings: Settings;
  readonly log: vscode.LogOutputChannel;
  readonly errors: ErrorBoundary;
  readonly documents: VirtualDocuments;
  readonly include: IncludeOffer;
  readonly notifications: Notifications;
  readonly machinesTree: MachinesTree;
  readonly machinesView: vscode.TreeView<Node>;
  readonly extensionUri: vscode.Uri;
  readonly extensionId: string;
  /** Where the editor keeps the log of this window. */
  readonly logFolder: vscode.Uri;
  /** Where files may be put for the length of an act. */
  readonly scratch: vscode.Uri;
}
