import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isCancelled, sentenceOf } from '../../core/errors';
import { machineAt } from '../files/machineFiles';
import { busy } from '../notifications';
import type { UnitsUi } from './changes';
import { check, offerChange } from './changes';

/** What was read last of a file. */
interface Read {
  readonly text: string;
  /** Milliseconds since the epoch, moved on when the text is another. */
  readonly mtime: number;
}

/**
 * Unit files of machines as documents: read and written by root, since /etc/systemd/system is. A change that does not exist yet is an empty
 * file. Saving asks systemd first, shows the difference, and installs it only when the person says so.
 */
export class UnitFileSystem {
  readonly #read = new Map<string, Read>();

  constructor(
    private readonly units: UnitsUi,
    private readonly changed: (events: vscode.FileChangeEvent[]) => void,
  ) {}

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { text, mtime } = this.#read.get(uri.toString()) ?? (await this.#ask(uri));
    return { type: vscode.FileType.File, ctime: 0, mtime, size: Buffer.byteLength(text) };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from((await this.#ask(uri)).text);
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const text = Buffer.from(content).toString();
    try {
      const machine = await machineAt(this.units.ui.services, uri.authority);
      const { text: before } = await this.#ask(uri);
      if (text !== before) {
        const path = pathOf(uri);
        const remark = await check(this.units, machine, [{ uri, path, text }]);
        await offerChange(this.units, machine, { path, text }, before, remark);
      }
      this.#keep(uri, text);
    } catch (error) {
      // thrown, so that the document keeps its mark of not being saved
      const reason = isCancelled(error) ? l10n.t('Nothing was changed on the machine.') : sentenceOf(error);
      throw vscode.FileSystemError.Unavailable(reason);
    }
  }

  /** Reads an open file anew after something else has changed it. */
  forget(uri: vscode.Uri): void {
    if (!this.#read.delete(uri.toString())) return;
    this.changed([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  async #ask(uri: vscode.Uri): Promise<Read> {
    try {
      const { services } = this.units.ui;
      const machine = await machineAt(services, uri.authority);
      const title = l10n.t('Reading {0}', pathOf(uri));
      const { text } = await busy(title, async (signal) => (await services.units()).read(machine, pathOf(uri), signal));
      if (text === undefined && !pathOf(uri).includes('/')) throw vscode.FileSystemError.FileNotFound(uri);
      return this.#keep(uri, text ?? '');
    } catch (error) {
      throw error instanceof vscode.FileSystemError ? error : vscode.FileSystemError.Unavailable(sentenceOf(error));
    }
  }

  #keep(uri: vscode.Uri, text: string): Read {
    const known = this.#read.get(uri.toString());
    if (known?.text === text) return known;
    const read = { text, mtime: Math.max(Date.now(), (known?.mtime ?? 0) + 1) };
    this.#read.set(uri.toString(), read);
    return read;
  }
}

const pathOf = (uri: vscode.Uri): string => uri.path.replace(/^\//, '');
