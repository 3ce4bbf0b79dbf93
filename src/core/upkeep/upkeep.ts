import type { Clock } from '../clock';
import type { Machine } from '../cloud/model';
import { SkylabError, sentenceOf } from '../errors';
import type { Operation, Operations } from '../operations/operations';
import type { RemoteCommand } from '../remote/command';
import type { RemoteSession } from '../remote/session';
import type { MachineAccess } from '../ssh/access';
import { readJournal } from './journal';
import type { JournalEntry } from './journal';
import { upkeepSteps } from './steps';
import type { Plan, Task } from './task';
import { linesOf } from './task';

/** Milliseconds: a look may fetch the package lists from a slow mirror. */
const LOOK_MS = 5 * 60_000;

/** A plan that waits for the person's yes. */
export interface Proposal<F = unknown> {
  readonly machine: Machine;
  readonly task: Task<F>;
  readonly plan: Plan;
}

interface UpkeepPorts {
  readonly access: MachineAccess;
  readonly operations: Operations;
  readonly clock: Pick<Clock, 'now'>;
  /** Who does it, for the machine's journal: `ada@laptop`. */
  readonly owner: string;
}

/** Tasks on machines: looks, proposes, does, and keeps a journal of it on the machine. */
export class Upkeep {
  constructor(private readonly ports: UpkeepPorts) {}

  /** Asks the machine. @throws SkylabError `SudoRefused` where the login may not act as root */
  async look<F>(machine: Machine, command: RemoteCommand<F>, signal?: AbortSignal): Promise<F> {
    const session = await this.ports.access.session(machine, signal);
    return session.run(command, { timeoutMs: LOOK_MS, ...(signal === undefined ? {} : { signal }) });
  }

  /** What the task would change now; changes nothing. @throws SkylabError where it cannot be done */
  async propose<F>(machine: Machine, task: Task<F>, signal?: AbortSignal): Promise<Proposal<F>> {
    return { machine, task, plan: task.plan(await this.look(machine, task.look, signal)) };
  }

  /** Does exactly what was proposed; where the machine has changed since so that it would be something else, nothing is done. */
  start<F>({ machine, task, plan }: Proposal<F>): Operation {
    const { access, operations, clock, owner } = this.ports;
    return operations.start({
      kind: 'task',
      title: `${task.title} on ${machine.name}`,
      ...(machine.kind === 'instance' ? { accountId: machine.instance.accountId } : {}),
      machineKey: machine.key,
      steps: upkeepSteps(plan),
      ...(task.explain === undefined
        ? {}
        : { explain: (_: unknown, error: unknown, undoError: unknown) => asError(task.explain?.(error, undoError) ?? undoError ?? error) }),
      context: {
        machine: machine.name,
        task: task.id,
        who: (session: RemoteSession) => `${owner} as ${session.user}`,
        now: () => new Date(clock.now()).toISOString(),
        session: (signal) => access.session(machine, signal),
        fresh: (signal) => access.freshSession(machine, signal),
        release: () => access.release(machine),
        check: async (session, signal) => same(task.plan(await session.run(task.look, { signal, timeoutMs: LOOK_MS })), plan, machine.name),
        failed: [],
        owner,
      },
    });
  }

  /** What Skylab did there, newest first, by whichever computer. */
  journal(machine: Machine, signal?: AbortSignal): Promise<readonly JournalEntry[]> {
    return this.look(machine, readJournal(), signal);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(sentenceOf(error)));

function same(now: Plan, then: Plan, machine: string): void {
  if (linesOf(now).join('\n') === linesOf(then).join('\n')) return;
  throw new SkylabError(`${machine} has changed since you were asked. Nothing was done.`, {
    next: 'Look at what would be done now, and confirm that.',
    code: 'ChangedMeanwhile',
  });
}
