import { randomUUID } from 'node:crypto';
import type { CreatedResource, OperationKind, OperationView } from '../../shared/operation';
import type { Disposable } from '../events';
import { Emitter } from '../events';
import type { Log } from '../log';
import { RunningOperation } from './run';
import type { Step } from './step';

export interface OperationSpec<C> {
  readonly kind: OperationKind;
  readonly title: string;
  readonly accountId?: string;
  readonly machineKey?: string;
  readonly steps: readonly Step<C>[];
  readonly context: C;
  /**
   * Words a failure once everything was undone, so that it tells the state that things are in.
   * @param error why a step failed; undefined when the person canceled and only the undoing failed
   * @param undoError the first failure of undoing
   */
  readonly explain?: (context: C, error: unknown, undoError: unknown) => Error;
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

/** What is on disk of an operation that has not ended, or that ended with something left behind. */
export interface LedgerRecord {
  readonly id: string;
  readonly kind: OperationKind;
  readonly title: string;
  readonly accountId?: string;
  /** The machine that it works on; absent in records of earlier versions. */
  readonly machineKey?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The process that runs it; a record whose process is gone is a leftover. */
  readonly pid: number;
  readonly created: readonly CreatedResource[];
}

/** One small file per unfinished operation, written whole. */
export interface Ledger {
  save(record: LedgerRecord): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<readonly LedgerRecord[]>;
}

/** Ended operations kept in memory for the Activity view. */
const HISTORY = 50;

/** Every operation of this window: running ones and the recent history. */
export class Operations implements Disposable {
  readonly #changed = new Emitter<OperationView>();
  readonly onChange = this.#changed.event;
  #operations: RunningOperation[] = [];

  /** @param isAlive whether a process id belongs to a living process; another window's operations are no leftovers */
  constructor(
    private readonly ledger: Ledger,
    private readonly logTo: Log,
    private readonly isAlive: (pid: number) => boolean = processIsAlive,
  ) {}

  /** Newest first. */
  list(): readonly Operation[] {
    return this.#operations;
  }

  /** Runs the steps in order; see Step for what failure and cancel do. */
  start<C>(spec: OperationSpec<C>): Operation {
    const operation = new RunningOperation(randomUUID(), spec, this.ledger, this.logTo, (view) => this.#changed.fire(view));
    this.#operations = [operation, ...this.#operations];
    this.#changed.fire(operation.view);
    void operation.run(spec).then(() => this.#trim());
    return operation;
  }

  /** Records left by windows that are gone: what may be cleaned up. */
  async leftovers(): Promise<readonly LedgerRecord[]> {
    const here = new Set(this.#operations.filter((o) => isRunning(o.view)).map((o) => o.view.id));
    const records = await this.ledger.list();
    return records.filter((r) => r.created.length > 0 && !here.has(r.id) && (r.pid === process.pid || !this.isAlive(r.pid)));
  }

  /** Takes a record off the ledger after its resources were cleaned up or kept on purpose. */
  async settle(id: string): Promise<void> {
    await this.ledger.remove(id);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #trim(): void {
    let ended = 0;
    this.#operations = this.#operations.filter((o) => isRunning(o.view) || ++ended <= HISTORY);
  }
}

/** True while steps or their undos still run. */
export function isRunning(view: OperationView): boolean {
  return view.state === 'running' || view.state === 'undoing';
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
