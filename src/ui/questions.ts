import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { AnswerKey, HostKeyAnswer, SshQuestions, TypedQuestion } from '../core/ssh/ports';
import type { Fingerprint, HostKey } from '../core/ssh/model';
import { CancelledError } from '../core/errors';
import { Secret } from '../core/secret';
import type { Pick } from './quick/wizard';
import { ask } from './quick/wizard';
import type { KeptAnswers } from './stores';

/** What a person typed, until it was seen to be right. */
interface Typed {
  readonly answer: Secret;
  readonly keep: boolean;
}

/** Puts the questions of an SSH connection to the person. Asks once per window; what the person wants kept goes to the system's keychain. */
export class EditorQuestions implements SshQuestions {
  readonly #typed = new Map<string, Typed>();
  /** Right ones of this window. */
  readonly #known = new Map<string, Secret>();
  /** Kept ones that turned out to be wrong. */
  readonly #wrong = new Set<string>();

  /**
   * @param listKeys private keys that this computer has, as absolute paths
   * @param kept answers in the keychain
   */
  constructor(
    private readonly homeDir: string,
    private readonly listKeys: () => Promise<readonly string[]>,
    private readonly kept: KeptAnswers,
  ) {}

  async acceptHostKey(question: {
    machine: string;
    fingerprint: Fingerprint;
    keyType: string;
    why: string;
    key: HostKey;
  }): Promise<HostKeyAnswer> {
    const trust = l10n.t('Trust This Key');
    const paste = l10n.t('Paste Fingerprint…');
    const detail = [
      question.why,
      `${question.keyType}\n${question.fingerprint}`,
      l10n.t('Trust it only if this fingerprint is the one that the machine’s owner gave you.'),
    ].join('\n\n');
    const title = l10n.t('Is this really {0}?', question.machine);
    const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, trust, paste);
    if (answer !== paste) return answer === trust;
    const { askFingerprint } = await import('./keys/hostKeys');
    return { pasted: await askFingerprint(question.machine) };
  }

  async passphrase(identityFile: string): Promise<Secret | undefined> {
    return this.#answer({ kind: 'passphrase', identityFile }, l10n.t('Passphrase'), l10n.t('Passphrase of {0}', this.#short(identityFile)));
  }

  async password(prompt: string, about?: TypedQuestion): Promise<Secret | undefined> {
    const title = about?.title ?? l10n.t('Password');
    const text = [about?.instructions, prompt].filter((part) => part !== undefined).join(' · ');
    if (about?.id !== undefined) return this.#answer({ kind: 'password', id: about.id }, title, text);
    return (await type(title, text, { echo: about?.echo ?? false, mayKeep: false }))?.answer;
  }

  judged(answer: AnswerKey, right: boolean): void {
    const id = idOf(answer);
    const typed = this.#typed.get(id);
    this.#typed.delete(id);
    if (!right) {
      this.#known.delete(id);
      this.#wrong.add(id);
      void this.kept.forget(id);
    } else if (typed !== undefined) {
      this.#wrong.delete(id);
      this.#known.set(id, typed.answer);
      if (typed.keep) void this.kept.keep(id, typed.answer);
    }
  }

  /** Forgets every answer, also those in the keychain. @returns how many stood there */
  async forgetAll(): Promise<number> {
    this.#known.clear();
    this.#typed.clear();
    return this.kept.forgetAll();
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

  async #answer(key: AnswerKey, title: string, prompt: string): Promise<Secret | undefined> {
    const id = idOf(key);
    const known = this.#known.get(id) ?? (this.#wrong.has(id) ? undefined : await this.kept.get(id));
    if (known !== undefined) return known;
    const typed = await type(title, prompt, { echo: false, mayKeep: true });
    if (typed !== undefined) this.#typed.set(id, typed);
    return typed?.answer;
  }

  #short(path: string): string {
    return path.startsWith(`${this.homeDir}/`) ? `~${path.slice(this.homeDir.length)}` : path;
  }
}

const idOf = (answer: AnswerKey): string => (answer.kind === 'passphrase' ? `passphrase:${answer.identityFile}` : `password:${answer.id}`);

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

/** An input box whose button says whether the answer is to be kept. @returns undefined when the person leaves it */
function type(
  title: string,
  prompt: string,
  { echo, mayKeep }: { readonly echo: boolean; readonly mayKeep: boolean },
): Promise<Typed | undefined> {
  const box = vscode.window.createInputBox();
  box.title = title;
  box.password = !echo;
  box.ignoreFocusOut = true;
  let keep = false;
  const paint = (): void => {
    box.prompt = keep ? `${prompt} · ${l10n.t('it will be kept in this computer’s keychain')}` : prompt;
    const tooltip = keep ? l10n.t('Do not remember it') : l10n.t('Remember it in this computer’s keychain');
    box.buttons = mayKeep ? [{ iconPath: new vscode.ThemeIcon(keep ? 'pass-filled' : 'save'), tooltip }] : [];
  };
  paint();
  return new Promise((resolve) => {
    box.onDidTriggerButton(() => {
      keep = !keep;
      paint();
    });
    box.onDidAccept(() => {
      resolve({ answer: new Secret(box.value), keep });
      box.dispose();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}
