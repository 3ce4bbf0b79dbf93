import type * as vscode from 'vscode';
import type { Handlers } from './commands/registry';

/** A part of the editor's side with views and commands of its own. */
export interface Area {
  readonly commands: Handlers;
  readonly disposables: readonly vscode.Disposable[];
}
