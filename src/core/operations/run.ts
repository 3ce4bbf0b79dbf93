import type { CreatedResource, OperationState, OperationView, StepState, StepView } from '../../shared/operation';
import { CancelledError, causeChain, isCancelled, sentenceOf } from '../errors';
import { Emitter } from '../events';
import type { Log } from '../log';
import type { Ledger, LedgerRecord, Operation, OperationSpec, Outcome } from './operations';
import type { Step, StepIo } from './step';

/** One operation from start to end: runs steps, keeps the ledger, undoes. Made by Operations only. */
export class RunningOperation implements Operation {
  readonly #changed = new Emitter<OperationView>();
  readonly onChange = this.#changed.event;
  readonly #abort = new AbortController();
  readonly #log: string[] = [];
  readonly #created: CreatedResource[] = [];
  readonly #settle: (outcome: Outcome) => void;
  readonly outcome: Promise<Outcome>;
  #view: OperationView;

  constructor(
    id: string,
    spec: Pick<OperationSpec<never>, 'kind' | 'title' | 'accountId' | 'machineKey'> & {
      readonly steps: readonly { name: string; title: string }[];
    },
    private readonly ledger: Ledger,
    private readonly logTo: Log,
    private readonly notify: (view: OperationView) => void,
  ) {
    this.#view = {
      id,
      kind: spec.kind,
      title: spec.title,
      ...(spec.accountId === undefined ? {} : { accountId: spec.accountId }),
      ...(spec.machineKey === undefined ? {} : { machineKey: spec.machineKey }),
      state: 'running',
      steps: spec.steps.map((s) => ({ name: s.name, title: s.title, state: 'waiting' })),
      startedAt: Date.now(),
      leftovers: [],
    };
    let settle: (outcome: Outcome) => void = () => undefined;
    this.outcome = new Promise((resolve) => (settle = resolve));
    this.#settle = settle;
  }

  get view(): OperationView {
    return this.#view;
  }

  get log(): readonly string[] {
    return this.#log;
  }

  setMachine(machineKey: string): void {
    this.#update({ machineKey });
  }

  cancel(): void {
    if (this.#view.state === 'running') this.#abort.abort();
  }

  /** Runs to the end; never rejects. */
  async run<C>(spec: OperationSpec<C>): Promise<void> {
    const { context } = spec;
    const begun: { step: Step<C>; index: number }[] = [];
    for (const [index, step] of spec.steps.entries()) {
      try {
        // An abort that came between two steps counts like one inside the next.
        if (this.#abort.signal.aborted) throw new CancelledError();
        if (step.when?.(context) === false) {
          this.#step(index, { state: 'skipped' });
          continue;
        }
        begun.push({ step, index });
        this.#step(index, { state: 'running', startedAt: Date.now() });
        this.#say(step.title);
        await step.run(context, this.#io(index, this.#abort.signal));
        this.#step(index, { state: 'done', endedAt: Date.now() });
      } catch (error) {
        await this.#failed(step, index, error, begun, spec);
        return;
      }
    }
    await this.#forgetRecord();
    this.#end('done');
    this.#settle({ kind: 'done' });
  }

  async #failed<C>(
    step: Step<C>,
    index: number,
    error: unknown,
    begun: { step: Step<C>; index: number }[],
    { context, explain }: OperationSpec<C>,
  ): Promise<void> {
    const cancelled = this.#abort.signal.aborted || isCancelled(error);
    this.#step(index, { state: cancelled ? 'cancelled' : 'failed', endedAt: Date.now() });
    this.#say(cancelled ? 'Canceled' : `${step.title} failed: ${causeChain(error)}`);
    const undo = cancelled || step.onFailure !== 'keep';
    let undoError: unknown;
    if (undo) {
      this.#update({ state: 'undoing' });
      undoError = await this.#undo(begun, context);
    }
    // Kept on purpose, or not undone: stays on the ledger so that clean-up finds it.
    this.#update({ leftovers: [...this.#created] });
    if (this.#created.length === 0) await this.#forgetRecord();
    if (cancelled && undoError === undefined) {
      this.#end('cancelled');
      this.#settle({ kind: 'cancelled' });
      return;
    }
    const cause = cancelled ? undoError : error;
    const failure =
      explain?.(context, cancelled ? undefined : error, undoError) ?? (cause instanceof Error ? cause : new Error(sentenceOf(cause)));
    this.#update({ error: sentenceOf(failure) });
    this.#end('failed');
    this.#settle({ kind: 'failed', error: failure });
  }

  /** Undoes in reverse; one failing undo does not stop the others. @returns the first undo error */
  async #undo<C>(begun: { step: Step<C>; index: number }[], context: C): Promise<unknown> {
    const never = new AbortController().signal;
    let first: unknown;
    for (const { step, index } of begun.reverse()) {
      if (step.undo === undefined) continue;
      try {
        await step.undo(context, this.#io(index, never));
        // The step that ended the run keeps showing so.
        if (this.#view.steps[index]?.state === 'done') this.#step(index, { state: 'undone' });
      } catch (error) {
        first ??= error;
        this.#say(`Undoing “${step.title}” failed: ${causeChain(error)}`);
      }
    }
    return first;
  }

  #io(index: number, signal: AbortSignal): StepIo {
    return {
      signal,
      report: (detail, fraction) => this.#step(index, fraction === undefined ? { detail } : { detail, fraction }),
      log: (line) => this.#say(line),
      created: async (resource) => {
        const at = this.#created.findIndex((r) => r.kind === resource.kind && r.id === resource.id);
        if (at >= 0) this.#created.splice(at, 1);
        this.#created.push(resource);
        await this.ledger.save(this.#record());
      },
      forgotten: async (resource) => {
        const at = this.#created.findIndex((r) => r.kind === resource.kind && r.id === resource.id);
        if (at >= 0) this.#created.splice(at, 1);
        await this.ledger.save(this.#record());
      },
    };
  }

  #record(): LedgerRecord {
    const { id, kind, title, accountId, machineKey, startedAt } = this.#view;
    const where = { ...(accountId === undefined ? {} : { accountId }), ...(machineKey === undefined ? {} : { machineKey }) };
    return { id, kind, title, ...where, startedAt, pid: process.pid, created: [...this.#created] };
  }

  async #forgetRecord(): Promise<void> {
    try {
      await this.ledger.remove(this.#view.id);
    } catch (error) {
      this.logTo.warn(`The ledger record of “${this.#view.title}” could not be removed: ${causeChain(error)}`);
    }
  }

  #say(line: string): void {
    this.#log.push(line);
    this.logTo.info(`[${this.#view.title}] ${line}`);
  }

  #step(index: number, change: Partial<StepView> & { state?: StepState }): void {
    this.#update({ steps: this.#view.steps.map((s, i) => (i === index ? { ...s, ...change } : s)) });
  }

  #end(state: OperationState): void {
    this.#update({ state, endedAt: Date.now() });
  }

  #update(change: Partial<OperationView>): void {
    this.#view = { ...this.#view, ...change };
    this.#changed.fire(this.#view);
    this.notify(this.#view);
  }
}
