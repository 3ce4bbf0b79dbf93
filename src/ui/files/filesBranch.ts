import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { isCancelled, sentenceOf } from '../../core/errors';
import { joinPath } from '../../core/remote/files';
import { printableName } from '../../core/transfer/names';
import { fileOrder, fileRow, rowKind } from '../model/fileRow';
import { filesRow } from './filesRow';
import { isReachable } from '../model/machineRow';
import type { Services } from '../services';
import type { Branch } from '../tree/branch';
import type { Dropped } from '../tree/drop';
import { treeItem } from '../tree/item';
import { ROOT } from '../tree/lazyBranch';
import type { Node } from '../tree/nodes';
import type { Listed } from './machineFiles';
import { addressOf, listFolder, withFiles } from './machineFiles';

/** Rows of one folder shown before "Show more". */
const PAGE = 500;
const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** A path of the branch: the root row, or `entry:`, `more:`, `error:` and a path relative to the root folder. */
type RowPath = string;

interface Folder {
  readonly rows: readonly Listed[];
  /** Rows shown. */
  limit: number;
}

/** What a row stands for. */
export interface FilePlace {
  readonly machine: Machine;
  /** Absolute path on the machine. */
  readonly path: string;
  /** Relative to the root folder; `''` is the root folder itself. */
  readonly relative: string;
  /** Undefined for the root folder. */
  readonly listed?: Listed;
}

/** The files of each machine below its row: folders are listed when they are opened. */
export class FilesBranch implements Branch {
  readonly name = 'files';
  readonly #changed = new vscode.EventEmitter<{ readonly key: MachineKey; readonly path?: RowPath }>();
  readonly onDidChange = this.#changed.event;
  /** Absolute paths: the login folders, and what the root row stands for instead where another folder was asked for. */
  readonly #homes = new Map<MachineKey, string>();
  readonly #chosen = new Map<MachineKey, string>();
  readonly #folders = new Map<string, Folder>();
  readonly #errors = new Map<string, string>();
  readonly #entries = new Map<string, Listed>();

  constructor(
    private readonly services: Services,
    private readonly take: (place: FilePlace, dropped: Dropped) => Promise<void>,
  ) {}

  children(machine: Machine, path: RowPath): readonly RowPath[] | Promise<readonly RowPath[]> {
    if (path === '') return isReachable(machine) ? [ROOT] : [];
    const relative = folderOf(path);
    return relative === undefined ? [] : this.#list(machine, relative);
  }

  parent(path: RowPath): RowPath {
    if (path === ROOT) return '';
    const relative = path.slice(path.indexOf(':') + 1);
    const folder = path.startsWith('entry:') ? relative.slice(0, Math.max(0, relative.lastIndexOf('/'))) : relative;
    return folder === '' ? ROOT : `entry:${folder}`;
  }

  item(machine: Machine, path: RowPath): vscode.TreeItem {
    const node: Node = { kind: 'branch', branch: this.name, key: machine.key, path };
    if (path === ROOT) return this.#rootItem(machine);
    const [kind, relative] = splitOnce(path);
    if (kind === 'more') return this.#moreItem(machine, relative, node);
    if (kind === 'error') return this.#errorItem(machine, relative, node);
    return this.#entryItem(machine, relative, node);
  }

  async drop(machine: Machine, path: RowPath, dropped: Dropped): Promise<void> {
    const row = path === ROOT || this.#isFolder(machine.key, path) ? path : this.parent(path);
    const place = this.place(machine, row);
    if (place) await this.take(place, dropped);
  }

  /** What a row of this branch stands for; undefined for one that stands for no file, or that has gone. */
  place(machine: Machine, path: RowPath): FilePlace | undefined {
    const root = this.#root(machine.key);
    if (path === ROOT) return { machine, path: root ?? '.', relative: '' };
    const [kind, relative] = splitOnce(path);
    const listed = this.#entries.get(id(machine.key, relative));
    if (kind !== 'entry' || root === undefined || !listed) return undefined;
    return { machine, path: joinPath(root, relative), relative, listed };
  }

  /** The root folder as an absolute path; connects where it is not known yet. */
  async rootOf(machine: Machine): Promise<string> {
    const known = this.#root(machine.key);
    if (known !== undefined) return known;
    const home = await withFiles(this.services, machine, (files) => files.realPath('.'), { repeatable: true });
    this.#homes.set(machine.key, home);
    return home;
  }

  /** Shows another folder below the root row. @param path absolute */
  setRoot(machine: Machine, path: string): void {
    this.#chosen.set(machine.key, path);
    this.refresh(machine, '');
  }

  /** Lists a folder anew, with all that is open below it. @param relative path of a folder */
  refresh(machine: Machine, relative: string): void {
    const prefix = id(machine.key, relative);
    for (const known of [this.#folders, this.#errors]) {
      for (const key of known.keys())
        if (relative === '' ? key.startsWith(prefix) : key === prefix || key.startsWith(`${prefix}/`)) known.delete(key);
    }
    this.#changed.fire({ key: machine.key, path: relative === '' ? ROOT : `entry:${relative}` });
  }

  /** A file was changed in the editor: its folder is listed anew where it is shown. @param path absolute */
  touched(machine: Machine, path: string): void {
    const root = this.#root(machine.key);
    if (root === undefined) return;
    const folder = path.slice(0, path.lastIndexOf('/')) || '/';
    const below = root === '/' ? root : `${root}/`;
    const relative = folder === root ? '' : folder.startsWith(below) ? folder.slice(below.length) : undefined;
    if (relative !== undefined && this.#folders.has(id(machine.key, relative))) this.refresh(machine, relative);
  }

  showMore(machine: Machine, relative: string): void {
    const folder = this.#folders.get(id(machine.key, relative));
    if (folder) folder.limit += PAGE;
    this.#changed.fire({ key: machine.key, path: relative === '' ? ROOT : `entry:${relative}` });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #root(key: MachineKey): string | undefined {
    return this.#chosen.get(key) ?? this.#homes.get(key);
  }

  async #list(machine: Machine, relative: string): Promise<readonly RowPath[]> {
    const key = id(machine.key, relative);
    try {
      const root = await this.rootOf(machine);
      const folder = this.#folders.get(key) ?? (await this.#read(machine, root, relative));
      const shown = folder.rows.slice(0, folder.limit).map(({ entry }) => `entry:${under(relative, entry.name)}`);
      return folder.rows.length > folder.limit ? [...shown, `more:${relative}`] : shown;
    } catch (error) {
      this.#errors.set(key, isCancelled(error) ? l10n.t('Not connected.') : sentenceOf(error));
      return [`error:${relative}`];
    }
  }

  async #read(machine: Machine, root: string, relative: string): Promise<Folder> {
    const path = relative === '' ? root : joinPath(root, relative);
    const listed = await withFiles(this.services, machine, (files) => listFolder(files, path), { repeatable: true });
    const order = fileOrder();
    const sorted = listed
      .map((one) => ({ one, kind: rowKind(one.entry, one.target), name: one.entry.name }))
      .sort(order)
      .map(({ one }) => one);
    for (const one of sorted) this.#entries.set(id(machine.key, under(relative, one.entry.name)), one);
    const folder = { rows: sorted, limit: PAGE };
    this.#folders.set(id(machine.key, relative), folder);
    this.#errors.delete(id(machine.key, relative));
    return folder;
  }

  #isFolder(key: MachineKey, path: RowPath): boolean {
    const listed = this.#entries.get(id(key, path.slice(path.indexOf(':') + 1)));
    return listed !== undefined && rowKind(listed.entry, listed.target) === 'folder';
  }

  #rootItem(machine: Machine): vscode.TreeItem {
    const root = this.#chosen.get(machine.key);
    return treeItem('', filesRow(machine, root === undefined ? undefined : printableName(root)), Collapsed);
  }

  #entryItem(machine: Machine, relative: string, node: Node): vscode.TreeItem {
    const listed = this.#entries.get(id(machine.key, relative));
    const root = this.#root(machine.key);
    if (!listed || root === undefined) return treeItem('', goneRow(), None);
    const row = fileRow(listed.entry, listed.target, l10n);
    const kind = rowKind(listed.entry, listed.target);
    const item = treeItem('', row, kind === 'folder' ? Collapsed : None);
    const path = joinPath(root, relative);
    item.tooltip = tooltip(path, listed);
    if (kind === 'other') return item;
    // The person's icon theme; links keep an icon of their own, so that they are told apart.
    item.resourceUri = addressOf(machine, path);
    if (listed.entry.kind !== 'symlink') item.iconPath = kind === 'folder' ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
    if (kind === 'file') item.command = { command: 'skylab.files.open', title: l10n.t('Open'), arguments: [node] };
    return item;
  }

  #moreItem(machine: Machine, relative: string, node: Node): vscode.TreeItem {
    const folder = this.#folders.get(id(machine.key, relative));
    const left = (folder?.rows.length ?? 0) - (folder?.limit ?? 0);
    const label = l10n.t('Show {0} more', Math.min(left, PAGE));
    const row = { label, description: l10n.t('{0} not shown', left), icon: { id: 'ellipsis' }, contextValue: 'files.more', aria: label };
    const item = treeItem('', row, None);
    item.command = { command: 'skylab.files.showMore', title: label, arguments: [node] };
    return item;
  }

  #errorItem(machine: Machine, relative: string, node: Node): vscode.TreeItem {
    const sentence = this.#errors.get(id(machine.key, relative)) ?? l10n.t('Not listed.');
    const icon = { id: 'error', color: 'list.errorForeground' };
    const item = treeItem(
      '',
      { label: sentence, description: l10n.t('try again'), icon, contextValue: 'files.error', aria: sentence },
      None,
    );
    item.tooltip = sentence;
    item.command = { command: 'skylab.files.refresh', title: l10n.t('Try Again'), arguments: [node] };
    return item;
  }
}

const id = (key: MachineKey, relative: string): string => `${key}\n${relative}`;
const under = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

/** The folder whose entries hang below a row; undefined where nothing does. */
function folderOf(path: RowPath): string | undefined {
  if (path === ROOT) return '';
  return path.startsWith('entry:') ? path.slice('entry:'.length) : undefined;
}

function splitOnce(path: RowPath): [string, string] {
  const at = path.indexOf(':');
  return [path.slice(0, at), path.slice(at + 1)];
}

function tooltip(path: string, { entry, target }: Listed): string {
  const shown = target ?? entry;
  const when = new Date(shown.mtime * 1000).toLocaleString(vscode.env.language);
  return [printableName(path), l10n.t('changed {0}', when), l10n.t('mode {0}', shown.mode.toString(8).padStart(3, '0'))].join('\n');
}

function goneRow(): Parameters<typeof treeItem>[1] {
  return { label: '', description: l10n.t('gone'), icon: { id: 'circle-slash' }, contextValue: 'gone', aria: l10n.t('gone') };
}
