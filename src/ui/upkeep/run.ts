import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError } from '../../core/errors';
import { isGuarded, linesOf } from '../../core/upkeep/task';
import type { Plan, Task } from '../../core/upkeep/task';
import { busy } from '../notifications';
import type { Choice } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

interface RunOptions {
  /** What comes next, as buttons once it is done. */
  readonly next?: readonly Choice[];
}

/**
 * Shows what a task would change, asks once, and does it.
 * @returns true when it was done; false when there was nothing to do, or it failed, which was shown
 */
export async function runTask<F>(ui: Ui, machine: Machine, task: Task<F>, { next = [] }: RunOptions = {}): Promise<boolean> {
  const { upkeep } = await ui.services.upkeep();
  const proposal = await busy(l10n.t('Looking at {0}', machine.name), (signal) => upkeep.propose(machine, task, signal));
  const title = l10n.t('{0} on {1}', task.title, machine.name);
  if (proposal.plan.acts.length === 0) {
    ui.notifications.tell(l10n.t('{0}: nothing to do, it is so already.', title), next);
    return false;
  }
  const restarts = proposal.plan.acts.some((act) => act.restarts === true);
  await (isGuarded(proposal.plan) || restarts ? confirmModal(title, proposal.plan) : confirm(ui, title, proposal.plan));
  const operation = upkeep.start(proposal);
  const done = await ui.notifications.follow(operation, {
    progress: true,
    retry: () => ui.errors.run(() => runTask(ui, machine, task, { next })),
    showLog: (one) => ui.documents.showLog(one),
  });
  if (done) ui.notifications.tell(l10n.t('{0}: done.', title), next);
  return done;
}

/** The lines stand in the list below the button that does them. */
async function confirm(ui: Ui, title: string, plan: Plan): Promise<void> {
  const lines = linesOf(plan);
  const yes = lines.length === 1 ? l10n.t('Make this change') : l10n.t('Make these {0} changes', lines.length);
  const { files = [], notes = [] } = plan;
  const show = (): Promise<void> =>
    ui.documents.showChanges(
      title,
      files.map(({ path, before, after }) => ({ name: path.replace(/^\//, ''), before, after })),
    );
  const items = [
    { label: `$(check) ${yes}`, value: 'yes' as const },
    ...(files.length > 0
      ? [
          {
            label: `$(diff-multiple) ${l10n.t('Show the texts')}`,
            description: files.map(({ path }) => path).join(', '),
            value: 'show' as const,
          },
        ]
      : []),
    ...lines.map((line) => ({ label: `$(circle-small) ${line}`, value: 'line' as const })),
    ...notes.map((line) => ({ label: `$(info) ${line}`, value: 'line' as const })),
  ];
  // A line by itself does nothing: only the first one does all of them.
  for (;;) {
    const chosen = await ask(title).pick({ placeholder: l10n.t('What will be changed'), items });
    if (chosen === 'yes') return;
    if (chosen === 'show') await show();
  }
}

/** For what may cut the connection, with the way back where there is one. */
async function confirmModal(title: string, plan: Plan): Promise<void> {
  const yes = l10n.t('Make the Changes');
  const detail = [
    linesOf(plan)
      .map((line) => `• ${line}`)
      .join('\n'),
    ...(plan.notes ?? []),
    ...(plan.wayBack === undefined
      ? []
      : [l10n.t('Should a new connection not be let in afterwards, the machine {0} by itself.', plan.wayBack.line)]),
  ].join('\n\n');
  if ((await vscode.window.showWarningMessage(l10n.t('{0}?', title), { modal: true, detail }, yes)) !== yes) throw new CancelledError();
}
