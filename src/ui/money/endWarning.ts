import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { EndWarning } from '../../core/cloud/money/endWatch';
import { knownEnd } from '../../core/cloud/money/expiry';
import { pause } from '../../core/errors';
import { timeText } from '../model/endText';
import { spanText } from '../model/time';
import type { Ui } from '../ui';

/** How long a window that nobody looks at leaves it to the one in front. Milliseconds. */
const LEAVE_MS = 3_000;

/** Tells it in one window, whichever of them comes first. */
export async function warnOnce(ui: Ui, { machine, end, id }: EndWarning): Promise<void> {
  if (!vscode.window.state.focused) await pause(LEAVE_MS);
  // Twice is better than never.
  const mine = await (await ui.services.claims()).claim(`end ${id}`).catch(() => true);
  if (mine) await warn(ui, machine, end.due);
}

/** Tells that a machine ends soon, and does what is answered. */
async function warn(ui: Ui, machine: Machine, due: number): Promise<void> {
  const { machines, memento } = ui.services;
  const now = Date.now();
  const at = timeText(due, now, vscode.env.language);
  const gone = knownEnd(machine, memento)?.action === 'terminate';
  const message = gone
    ? l10n.t('{0} is terminated in {1}, at {2}, with everything on its disk.', machine.name, spanText(due - now, l10n), at)
    : l10n.t('{0} stops by itself in {1}, at {2}.', machine.name, spanText(due - now, l10n), at);
  const [hour, keep, let_] = [l10n.t('1 Hour More'), l10n.t('Keep It Running'), l10n.t('Let It End')];
  const answer = await vscode.window.showWarningMessage(message, hour, keep, let_);
  const current = machines.get(machine.key);
  if (current === undefined || answer === undefined || answer === let_) return;
  const node = ui.machinesTree.rowOf(current.key);
  await vscode.commands.executeCommand(
    answer === hour ? 'skylab.extendMachine' : 'skylab.keepMachine',
    node,
    answer === hour ? 1 : undefined,
  );
}
