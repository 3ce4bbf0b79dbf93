import type { CreatedResource } from '../../shared/operation';

/** What a running step may do besides its work. */
export interface StepIo {
  /** Fires on cancel. Undo steps get a signal of their own that does not fire. */
  readonly signal: AbortSignal;
  /** Shows progress. @param fraction 0 to 1 where known */
  report(detail: string, fraction?: number): void;
  /** Adds a line to the operation's log. */
  log(line: string): void;
  /** Records a resource in the ledger on disk; await it before (or, where the id comes from the answer, right after) creating. */
  created(resource: CreatedResource): Promise<void>;
  /** Takes a resource off the ledger: it is gone or was handed over to the person. */
  forgotten(resource: Pick<CreatedResource, 'kind' | 'id'>): Promise<void>;
}

/**
 * One named step of an operation. `run` and `undo` share the operation's context object.
 * When a step fails or the person cancels, the undos of this and all finished steps run in reverse order,
 * unless the failing step says `onFailure: 'keep'` (cancel always undoes).
 */
export interface Step<C> {
  readonly name: string;
  readonly title: string;
  /** Skipped when it answers false at the moment it would run. */
  when?(context: C): boolean;
  run(context: C, io: StepIo): Promise<void>;
  undo?(context: C, io: StepIo): Promise<void>;
  readonly onFailure?: 'undo' | 'keep';
}
