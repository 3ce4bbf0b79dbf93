import { SkylabError } from '../errors';
import type { Disposable } from '../events';
import { Emitter } from '../events';
import { isAlias } from '../ssh/alias';
import type { SshTarget } from '../ssh/model';
import type { Account, GivenMachine } from './model';
import type { AccessKeys, CloudProviders, KeyVault, Memento } from './ports';

const ACCOUNTS = 'skylab.accounts';
const GIVEN = 'skylab.givenMachines';

/** The accounts and given machines that the person added; the order is theirs. Changes are durable before `onChange` fires. */
export class Accounts implements Disposable {
  readonly #changed = new Emitter<void>();
  readonly onChange = this.#changed.event;
  /** Changes run one after the other: each reads what the one before it wrote. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly memento: Memento,
    private readonly vault: KeyVault,
    private readonly providers: CloudProviders,
  ) {}

  list(): readonly Account[] {
    return read(this.memento, ACCOUNTS, isAccount);
  }

  get(id: string): Account | undefined {
    return this.list().find((account) => account.id === id);
  }

  /** As `get`. @throws SkylabError `NoSuchAccount` */
  need(id: string): Account {
    const account = this.get(id);
    if (account !== undefined) return account;
    throw new SkylabError('This account is no longer in Skylab.', { next: 'Add it again, or choose another.', code: 'NoSuchAccount' });
  }

  /**
   * Proves the account with one call, then keeps it (and its keys). An account of the same id is replaced, in its place.
   * @throws SkylabError: nothing is kept, and what was there before stays
   */
  add(account: Account, keys?: AccessKeys): Promise<void> {
    return this.#inTurn(async () => {
      checkAccount(account);
      const before = keys === undefined ? undefined : await this.vault.get(account.id);
      if (keys !== undefined) await this.vault.set(account.id, keys);
      this.providers.forget(account.id);
      try {
        const provider = await this.providers.for(account);
        await provider.check();
      } catch (error) {
        this.providers.forget(account.id);
        if (keys !== undefined) await (before === undefined ? this.vault.delete(account.id) : this.vault.set(account.id, before));
        throw error;
      }
      const all = this.list();
      const known = all.some((a) => a.id === account.id);
      await this.memento.set(ACCOUNTS, known ? all.map((a) => (a.id === account.id ? account : a)) : [...all, account]);
      this.#changed.fire();
    });
  }

  /** The same account in another region, with the same keys or profile. Proves it as `add` does. @returns the new account */
  async addRegion(id: string, newId: string, region: string): Promise<Account> {
    const account = this.need(id);
    const keys = account.kind === 'profile' ? undefined : await this.vault.get(id);
    const other: Account = { ...account, id: newId, region };
    await this.add(other, keys);
    return other;
  }

  /** Reads the account's credentials anew at its next request, such as after a sign-in. */
  renew(id: string): void {
    this.providers.forget(id);
  }

  /** Forgets the account and its keys; what runs in the cloud stays. */
  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const rest = this.list().filter((account) => account.id !== id);
      await this.memento.set(ACCOUNTS, rest);
      await this.vault.delete(id);
      this.providers.forget(id);
      this.#changed.fire();
    });
  }

  givenMachines(): readonly GivenMachine[] {
    return read(this.memento, GIVEN, isGiven);
  }

  /** Keeps a machine without a cloud. Its id is the target's `hostKeyAlias`; adding the same again replaces it. */
  addGiven(name: string, target: SshTarget): Promise<GivenMachine> {
    return this.#inTurn(async () => {
      const given: GivenMachine = { id: target.hostKeyAlias, name, target };
      const rest = this.givenMachines().filter((other) => other.id !== given.id);
      await this.memento.set(GIVEN, [...rest, given]);
      this.#changed.fire();
      return given;
    });
  }

  removeGiven(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const rest = this.givenMachines().filter((given) => given.id !== id);
      await this.memento.set(GIVEN, rest);
      this.#changed.fire();
    });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function checkAccount(account: Account): void {
  if (!/^[A-Za-z0-9-]+$/.test(account.region))
    throw new SkylabError(`“${account.region}” is not a region.`, { next: 'Type one such as us-east-1.', code: 'WrongRegion' });
  if (account.kind !== 'endpoint') return;
  const protocol = URL.canParse(account.endpoint) ? new URL(account.endpoint).protocol : '';
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new SkylabError(`“${account.endpoint}” is not a web address.`, {
      next: 'Type the endpoint with its protocol, such as https://cloud.example.edu:4567.',
      code: 'BadEndpoint',
    });
}

/** What an older or newer version wrote and cannot be read is left out, not an error: the person can add it again. */
function read<T>(memento: Memento, key: string, valid: (value: unknown) => value is T): readonly T[] {
  const kept = memento.get<unknown>(key);
  return Array.isArray(kept) ? kept.filter(valid) : [];
}

function hasText(value: unknown, ...keys: readonly string[]): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && keys.every((key) => typeof Reflect.get(value, key) === 'string');
}

function isAccount(value: unknown): value is Account {
  if (!hasText(value, 'id', 'name', 'region', 'kind')) return false;
  switch (value['kind']) {
    case 'profile':
      return hasText(value, 'profile');
    case 'endpoint':
      return hasText(value, 'endpoint');
    default:
      return value['kind'] === 'keys';
  }
}

function isGiven(value: unknown): value is GivenMachine {
  if (!hasText(value, 'id', 'name')) return false;
  const target = value['target'];
  return (
    hasText(target, 'alias', 'hostName', 'user', 'hostKeyAlias') && typeof target['port'] === 'number' && isAlias(String(target['alias']))
  );
}
