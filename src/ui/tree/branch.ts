import type * as vscode from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import type { Dropped } from './drop';

/** A row of a branch, by the branch's own path; `''` is the machine that the branch hangs on. */
type BranchPath = string;

/**
 * Rows below a machine that another area of the editor's side brings, such as its files or its tunnels.
 * What a row shows is looked up when it is painted: the tree itself holds ids only.
 */
export interface Branch {
  /** Part of the rows' ids; commands find the branch in it. */
  readonly name: string;
  /** Fires with the machine, and the row where only that one changed. */
  readonly onDidChange: vscode.Event<{ readonly key: MachineKey; readonly path?: BranchPath }>;
  /** Rows below the machine (`path` is `''`) or below one of the branch's rows, in order. */
  children(machine: Machine, path: BranchPath): readonly BranchPath[] | Promise<readonly BranchPath[]>;
  /** The row; its id is set by the tree. */
  item(machine: Machine, path: BranchPath): vscode.TreeItem;
  /** The row above; `''` for those that hang on the machine. */
  parent(path: BranchPath): BranchPath;
  /** Whether the machine's row shows what is below it at first; it does not where no branch says so. */
  startsUnfolded?(key: MachineKey): boolean;
  /** Takes what is dropped on one of its rows; a branch without it hands drops on to the machine. */
  readonly drop?: ((machine: Machine, path: BranchPath, dropped: Dropped) => Promise<void>) | undefined;
}
