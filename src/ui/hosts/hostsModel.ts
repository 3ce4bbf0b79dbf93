import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { keyProblems } from '../../core/ssh/config/keyFiles';
import type { Problem } from '../../core/ssh/config/problems';
import { depthProblems, fileProblems, orderProblems } from '../../core/ssh/config/problems';
import type { ConfigFile, ConfigTree, HostEntry } from '../../core/ssh/config/tree';
import { entriesOf, personFiles } from '../../core/ssh/config/tree';
import { Turns } from '../../core/ssh/config/turns';
import { shownText } from '../../core/ssh/config/words';
import { destination, hostRow } from '../model/hostRow';
import type { SshConfigServices } from '../services';
import { treeItem } from '../tree/item';
import type { Ui } from '../ui';
import { hoverOf } from './hostHover';
import type { EntryNode, HostNode } from './nodes';
import { hostNodeId } from './nodes';

/** Rows of one file that are shown at first, and further ones at a time. */
const PAGE = 500;
/** Milliseconds that a burst of changes on disk is collected. */
const SETTLE = 250;

/** What the SSH Hosts view shows: the person's configuration, read, with what is wrong in it. */
export class HostsModel implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #nodes = new Map<string, HostNode>();
  readonly #pages = new Map<string, number>();
  readonly #watchers = new Map<string, vscode.FileSystemWatcher>();
  #tree: ConfigTree | undefined;
  #entries = new Map<string, readonly HostEntry[]>();
  #problems = new Map<string, readonly Problem[]>();
  #loading: Promise<ConfigTree> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #filter = '';
  #found: ReadonlySet<HostEntry> = new Set();

  constructor(
    private readonly ui: Ui,
    readonly ssh: SshConfigServices,
  ) {}

  get filter(): string {
    return this.#filter;
  }

  /** Shows only rows that hold the text; an empty one shows all. */
  async setFilter(text: string): Promise<void> {
    this.#filter = text.trim().toLowerCase();
    await this.tree();
    await this.#search();
    this.#changed.fire();
  }

  /** What was read last; reads it where nothing was yet. */
  async tree(): Promise<ConfigTree> {
    return this.#tree ?? (await this.reload());
  }

  /** Reads everything anew. */
  reload(): Promise<ConfigTree> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  /** Rows at the top or below one; at once where the configuration has been read. */
  children(node?: HostNode): HostNode[] | Promise<HostNode[]> {
    const tree = this.#tree;
    if (tree === undefined) return this.reload().then(() => this.children(node));
    if (node === undefined) {
      const all = personFiles(tree);
      const [only] = all;
      // one sound file needs no row of its own
      if (only?.path === tree.root && all.length === 1 && this.#fileProblems(only).length === 0) return this.#rows(only);
      return all
        .filter((file) => this.#shown(file).length > 0 || (this.#filter === '' && this.#fileProblems(file).length > 0))
        .map((file) => this.#node({ kind: 'file', path: file.path }));
    }
    const file = node.kind === 'file' ? tree.files.get(node.path) : undefined;
    return file === undefined ? [] : this.#rows(file);
  }

  parent(node: HostNode): HostNode | undefined {
    return node.kind === 'file' ? undefined : this.#nodes.get(hostNodeId({ kind: 'file', path: node.path }));
  }

  showMore(file: string): void {
    this.#pages.set(file, (this.#pages.get(file) ?? PAGE) + PAGE);
    this.#changed.fire();
  }

  item(node: HostNode): vscode.TreeItem {
    const { None, Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    if (node.kind === 'more') {
      const item = new vscode.TreeItem(l10n.t('Show {0} more', PAGE), None);
      item.id = hostNodeId(node);
      item.command = { command: 'skylab.host.showMore', title: l10n.t('Show More'), arguments: [node] };
      return item;
    }
    const file = this.#tree?.files.get(node.path);
    if (file === undefined || this.#tree === undefined) return new vscode.TreeItem('', None);
    if (node.kind === 'file') {
      const item = treeItem(
        hostNodeId(node),
        this.#fileRow(file),
        file.path === this.#tree.root || this.#filter !== '' ? Expanded : Collapsed,
      );
      item.tooltip = [file.path, ...this.#fileProblems(file).map(({ message }) => message)].join('\n');
      return item;
    }
    const entry = this.entry(node);
    if (entry === undefined) return new vscode.TreeItem('', None);
    const item = treeItem(hostNodeId(node), hostRow(entry, this.#tree, this.problemsOf(entry), this.isGenerated(node.path), l10n), None);
    item.command = { command: 'skylab.host.reveal', title: l10n.t('Show in File'), arguments: [node] };
    return item;
  }

  /** What applies and from which lines, as ssh says; asked when the mouse rests on the row. */
  async hover(node: HostNode): Promise<vscode.MarkdownString | undefined> {
    const entry = node.kind === 'entry' ? this.entry(node) : undefined;
    return entry === undefined ? undefined : hoverOf(entry, await this.tree(), this.problemsOf(entry), this.ssh.oracle);
  }

  /** The entry that a row stands for, unless the file has changed under it. */
  entry(node: EntryNode): HostEntry | undefined {
    return this.#entries
      .get(node.path)
      ?.find(({ block, label, kind }) => block.index === node.block && label === node.label && kind === node.entry);
  }

  /** All entries that are named by patterns or by name, for a choice. */
  async nodes(wanted: (node: EntryNode) => boolean): Promise<readonly EntryNode[]> {
    await this.tree();
    return [...this.#entries.entries()].flatMap(([file, entries]) => entries.map((entry) => this.#entryNode(file, entry)).filter(wanted));
  }

  problemsOf({ file, block }: HostEntry): readonly Problem[] {
    return (this.#problems.get(file.path) ?? []).filter((problem) => problem.block === block.index);
  }

  isGenerated(file: string): boolean {
    return file === this.ssh.config.generated;
  }

  /** How many problems keep ssh from working at all. */
  errors(): number {
    return [...this.#problems.values()].flat().filter(({ severity }) => severity === 'error').length;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.dispose();
    this.#changed.dispose();
  }

  async #load(): Promise<ConfigTree> {
    const tree = await this.ssh.editor.load();
    const before = this.#tree;
    const same = before !== undefined && sameTexts(before, tree);
    this.#tree = tree;
    this.#entries = new Map(personFiles(tree).map((file) => [file.path, entriesOf(file)]));
    this.#watch(tree);
    await this.#search();
    // of a large configuration, rows come first and what is wrong with them later
    const count = [...this.#entries.values()].flat().length;
    if (!same && count > PAGE) {
      this.#problems = new Map();
      this.#changed.fire();
    }
    const problems = this.#findProblems(tree, same);
    if (count <= PAGE) await problems;
    else void this.ui.errors.run(() => problems);
    return tree;
  }

  /** @param quiet nothing else has changed: rows are painted anew only where the problems differ */
  async #findProblems(tree: ConfigTree, quiet: boolean): Promise<void> {
    const problems = new Map<string, readonly Problem[]>();
    const deep = depthProblems(tree);
    for (const file of personFiles(tree)) {
      const own = [...(await fileProblems(file, tree)), ...deep.filter((one) => one.path === file.path)];
      const order = this.isGenerated(file.path) ? [] : await orderProblems(file, tree);
      const keys = await keyProblems(file, tree, (key) => this.ssh.config.inspect(key));
      problems.set(file.path, [...own, ...order, ...keys]);
    }
    if (this.#tree !== tree) return;
    const differ = textOf(problems) !== textOf(this.#problems);
    this.#problems = problems;
    if (differ || !quiet) this.#changed.fire();
  }

  async #search(): Promise<void> {
    const found = new Set<HostEntry>();
    const tree = this.#tree;
    const turns = new Turns();
    for (const entry of this.#filter === '' || tree === undefined ? [] : [...this.#entries.values()].flat()) {
      await turns.next();
      const where = tree !== undefined && entry.kind === 'host' ? destination(tree, entry.label) : '';
      if (`${shownText(entry.label)} ${where}`.toLowerCase().includes(this.#filter)) found.add(entry);
    }
    this.#found = found;
  }

  #rows(file: ConfigFile): HostNode[] {
    const shown = this.#shown(file);
    const limit = this.#pages.get(file.path) ?? PAGE;
    const rows: HostNode[] = shown.slice(0, limit).map((entry) => this.#entryNode(file.path, entry));
    return shown.length > limit ? [...rows, this.#node({ kind: 'more', path: file.path })] : rows;
  }

  #shown(file: ConfigFile): readonly HostEntry[] {
    const entries = this.#entries.get(file.path) ?? [];
    return this.#filter === '' ? entries : entries.filter((entry) => this.#found.has(entry));
  }

  #fileProblems(file: ConfigFile): readonly Problem[] {
    return (this.#problems.get(file.path) ?? []).filter(({ block }) => block === 0);
  }

  #fileRow(file: ConfigFile): Parameters<typeof treeItem>[1] {
    const label = displayPath(file.path, this.ui.services.homeDir);
    const problems = this.#fileProblems(file);
    const broken = problems.some(({ severity }) => severity === 'error');
    const count = l10n.t('{0} entries', this.#shown(file).length);
    const managed = this.isGenerated(file.path) ? [l10n.t('by Skylab')] : [];
    const description = [count, ...managed, ...(problems[0] ? [problems[0].message] : [])].join(' · ');
    const icon = broken ? { id: 'error', color: 'list.errorForeground' } : { id: problems.length > 0 ? 'warning' : 'file' };
    return { label, description, icon, contextValue: `sshConfigFile${broken ? '.broken' : ''}`, aria: `${label}, ${description}` };
  }

  #entryNode(file: string, { kind, label, block }: HostEntry): EntryNode {
    return this.#node({ kind: 'entry', path: file, block: block.index, entry: kind, label });
  }

  /** One object per row: the editor tells rows apart by identity. */
  #node<T extends HostNode>(node: T): T {
    const id = hostNodeId(node);
    const known = this.#nodes.get(id);
    if (known?.kind === node.kind) return known as T;
    this.#nodes.set(id, node);
    return node;
  }

  #watch(tree: ConfigTree): void {
    const folders = new Set([path.dirname(tree.root), ...personFiles(tree).map((file) => path.dirname(file.path))]);
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(folder), '*'));
      const soon = (uri: vscode.Uri): void => {
        if (/\.(?:lock|skylab-tmp)|known_hosts/.test(uri.path)) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.ui.errors.run(() => this.reload()), SETTLE);
      };
      watcher.onDidChange(soon);
      watcher.onDidCreate(soon);
      watcher.onDidDelete(soon);
      this.#watchers.set(folder, watcher);
    }
  }
}

/** A path with the home folder as `~`. */
export function displayPath(file: string, homeDir: string): string {
  return file.startsWith(homeDir + path.sep) ? `~${file.slice(homeDir.length).replaceAll('\\', '/')}` : file;
}

function sameTexts(a: ConfigTree, b: ConfigTree): boolean {
  return (
    a.files.size === b.files.size &&
    [...a.files].every(([file, { text, mode }]) => b.files.get(file)?.text === text && b.files.get(file)?.mode === mode)
  );
}

function textOf(problems: ReadonlyMap<string, readonly Problem[]>): string {
  return [...problems].map(([file, list]) => `${file}\n${list.map(({ line, message }) => `${line} ${message}`).join('\n')}`).join('\n');
}
