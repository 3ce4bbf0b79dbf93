import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { isRunning } from '../../core/operations/operations';
import type { OperationView } from '../../shared/operation';
import { accountProblem, accountRow, accountTooltip, groupRow, machineRow, machineTooltip, runningCount } from '../model/machineRow';
import { operationRow } from '../model/operationRow';
import type { Services } from '../services';
import { Arrangement, PAGE } from './arrangement';
import type { Branch } from './branch';
import { Repaints, treeItem } from './item';
import type { Node } from './nodes';
import { GIVEN, nodeId, NodePool } from './nodes';
import type { RowNotes } from './notes';
import { Checks } from './checks';

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** Accounts, their machines and what other areas show below these. */
export class MachinesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #pool = new NodePool();
  readonly #repaints = new Repaints<Node | undefined>((node) => this.#changed.fire(node));
  readonly #subscriptions: { dispose(): void }[];
  /** What is shown, and below which rows. */
  readonly arrangement: Arrangement;
  /** Machines with a check mark, while machines are being chosen. */
  readonly checks = new Checks();
  /** Operation id -> the row on which its progress stood last. */
  readonly #progressRow = new Map<string, string>();
  /** Account id -> how many machines run by the account's row as it was last painted. */
  readonly #running = new Map<string, number>();
  readonly #branches = new Map<string, Branch>();
  readonly #notes: RowNotes[] = [];

  constructor(private readonly services: Services) {
    this.arrangement = new Arrangement(services.machines, (id) => services.accounts.get(id));
    this.#subscriptions = [
      this.arrangement.onChange(() => this.#repaints.add(undefined)),
      this.checks.onChange(() => this.#repaints.add(undefined)),
      services.accounts.onChange(() => this.#repaints.add(undefined)),
      services.machines.onChange((change) => {
        if (change.kind === 'all') this.#repaints.add(undefined);
        else if (change.kind === 'account') this.#repaintParent(change.accountId);
        else this.#repaintMachine(change.key);
      }),
      services.operations.onChange((view) => this.#onOperation(view)),
    ];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const id = nodeId(node);
    switch (node.kind) {
      case 'account': {
        const account = this.services.accounts.get(node.accountId);
        if (!account) return gone(id);
        const machines = this.services.machines.of(account.id);
        this.#running.set(account.id, runningCount(machines));
        const notes = said(this.#notes.map((one) => one.account(account.id, machines)));
        return treeItem(id, accountRow(account, this.services.machines.status(account.id), machines, l10n, notes), Expanded);
      }
      case 'given':
        return treeItem(id, givenRow(), Expanded);
      case 'group': {
        const machines = this.arrangement.group(node.accountId, node.value);
        const notes = said(this.#notes.map((one) => one.account(node.accountId, machines)));
        const item = treeItem(id, groupRow(node.value, this.arrangement.grouping, machines, l10n, notes), Expanded);
        return this.checks.mark(item, machines);
      }
      case 'machine': {
        const machine = this.services.machines.get(node.key);
        if (!machine) return gone(id);
        const branches = [...this.#branches.values()];
        const unfolded = branches.some((one) => one.startsUnfolded?.(node.key) === true);
        const below = unfolded ? Expanded : branches.length > 0 ? Collapsed : None;
        const notes = said(this.#notes.map((one) => one.machine(machine)));
        const item = treeItem(id, machineRow(machine, this.operationOn(node.key), Date.now(), l10n, notes, this.#isPlain(machine)), below);
        return this.checks.mark(item, [machine]);
      }
      case 'launching': {
        const operation = this.services.operations.list().find((one) => one.view.id === node.operationId);
        if (!operation) return gone(id);
        const item = treeItem(id, { ...operationRow(operation.view, Date.now(), l10n), contextValue: 'launching' }, None);
        item.command = { command: 'skylab.showOperationLog', title: l10n.t('Show Log'), arguments: [node.operationId] };
        return item;
      }
      case 'branch': {
        const machine = this.services.machines.get(node.key);
        const branch = this.#branches.get(node.branch);
        if (!machine || !branch) return gone(id);
        const item = branch.item(machine, node.path);
        item.id = id;
        return item;
      }
      case 'problem': {
        const sentence = accountProblem(this.services.machines.status(node.accountId)) ?? '';
        const icon = { id: 'error', color: 'list.errorForeground' };
        const item = treeItem(id, { label: sentence, description: '', icon, contextValue: 'problem', aria: sentence }, None);
        item.tooltip = sentence;
        return item;
      }
      case 'more': {
        const left = this.#rows(node.parent, node.group).length - this.arrangement.limit(node.parent, node.group);
        const label = l10n.t('Show {0} more', Math.min(left, PAGE));
        const row = { label, description: l10n.t('{0} not shown', left), icon: { id: 'ellipsis' }, contextValue: 'more', aria: label };
        const item = treeItem(id, row, None);
        item.command = { command: 'skylab.showMore', title: label, arguments: [node] };
        return item;
      }
    }
  }

  /** The hover is made when it is asked for: it reads the ssh entries. */
  async resolveTreeItem(item: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    if (node.kind === 'account') {
      const account = this.services.accounts.get(node.accountId);
      const status = this.services.machines.status(node.accountId);
      const machines = this.services.machines.of(node.accountId);
      if (account) item.tooltip = new vscode.MarkdownString(accountTooltip(account, status, machines, Date.now(), l10n));
    }
    if (node.kind !== 'machine') return item;
    const machine = this.services.machines.get(node.key);
    if (!machine) return item;
    const hostKeyAlias = machine.kind === 'instance' ? machine.instance.id : machine.given.target.hostKeyAlias;
    // The hover tells what it can: an unreadable ssh file is said when it is needed.
    const targets = await this.services.hostEntries.list().catch(() => []);
    const target = targets.find((one) => one.hostKeyAlias === hostKeyAlias);
    const facts = (await Promise.all(this.#notes.map(async (one) => one.facts(machine)))).flat();
    item.tooltip = new vscode.MarkdownString(machineTooltip(machine, target, l10n, vscode.env.language, facts));
    return item;
  }

  getChildren(node?: Node): Node[] | Promise<Node[]> {
    if (!node) return this.#roots();
    switch (node.kind) {
      case 'account':
        return this.#accountChildren(node.accountId);
      case 'given':
        return this.#page(GIVEN);
      case 'group':
        return this.#page(node.accountId, node.value);
      case 'machine':
        return this.#machineChildren(node.key);
      case 'branch':
        return this.#repaints.after(node, this.#branchRows(node.branch, node.key, node.path));
      default:
        return [];
    }
  }

  getParent(node: Node): Node | undefined {
    switch (node.kind) {
      case 'machine':
        return this.#parentOf(node.key);
      case 'branch': {
        const path = this.#branches.get(node.branch)?.parent(node.path) ?? '';
        return this.#pool.of(path === '' ? { kind: 'machine', key: node.key } : { ...node, path });
      }
      case 'launching':
      case 'problem':
        return this.#pool.of({ kind: 'account', accountId: node.accountId });
      case 'more':
        return node.group === undefined ? this.#parentNode(node.parent) : this.#groupNode(node.parent, node.group);
      case 'group':
        return this.#parentNode(node.accountId);
      default:
        return undefined;
    }
  }

  #isPlain(machine: Machine): boolean {
    const account = machine.kind === 'instance' ? this.services.accounts.get(machine.instance.accountId) : undefined;
    return account !== undefined && !capabilitiesOf(account).attributes;
  }

  /** The running operation whose progress stands on this machine's row. */
  operationOn(key: MachineKey): OperationView | undefined {
    return this.services.operations.list().find((one) => one.view.machineKey === key && isRunning(one.view))?.view;
  }

  /** The row of a machine, made visible even when it stands on a later page or a filter hides it. */
  rowOf(key: MachineKey): Node {
    const parent = parentId(key);
    const machine = this.services.machines.get(key);
    if (machine !== undefined) {
      if (this.arrangement.hides(machine, parent)) this.arrangement.setFilter('');
      if (this.arrangement.reach(machine, parent)) this.#repaintParent(parent);
    }
    return this.#pool.of({ kind: 'machine', key });
  }

  showMore(parent: string, group?: string): void {
    this.arrangement.showMore(parent, group);
    this.#repaintParent(parent);
  }

  /** Hangs another area's rows below the machines. */
  addBranch(branch: Branch): void {
    this.#branches.set(branch.name, branch);
    this.#subscriptions.push(
      branch.onDidChange(({ key, path = '' }) => {
        const node = path === '' ? { kind: 'machine' as const, key } : { kind: 'branch' as const, branch: branch.name, key, path };
        this.#repaints.add(this.#pool.of(node));
      }),
    );
    this.#repaints.add(undefined);
  }

  /** Lets another area say something on the rows of machines and accounts. */
  addNotes(notes: RowNotes): void {
    this.#notes.push(notes);
    this.#subscriptions.push(
      notes.onDidChange((key) => {
        if (key === undefined) this.#repaints.add(undefined);
        else this.#repaintMachine(key);
      }),
    );
  }

  branch(name: string): Branch | undefined {
    return this.#branches.get(name);
  }

  /** Ages move on. */
  tick(): void {
    this.#repaints.add(undefined);
  }

  dispose(): void {
    this.#repaints.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.arrangement.dispose();
    this.checks.dispose();
    this.#changed.dispose();
  }

  #roots(): Node[] {
    const accounts = this.services.accounts.list().map((account) => this.#pool.of({ kind: 'account', accountId: account.id }));
    return this.services.accounts.givenMachines().length > 0 ? [...accounts, this.#pool.of({ kind: 'given' })] : accounts;
  }

  #accountChildren(accountId: string): Node[] {
    const problem = accountProblem(this.services.machines.status(accountId));
    const launching = this.services.operations
      .list()
      .filter(({ view }) => view.kind === 'launch' && view.accountId === accountId && view.machineKey === undefined && isRunning(view))
      .map(({ view }) => this.#pool.of({ kind: 'launching', operationId: view.id, accountId }));
    return [
      ...(problem === undefined ? [] : [this.#pool.of({ kind: 'problem', accountId })]),
      ...launching,
      ...this.#machineRows(accountId),
    ];
  }

  async #machineChildren(key: MachineKey): Promise<Node[]> {
    const rows = await Promise.all([...this.#branches.keys()].map((name) => this.#branchRows(name, key, '')));
    return rows.flat();
  }

  async #branchRows(name: string, key: MachineKey, path: string): Promise<Node[]> {
    const machine = this.services.machines.get(key);
    const branch = this.#branches.get(name);
    if (!machine || !branch) return [];
    const paths = await branch.children(machine, path);
    return paths.map((one) => this.#pool.of({ kind: 'branch', branch: name, key, path: one }));
  }

  /** An account's machines, or their groups. */
  #machineRows(accountId: string): Node[] {
    this.arrangement.painted(accountId);
    const groups = this.arrangement.groups(accountId);
    return groups?.map(({ value }) => this.#groupNode(accountId, value)) ?? this.#page(accountId);
  }

  #rows(parent: string, group: string | undefined): readonly Machine[] {
    return group === undefined ? this.arrangement.of(parent) : this.arrangement.group(parent, group);
  }

  #page(parent: string, group?: string): Node[] {
    const machines = this.#rows(parent, group);
    const limit = this.arrangement.limit(parent, group);
    const rows = machines.slice(0, limit).map((machine) => this.#pool.of({ kind: 'machine', key: machine.key }));
    if (machines.length <= limit) return rows;
    return [...rows, this.#pool.of({ kind: 'more', parent, ...(group !== undefined && { group }) })];
  }

  #onOperation(view: OperationView): void {
    const row = view.machineKey === undefined ? `launching:${view.id}` : `machine:${view.machineKey}`;
    const before = this.#progressRow.get(view.id);
    const structureChanged = before !== row || !isRunning(view);
    if (isRunning(view)) this.#progressRow.set(view.id, row);
    else this.#progressRow.delete(view.id);
    if (view.kind === 'launch' && view.accountId !== undefined && structureChanged) this.#repaintParent(view.accountId);
    else {
      const node = this.#pool.find(row);
      if (node) this.#repaints.add(node);
    }
  }

  /** The account's row counts what runs: it is painted anew, with its rows, only where that number has changed. */
  #repaintMachine(key: MachineKey): void {
    const parent = parentId(key);
    const painted = this.#running.get(parent);
    const machine = this.services.machines.get(key);
    if (machine !== undefined && this.arrangement.moved(machine, parent)) this.#repaintParent(parent);
    else if (painted !== undefined && painted !== runningCount(this.services.machines.of(parent))) this.#repaintParent(parent);
    else this.#repaints.add(this.#pool.of({ kind: 'machine', key }));
  }

  #repaintParent(id: string): void {
    this.#repaints.add(id === GIVEN && this.services.accounts.givenMachines().length === 0 ? undefined : this.#parentNode(id));
  }

  #parentOf(key: MachineKey): Node {
    const parent = parentId(key);
    const machine = this.services.machines.get(key);
    const group = machine === undefined ? undefined : this.arrangement.groupOf(machine);
    return group === undefined ? this.#parentNode(parent) : this.#groupNode(parent, group);
  }

  #groupNode(accountId: string, value: string): Node {
    return this.#pool.of({ kind: 'group', accountId, value });
  }

  #parentNode(id: string): Node {
    return this.#pool.of(id === GIVEN ? { kind: 'given' } : { kind: 'account', accountId: id });
  }
}

const said = (notes: readonly (string | undefined)[]): string[] =>
  notes.flatMap((note) => (note === undefined || note === '' ? [] : [note]));

const parentId = (key: MachineKey): string => key.slice(0, key.lastIndexOf('/'));

function givenRow(): Parameters<typeof treeItem>[1] {
  const label = l10n.t('Machines I was given');
  return { label, description: '', icon: { id: 'organization' }, contextValue: 'givenGroup', aria: label };
}

/** Painted when what it stood for has just gone; the next repaint removes it. */
function gone(id: string): vscode.TreeItem {
  return treeItem(
    id,
    { label: '', description: l10n.t('gone'), icon: { id: 'circle-slash' }, contextValue: 'gone', aria: l10n.t('gone') },
    None,
  );
}
