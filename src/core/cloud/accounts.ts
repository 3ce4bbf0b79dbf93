import type { Disposable } from '../events';
import { Emitter } from '../events';
import type { SshTarget } from '../ssh/model';
import type { Account, GivenMachine } from './model';
import type { AccessKeys, CloudProviders, KeyVault, Memento } from './ports';

/** The accounts and given machines that the person added; the order is theirs. Changes are durable before `onChange` fires. */
export class Accounts implements Disposable {
  readonly #changed = new Emitter<void>();
  readonly onChange = this.#changed.event;

  constructor(
    private readonly memento: Memento,
    private readonly vault: KeyVault,
    private readonly providers: CloudProviders,
  ) {}

  list(): readonly Account[] {
    throw new Error(`not built yet ${String(this.memento)}`);
  }

  get(id: string): Account | undefined {
    throw new Error(`not built yet ${id}`);
  }

  /** Proves the account with one call, then keeps it (and its keys). @throws SkylabError: nothing is kept */
  add(account: Account, keys?: AccessKeys): Promise<void> {
    throw new Error(`not built yet ${account.id} ${String(keys)} ${String(this.vault)} ${String(this.providers)}`);
  }

  remove(id: string): Promise<void> {
    throw new Error(`not built yet ${id}`);
  }

  givenMachines(): readonly GivenMachine[] {
    throw new Error('not built yet');
  }

  addGiven(name: string, target: SshTarget): Promise<GivenMachine> {
    throw new Error(`not built yet ${name} ${target.alias}`);
  }

  removeGiven(id: string): Promise<void> {
    throw new Error(`not built yet ${id}`);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
