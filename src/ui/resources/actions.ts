import { l10n } from 'vscode';
import type { Account, Machine } from '../../core/cloud/model';
import { instanceKey } from '../../core/cloud/model';
import type { Volume } from '../../core/cloud/resources/ports';
import { nameOf, type Resource } from '../../core/cloud/resources/stock';
import type { ResourceKind } from '../../core/cloud/resources/usage';
import { SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { chooseAccount, chooseMachine, inState } from '../commands/choose';
import { machineRow } from '../model/machineRow';
import { resourceRow } from '../model/resourceRow';
import { busy } from '../notifications';
import type { Pick } from '../quick/wizard';
import { ask } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { ResourceActs } from '../../core/cloud/resources/acts';
import type { Ui } from '../ui';
import { isResourceNode } from './nodes';
import type { ResourcesModel } from './resourcesModel';

export type Of<K extends ResourceKind> = Extract<Resource, { readonly kind: K }>;
export type InstanceMachine = Extract<Machine, { readonly kind: 'instance' }>;
interface Chosen<K extends ResourceKind> {
  readonly account: Account;
  readonly items: readonly Of<K>[];
}

/** What the acts of the Resources view share: finding what they are for, following what they start. */
export class ResourceDesk {
  constructor(
    readonly ui: Ui,
    readonly model: ResourcesModel,
    readonly acts: ResourceActs,
  ) {}

  /** The account of the row or machine that a command was called on, the only one, or the person's choice. */
  account(arg: unknown, title: string): Promise<Account> {
    if (isNode(arg) && 'key' in arg) return Promise.resolve(this.accountOf(arg.key.slice(0, arg.key.lastIndexOf('/'))));
    return chooseAccount(this.ui, isResourceNode(arg) ? arg.accountId : arg, title);
  }

  accountOf(accountId: string): Account {
    return this.ui.services.accounts.need(accountId);
  }

  /**
   * The rows that a command was called on, or the person's choice among those that fit.
   * @param selection all selected rows, where the view hands them over
   */
  async choose<K extends ResourceKind>(
    kind: K,
    [arg, selection]: readonly unknown[],
    title: string,
    wanted: (item: Of<K>) => boolean = () => true,
  ): Promise<Chosen<K>> {
    const rows = (Array.isArray(selection) && selection.length > 0 ? (selection as unknown[]) : [arg]).filter(isResourceNode);
    const mine = rows.flatMap((row) => (row.kind === 'resource' && row.of === kind ? [row] : []));
    const [first] = mine;
    if (first === undefined) return this.#pick(kind, arg, title, wanted);
    const account = this.accountOf(first.accountId);
    const ids = new Set(mine.filter(({ accountId }) => accountId === account.id).map(({ id }) => id));
    const items = this.#listed(account, kind).filter((one) => ids.has(one.id) && wanted(one));
    if (items.length === 0) throw unfit();
    return { account, items };
  }

  /** One of a kind. @throws SkylabError when none fits */
  async chooseOne<K extends ResourceKind>(
    kind: K,
    args: readonly unknown[],
    title: string,
    wanted?: (item: Of<K>) => boolean,
  ): Promise<{ readonly account: Account; readonly item: Of<K> }> {
    const { account, items } = await this.choose(kind, args.slice(0, 1), title, wanted);
    const [item] = items;
    if (item === undefined) throw unfit();
    return { account, item };
  }

  /** Everything of a kind, loaded first where nobody has looked yet. */
  async load<K extends ResourceKind>(account: Account, kind: K): Promise<readonly Of<K>[]> {
    await busy(l10n.t('Loading {0}', this.model.kindName(kind)), () => this.model.stock.load(account.id, kind));
    const status = this.model.stock.status(account.id, kind);
    if (status.state === 'failed') throw status.error;
    return this.#listed(account, kind);
  }

  /** A pick among resources, with what their rows say. */
  async pick<K extends ResourceKind>(account: Account, items: readonly Of<K>[], title: string, placeholder: string): Promise<Of<K>> {
    if (items.length === 0) throw unfit();
    return ask(title).pick({ placeholder, items: items.map((value) => ({ ...this.text(account, value), value })) });
  }

  /** Label and description of a resource in a pick. */
  text(account: Account, resource: Resource): { readonly label: string; readonly description: string } {
    const row = resourceRow(resource, this.model.useOf(account.id, resource), this.model.costOf(account.id, resource), l10n);
    return { label: `$(${row.icon.id}) ${row.label}`, description: row.description };
  }

  /** Follows an operation to its end, then shows what became of the kinds it touched. @returns true when it was done */
  async follow(account: Account, operation: Operation, kinds: readonly ResourceKind[], retry?: () => unknown): Promise<boolean> {
    const options = { progress: true, showLog: (one: Operation) => this.ui.documents.showLog(one) };
    const done = await this.ui.notifications.follow(operation, retry === undefined ? options : { ...options, retry });
    await this.refresh(account, kinds);
    return done;
  }

  async refresh(account: Account, kinds: readonly ResourceKind[]): Promise<void> {
    const seen = kinds.filter((kind) => this.model.stock.status(account.id, kind).state !== 'idle');
    await Promise.all(seen.map((kind) => this.model.stock.refresh(account.id, kind)));
  }

  /** The account's machines, listed first where nobody has looked yet. */
  async machines(account: Account): Promise<readonly InstanceMachine[]> {
    const { machines } = this.ui.services;
    if (machines.status(account.id).state !== 'loaded') await busy(l10n.t('Listing machines'), () => machines.refresh(account.id));
    return machines.of(account.id).flatMap((machine) => (machine.kind === 'instance' ? [machine] : []));
  }

  /** From where this computer reaches the world. @throws SkylabError `NoPublicAddress` */
  myAddresses(): Promise<readonly string[]> {
    return busy(l10n.t('Finding out your address'), (signal) => this.acts.groups.myAddresses(signal));
  }

  /** The machine that has a disk, as far as it is known. */
  machineWith(account: Account, volume: Volume): InstanceMachine | undefined {
    const id = volume.attachment?.instanceId;
    const machine = id === undefined ? undefined : this.ui.services.machines.get(instanceKey(account.id, id));
    return machine?.kind === 'instance' ? machine : undefined;
  }

  async #pick<K extends ResourceKind>(kind: K, arg: unknown, title: string, wanted: (item: Of<K>) => boolean): Promise<Chosen<K>> {
    const account = await this.account(arg, title);
    const items = (await this.load(account, kind)).filter(wanted);
    return { account, items: [await this.pick(account, items, title, l10n.t('Choose one'))] };
  }

  #listed<K extends ResourceKind>(account: Account, kind: K): readonly Of<K>[] {
    return this.model.stock.list(account.id, kind).filter((one): one is Of<K> => one.kind === kind);
  }
}

/** The machine that a command was called on, if it was one. @throws SkylabError when it is neither running nor stopped */
export async function machineOf(desk: ResourceDesk, arg: unknown, title: string): Promise<InstanceMachine | undefined> {
  if (!isNode(arg) || arg.kind !== 'machine') return undefined;
  const machine = await chooseMachine(desk.ui, arg, title, { wanted: inState('running', 'stopped') });
  return machine.kind === 'instance' ? machine : undefined;
}

/** Machines as a pick shows them. */
export function machineItems(machines: readonly InstanceMachine[]): readonly Pick<InstanceMachine>[] {
  return machines.map((value) => {
    const row = machineRow(value, undefined, Date.now(), l10n);
    return { label: `$(${row.icon.id}) ${row.label}`, description: row.description, value };
  });
}

/** "a, b and 3 more", for questions. */
export function namesOf(items: readonly Resource[]): string {
  const names = items.slice(0, 5).map(nameOf).join(', ');
  return items.length > 5 ? l10n.t('{0} and {1} more', names, items.length - 5) : names;
}

function unfit(): SkylabError {
  return new SkylabError('There is nothing that this can be done with.', { next: 'Refresh the Resources view.', code: 'NothingFits' });
}
