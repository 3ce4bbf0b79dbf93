import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { SshQuestions } from '../core/ssh/ports';
import type { Fingerprint } from '../core/ssh/model';
import { CancelledError } from '../core/errors';
import { Secret } from '../core/secret';
import type { Pick } from './quick/wizard';
import { ask } from './quick/wizard';

/** Puts the questions of an SSH connection to the person. */
export class EditorQuestions implements SshQuestions {
  /** @param listKeys private keys that this computer has, as absolute paths */
  constructor(
    private readonly homeDir: string,
    private readonly listKeys: () => Promise<readonly string[]>,
  ) {}

  async acceptHostKey(question: { machine: string; fingerprint: Fingerprint; keyType: string; why: string }): Promise<boolean> {
    const trust = l10n.t('Trust This Key');
    const detail = [
      question.why,
      `${question.keyType}\n${question.fingerprint}`,
      l10n.t('Trust it only if this fingerprint is the one that the machine’s owner gave you.'),
    ].join('\n\n');
    const title = l10n.t('Is this really {0}?', question.machine);
    return (await vscode.window.showWarningMessage(title, { modal: true, detail }, trust)) === trust;
  }

  async passphrase(identityFile: string): Promise<Secret | undefined> {
    return secret(l10n.t('Passphrase'), l10n.t('Passphrase of {0}', this.#short(identityFile)));
  }

  async password(prompt: string): Promise<Secret | undefined> {
    return secret(l10n.t('Password'), prompt);
  }

  async identityFor(machine: string, keyPairName: string | undefined): Promise<string | undefined> {
    const keys = await this.listKeys();
    const browse = Symbol('browse');
    const items: Pick<string | symbol | undefined>[] = [
      { label: `$(key) ${l10n.t('The agent or the default keys')}`, value: undefined },
      ...keys.map((path) => ({ label: `$(file) ${this.#short(path)}`, value: path })),
      { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, value: browse },
    ];
    const placeholder =
      keyPairName === undefined
        ? l10n.t('Which private key opens {0}?', machine)
        : l10n.t('Which private key opens {0}? Its key pair is called {1}.', machine, keyPairName);
    const answer = await ask(l10n.t('Private key')).pick({ placeholder, items });
    return answer === browse ? chooseKeyFile(this.homeDir) : typeof answer === 'symbol' ? undefined : answer;
  }

  #short(path: string): string {
    return path.startsWith(`${this.homeDir}/`) ? `~${path.slice(this.homeDir.length)}` : path;
  }
}

/** @throws CancelledError when no file was chosen */
export async function chooseKeyFile(homeDir: string): Promise<string> {
  const chosen = await vscode.window.showOpenDialog({
    title: l10n.t('Private key'),
    openLabel: l10n.t('Use This Key'),
    canSelectMany: false,
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(homeDir), '.ssh'),
  });
  const file = chosen?.[0];
  if (!file) throw new CancelledError();
  return file.fsPath;
}

async function secret(title: string, prompt: string): Promise<Secret | undefined> {
  const value = await vscode.window.showInputBox({ title, prompt, password: true, ignoreFocusOut: true });
  return value === undefined ? undefined : new Secret(value);
}
