import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { Account } from '../../core/cloud/model';
import type { Prices } from '../../core/cloud/money/ports';
import type { MonthlyCost } from '../../core/cloud/resources/costs';
import { monthlyCost, sumOf } from '../../core/cloud/resources/costs';
import { singleRules } from '../../core/cloud/resources/rules';
import { nameOf, type Resource, type ResourceStock } from '../../core/cloud/resources/stock';
import type { ResourceKind, Use } from '../../core/cloud/resources/usage';
import { sentenceOf } from '../../core/errors';
import type { Fact } from '../model/markdown';
import { kindRow, kindText, resourceRow, resourceTooltip, ruleRow } from '../model/resourceRow';
import type { Services } from '../services';
import { treeItem } from '../tree/item';
import type { ResourceNode } from './nodes';
import { resourceNodeId } from './nodes';

/** Rows of one kind shown before "Show more": a tree sends every child to the screen at once. */
const PAGE = 500;
const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** The kinds that an account's cloud has, in the order of the view. */
export function kindsOf(account: Account): readonly ResourceKind[] {
  const can = capabilitiesOf(account);
  return [
    'keyPairs',
    ...(can.securityGroups ? (['groups'] as const) : []),
    ...(can.volumes ? (['volumes'] as const) : []),
    ...(can.addresses ? (['addresses'] as const) : []),
    ...(can.createImage || can.uploadImage ? (['images'] as const) : []),
    ...(can.snapshots ? (['snapshots'] as const) : []),
  ];
}

/** What the Resources view shows: the stock, a filter, and how many rows of each kind. */
export class ResourcesModel implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #nodes = new Map<string, ResourceNode>();
  readonly #shown = new Map<string, number>();
  readonly #subscription: { dispose(): void };
  #filter = '';
  #onlyUnused = false;

  constructor(
    private readonly services: Services,
    readonly stock: ResourceStock,
    private readonly prices: Pick<Prices, 'storage' | 'address'>,
  ) {
    this.#subscription = stock.onChange(() => this.#changed.fire());
  }

  get filter(): string {
    return this.#filter;
  }

  get onlyUnused(): boolean {
    return this.#onlyUnused;
  }

  /** @param text part of a name, id, zone or user; empty for all */
  setFilter(text: string, onlyUnused: boolean): void {
    this.#filter = text.trim();
    this.#onlyUnused = onlyUnused;
    this.#shown.clear();
    this.#changed.fire();
  }

  async children(node?: ResourceNode): Promise<ResourceNode[]> {
    const { accounts } = this.services;
    if (node === undefined) return accounts.list().map((account) => this.#node({ kind: 'resourceAccount', accountId: account.id }));
    const { accountId } = node;
    const account = accounts.get(accountId);
    if (account === undefined) return [];
    switch (node.kind) {
      case 'resourceAccount':
        return kindsOf(account).map((of) => this.#node({ kind: 'resourceKind', accountId, of }));
      case 'resourceKind':
        await this.stock.load(accountId, node.of);
        return this.#rows(accountId, node.of);
      case 'resource': {
        const group = this.stock.find(accountId, node.of, node.id);
        if (group?.kind !== 'groups') return [];
        return singleRules(group.item.rules).map((_, index) => this.#node({ kind: 'resourceRule', accountId, group: group.id, index }));
      }
      default:
        return [];
    }
  }

  parent(node: ResourceNode): ResourceNode | undefined {
    const { accountId } = node;
    switch (node.kind) {
      case 'resourceAccount':
        return undefined;
      case 'resourceKind':
        return this.#node({ kind: 'resourceAccount', accountId });
      case 'resourceRule':
        return this.#node({ kind: 'resource', accountId, of: 'groups', id: node.group });
      default:
        return this.#node({ kind: 'resourceKind', accountId, of: node.of });
    }
  }

  item(node: ResourceNode): vscode.TreeItem {
    const id = resourceNodeId(node);
    const { accountId } = node;
    const account = this.services.accounts.get(accountId);
    switch (node.kind) {
      case 'resourceAccount': {
        const [label, region] = [account?.name ?? '', account?.region ?? ''];
        const row = { label, description: region, icon: { id: 'cloud' }, contextValue: 'resourceAccount', aria: `${label}, ${region}` };
        return treeItem(id, row, this.services.accounts.list().length === 1 ? Expanded : Collapsed);
      }
      case 'resourceKind':
        return treeItem(id, this.#kindRow(accountId, node.of), Collapsed);
      case 'resource': {
        const found = this.stock.find(accountId, node.of, node.id);
        if (found === undefined) return new vscode.TreeItem('');
        const row = resourceRow(found, this.useOf(accountId, found), this.costOf(accountId, found), l10n, vscode.env.language);
        return treeItem(id, row, found.kind === 'groups' && found.item.rules.length > 0 ? Collapsed : None);
      }
      case 'resourceRule': {
        const group = this.stock.find(accountId, 'groups', node.group);
        const rule = group?.kind === 'groups' ? singleRules(group.item.rules)[node.index] : undefined;
        if (rule === undefined) return new vscode.TreeItem('');
        return treeItem(
          id,
          ruleRow(rule, (groupId) => this.groupName(accountId, groupId), l10n),
          None,
        );
      }
      case 'resourceMore': {
        const left = this.#matching(accountId, node.of).length - this.#limit(accountId, node.of);
        const label = l10n.t('Show {0} more', Math.min(left, PAGE));
        const row = { label, description: l10n.t('{0} not shown', left), icon: { id: 'ellipsis' }, contextValue: 'more', aria: label };
        const item = treeItem(id, row, None);
        item.command = { command: 'skylab.resources.showMore', title: label, arguments: [node] };
        return item;
      }
      case 'resourceProblem': {
        const status = this.stock.status(accountId, node.of);
        const sentence = status.state === 'failed' ? sentenceOf(status.error) : '';
        const icon = { id: 'error', color: 'list.errorForeground' };
        const item = treeItem(id, { label: sentence, description: '', icon, contextValue: 'problem', aria: sentence }, None);
        item.tooltip = sentence;
        return item;
      }
    }
  }

  /** The hover is made when it is asked for: whether a private key is here is read from the disk. */
  async hover(node: ResourceNode): Promise<vscode.MarkdownString | undefined> {
    if (node.kind !== 'resource') return undefined;
    const found = this.stock.find(node.accountId, node.of, node.id);
    if (found === undefined) return undefined;
    const use = this.useOf(node.accountId, found);
    const more: readonly Fact[] = found.kind === 'keyPairs' ? [await this.#privateKey(found.id)] : [];
    const cost = this.costOf(node.accountId, found);
    return new vscode.MarkdownString(resourceTooltip(found, use, cost, l10n, vscode.env.language, more));
  }

  showMore(accountId: string, of: ResourceKind): void {
    this.#shown.set(`${accountId} ${of}`, this.#limit(accountId, of) + PAGE);
    this.#changed.fire();
  }

  useOf(accountId: string, resource: Resource): Use {
    return this.stock.useOf(accountId, resource);
  }

  costOf(accountId: string, resource: Resource): MonthlyCost | undefined {
    const account = this.services.accounts.get(accountId);
    if (account === undefined || !capabilitiesOf(account).prices) return undefined;
    return monthlyCost(resource, this.stock.inventory(accountId), this.prices, account.region);
  }

  groupName(accountId: string, id: string): string {
    const group = this.stock.find(accountId, 'groups', id);
    return group === undefined ? id : nameOf(group);
  }

  /** The first kind that does not match a click on a row twice: rows are told apart by identity. */
  #node(node: ResourceNode): ResourceNode {
    const id = resourceNodeId(node);
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    this.#nodes.set(id, node);
    return node;
  }

  #rows(accountId: string, of: ResourceKind): ResourceNode[] {
    if (this.stock.status(accountId, of).state === 'failed') return [this.#node({ kind: 'resourceProblem', accountId, of })];
    const all = this.#matching(accountId, of);
    const limit = this.#limit(accountId, of);
    const rows = all.slice(0, limit).map(({ id }) => this.#node({ kind: 'resource', accountId, of, id }));
    return all.length > limit ? [...rows, this.#node({ kind: 'resourceMore', accountId, of })] : rows;
  }

  #limit(accountId: string, of: ResourceKind): number {
    return this.#shown.get(`${accountId} ${of}`) ?? PAGE;
  }

  #matching(accountId: string, of: ResourceKind): readonly Resource[] {
    const all = this.stock.list(accountId, of);
    if (this.#filter === '' && !this.#onlyUnused) return all;
    const wanted = this.#filter.toLowerCase();
    return all.filter((one) => {
      const use = this.useOf(accountId, one);
      if (this.#onlyUnused && use.state !== 'unused') return false;
      const users = use.state === 'used' ? use.by.map(({ name }) => name) : [];
      const zone = one.kind === 'volumes' ? one.item.zone : '';
      return [nameOf(one), one.id, zone, ...users].some((text) => text.toLowerCase().includes(wanted));
    });
  }

  #kindRow(accountId: string, of: ResourceKind): ReturnType<typeof kindRow> {
    const all = this.stock.list(accountId, of);
    const filtered = this.#filter !== '' || this.#onlyUnused;
    const summary = {
      status: this.stock.status(accountId, of),
      count: all.length,
      shown: filtered ? this.#matching(accountId, of).length : undefined,
      unused: all.filter((one) => this.useOf(accountId, one).state === 'unused').length,
      cost: sumOf(all.map((one) => this.costOf(accountId, one))),
    };
    return kindRow(of, summary, l10n, vscode.env.language);
  }

  async #privateKey(name: string): Promise<Fact> {
    const file = await this.services.identities.find(name);
    return [l10n.t('Private key'), file ?? l10n.t('not on this computer')];
  }

  /** What a kind is called, for titles. */
  kindName(of: ResourceKind): string {
    return kindText(of, l10n);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}
