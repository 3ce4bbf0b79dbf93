import { isRunning } from '../../core/operations/operations';
import type { Operation } from '../../core/operations/operations';
import type { Disposable } from '../../core/events';
import type { OperationView } from '../../shared/operation';

const PERIOD_MS = 200;
const TAIL_LINES = 14;

/** Feeds a page with an operation: its view and the last log lines of its current step, at most five times a second and only on change. */
export class OperationFeed implements Disposable {
  #sentView: OperationView | undefined;
  #sentLines = -1;
  #step: string | undefined;
  #title = '';
  /** Where in the log the current step begins. */
  #from = 0;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #subscription: Disposable;

  constructor(
    private readonly operation: Operation,
    private readonly post: (view: OperationView, logTail: readonly string[]) => void,
  ) {
    this.#subscription = operation.onChange((view) => {
      this.#follow(view);
      if (!isRunning(view)) this.#end();
    });
    this.#follow(operation.view);
    // The log grows without an event of its own.
    this.#timer = setInterval(() => this.#tick(), PERIOD_MS);
    if (isRunning(operation.view)) this.#tick();
    else this.#end();
  }

  /** Posts again, to a page that has just been shown. */
  resend(): void {
    this.#sentView = undefined;
    this.#tick();
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#subscription.dispose();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#tick();
  }

  #follow(view: OperationView): void {
    const running = view.steps.find((step) => step.state === 'running');
    if (running === undefined || running.name === this.#step) return;
    this.#step = running.name;
    this.#title = running.title;
    this.#from = this.operation.log.length;
  }

  #tick(): void {
    const { view, log } = this.operation;
    if (view === this.#sentView && log.length === this.#sentLines) return;
    this.#sentView = view;
    this.#sentLines = log.length;
    // The log begins each step with its title, which the page shows anyway.
    const from = log[this.#from] === this.#title ? this.#from + 1 : this.#from;
    this.post(view, log.slice(Math.max(from, log.length - TAIL_LINES)));
  }
}
