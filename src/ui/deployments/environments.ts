import * as vscode from 'vscode';
import type { Ui } from '../ui';
import type { Environments } from './envDocument';

/** The scheme of the environments of stacks in the editor: `skylab-env://<machine>/<stack>/.env`. */
export const ENV_SCHEME = 'skylab-env';

/** The environments of stacks as the editor's own files; saving one redeploys its stack. What it does is loaded with the first of them. */
export class LazyEnvironments implements vscode.FileSystemProvider {
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;
  #made: Promise<Environments> | undefined;

  constructor(private readonly ui: Ui) {}

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return (await this.#load()).stat(uri);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.#load()).read(uri);
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    await (await this.#load()).write(uri, content);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  #load(): Promise<Environments> {
    this.#made ??= import('./envDocument').then(({ Environments: Made }) => new Made(this.ui));
    return this.#made;
  }
}
