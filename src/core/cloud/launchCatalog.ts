import { causeChain } from '../errors';
import type { Log } from '../log';
import type { LaunchOptions } from './launch';
import type { Account } from './model';

/** Keeps the last offers of each account on disk. Adapter: adapters/files/keptOffers.ts. */
export interface KeptOffers {
  /** @returns what was kept under the name, or undefined; what cannot be read is undefined, too */
  read(name: string): Promise<unknown>;
  write(name: string, value: unknown): Promise<void>;
}

interface Kept {
  readonly version: number;
  readonly account: Account;
  readonly options: LaunchOptions;
}

/** Grows when the shape of LaunchOptions changes: what another version has kept is not read. */
const VERSION = 1;

/**
 * What accounts offer for a launch, as it was last read: a form that opens with it need not wait for the cloud.
 * Holds names, sizes and rules, and neither keys nor passwords.
 */
export class LaunchCatalog {
  readonly #read = new Map<string, { readonly account: Account; readonly options: LaunchOptions }>();

  /** @param ask reads from the cloud. @throws SkylabError when it cannot be asked */
  constructor(
    private readonly ask: (accountId: string, signal?: AbortSignal) => Promise<LaunchOptions>,
    private readonly kept: KeptOffers,
    private readonly log: Log,
  ) {}

  /** What was last read of the account, also by an earlier window; undefined where its region or endpoint changed since. */
  async known(account: Account): Promise<LaunchOptions | undefined> {
    const read = this.#read.get(account.id) ?? (await this.#ofEarlierWindow(account.id));
    if (read === undefined || JSON.stringify(read.account) !== JSON.stringify(account)) return undefined;
    this.#read.set(account.id, read);
    return read.options;
  }

  /** Asks the cloud, and keeps the answer. @throws SkylabError when it cannot be asked */
  async refresh(account: Account, signal?: AbortSignal): Promise<LaunchOptions> {
    const options = await this.ask(account.id, signal);
    this.#read.set(account.id, { account, options });
    const kept: Kept = { version: VERSION, account, options };
    // The form does not wait for the disk, and goes without it.
    this.kept
      .write(account.id, kept)
      .catch((error: unknown) => this.log.warn(`The offers of ${account.name} are not kept: ${causeChain(error)}`));
    return options;
  }

  async #ofEarlierWindow(accountId: string): Promise<Kept | undefined> {
    const value = await this.kept.read(accountId);
    return isKept(value) ? value : undefined;
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { version, account, options } = value as Partial<Record<keyof Kept, unknown>>;
  return version === VERSION && typeof account === 'object' && account !== null && typeof options === 'object' && options !== null;
}
