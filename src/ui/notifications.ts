import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isRunning } from '../core/operations/operations';
import type { Operation } from '../core/operations/operations';
import { progressText } from './model/operationRow';
import type { ErrorBoundary } from './errorBoundary';

/** A button of a message. */
export interface Choice {
  readonly label: string;
  readonly act: () => unknown;
}

export interface FollowOptions {
  /** Show progress as a notification; the tree shows it in any case. */
  readonly progress?: boolean;
  /** Runs the same act again. */
  readonly retry?: () => unknown;
  readonly showLog: (operation: Operation) => unknown;
  readonly cleanUp?: () => unknown;
}

/** Tells about operations in notifications: progress where the tree is out of sight, and the end. */
export class Notifications {
  constructor(private readonly errors: ErrorBoundary) {}

  /** Follows an operation to its end. Failures are shown; cancellation is not. @returns true when it was done */
  async follow(operation: Operation, options: FollowOptions): Promise<boolean> {
    if (options.progress === true) void this.#progress(operation);
    const outcome = await operation.outcome;
    if (outcome.kind === 'failed') {
      const log: Choice = { label: l10n.t('Show Log'), act: () => options.showLog(operation) };
      const leftovers = operation.view.leftovers.length > 0 && options.cleanUp;
      const cleanUp = leftovers ? [{ label: l10n.t('Clean Up…'), act: leftovers }] : [];
      this.errors.show(outcome.error, options.retry, [...cleanUp, log]);
    }
    return outcome.kind === 'done';
  }

  /** Says that something is done, with what comes next as buttons; does not wait for the answer. */
  tell(message: string, choices: readonly Choice[]): void {
    void this.errors.run(() => this.ask(message, choices));
  }

  /** Resolves after the person's choice was carried out, or when the message was dismissed. */
  async ask(message: string, choices: readonly Choice[]): Promise<void> {
    const label = await vscode.window.showInformationMessage(message, ...choices.map((choice) => choice.label));
    await choices.find((choice) => choice.label === label)?.act();
  }

  async #progress(operation: Operation): Promise<void> {
    const options = { location: vscode.ProgressLocation.Notification, title: operation.view.title, cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) => {
      token.onCancellationRequested(() => operation.cancel());
      let shown = 0;
      const paint = (): void => {
        const { view } = operation;
        if (!isRunning(view)) return;
        const done = view.steps.reduce((sum, step) => sum + stepShare(step.state, step.fraction), 0);
        const percent = view.steps.length === 0 ? 0 : (100 * done) / view.steps.length;
        progress.report({ message: progressText(view, l10n), increment: Math.max(0, percent - shown) });
        shown = Math.max(shown, percent);
      };
      paint();
      const subscription = operation.onChange(paint);
      await operation.outcome;
      subscription.dispose();
    });
  }
}

function stepShare(state: string, fraction: number | undefined): number {
  if (state === 'done' || state === 'skipped') return 1;
  return state === 'running' ? (fraction ?? 0) : 0;
}

/** Shows that something goes on, with a way out; only when it takes longer than a moment. */
export async function busy<T>(title: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const work = act(abort.signal);
  const slow = await Promise.race([
    work.then(
      () => false,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 500)),
  ]);
  if (!slow) return work;
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (_progress, token) => {
    token.onCancellationRequested(() => abort.abort());
    return work;
  });
}
