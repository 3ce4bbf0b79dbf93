import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { isRunning } from '../../core/operations/operations';
import { ask } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import type { Handlers } from './registry';

export function operationCommands(ui: Ui): Handlers {
  return {
    'skylab.cancelOperation': async (arg) => (await chooseOperation(ui, arg, true)).cancel(),
    'skylab.showOperationLog': async (arg) => ui.documents.showLog(await chooseOperation(ui, arg, false)),
    'skylab.cleanUp': () => cleanUp(ui),
    'skylab.showLog': () => ui.log.show(),
  };
}

/** By id, by the row of the Activity view, or by the machine on which it runs. */
async function chooseOperation(ui: Ui, arg: unknown, running: boolean): Promise<Operation> {
  const operations = ui.services.operations.list().filter((operation) => !running || isRunning(operation.view));
  const id = typeof arg === 'string' ? arg : typeof arg === 'object' && arg !== null && 'operationId' in arg ? arg.operationId : undefined;
  const key = isNode(arg) && arg.kind === 'machine' ? arg.key : undefined;
  const named = operations.find(({ view }) => view.id === id || (key !== undefined && view.machineKey === key));
  if (named) return named;
  const only = operations[0];
  if (!only || id !== undefined || key !== undefined) throw new SkylabError(running ? 'Nothing is running.' : 'Nothing has run yet.');
  if (operations.length === 1) return only;
  const items = operations.map((value) => ({ label: value.view.title, description: value.view.state, value }));
  return ask(running ? l10n.t('Cancel') : l10n.t('Show log')).pick({ placeholder: l10n.t('Choose an operation'), items });
}

/** Offers what windows that are gone have left behind. */
export const cleanUp = async (ui: Ui): Promise<void> => (await import('./cleanUp')).cleanUp(ui);

/** Tells once per window when something was left behind; what to do is the person's choice. */
export async function offerCleanUp(ui: Ui): Promise<void> {
  const records = await ui.services.operations.leftovers();
  const first = records[0];
  if (!first) return;
  const message =
    records.length > 1
      ? l10n.t('{0} operations were cut off and left something behind that may cost money.', records.length)
      : first.kind === 'deploy'
        ? l10n.t('“{0}” was cut off before it was finished.', first.title)
        : l10n.t('“{0}” was cut off and left something behind that may cost money.', first.title);
  ui.notifications.tell(message, [{ label: l10n.t('Clean Up…'), act: () => cleanUp(ui) }]);
}
