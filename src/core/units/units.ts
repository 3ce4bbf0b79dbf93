import type { Machine } from '../cloud/model';
import { SkylabError } from '../errors';
import type { Operation, Operations } from '../operations/operations';
import type { Step } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { RemoteProcess, RemoteSession } from '../remote/session';
import type { MachineAccess } from '../ssh/access';
import type { ActResult, JournalQuery, UnitVerb } from './acts';
import { actOn, unitJournal, unitStatus } from './acts';
import type { UnitList } from './listing';
import { listUnits } from './listing';

/** Milliseconds: a unit's start may take as long as its TimeoutStartSec. */
const LONG = 20 * 60_000;

/** What the steps of an act on a unit share. */
interface UnitAct {
  readonly name: string;
  readonly session: (signal: AbortSignal) => Promise<RemoteSession>;
}

/** The services, timers and other units of machines: what runs, and acts on it. */
export class Units {
  constructor(
    private readonly access: MachineAccess,
    private readonly operations: Operations,
  ) {}

  /** Every unit, by one round trip. */
  list(machine: Machine, signal?: AbortSignal): Promise<UnitList> {
    return this.#run(machine, listUnits, signal);
  }

  /** Does it to the units one after the other; a failure says the last that the unit's journal has. */
  act(machine: Machine, verb: UnitVerb, names: readonly string[]): Operation {
    const steps = names.map((name): Step<UnitAct> => ({
      name: `${verb} ${name}`,
      title: titleOf(verb, name),
      onFailure: 'keep',
      async run(act, io) {
        const session = await act.session(io.signal);
        const result = await session.run(actOn(verb, name), { signal: io.signal, timeoutMs: LONG });
        if (result.said !== '') io.log(result.said);
        for (const line of result.journal) io.log(line);
        if (!result.ok) throw failed(verb, name, machine.name, result);
        io.report([result.active, result.sub].filter((word) => word !== '').join(' · '));
      },
    }));
    return this.#operation(machine, titleOf(verb, names.join(', ')), names[0] ?? '', steps);
  }

  status(machine: Machine, name: string, signal?: AbortSignal): Promise<string> {
    return this.#run(machine, unitStatus(name), signal);
  }

  /** The journal as it grows. @param name undefined for the whole machine */
  async follow(machine: Machine, name: string | undefined, query: JournalQuery, signal?: AbortSignal): Promise<RemoteProcess> {
    const session = await this.access.session(machine, signal);
    return session.start(unitJournal(name, query));
  }

  #operation(machine: Machine, title: string, name: string, steps: readonly Step<UnitAct>[]): Operation {
    return this.operations.start<UnitAct>({
      kind: 'task',
      title: `${title} on ${machine.name}`,
      machineKey: machine.key,
      steps,
      context: { name, session: (signal) => this.access.session(machine, signal) },
    });
  }

  async #run<T>(machine: Machine, command: RemoteCommand<T>, signal?: AbortSignal): Promise<T> {
    const session = await this.access.session(machine, signal);
    return session.run(command, signal === undefined ? {} : { signal });
  }
}

function titleOf(verb: UnitVerb, name: string): string {
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)} ${name}`;
}

const past: Record<UnitVerb, string> = {
  start: 'did not start',
  stop: 'did not stop',
  restart: 'did not start again',
  reload: 'could not be reloaded',
  enable: 'could not be enabled',
  disable: 'could not be disabled',
  mask: 'could not be masked',
  unmask: 'could not be unmasked',
};

/** One sentence with the line that most likely says why. */
export function failed(verb: UnitVerb, name: string, machine: string, { journal, said, sub }: ActResult): SkylabError {
  const why = reasonIn(journal) ?? said.split('\n').find((line) => line.trim() !== '');
  const again = sub === 'auto-restart' ? ' and ends again and again' : '';
  const what = again === '' ? past[verb] : `starts${again}`;
  return new SkylabError(`${name} ${what} on ${machine}${why === undefined ? '' : `: ${why.trim().replace(/\.$/, '')}`}.`, {
    next: 'Look at its journal.',
    code: 'UnitFailed',
  });
}

/** systemd's own lines say that a unit failed, the service's own say why: the last of these, else systemd's first. */
function reasonIn(journal: readonly string[]): string | undefined {
  const systemd =
    /^(Start(ed|ing)|Stopp(ed|ing)|Failed to start|Scheduled restart|.*: (Scheduled restart|Start request repeated|Failed with result|Main process exited|Control process exited|Consumed |Deactivated|Changed|Triggering))/;
  return journal.filter((line) => !systemd.test(line)).at(-1) ?? journal.find((line) => /exited|Failed/.test(line));
}
