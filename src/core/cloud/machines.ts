import { systemClock, type Clock } from '../clock';
import { isCancelled, SkylabError } from '../errors';
import type { Disposable } from '../events';
import { Emitter } from '../events';
import type { Accounts } from './accounts';
import { MachineTable } from './machineTable';
import type { Account, Instance, Machine, MachineKey } from './model';
import { givenKey, instanceKey } from './model';
import type { CloudProviders } from './ports';

export type AccountStatus =
  | { readonly state: 'idle' }
  | { readonly state: 'loading' }
  | { readonly state: 'loaded'; readonly at: number }
  | { readonly state: 'failed'; readonly error: Error };

/** What changed, so that the tree repaints only that: a machine, an account's list or status, or the accounts. */
export type MachinesChange =
  | { readonly kind: 'machine'; readonly key: MachineKey }
  | { readonly kind: 'account'; readonly accountId: string }
  | { readonly kind: 'all' };

const POLL_MS = 3_000;
const LIST_MS = 30_000;
const LIST_MS_MOST = 300_000;
const TERMINATED_MS = 60_000;
/** A change of this many machines is told as one change of the account. */
const MANY = 50;

interface AccountState {
  readonly table: MachineTable;
  status: AccountStatus;
  /** The newest listing that was begun. */
  listing: number;
  /** Milliseconds between listings while visible; longer while throttled. */
  every: number;
  /** When to list anew while visible. */
  due: number;
}

/**
 * Every known machine. `refresh` lists an account once (paginated); while `setVisible(true)`, instances in transition are
 * polled by id every 3 s and accounts are listed anew every 30 s (backing off while throttled). Terminated instances leave after a minute.
 * A listing that was overtaken by a newer one is dropped; a refresh that changed nothing fires nothing.
 */
export class Machines implements Disposable {
  readonly #changed = new Emitter<MachinesChange>();
  readonly onChange = this.#changed.event;
  readonly #accounts = new Map<string, AccountState>();
  readonly #subscription: Disposable;
  readonly #leaving = new Map<MachineKey, Disposable>();
  #given: readonly Machine[] | undefined;
  #visible = false;
  #disposed = false;
  #timer: Disposable | undefined;

  constructor(
    private readonly accounts: Accounts,
    private readonly providers: CloudProviders,
    private readonly clock: Clock = systemClock,
  ) {
    this.#subscription = accounts.onChange(() => this.#accountsChanged());
  }

  /** Machines of one account (or `given`), sorted by name. */
  of(accountId: string): readonly Machine[] {
    if (accountId === 'given') return this.#givenMachines();
    return this.#accounts.get(accountId)?.table.sorted() ?? [];
  }

  get(key: MachineKey): Machine | undefined {
    const accountId = key.slice(0, key.lastIndexOf('/'));
    if (accountId === 'given') return this.#givenMachines().find((machine) => machine.key === key);
    return this.#accounts.get(accountId)?.table.get(key);
  }

  /** The account of a machine. @throws SkylabError when it was removed meanwhile */
  accountOf(accountId: string): Account {
    return this.accounts.need(accountId);
  }

  status(accountId: string): AccountStatus {
    return this.#accounts.get(accountId)?.status ?? { state: 'idle' };
  }

  /** Lists anew; one account or all. Never rejects: failures become the account's status. */
  async refresh(accountId?: string): Promise<void> {
    const wanted = this.accounts.list().filter((account) => accountId === undefined || account.id === accountId);
    await Promise.all(wanted.map((account) => this.#list(account)));
  }

  /** Takes what another use case just learnt (a launch, a lifecycle act). */
  upsert(instances: readonly Instance[]): void {
    const byAccount = new Map<string, Instance[]>();
    for (const instance of instances) {
      const group = byAccount.get(instance.accountId);
      if (group === undefined) byAccount.set(instance.accountId, [instance]);
      else group.push(instance);
    }
    for (const [accountId, group] of byAccount) {
      const state = this.#stateOf(accountId);
      this.#tell(accountId, state.table.upsert(group, this.clock.now()));
    }
    this.#letTerminatedGo();
    this.#schedule();
  }

  setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#schedule();
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    for (const leaving of this.#leaving.values()) leaving.dispose();
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #list(account: Account): Promise<void> {
    const state = this.#stateOf(account.id);
    const listing = ++state.listing;
    const begun = this.clock.now();
    state.due = begun + state.every;
    if (state.status.state === 'idle' || state.status.state === 'failed') this.#setStatus(account.id, state, { state: 'loading' });
    const found: Instance[] = [];
    try {
      const provider = await this.providers.for(account);
      for await (const page of provider.listInstances()) {
        if (!this.#isCurrent(account.id, state, listing)) return;
        found.push(...page);
      }
    } catch (error) {
      if (this.#isCurrent(account.id, state, listing)) this.#listFailed(account.id, state, error);
      return;
    }
    if (!this.#isCurrent(account.id, state, listing)) return;
    state.every = LIST_MS;
    state.due = this.clock.now() + LIST_MS;
    const wasLoaded = state.status.state === 'loaded';
    state.status = { state: 'loaded', at: this.clock.now() };
    const change = state.table.replace(found, begun);
    if (wasLoaded) this.#tell(account.id, change);
    else this.#changed.fire({ kind: 'account', accountId: account.id });
    this.#letTerminatedGo();
    this.#schedule();
  }

  #listFailed(accountId: string, state: AccountState, error: unknown): void {
    const throttled = error instanceof SkylabError && error.code === 'Throttled';
    state.every = throttled ? Math.min(state.every * 2, LIST_MS_MOST) : LIST_MS;
    state.due = this.clock.now() + state.every;
    this.#schedule();
    // A list that is shown stays while the cloud is only busy.
    if (throttled && state.status.state === 'loaded') return;
    if (isCancelled(error)) this.#setStatus(accountId, state, { state: 'idle' });
    else this.#setStatus(accountId, state, { state: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
  }

  #isCurrent(accountId: string, state: AccountState, listing: number): boolean {
    return !this.#disposed && state.listing === listing && this.#accounts.get(accountId) === state;
  }

  #setStatus(accountId: string, state: AccountState, status: AccountStatus): void {
    const same = status.state === 'failed' && state.status.state === 'failed' && state.status.error.message === status.error.message;
    state.status = status;
    if (!same) this.#changed.fire({ kind: 'account', accountId });
  }

  #tell(accountId: string, change: { readonly list: boolean; readonly machines: readonly MachineKey[] }): void {
    if (change.list || change.machines.length > MANY) this.#changed.fire({ kind: 'account', accountId });
    else for (const key of change.machines) this.#changed.fire({ kind: 'machine', key });
  }

  #stateOf(accountId: string): AccountState {
    let state = this.#accounts.get(accountId);
    if (state === undefined) {
      state = { table: new MachineTable(), status: { state: 'idle' }, listing: 0, every: LIST_MS, due: 0 };
      this.#accounts.set(accountId, state);
    }
    return state;
  }

  #accountsChanged(): void {
    const known = new Set(this.accounts.list().map((account) => account.id));
    for (const id of this.#accounts.keys()) if (!known.has(id)) this.#accounts.delete(id);
    this.#given = undefined;
    this.#changed.fire({ kind: 'all' });
    this.#schedule();
  }

  #givenMachines(): readonly Machine[] {
    this.#given ??= this.accounts
      .givenMachines()
      .map((given): Machine => ({ kind: 'given', key: givenKey(given.id), name: given.name, given }))
      .sort((a, b) => a.name.localeCompare(b.name));
    return this.#given;
  }

  #letTerminatedGo(): void {
    for (const [accountId, state] of this.#accounts)
      for (const id of state.table.terminated()) {
        const key = instanceKey(accountId, id);
        if (this.#leaving.has(key)) continue;
        const leave = () => {
          this.#leaving.delete(key);
          if (state.table.remove(key)) this.#changed.fire({ kind: 'account', accountId });
        };
        this.#leaving.set(key, this.clock.after(TERMINATED_MS, leave));
      }
  }

  /** One timer for the next thing to do while the view is visible. */
  #schedule(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (!this.#visible || this.#disposed) return;
    const known = this.accounts.list();
    if (known.length === 0) return;
    const now = this.clock.now();
    const inTransition = [...this.#accounts.values()].some((state) => state.table.inTransition().length > 0);
    const nextListing = Math.min(...known.map((account) => this.#stateOf(account.id).due));
    const wait = Math.max(0, Math.min(nextListing - now, inTransition ? POLL_MS : Infinity));
    this.#timer = this.clock.after(wait, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const now = this.clock.now();
    await Promise.all(
      this.accounts.list().map((account) => (this.#stateOf(account.id).due <= now ? this.#list(account) : this.#poll(account))),
    );
    this.#schedule();
  }

  /** Looks at the instances in transition. What fails here shows at the next listing. */
  async #poll(account: Account): Promise<void> {
    const state = this.#stateOf(account.id);
    const ids = state.table.inTransition();
    if (ids.length === 0) return;
    const begun = this.clock.now();
    try {
      const provider = await this.providers.for(account);
      const found = await provider.describeInstances(ids);
      if (this.#disposed || this.#accounts.get(account.id) !== state) return;
      this.#tell(account.id, state.table.update(found, begun));
      this.#letTerminatedGo();
    } catch (error) {
      if (error instanceof SkylabError && error.code === 'Throttled') state.due = Math.max(state.due, this.clock.now() + state.every);
    }
  }
}
