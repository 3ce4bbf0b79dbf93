import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import type { RemoteFiles } from '../../core/remote/files';
import { joinPath, overPaths, splitPath } from '../../core/remote/files';
import { encodeName, printableName } from '../../core/transfer/names';
import { chooseMachine, mustBe } from '../commands/choose';
import { uploadFolderAs } from '../commands/upload';
import { bytesText } from '../model/bytes';
import { modeText, octal, parseMode } from '../model/fileMode';
import { rowKind } from '../model/fileRow';
import { busy } from '../notifications';
import type { Pick } from '../quick/wizard';
import { ask } from '../quick/wizard';
import type { Dropped } from '../tree/drop';
import { ROOT } from '../tree/lazyBranch';
import type { Node } from '../tree/nodes';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import type { MachineFileSystem } from './fileSystem';
import type { FilePlace, FilesBranch } from './filesBranch';
import { download } from './downloads';
import { addressOf, withFiles } from './machineFiles';
import { pickFile } from './pickFile';
import { sendFiles } from './sendFiles';

/** Bytes above which a click asks before it opens a file. */
const LARGE = 5 * 1024 * 1024;
/** Bytes at a file's start that tell text from other content. */
const SNIFFED = 8192;
/** What the editor shows by its own viewers although it is no text. */
const VIEWABLE = /\.(png|jpe?g|gif|webp|bmp|ico|avif|mp[34]|wav|ogg|oga|flac|webm|m4a)$/i;
const COMMON_MODES = [0o644, 0o600, 0o664, 0o755, 0o700, 0o775];
/** Milliseconds that counting what is to be deleted may take. */
const COUNT_MS = 10_000;

/** What can be done with a machine's files from their rows and from the palette. */
export class FileActions {
  constructor(
    private readonly ui: Ui,
    private readonly branch: FilesBranch,
    private readonly fileSystem: MachineFileSystem,
  ) {}

  async open(arg: unknown): Promise<void> {
    const place = this.#place(arg);
    const size = (place.listed?.target ?? place.listed?.entry)?.size ?? 0;
    const reason =
      size > LARGE
        ? l10n.t('{0} is large: {1}.', nameOf(place), bytesText(size))
        : (await this.#isBinary(place))
          ? l10n.t('{0} is no text.', nameOf(place))
          : undefined;
    if (reason !== undefined) {
      const anyway = l10n.t('Open Anyway');
      const fetch = l10n.t('Download…');
      const answer = await vscode.window.showInformationMessage(reason, fetch, anyway);
      if (answer === fetch) await download(this.ui, { machine: place.machine, path: place.path, kind: 'file' });
      if (answer !== anyway) return;
    }
    await vscode.commands.executeCommand('vscode.open', addressOf(place.machine, place.path));
  }

  async download(arg: unknown): Promise<void> {
    const { machine, path, listed } = await this.#settled(arg);
    const isFolder = listed === undefined || rowKind(listed.entry, listed.target) === 'folder';
    await download(this.ui, { machine, path, kind: isFolder ? 'folder' : 'file' });
  }

  /** A file by its path, such as one with an access code: into the editor, or onto this computer for its owner alone. */
  async fetch(arg: unknown): Promise<void> {
    const title = l10n.t('Fetch a file');
    const machine = await chooseMachine(this.ui, arg, title);
    const path = await pickFile(this.ui.services, machine, title);
    const inEditor = await ask(title).pick({
      placeholder: l10n.t('What to do with {0}?', printableName(path)),
      items: [
        { label: `$(go-to-file) ${l10n.t('Open it in the editor')}`, value: true },
        { label: `$(save) ${l10n.t('Save it on this computer…')}`, description: l10n.t('only you may read it there'), value: false },
      ],
    });
    if (inEditor) await vscode.commands.executeCommand('vscode.open', addressOf(machine, path));
    else await download(this.ui, { machine, path, kind: 'file', isPrivate: true });
  }

  async openFolder(arg: unknown): Promise<void> {
    const { machine, path } = await this.#folder(arg, l10n.t('Open folder'));
    await vscode.commands.executeCommand('vscode.openFolder', addressOf(machine, path));
  }

  async addToWorkspace(arg: unknown): Promise<void> {
    const { machine, path } = await this.#folder(arg, l10n.t('Add to workspace'));
    const name = `${machine.name}: ${printableName(splitPath(path).name || '/')}`;
    const count = vscode.workspace.workspaceFolders?.length ?? 0;
    if (!vscode.workspace.updateWorkspaceFolders(count, 0, { uri: addressOf(machine, path), name })) {
      throw new SkylabError(`${path} of ${machine.name} could not be added to the workspace.`, { next: 'It may be a part of it already.' });
    }
  }

  /** Shows the Files row, at a folder that the person names when it was not called on a machine's row. */
  async browse(arg: unknown): Promise<void> {
    const { machine, path } = await this.#folder(
      isNode(arg) && arg.kind === 'branch' ? { ...arg, kind: 'machine' } : arg,
      l10n.t('Browse files'),
    );
    this.branch.setRoot(machine, path);
    await vscode.commands.executeCommand('skylab.machines.focus');
    this.ui.machinesTree.rowOf(machine.key);
    const row: Node = { kind: 'branch', branch: this.branch.name, key: machine.key, path: ROOT };
    await this.ui.machinesView.reveal(row, { select: true, focus: true, expand: true });
  }

  async newFile(arg: unknown): Promise<void> {
    const place = await this.#settled(arg);
    const name = await this.#askName(l10n.t('New file'), l10n.t('Its name in {0}', printableName(place.path)));
    const path = joinPath(place.path, name);
    await this.#files(place.machine, (files) => files.write(path, Buffer.alloc(0), { create: true, ifExists: 'refuse' }));
    this.#changed(place, vscode.FileChangeType.Created, path);
    await vscode.commands.executeCommand('vscode.open', addressOf(place.machine, path));
  }

  async newFolder(arg: unknown): Promise<void> {
    const place = await this.#settled(arg);
    const name = await this.#askName(l10n.t('New folder'), l10n.t('Its name in {0}', printableName(place.path)));
    const path = joinPath(place.path, name);
    await this.#files(place.machine, (files) => files.makeFolder(path));
    this.#changed(place, vscode.FileChangeType.Created, path);
  }

  async rename(arg: unknown): Promise<void> {
    const place = this.#place(arg);
    const { folder, name } = splitPath(place.path);
    const typed = await this.#askName(l10n.t('Rename'), l10n.t('New name of {0}', nameOf(place)), printableName(name));
    if (typed === printableName(name)) return;
    const to = joinPath(folder, typed);
    await this.#files(place.machine, (files) => refuseTaken(files, to, place.machine));
    // By the editor's own hand, so that what is open of it goes with it.
    const uris = [place.path, to].map((path) => addressOf(place.machine, path));
    const [from, target] = uris;
    if (from && target) await vscode.workspace.fs.rename(from, target, { overwrite: false });
    this.branch.refresh(place.machine, parentOf(place.relative));
  }

  async remove(arg: unknown): Promise<void> {
    const place = this.#place(arg);
    const { machine, path } = place;
    const isFolder = place.listed?.entry.kind === 'directory';
    const what = isFolder ? await this.#count(machine, path) : undefined;
    const remove = l10n.t('Delete');
    const detail = [what, printableName(path), l10n.t('It is gone at once: the machine keeps no trash.')].filter(
      (line) => line !== undefined,
    );
    const question = l10n.t('Delete “{0}” from {1}?', nameOf(place), machine.name);
    mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail: detail.join('\n') }, remove), remove);
    await busy(l10n.t('Deleting {0}', nameOf(place)), () => this.#files(machine, (files) => files.remove(path, { recursive: isFolder })));
    this.#changed({ ...place, relative: parentOf(place.relative) }, vscode.FileChangeType.Deleted, path);
  }

  async changePermissions(arg: unknown): Promise<void> {
    const place = this.#place(arg);
    const { mode } = await this.#files(place.machine, (files) => files.stat(place.path));
    const items: Pick<number | undefined>[] = [...new Set([mode, ...COMMON_MODES])].map((value) => ({
      label: `${octal(value)}  ${modeText(value)}`,
      description: value === mode ? l10n.t('now') : modeWords(value),
      value,
    }));
    items.push({ label: `$(edit) ${l10n.t('Other…')}`, value: undefined });
    const asked = ask(l10n.t('Permissions of {0}', nameOf(place)));
    const chosen = await asked.pick({ placeholder: l10n.t('Who may read, write and run it?'), items });
    const like = l10n.t('Like 640 or rw-r-----');
    const validate = (text: string): string | undefined => (parseMode(text) === undefined ? like : undefined);
    const typed = chosen ?? parseMode(await asked.input({ prompt: like, value: octal(mode), validate }));
    if (typed === undefined || typed === mode) return;
    await this.#files(place.machine, (files) => files.setMode(place.path, typed));
    this.#changed({ ...place, relative: parentOf(place.relative) }, vscode.FileChangeType.Changed, place.path);
  }

  async copyPath(arg: unknown): Promise<void> {
    const { path } = await this.#settled(arg);
    await vscode.env.clipboard.writeText(path);
    vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Copied: {0}', printableName(path))}`, 4000);
  }

  refresh(arg: unknown): void {
    const node = branchNode(arg);
    const machine = this.#machine(node);
    const relative = node.path === ROOT ? '' : node.path.slice(node.path.indexOf(':') + 1);
    const listed = this.branch.place(machine, node.path)?.listed;
    const isFile = listed !== undefined && rowKind(listed.entry, listed.target) !== 'folder';
    this.branch.refresh(machine, isFile ? parentOf(relative) : relative);
  }

  showMore(arg: unknown): void {
    const node = branchNode(arg);
    this.branch.showMore(this.#machine(node), node.path.slice(node.path.indexOf(':') + 1));
  }

  async upload(arg: unknown): Promise<void> {
    const place = await this.#settled(arg);
    const label = l10n.t('Upload');
    const kind = await ask(l10n.t('Upload to {0}', printableName(place.path))).pick({
      placeholder: l10n.t('What?'),
      items: [
        { label: `$(file) ${l10n.t('Files…')}`, value: false },
        { label: `$(folder) ${l10n.t('A folder…')}`, value: true },
      ],
    });
    const uris = await vscode.window.showOpenDialog({
      canSelectFolders: kind,
      canSelectFiles: !kind,
      canSelectMany: !kind,
      openLabel: label,
    });
    if (!uris) throw new CancelledError();
    await this.take(place, { uris, files: [] });
  }

  /** What was dropped on a folder's row, or chosen for it: folders and files under their own names. */
  async take(place: FilePlace, dropped: Dropped): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      throw new SkylabError('This folder is not trusted, so nothing of it is sent to a machine.', {
        next: 'Trust it with “Workspaces: Manage Workspace Trust”, then try again.',
      });
    }
    const into = await this.#absolute(place);
    const folders: vscode.Uri[] = [];
    const files: vscode.Uri[] = [];
    for (const uri of dropped.uris) {
      const { type } = await vscode.workspace.fs.stat(uri);
      (type & vscode.FileType.Directory ? folders : files).push(uri);
    }
    for (const folder of folders) await uploadFolderAs(this.ui, place.machine, folder, joinPath(into.path, baseName(folder)));
    if (files.length + dropped.files.length > 0) await sendFiles(this.ui, into, { uris: files, files: dropped.files });
    this.branch.refresh(place.machine, place.relative);
  }

  async #isBinary({ machine, path }: FilePlace): Promise<boolean> {
    if (VIEWABLE.test(path)) return false;
    const start = await this.#files(machine, async (files) => {
      const file = await files.open(path);
      try {
        return await file.read(0, SNIFFED);
      } finally {
        await file.close();
      }
    });
    return start.includes(0);
  }

  /** "120 files and 3 folders, 4.2 MB"; a plain word where counting takes too long. */
  async #count(machine: Machine, path: string): Promise<string> {
    const script = 'find "$1" ! -type d | wc -l; find "$1" -mindepth 1 -type d | wc -l';
    const command = overPaths(['sh', '-c', script, 'count'], [encodeName(path)], 'count what is in the folder');
    try {
      const session = await this.ui.services.access.session(machine);
      const counts = await session.run(command, { timeoutMs: COUNT_MS });
      const [files = '?', folders = '?'] = counts.trim().split(/\s+/);
      return l10n.t('With it go {0} files and {1} folders in it.', files, folders);
    } catch (error) {
      if (!(error instanceof SkylabError) || error.code === 'ConnectionLost') throw error;
      return l10n.t('With it goes everything in it.');
    }
  }

  /** The folder that a command is for: of a row, or one that the person names on a machine. */
  async #folder(arg: unknown, title: string): Promise<{ machine: Machine; path: string }> {
    if (isNode(arg) && arg.kind === 'branch') {
      const place = await this.#settled(arg);
      return { machine: place.machine, path: place.path };
    }
    const machine = await chooseMachine(this.ui, arg, title);
    const prompt = l10n.t('Which folder of {0}? A path without / at its start counts from the login folder.', machine.name);
    const typed = (await ask(title).input({ prompt, value: '~' })).trim().replace(/^~\/?/, '');
    const path = await busy(l10n.t('Connecting to {0}', machine.name), (signal) =>
      withFiles(this.ui.services, machine, (files) => folderAt(files, typed === '' ? '.' : typed, machine), { signal, repeatable: true }),
    );
    return { machine, path };
  }

  #machine(node: BranchNode): Machine {
    const machine = this.ui.services.machines.get(node.key);
    if (!machine) throw new SkylabError('This machine is gone.', { next: 'Refresh the list.' });
    return machine;
  }

  #place(arg: unknown): FilePlace {
    const node = branchNode(arg);
    const place = this.branch.place(this.#machine(node), node.path);
    if (!place) throw new SkylabError('This file is no longer in the list.', { next: 'Refresh its folder.' });
    return place;
  }

  #settled(arg: unknown): Promise<FilePlace> {
    return this.#absolute(this.#place(arg));
  }

  /** The root row may not have been opened yet: then its folder is asked for now. */
  async #absolute(place: FilePlace): Promise<FilePlace> {
    return place.path === '.' ? { ...place, path: await this.branch.rootOf(place.machine) } : place;
  }

  #files<T>(machine: Machine, act: (files: RemoteFiles) => Promise<T>): Promise<T> {
    return withFiles(this.ui.services, machine, act);
  }

  #changed(folder: FilePlace, type: vscode.FileChangeType, path: string): void {
    this.fileSystem.tell(type, addressOf(folder.machine, path));
    this.branch.refresh(folder.machine, folder.relative);
  }

  #askName(title: string, prompt: string, value?: string): Promise<string> {
    return ask(title).input({ prompt, ...(value !== undefined && { value }), validate: nameProblem });
  }
}

type BranchNode = Extract<Node, { kind: 'branch' }>;

function branchNode(arg: unknown): BranchNode {
  if (isNode(arg) && arg.kind === 'branch') return arg;
  throw new SkylabError('This works on a row of a machine’s files.', { next: 'Open the machine’s Files in the Machines view.' });
}

async function folderAt(files: RemoteFiles, path: string, machine: Machine): Promise<string> {
  const absolute = await files.realPath(path);
  const { kind } = await files.stat(absolute);
  if (kind !== 'directory')
    throw new SkylabError(`${printableName(absolute)} on ${machine.name} is no folder.`, { next: 'Name a folder.' });
  return absolute;
}

async function refuseTaken(files: RemoteFiles, path: string, machine: Machine): Promise<void> {
  try {
    await files.lstat(path);
  } catch (error) {
    if (error instanceof SkylabError && error.code === 'RemoteFileNotFound') return;
    throw error;
  }
  throw new SkylabError(`${printableName(path)} is on ${machine.name} already.`, {
    code: 'RemoteFileExists',
    next: 'Choose another name.',
  });
}

function nameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return l10n.t('Type a name.');
  if (name.includes('/')) return l10n.t('A name holds no "/".');
  if (name.includes('\0')) return l10n.t('The name holds a control character.');
  return Buffer.byteLength(name) > 255 ? l10n.t('The name is too long: 255 bytes at most.') : undefined;
}

function modeWords(mode: number): string {
  const who = mode & 0o002 ? l10n.t('everyone writes') : mode & 0o020 ? l10n.t('owner and group write') : l10n.t('owner writes');
  const others = mode & 0o004 ? l10n.t('everyone reads') : mode & 0o040 ? l10n.t('group reads') : l10n.t('nobody else reads');
  return [who, others, mode & 0o100 ? l10n.t('can be run') : undefined].filter((word) => word !== undefined).join(', ');
}

const nameOf = (place: FilePlace): string => printableName(splitPath(place.path).name);
const parentOf = (relative: string): string => relative.slice(0, Math.max(0, relative.lastIndexOf('/')));
const baseName = (uri: vscode.Uri): string => uri.path.replace(/\/+$/, '').split('/').pop() ?? uri.path;
