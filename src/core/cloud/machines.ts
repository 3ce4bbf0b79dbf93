import { systemClock, type Clock } from '../clock';
import { isCancelled, SkylabError } from '../errors';
import type { Disposable } from '../events';
import { Emitter } from '../events';
import type { Accounts } from './accounts';
import type { MachineCache } from './machineCache';
import { MachineTable } from './machineTable';
import type { Account, Instance, Machine, MachineKey } from './model';
import { givenKey, instanceKey } from './model';
import type { CloudProviders } from './ports';

/** What the last listing took. */
export interface Listing {
  /** Requests, one for each page. */
  readonly calls: number;
  /** Milliseconds. */
  readonly ms: number;
}

/** `at` is when what is shown was true, in milliseconds since the epoch; absent while nothing is. */
export type AccountStatus =
  | { readonly state: 'idle' }
  | { readonly state: 'loading'; readonly at?: number }
  | { readonly state: 'loaded'; readonly at: number; readonly last?: Listing }
  | { readonly state: 'failed'; readonly error: Error; readonly at?: number };

/** What changed, so that the tree repaints only that: a machine, an account's list or status, or the accounts. */
export type MachinesChange =
  | { readonly kind: 'machine'; readonly key: MachineKey }
  | { readonly kind: 'account'; readonly accountId: string }
  | { readonly kind: 'all' };

const POLL_MS = 3_000;
const LIST_MS = 30_000;
const LIST_MS_MOST = 300_000;
const TERMINATED_MS = 60_000;
/** Pages of a first listing are shown as they come, after the first one not more often than this. */
const PAGE_MS = 500;
/** A list is kept on disk so long after it changed, and again after it was kept for so long. */
const KEEP_MS = 2_000;
const KEPT_MS = 10 * 60_000;
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
  /** The list of an earlier window was looked for. */
  recalled: boolean;
  /** A page of this window's first listing is shown. */
  paged: boolean;
  /** When the list was last put on disk. */
  keptAt: number;
  keeping: Disposable | undefined;
}

/**
 * Every known machine. `refresh` lists an account once (paginated); while `setVisible(true)`, instances in transition are
 * polled by id every 3 s and accounts are listed anew every 30 s (backing off while throttled). Terminated instances leave after a minute.
 * The first listing shows its pages as they come, and before them what an earlier window kept.
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
    private readonly cache?: MachineCache,
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
    for (const state of this.#accounts.values()) state.keeping?.dispose();
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #list(account: Account): Promise<void> {
    const state = this.#stateOf(account.id);
    const listing = ++state.listing;
    const begun = this.clock.now();
    state.due = begun + state.every;
    const before = state.status;
    if (before.state === 'idle' || before.state === 'failed') this.#setStatus(account.id, state, { state: 'loading', ...asOf(before) });
    void this.#recall(account, state);
    const found: Instance[] = [];
    let calls = 0;
    let shownAt = -Infinity;
    try {
      const provider = await this.providers.for(account);
      for await (const page of provider.listInstances()) {
        if (!this.#isCurrent(account.id, state, listing)) return;
        calls++;
        found.push(...page);
        if (state.status.state !== 'loading') continue;
        state.paged = true;
        state.table.merge(page, begun);
        if (this.clock.now() - shownAt < PAGE_MS) continue;
        shownAt = this.clock.now();
        this.#changed.fire({ kind: 'account', accountId: account.id });
      }
    } catch (error) {
      if (this.#isCurrent(account.id, state, listing)) this.#listFailed(account.id, state, error);
      return;
    }
    if (!this.#isCurrent(account.id, state, listing)) return;
    state.every = LIST_MS;
    const now = this.clock.now();
    state.due = now + LIST_MS;
    const wasLoaded = state.status.state === 'loaded';
    state.status = { state: 'loaded', at: now, last: { calls, ms: now - begun } };
    const change = state.table.replace(found, begun);
    if (wasLoaded) this.#tell(account.id, change);
    else this.#changed.fire({ kind: 'account', accountId: account.id });
    if (!wasLoaded || change.list || change.machines.length > 0 || now - state.keptAt > KEPT_MS) this.#keep(account, state);
    this.#letTerminatedGo();
    this.#schedule();
  }

  /** Shows what an earlier window kept, until the cloud answers; once for each account. */
  async #recall(account: Account, state: AccountState): Promise<void> {
    if (state.recalled || this.cache === undefined) return;
    state.recalled = true;
    const kept = await this.cache.read(account);
    if (kept === undefined || state.paged || this.#disposed || this.#accounts.get(account.id) !== state) return;
    if (state.status.state !== 'loading' && state.status.state !== 'failed') return;
    state.table.merge(kept.instances, this.clock.now());
    state.status = { ...state.status, at: kept.at };
    this.#changed.fire({ kind: 'account', accountId: account.id });
  }

  /** Puts the list on disk in a while: changes come in bursts. */
  #keep(account: Account, state: AccountState): void {
    const { cache } = this;
    if (cache === undefined) return;
    state.keeping?.dispose();
    state.keeping = this.clock.after(KEEP_MS, () => {
      if (state.status.state !== 'loaded') return;
      state.keptAt = this.clock.now();
      const instances = state.table.sorted().flatMap((machine) => (machine.kind === 'instance' ? machine.instance : []));
      // It only serves to show something sooner: a disk that is full says so elsewhere.
      cache.write(account, { at: state.status.at, instances }).catch(() => undefined);
    });
  }

  #listFailed(accountId: string, state: AccountState, error: unknown): void {
    const throttled = error instanceof SkylabError && error.code === 'Throttled';
    state.every = throttled ? Math.min(state.every * 2, LIST_MS_MOST) : LIST_MS;
    state.due = this.clock.now() + state.every;
    this.#schedule();
    // A list that is shown stays while the cloud is only busy.
    if (throttled && state.status.state === 'loaded') return;
    if (isCancelled(error)) this.#setStatus(accountId, state, { state: 'idle' });
    else {
      const reason = error instanceof Error ? error : new Error(String(error));
      this.#setStatus(accountId, state, { state: 'failed', error: reason, ...asOf(state.status) });
    }
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
      state = { table: new MachineTable(), status: { state: 'idle' }, listing: 0, every: LIST_MS, due: 0, ...FRESH };
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

const FRESH = { recalled: false, paged: false, keptAt: 0, keeping: undefined };

function asOf(status: AccountStatus): { readonly at?: number } {
  return status.state === 'idle' || status.at === undefined ? {} : { at: status.at };
}
