import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { HostKeyChange, Remedy } from '../core/errors';
import { causeChain, isCancelled, sentenceOf, SkylabError } from '../core/errors';
import type { CommandId } from './ids';

interface Choice {
  readonly label: string;
  readonly act: () => unknown;
}

/** The one place where errors are shown: a sentence, buttons that help, and "Show log". Cancellation is never shown. */
export class ErrorBoundary {
  /** What a person can do about a changed host key; the area of the keys says it. */
  hostKeyChoices: ((change: HostKeyChange, retry: (() => unknown) | undefined) => readonly Choice[]) | undefined;

  /** @param hasAccount whether an account is kept: one that was refused while it was being added cannot be edited */
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly hasAccount: (accountId: string) => boolean,
  ) {}

  /** Runs an act; what it throws is shown, and its promise never rejects. @param retry offered where the error says that trying again may help */
  async run(act: () => unknown, retry?: () => unknown): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.show(error, retry);
    }
  }

  /** Shows an error without waiting for the person's answer. */
  show(error: unknown, retry?: () => unknown, extra: readonly Choice[] = []): void {
    if (isCancelled(error)) return;
    this.log.error(causeChain(error));
    if (error instanceof Error && !(error instanceof SkylabError) && error.stack !== undefined) this.log.debug(error.stack);
    const remedies = error instanceof SkylabError ? error.remedies.flatMap((remedy) => this.#choices(remedy, retry)) : [];
    const showLog: Choice = { label: l10n.t('Show Log'), act: () => this.log.show() };
    const choices = [...extra, ...remedies, showLog].filter((c, i, all) => all.findIndex((other) => other.label === c.label) === i);
    void this.#offer(sentenceOf(error), choices);
  }

  async #offer(message: string, choices: readonly Choice[]): Promise<void> {
    const label = await vscode.window.showErrorMessage(message, ...choices.map((choice) => choice.label));
    const chosen = choices.find((choice) => choice.label === label);
    if (chosen) await this.run(chosen.act);
  }

  #choices(remedy: Remedy, retry: (() => unknown) | undefined): Choice[] {
    switch (remedy.kind) {
      case 'showLog':
        return [];
      case 'signIn':
        return [{ label: l10n.t('Sign In'), act: () => execute('skylab.signIn', remedy.profile) }];
      case 'editAccount':
        if (this.hasAccount(remedy.accountId)) {
          return [{ label: l10n.t('Edit Account…'), act: () => execute('skylab.editAccount', remedy.accountId) }];
        }
        return retry ? [{ label: l10n.t('Try Again'), act: retry }] : [];
      case 'allowMyAddress':
        return [];
      case 'diagnose':
        return [
          { label: l10n.t('Why?'), act: () => execute('skylab.whyNot', { accountId: remedy.accountId, instanceId: remedy.instanceId }) },
        ];
      case 'openFile':
        return [{ label: l10n.t('Open File'), act: () => openFile(remedy.path, remedy.line) }];
      case 'hostKey':
        return [...(this.hostKeyChoices?.(remedy.change, retry) ?? [])];
      case 'retry':
        return retry ? [{ label: l10n.t('Try Again'), act: retry }] : [];
    }
  }
}

const execute = (command: CommandId, ...args: unknown[]): Thenable<unknown> => vscode.commands.executeCommand(command, ...args);

async function openFile(path: string, line: number | undefined): Promise<void> {
  const position = new vscode.Position(Math.max(0, (line ?? 1) - 1), 0);
  await vscode.window.showTextDocument(vscode.Uri.file(path), { selection: new vscode.Range(position, position) });
}
