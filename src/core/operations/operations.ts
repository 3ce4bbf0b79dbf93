import type { CreatedResource, OperationKind, OperationView } from '../../shared/operation';
import type { Disposable } from '../events';
import { Emitter } from '../events';
import type { Log } from '../log';
import type { Step } from './step';

export interface OperationSpec<C> {
  readonly kind: OperationKind;
  readonly title: string;
  readonly accountId?: string;
  readonly machineKey?: string;
  readonly steps: readonly Step<C>[];
  readonly context: C;
}

/** How an operation ended. Never rejects: the error is inside. */
export type Outcome = { readonly kind: 'done' } | { readonly kind: 'cancelled' } | { readonly kind: 'failed'; readonly error: Error };

export interface Operation {
  readonly view: OperationView;
  readonly onChange: (listener: (view: OperationView) => void) => Disposable;
  /** All log lines so far. */
  readonly log: readonly string[];
  readonly outcome: Promise<Outcome>;
  /** Ties the operation to the machine that it made. */
  setMachine(machineKey: string): void;
  cancel(): void;
}

/** What is on disk of an operation that has not ended. */
export interface LedgerRecord {
  readonly id: string;
  readonly kind: OperationKind;
  readonly title: string;
  readonly accountId?: string;
  readonly startedAt: number;
  readonly pid: number;
  readonly created: readonly CreatedResource[];
}

/** One small file per unfinished operation, written whole. */
export interface Ledger {
  save(record: LedgerRecord): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<readonly LedgerRecord[]>;
}

/** Every operation of this window: running ones and the recent history. */
export class Operations implements Disposable {
  readonly #changed = new Emitter<OperationView>();
  readonly onChange = this.#changed.event;

  constructor(
    private readonly ledger: Ledger,
    private readonly logTo: Log,
  ) {}

  list(): readonly Operation[] {
    throw new Error('not built yet');
  }

  /** Runs the steps in order; see Step for what failure and cancel do. */
  start<C>(spec: OperationSpec<C>): Operation {
    throw new Error(`not built yet ${spec.title} ${String(this.ledger)} ${String(this.logTo)}`);
  }

  /** Records left by windows that are gone: what may be cleaned up. */
  leftovers(): Promise<readonly LedgerRecord[]> {
    throw new Error('not built yet');
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
