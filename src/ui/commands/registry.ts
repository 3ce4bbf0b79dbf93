import * as vscode from 'vscode';
import type { CommandId } from '../ids';
import type { Ui } from '../ui';

type Handler = (...args: unknown[]) => unknown;
export type Handlers = Partial<Record<CommandId, Handler>>;

/** Registers commands; what a handler throws is shown by the error boundary, which can run the command again. */
export function registerCommands(ui: Ui, handlers: Handlers): vscode.Disposable {
  const registered = Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, (...args: unknown[]) => {
      const run = (): Promise<void> => ui.errors.run(() => handler(...args), run);
      return run();
    }),
  );
  return vscode.Disposable.from(...registered);
}
