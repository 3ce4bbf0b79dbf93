import * as vscode from 'vscode';
import { SkylabError, isCancelled, sentenceOf } from '../../core/errors';
import type { RemoteFiles, RemoteKind, RemoteStat } from '../../core/remote/files';
import { mayWrite } from '../../core/remote/files';
import { FILES_SCHEME, addressPath, pathOfAddress } from '../model/fileAddress';
import type { Services } from '../services';
import { listFolder, machineAt, withFiles } from './machineFiles';

/** Bytes that the editor takes: it holds a file in memory several times over. */
const OPEN_LIMIT = 64 * 1024 * 1024;
/** Milliseconds between two looks at the files that are open. */
const LOOK_MS = 5000;

/** The files of machines as the editor's own: `skylab-ssh://<machine>/<path>`. */
export class MachineFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;
  readonly #seen = new Map<string, string>();
  /** By machine: what was used last. Looking at open files never opens a connection by itself. */
  readonly #live = new Map<string, RemoteFiles>();
  #timer: NodeJS.Timeout | undefined;

  /** @param open which files are watched, and the milliseconds between two looks */
  constructor(
    private readonly services: Services,
    private readonly open = { scheme: FILES_SCHEME, everyMs: LOOK_MS },
  ) {}

  /**
   * Only files that are open in an editor are watched, by looking at each every few seconds while the window has the focus: SFTP tells of
   * no change by itself.
   */
  watch(): vscode.Disposable {
    this.#timer ??= setInterval(() => void this.#look(), this.open.everyMs);
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return this.#do(uri, true, async (files, path) => {
      this.#live.set(uri.authority, files);
      const own = await files.lstat(path);
      const target = own.kind === 'symlink' ? await files.stat(path).catch(() => undefined) : own;
      const shown = target ?? own;
      const stat = { type: typeOf(own.kind, target?.kind), ctime: 0, mtime: shown.mtime * 1000, size: shown.size };
      if (shown.kind === 'directory' || mayWrite(shown, await files.identity())) return stat;
      return { ...stat, permissions: vscode.FilePermission.Readonly };
    });
  }

  readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return this.#do(uri, true, async (files, path) => {
      const listed = await listFolder(files, path);
      return listed.map(({ entry, target }) => [addressPath(entry.name), typeOf(entry.kind, (target ?? entry).kind)]);
    });
  }

  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.#do(uri, true, (files, path) => files.read(path, { limit: OPEN_LIMIT }));
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array, { create, overwrite }: { create: boolean; overwrite: boolean }): Promise<void> {
    const isNew = await this.#do(uri, false, async (files, path) => {
      const missing = create && (await isMissing(files, path));
      await files.write(path, content, { create, ifExists: overwrite ? 'replace' : 'refuse' });
      return missing;
    });
    this.#tell(isNew ? vscode.FileChangeType.Created : vscode.FileChangeType.Changed, uri);
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    await this.#do(uri, false, (files, path) => files.makeFolder(path));
    this.#tell(vscode.FileChangeType.Created, uri);
  }

  async delete(uri: vscode.Uri, options: { recursive: boolean }): Promise<void> {
    await this.#do(uri, false, (files, path) => files.remove(path, options));
    this.#tell(vscode.FileChangeType.Deleted, uri);
  }

  async rename(from: vscode.Uri, to: vscode.Uri, { overwrite }: { overwrite: boolean }): Promise<void> {
    await this.#do(from, false, (files, path) =>
      files.rename(path, pathOfAddress(to.path), { ifExists: overwrite ? 'replace' : 'refuse' }),
    );
    this.#tell(vscode.FileChangeType.Deleted, from);
    this.#tell(vscode.FileChangeType.Created, to);
  }

  async copy(from: vscode.Uri, to: vscode.Uri, { overwrite }: { overwrite: boolean }): Promise<void> {
    if (from.authority !== to.authority) throw vscode.FileSystemError.Unavailable('These files are on two machines.');
    await this.#do(from, false, (files, path) => files.copy(path, pathOfAddress(to.path), { ifExists: overwrite ? 'replace' : 'refuse' }));
    this.#tell(vscode.FileChangeType.Created, to);
  }

  /** A change made elsewhere in this window. */
  tell(type: vscode.FileChangeType, uri: vscode.Uri): void {
    this.#tell(type, uri);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#changed.dispose();
  }

  async #do<T>(uri: vscode.Uri, repeatable: boolean, act: (files: RemoteFiles, path: string) => Promise<T>): Promise<T> {
    try {
      const machine = await machineAt(this.services, uri.authority);
      return await withFiles(this.services, machine, (files) => act(files, pathOfAddress(uri.path)), { repeatable });
    } catch (error) {
      throw editorError(error, uri);
    }
  }

  #tell(type: vscode.FileChangeType, uri: vscode.Uri): void {
    this.#seen.delete(uri.toString());
    this.#changed.fire([{ type, uri }]);
  }

  async #look(): Promise<void> {
    const open = vscode.workspace.textDocuments.filter(({ uri, isClosed }) => uri.scheme === this.open.scheme && !isClosed);
    const kept = new Set(open.map(({ uri }) => uri.toString()));
    for (const known of this.#seen.keys()) if (!kept.has(known)) this.#seen.delete(known);
    if (open.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (!vscode.window.state.focused) return;
    for (const { uri } of open) await this.#lookAt(uri);
  }

  async #lookAt(uri: vscode.Uri): Promise<void> {
    const stat = await this.#live
      .get(uri.authority)
      ?.stat(pathOfAddress(uri.path))
      .catch((error: unknown) => {
        if (error instanceof SkylabError && error.code === 'ConnectionLost') this.#live.delete(uri.authority);
      });
    if (!stat) return;
    const now = `${stat.mtime} ${stat.size}`;
    const before = this.#seen.get(uri.toString());
    this.#seen.set(uri.toString(), now);
    if (before !== undefined && before !== now) this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }
}

async function isMissing(files: RemoteFiles, path: string): Promise<boolean> {
  try {
    await files.lstat(path);
    return false;
  } catch (error) {
    if (error instanceof SkylabError && error.code === 'RemoteFileNotFound') return true;
    throw error;
  }
}

function typeOf(own: RemoteKind, target: RemoteStat['kind'] | undefined): vscode.FileType {
  const { File, Directory, SymbolicLink, Unknown } = vscode.FileType;
  const type = target === 'file' ? File : target === 'directory' ? Directory : Unknown;
  if (own !== 'symlink') return type;
  // The kinds are flags: a link and what it leads to.
  const both: unknown = SymbolicLink | type;
  return both as vscode.FileType;
}

/** The error as the editor tells it; it acts on some kinds by itself. */
function editorError(error: unknown, uri: vscode.Uri): Error {
  const { FileSystemError } = vscode;
  if (isCancelled(error)) return FileSystemError.Unavailable('The connection was not made.');
  switch (error instanceof SkylabError ? error.code : undefined) {
    case 'RemoteFileNotFound':
      return FileSystemError.FileNotFound(uri);
    case 'RemoteFileExists':
      return FileSystemError.FileExists(uri);
    case 'RemoteNotAFolder':
      return FileSystemError.FileNotADirectory(uri);
    case 'RemoteIsAFolder':
      return FileSystemError.FileIsADirectory(uri);
    case 'RemotePermissionDenied':
      return FileSystemError.NoPermissions(sentenceOf(error));
    default:
      return FileSystemError.Unavailable(sentenceOf(error));
  }
}
