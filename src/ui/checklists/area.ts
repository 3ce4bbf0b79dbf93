import * as vscode from 'vscode';
import type { Area } from '../area';
import { lazily } from '../commands/registry';
import { commandsOf } from '../ids';
import type { Ui } from '../ui';
import type { ChecklistPages } from './pages';

/** Lists of what has to be looked at: gone through on machines, ticked by hand, kept as records. */
export function checklistsArea(ui: Ui): Area {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let made: ChecklistPages | undefined;
  const pages = async (): Promise<ChecklistPages> => {
    const { ChecklistPages } = await import('./pages');
    return (made ??= new ChecklistPages(ui, (uri) => changed.fire(uri)));
  };
  const provider = vscode.workspace.registerTextDocumentContentProvider('skylab-checklist', {
    onDidChange: changed.event,
    provideTextDocumentContent: async (uri) => (await pages()).text(uri),
  });
  return {
    commands: lazily(commandsOf('skylab.checklist.'), async () => (await pages()).commands()),
    disposables: [vscode.Disposable.from(provider, changed, { dispose: () => made?.dispose() })],
  };
}
