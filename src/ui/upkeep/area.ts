import * as vscode from 'vscode';
import type { MachineKey } from '../../core/cloud/model';
import type { Area } from '../area';
import { lazily } from '../commands/registry';
import { commandsOf } from '../ids';
import type { RowNotes } from '../tree/notes';
import { PAGE_SCHEME } from './scheme';
import type { Ui } from '../ui';
import type { UpkeepPages } from './pages';

/** Tasks on machines: firewall, users, packages, and pages that say how it stands. */
export function upkeepArea(ui: Ui): Area {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let made: UpkeepPages | undefined;
  const pages = async (): Promise<UpkeepPages> => {
    const { UpkeepPages } = await import('./pages');
    return (made ??= new UpkeepPages(ui, (uri) => changed.fire(uri)));
  };
  const provider = vscode.workspace.registerTextDocumentContentProvider(PAGE_SCHEME, {
    onDidChange: changed.event,
    provideTextDocumentContent: async (uri) => (await pages()).text(uri),
  });
  const ended = new vscode.EventEmitter<MachineKey | undefined>();
  let notes: Pick<RowNotes, 'machine' | 'facts'> | undefined;
  const noted = async (): Promise<void> => {
    notes = (await import('../certificates/notes')).certificateNotes(ui.services.memento);
    ended.fire(undefined);
  };
  // most people have none that are known of: then there is nothing to load
  if (ui.services.memento.get('skylab.certificates') !== undefined) void noted();
  ui.machinesTree.addNotes({
    onDidChange: ended.event,
    machine: (machine) => notes?.machine(machine),
    facts: (machine) => notes?.facts(machine) ?? [],
    account: () => undefined,
  });
  return {
    commands: {
      ...lazily(commandsOf('skylab.checklist.'), async () => (await import('../checklists/pages')).checklistCommands(ui, await pages())),
      ...lazily(['skylab.setUp'], async () => (await import('./menu')).menuCommands(ui)),
      ...lazily(['skylab.setUp.certificates'], async () => (await import('../certificates/commands')).certificateCommands(ui, noted)),
      ...lazily(['skylab.setUp.disks'], async () => (await import('./disks')).diskCommands(ui)),
      ...lazily(['skylab.setUp.firewall'], async () => (await import('./firewall')).firewallCommands(ui)),
      ...lazily(['skylab.setUp.limits'], async () => (await import('./limits')).limitCommands(ui)),
      ...lazily(['skylab.setUp.openNebula'], async () => (await import('../openNebula/commands')).openNebulaCommands(ui)),
      ...lazily(['skylab.setUp.packages'], async () => (await import('./packages')).packageCommands(ui)),
      ...lazily(['skylab.setUp.security'], async () => (await import('./security')).securityCommands(ui)),
      ...lazily(['skylab.setUp.users'], async () => (await import('./users')).userCommands(ui)),
      ...lazily(['skylab.setUp.journal', 'skylab.setUp.ports', 'skylab.setUp.refresh'], async () => (await pages()).commands()),
    },
    disposables: [vscode.Disposable.from(provider, changed, ended, { dispose: () => made?.dispose() })],
  };
}
