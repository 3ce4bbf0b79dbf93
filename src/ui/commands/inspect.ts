import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import type { Area } from '../area';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { chooseMachine } from './choose';

const SCHEME = 'skylab-inspect';

/** Pages on which machines say what they are. A page is made anew by the same command, or by the button above it. */
export function inspectArea(ui: Ui): Area {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? l10n.t('Press Refresh above to ask this machine again.'),
  });
  const forget = vscode.workspace.onDidCloseTextDocument(({ uri }) => texts.delete(uri.toString()));
  const ask = async (machine: Machine): Promise<vscode.Uri> => {
    const text = await busy(l10n.t('Inspecting {0}', machine.name), (signal) => inspect(ui, machine, signal));
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${machine.name.replaceAll(/[\\/]/g, ' ')}.md`, query: machine.key });
    texts.set(uri.toString(), text);
    changed.fire(uri);
    return uri;
  };
  return {
    commands: {
      'skylab.inspect': async (arg) => {
        const uri = await ask(await chooseMachine(ui, arg, l10n.t('Inspect machine')));
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
      },
      'skylab.inspectAgain': async (arg) => {
        const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
        const machine = uri?.scheme === SCHEME ? ui.services.machines.get(uri.query as MachineKey) : undefined;
        if (!machine) throw new SkylabError('This machine is not known now.', { next: 'Refresh the list of machines.' });
        await ask(machine);
      },
    },
    disposables: [vscode.Disposable.from(provider, forget, changed)],
  };
}

async function inspect(ui: Ui, machine: Machine, signal: AbortSignal): Promise<string> {
  const [{ inspectMachine }, { inspectReport }] = await Promise.all([
    import('../../core/remote/inspect'),
    import('../model/inspectReport'),
  ]);
  const session = await ui.services.access.session(machine, signal);
  return inspectReport(machine.name, await session.run(inspectMachine, { signal }), Date.now(), l10n, vscode.env.language);
}
