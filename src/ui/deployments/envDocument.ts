import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { changedNames } from '../../core/deploy/stacks/envChange';
import { sentenceOf } from '../../core/errors';
import { Secret } from '../../core/secret';
import { machineAt } from '../files/machineFiles';
import { authorityOf } from '../model/fileAddress';
import type { CommandId } from '../ids';
import type { Ui } from '../ui';
import type { Chosen } from './choose';
import { follow } from './commands';
import { ENV_SCHEME } from './environments';

/** Opens the environment of the release that serves as a form; saving it redeploys the stack. */
export async function openEnv({ machine, name }: Chosen): Promise<void> {
  const uri = vscode.Uri.from({ scheme: ENV_SCHEME, authority: authorityOf(machine.key), path: `/${name}/.env` });
  // asked for here, so that a machine that does not answer is an error of this command and no empty editor
  await vscode.workspace.openTextDocument(uri);
  await vscode.commands.executeCommand('skylab.env.openForm' satisfies CommandId, uri);
}

interface Opened {
  /** The release whose environment was read. */
  readonly release: string;
  readonly text: string;
  readonly mtime: number;
}

/** Reads environments from machines, and makes a release of what is saved. */
export class Environments {
  readonly #opened = new Map<string, Opened>();

  constructor(private readonly ui: Ui) {}

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { mtime, text } = this.#opened.get(uri.toString()) ?? (await this.#read(uri));
    return { type: vscode.FileType.File, ctime: 0, mtime, size: Buffer.byteLength(text) };
  }

  async read(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from((await this.#read(uri)).text);
  }

  /** What is not saved stays in the editor as it was typed: the error that is thrown keeps it so. */
  async write(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const { machine, name } = await this.#place(uri);
    const before = this.#opened.get(uri.toString()) ?? (await this.#read(uri));
    const text = Buffer.from(content).toString('utf8');
    if (text === before.text) return;
    const redeploy = l10n.t('Redeploy');
    const names = changedNames(before.text, text);
    const detail = [
      names.length === 0 ? l10n.t('No value changes.') : l10n.t('Changed: {0}.', names.join(', ')),
      l10n.t('What uses it is started anew: the site may be away for a moment. If it does not get well, what serves now comes back.'),
    ].join('\n\n');
    const title = l10n.t('Redeploy {0} on {1} with this environment?', name, machine.name);
    if ((await vscode.window.showWarningMessage(title, { modal: true, detail }, redeploy)) !== redeploy) {
      throw vscode.FileSystemError.Unavailable(l10n.t('Not saved: {0} serves on as it is.', name));
    }
    const stacks = await this.ui.services.stacks();
    const operation = stacks.editEnv(machine, name, before.release, new Secret(text));
    const went = await follow(this.ui, operation);
    if (!went) {
      const outcome = await operation.outcome;
      const why = outcome.kind === 'failed' ? sentenceOf(outcome.error) : l10n.t('It was canceled.');
      throw vscode.FileSystemError.Unavailable(l10n.t('Not saved: {0}', why));
    }
    await this.#read(uri);
  }

  async #place(uri: vscode.Uri): Promise<{ readonly machine: Machine; readonly name: string }> {
    return { machine: await machineAt(this.ui.services, uri.authority), name: uri.path.split('/')[1] ?? '' };
  }

  async #read(uri: vscode.Uri): Promise<Opened> {
    const { machine, name } = await this.#place(uri);
    const stacks = await this.ui.services.stacks();
    const { release, text } = await stacks.readEnv(machine, name);
    const known = this.#opened.get(uri.toString());
    const same = known?.release === release && known.text === text;
    const opened = same ? known : { release, text, mtime: Date.now() };
    this.#opened.set(uri.toString(), opened);
    return opened;
  }
}
