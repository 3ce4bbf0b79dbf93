import * as vscode from 'vscode';
import type { MachineFileSystem } from './fileSystem';

/** The editor's way to the files of machines; what does the work is loaded when the editor first asks for one. */
export class LazyFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;
  #loading: Promise<MachineFileSystem> | undefined;

  constructor(private readonly make: () => Promise<MachineFileSystem>) {}

  load(): Promise<MachineFileSystem> {
    this.#loading ??= this.make().then(
      (made) => {
        made.onDidChangeFile((changes) => this.#changed.fire(changes));
        return made;
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }

  watch(): vscode.Disposable {
    void this.load().then(
      (files) => files.watch(),
      // whatever reads the file next says why
      () => undefined,
    );
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return (await this.load()).stat(uri);
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return (await this.load()).readDirectory(uri);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.load()).readFile(uri);
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array, options: { create: boolean; overwrite: boolean }): Promise<void> {
    return (await this.load()).writeFile(uri, content, options);
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    return (await this.load()).createDirectory(uri);
  }

  async delete(uri: vscode.Uri, options: { recursive: boolean }): Promise<void> {
    return (await this.load()).delete(uri, options);
  }

  async rename(from: vscode.Uri, to: vscode.Uri, options: { overwrite: boolean }): Promise<void> {
    return (await this.load()).rename(from, to, options);
  }

  async copy(from: vscode.Uri, to: vscode.Uri, options: { overwrite: boolean }): Promise<void> {
    return (await this.load()).copy(from, to, options);
  }

  dispose(): void {
    void this.#loading?.then(
      (files) => files.dispose(),
      () => undefined,
    );
    this.#changed.dispose();
  }
}
