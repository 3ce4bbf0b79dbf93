import * as vscode from 'vscode';
import type { Area } from '../area';
import type { Ui } from '../ui';

const EDITOR = 'skylab.env';

/** A form over `.env` files. What it does is loaded with the first of them. */
export function envArea(ui: Ui): Area {
  const editor = vscode.window.registerCustomEditorProvider(EDITOR, {
    resolveCustomTextEditor: async (document, panel) => {
      const { EnvEditor } = await import('./envEditor');
      new EnvEditor(ui, document, panel);
    },
  });
  const openAs = (kind: string) => async (arg: unknown) => (await import('./open')).openAs(kind, arg);
  return {
    commands: { 'skylab.env.openForm': openAs(EDITOR), 'skylab.env.openText': openAs('default') },
    disposables: [editor],
  };
}
