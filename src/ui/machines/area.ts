import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { readGrouping } from '../../core/cloud/machineGroups';
import type { Machine, MachineKey } from '../../core/cloud/model';
import type { Area } from '../area';
import { allMachines, chooseMachine, inState } from '../commands/choose';
import { lazily } from '../commands/registry';
import type { ContextKey } from '../ids';
import { GIVEN, type Node } from '../tree/nodes';
import type { Ui } from '../ui';
import type { MachinePages } from './pages';
import { ProtectionNotes } from './protection';

/** Where the grouping of the tree is kept. */
export const GROUPING = 'skylab.grouping';

/** Acts on machines beyond start and stop, what the tree shows of them, and acts on many. */
export function machineActsArea(ui: Ui): Area {
  const { arrangement, checks } = ui.machinesTree;
  arrangement.setGrouping(readGrouping(ui.services.memento.get(GROUPING)));
  const protection = new ProtectionNotes(ui.services);
  ui.machinesTree.addNotes(protection);
  const paint = (): void => paintView(ui);
  let made: MachinePages | undefined;
  const pages = async (): Promise<MachinePages> => {
    const { MachinePages } = await import('./pages');
    made ??= new MachinePages(ui);
    return made;
  };
  const checked = ui.machinesView.onDidChangeCheckboxState(({ items }) => {
    for (const [node, state] of items) checks.set(keysOf(ui, node), state === vscode.TreeItemCheckboxState.Checked);
  });
  return {
    commands: {
      ...lazily(
        [
          'skylab.editTags',
          'skylab.hibernate',
          'skylab.protect',
          'skylab.rename',
          'skylab.resize',
          'skylab.setGroups',
          'skylab.setShutdown',
        ],
        async () => (await import('./changes')).changeCommands(ui, protection),
      ),
      'skylab.consoleOutput': async (arg) => (await pages()).open(await withConsole(ui, arg, l10n.t('Console output')), 'console'),
      'skylab.refreshLog': async (arg) => (await pages()).refresh(arg),
      'skylab.screenshot': async (arg) =>
        (await pages()).screenshot(await chooseMachine(ui, arg, l10n.t('Console screenshot'), { wanted: inState('running') })),
      'skylab.setUpLog': async (arg) => (await pages()).open(await chooseMachine(ui, arg, l10n.t('Set-up log')), 'setUp'),
      ...lazily(['skylab.addRegion', 'skylab.signIn'], async () => (await import('./accounts')).accountActCommands(ui)),
      ...lazily(['skylab.whyNot'], async () => (await import('./reach')).reachCommands(ui)),
      ...lazily(['skylab.actOnMany', 'skylab.chooseMachines', 'skylab.endChoice'], async () => (await import('./bulk')).bulkCommands(ui)),
      ...lazily(['skylab.clearFilter', 'skylab.filterMachines', 'skylab.groupMachines'], async () =>
        (await import('./arrange')).arrangeCommands(ui),
      ),
    },
    disposables: [
      vscode.Disposable.from(
        arrangement.onChange(() => setContext('skylab.machinesFiltered', arrangement.filterText !== '')),
        arrangement.onChange(paint),
        checks.onChange(() => setContext('skylab.choosingMachines', checks.choosing)),
        checks.onChange(paint),
        ui.services.machines.onChange(paint),
        checked,
        protection,
        { dispose: () => made?.dispose() },
      ),
    ],
  };
}

/** A machine that has, or had, a console. */
const withConsole = (ui: Ui, arg: unknown, title: string): Promise<Machine> =>
  chooseMachine(ui, arg, title, { wanted: inState('pending', 'running', 'stopping', 'stopped') });

/** The machines of a row with a check box. */
function keysOf(ui: Ui, node: Node): readonly MachineKey[] {
  if (node.kind === 'machine') return [node.key];
  return node.kind === 'group' ? ui.machinesTree.arrangement.group(node.accountId, node.value).map(({ key }) => key) : [];
}

/** The filter in the view's title, with how much it leaves; the choice in a line of its own. */
function paintView(ui: Ui): void {
  const { arrangement, checks } = ui.machinesTree;
  const text = arrangement.filterText;
  let description = '';
  if (text !== '') {
    const parents = [...ui.services.accounts.list().map(({ id }) => id), GIVEN];
    const shown = parents.reduce((sum, id) => sum + arrangement.of(id).length, 0);
    description = l10n.t('{0} · {1} of {2}', text, shown, allMachines(ui).length);
  }
  if (ui.machinesView.description !== description) ui.machinesView.description = description;
  const message = checks.choosing ? choiceText(checks.keys.length) : '';
  if ((ui.machinesView.message ?? '') !== message) ui.machinesView.message = message;
}

function setContext(key: ContextKey, value: boolean): void {
  void vscode.commands.executeCommand('setContext', key, value);
}

function choiceText(count: number): string {
  if (count === 0) return l10n.t('Check the machines that you want to do something with.');
  return count === 1 ? l10n.t('1 machine is checked.') : l10n.t('{0} machines are checked.', count);
}
