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

/** Commands whose code is loaded when the first of them is run. */
export function lazily(ids: readonly CommandId[], load: () => Promise<Handlers>): Handlers {
  let loading: Promise<Handlers> | undefined;
  const handlers = async (): Promise<Handlers> => {
    loading ??= load();
    try {
      return await loading;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  return Object.fromEntries(ids.map((id) => [id, async (...args: unknown[]) => (await handlers())[id]?.(...args)]));
}
