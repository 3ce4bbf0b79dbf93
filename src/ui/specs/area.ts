import * as vscode from 'vscode';
import type { Area } from '../area';
import { nameNotes } from '../names/notes';
import type { Ui } from '../ui';
import { registerSpecLanguage } from './language';

/** DNS names of machines, and launches as files: everything but the names on the rows is loaded with the first use. */
export function specsArea(ui: Ui): Area {
  ui.machinesTree.addNotes(nameNotes);
  return {
    commands: {
      'skylab.dnsName': async (arg) => (await import('../names/commands')).dnsNameCommand(ui, arg),
      'skylab.launch.fromSpec': async (arg) => (await import('./launchSpecs')).launchFromSpec(ui, arg),
      'skylab.launch.openSpec': async (arg) => (await import('./launchSpecs')).openSpecInForm(ui, arg),
      'skylab.launch.recent': async () => (await import('./recent')).launchRecent(ui),
      'skylab.launch.saveSpec': async (arg) => (await import('./save')).saveSpec(ui, arg),
    },
    disposables: [followNames(ui), registerSpecLanguage(ui)],
  };
}

/** The code that follows addresses is loaded when the first named machine is seen. */
function followNames(ui: Ui): vscode.Disposable {
  const { machines, accounts } = ui.services;
  let watching: { dispose(): void } | undefined;
  let ended = false;
  const first = machines.onChange(() => {
    const named = accounts.list().some(({ id }) => machines.of(id).some((m) => m.kind === 'instance' && m.instance.tags['skylab:dns']));
    if (!named) return;
    first.dispose();
    void ui.errors.run(async () => {
      const names = await ui.services.machineNames();
      if (!ended) watching = names.watch();
    });
  });
  return new vscode.Disposable(() => {
    ended = true;
    first.dispose();
    watching?.dispose();
  });
}
