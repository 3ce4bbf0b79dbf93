import type { Event } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import type { Fact } from '../model/markdown';

/** What another area says on the rows of machines and accounts: a price, an end date. */
export interface RowNotes {
  /** Rows to paint anew; undefined stands for all. */
  readonly onDidChange: Event<MachineKey | undefined>;
  /** Stands at the end of the machine's description; undefined for nothing to say. */
  machine(machine: Machine): string | undefined;
  /** Lines of the machine's hover; they may have to be asked for. */
  facts(machine: Machine): readonly Fact[] | Promise<readonly Fact[]>;
  /** Stands in the description of the account, or of a group of its machines. @param machines all of them, or those of the group */
  account(accountId: string, machines: readonly Machine[]): string | undefined;
}
