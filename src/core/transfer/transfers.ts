import type { Memento } from '../cloud/ports';
import type { Disposable } from '../events';
import { Emitter } from '../events';
import { TransferSlots } from './slots';

/** A folder here and the folder on a machine that it is synced to, remembered. */
export interface SyncPair {
  readonly id: string;
  /** Absolute local folder. */
  readonly root: string;
  readonly machineKey: string;
  /** For when the machine is not listed. */
  readonly machineName: string;
  /** As the person gave it: absolute, or relative to the login folder. */
  readonly remoteDir: string;
  /** Whether what is not here any more is deleted there. */
  readonly deletes: boolean;
  /** Whether saving a file sends it. */
  readonly watching: boolean;
  /** Milliseconds since the epoch; absent before the first sync. */
  readonly syncedAt?: number;
}

/** An upload as it can be run again: a local folder, or files. */
export type UploadSource = { readonly folder: string } | { readonly files: readonly string[] };

/** A download as it can be run again. */
export interface DownloadSource {
  /** Absolute local path of what it makes. */
  readonly dest: string;
  readonly kind: 'file' | 'folder';
  readonly isPrivate: boolean;
}

/** A transfer that has ended. */
export interface TransferRecord {
  readonly id: string;
  readonly kind: 'upload' | 'sync' | 'download';
  /** What was transferred, as a person names it. */
  readonly what: string;
  readonly machineKey: string;
  readonly machineName: string;
  /** Where to (or, for a download, from where) on the machine. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  readonly ms: number;
  readonly files: number;
  readonly bytes: number;
  readonly outcome: 'done' | 'failed' | 'cancelled';
  /** The sentence of a failure. */
  readonly error?: string;
  /** The pair that it was a sync of. */
  readonly pairId?: string;
  readonly source?: UploadSource | DownloadSource;
}

const PAIRS = 'transfer.pairs';
const HISTORY = 'transfer.history';
const HISTORY_MAX = 50;

/** What is remembered of transfers: pairs of folders, and the last fifty that have ended. */
export class Transfers implements Disposable {
  readonly slots = new TransferSlots();
  readonly #changed = new Emitter<undefined>();
  readonly onChange = this.#changed.event;

  constructor(private readonly memento: Memento) {}

  pairs(): readonly SyncPair[] {
    return listOf(this.memento.get(PAIRS), isPair);
  }

  pair(id: string): SyncPair | undefined {
    return this.pairs().find((one) => one.id === id);
  }

  /** The pair of these two folders, where there is one. */
  find(root: string, machineKey: string, remoteDir: string): SyncPair | undefined {
    return this.pairs().find((one) => one.root === root && one.machineKey === machineKey && one.remoteDir === remoteDir);
  }

  async savePair(pair: SyncPair): Promise<void> {
    const pairs = this.pairs();
    const known = pairs.some((one) => one.id === pair.id);
    await this.#set(PAIRS, known ? pairs.map((one) => (one.id === pair.id ? pair : one)) : [...pairs, pair]);
  }

  async removePair(id: string): Promise<void> {
    await this.#set(
      PAIRS,
      this.pairs().filter((one) => one.id !== id),
    );
  }

  /** Newest first. */
  history(): readonly TransferRecord[] {
    return listOf(this.memento.get(HISTORY), isRecord);
  }

  async record(ended: TransferRecord): Promise<void> {
    await this.#set(HISTORY, [ended, ...this.history()].slice(0, HISTORY_MAX));
  }

  async clearHistory(): Promise<void> {
    await this.#set(HISTORY, []);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #set(key: string, value: readonly unknown[]): Promise<void> {
    await this.memento.set(key, value);
    this.#changed.fire(undefined);
  }
}

function listOf<T>(value: unknown, is: (one: unknown) => one is T): readonly T[] {
  return Array.isArray(value) ? value.filter(is) : [];
}

const hasTexts = (value: unknown, ...keys: string[]): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && keys.every((key) => typeof (value as Record<string, unknown>)[key] === 'string');

const isPair = (value: unknown): value is SyncPair => hasTexts(value, 'id', 'root', 'machineKey', 'machineName', 'remoteDir');

const isRecord = (value: unknown): value is TransferRecord =>
  hasTexts(value, 'id', 'kind', 'what', 'machineKey', 'machineName', 'path', 'outcome') && typeof value['endedAt'] === 'number';
