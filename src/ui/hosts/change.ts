import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Proposal, Subject } from '../../core/ssh/config/editor';
import { movedUp } from '../../core/ssh/config/placement';
import { whereIs } from '../../core/ssh/config/problems';
import type { AppliedChange } from '../../core/ssh/config/ports';
import type { ConfigTree } from '../../core/ssh/config/tree';
import { shownText } from '../../core/ssh/config/words';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import type { HostsModel } from './hostsModel';
import { displayPath } from './hostsModel';

/** What is to become of a file: its whole text, and which entry that is about. */
export interface Wanted {
  readonly path: string;
  /** One character per byte. */
  readonly after: string;
  readonly subject: Subject;
  /** Said when it is done. */
  readonly done: string;
}

let shownChanges = 0;

/** Checks a change with ssh, shows it side by side, makes it when the person says so, and offers to take it back. */
export async function offerChange(ui: Ui, model: HostsModel, tree: ConfigTree, wanted: Wanted): Promise<boolean> {
  if ((tree.files.get(wanted.path)?.text ?? '') === wanted.after) {
    vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Nothing to change.')}`, 4000);
    return false;
  }
  mustBeSaved(wanted.path);
  const proposal = await busy(l10n.t('Asking ssh what would change'), () =>
    model.ssh.editor.propose(tree, wanted.path, wanted.after, wanted.subject),
  );
  const name = displayPath(wanted.path, ui.services.homeDir);
  const title = l10n.t('Proposed change of {0}', name);
  shownChanges += 1;
  const file = `${path.basename(wanted.path)}.${shownChanges}`;
  await ui.documents.showChange(title, file, shownText(proposal.before), shownText(proposal.after));
  const apply = l10n.t('Apply');
  const move = l10n.t('Move It Up First');
  const moved = movedUp(proposal, wanted.subject.after);
  const answer = await vscode.window.showInformationMessage(
    [l10n.t('Change {0} as shown? Every other host keeps its answer.', name), ...remarks(proposal)].join(' '),
    apply,
    ...(moved === undefined ? [] : [move]),
    l10n.t('Cancel'),
  );
  await closeChange(title);
  if (answer === move && moved !== undefined) return offerChange(ui, model, tree, { ...wanted, ...moved });
  if (answer !== apply) throw new CancelledError();
  const change = await model.ssh.editor.apply(proposal);
  await model.reload();
  offerUndo(ui, model, change, wanted.done);
  return true;
}

function remarks({ alsoChanges, shadowed }: Proposal): string[] {
  const names = alsoChanges.slice(0, 5).map(shownText).join(', ');
  const more = alsoChanges.length > 5 ? l10n.t(' and {0} more', alsoChanges.length - 5) : '';
  const first = shadowed[0];
  return [
    ...(alsoChanges.length === 0 ? [] : [l10n.t('It also speaks for {0}{1}.', names, more)]),
    ...(first === undefined ? [] : [l10n.t('{0} would have no effect: {1} sets it first.', first.option, whereIs(first.by))]),
  ];
}

/** Says that a change was made, with the way back. */
export function offerUndo(ui: Ui, model: HostsModel, change: AppliedChange, done: string): void {
  const undo = async (): Promise<void> => {
    await change.undo();
    await model.reload();
    vscode.window.setStatusBarMessage(`$(discard) ${l10n.t('{0} is as it was.', displayPath(change.path, ui.services.homeDir))}`, 4000);
  };
  ui.notifications.tell(done, [{ label: l10n.t('Undo'), act: undo }]);
}

/** Text typed into an open editor would be lost, or overwrite the change. */
export function mustBeSaved(file: string): void {
  const open = vscode.workspace.textDocuments.find(({ uri, isDirty }) => isDirty && uri.scheme === 'file' && uri.fsPath === file);
  if (open === undefined) return;
  throw new SkylabError(`${path.basename(file)} is open with changes that are not saved.`, { next: 'Save or revert it, then try again.' });
}

async function closeChange(title: string): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ label, input }) => label === title && input instanceof vscode.TabInputTextDiff);
  await vscode.window.tabGroups.close(tabs);
}
