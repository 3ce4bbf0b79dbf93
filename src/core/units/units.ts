import type { Machine } from '../cloud/model';
import { SkylabError } from '../errors';
import type { Operation, Operations } from '../operations/operations';
import type { Step, StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { RemoteProcess, RemoteSession } from '../remote/session';
import type { MachineAccess } from '../ssh/access';
import type { ActResult, JournalQuery, UnitVerb } from './acts';
import { actOn, unitJournal, unitStatus } from './acts';
import type { UnitList } from './listing';
import { listUnits } from './listing';
import type { SecurityReport } from './security';
import { ratingOfFile, securityOf } from './security';
import type { KeptVersion, UnitSource } from './unitFiles';
import { installFiles, keptVersions, readUnit, removeDropIn, removeUnitFiles } from './unitFiles';
import type { UnitFile, UnitFinding } from './verify';
import { unitOfPath, verifyFiles } from './verify';

/** Milliseconds: a unit's start may take as long as its TimeoutStartSec. */
const LONG = 20 * 60_000;

/** What the steps of an act on a unit share. */
interface UnitAct {
  readonly session: (signal: AbortSignal) => Promise<RemoteSession>;
}

/** What follows the installation of unit files. */
export interface AfterInstall {
  /** Units that start with the machine from now on. */
  readonly enable: readonly string[];
  /** Units that run, with the new text, when all is done. */
  readonly restart: readonly string[];
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
    const steps = names.map((name) => actStep(machine, verb, name));
    return this.#operation(machine, titleOf(verb, names.join(', ')), steps);
  }

  /** What the machine's systemd says of files that are not installed yet. */
  verify(machine: Machine, files: readonly UnitFile[], signal?: AbortSignal): Promise<UnitFinding[]> {
    return this.#run(machine, verifyFiles(files), signal);
  }

  /** Installs files, all or none; what they replace is kept on the machine. Then units are enabled and started. */
  install(machine: Machine, files: readonly UnitFile[], { enable, restart }: AfterInstall): Operation {
    const names = files.map(({ path }) => path).join(', ');
    const steps: Step<UnitAct>[] = [
      single('check', `Check ${names}`, async (session, io) => {
        const findings = await session.run(verifyFiles(files), { signal: io.signal });
        for (const { path, line, message } of findings) io.log([path, line === undefined ? undefined : line + 1, message].join(':'));
        const error = findings.find(({ severity }) => severity === 'error');
        if (error) throw new SkylabError(`systemd refuses ${error.path ?? names}: ${error.message}`, { code: 'UnitRefused' });
        io.report(findings.length === 0 ? 'nothing to say against it' : `${findings.length} warnings`);
      }),
      single('install', `Install ${names}`, async (session, io) => {
        const changed = await session.run(installFiles(files), { signal: io.signal });
        io.report(changed.length === 0 ? 'nothing to do' : changed.join(', '));
      }),
      ...enable.map((name) => actStep(machine, 'enable', name)),
      ...restart.map((name) => actStep(machine, 'restart', name)),
    ];
    return this.#operation(machine, `Install ${names}`, steps);
  }

  /** @param path of a unit, or of a file that changes one */
  read(machine: Machine, path: string, signal?: AbortSignal): Promise<UnitSource> {
    return this.#run(machine, readUnit(path), signal);
  }

  /** What a file was before, the newest first. */
  versions(machine: Machine, path: string, signal?: AbortSignal): Promise<KeptVersion[]> {
    return this.#run(machine, keptVersions(path), signal);
  }

  /** Takes a unit off the machine; its text is kept there. */
  remove(machine: Machine, names: readonly string[]): Operation {
    const steps = names.map((name) =>
      single(`remove ${name}`, `Remove ${name}`, async (session, io) => {
        await session.run(removeUnitFiles(name), { signal: io.signal, timeoutMs: LONG });
      }),
    );
    return this.#operation(machine, `Remove ${names.join(', ')}`, steps);
  }

  /** Takes a change off a unit, which then is what it was. @param restart with its old settings at once */
  removeChange(machine: Machine, path: string, restart: boolean): Operation {
    const steps: Step<UnitAct>[] = [
      single('remove', `Remove ${path}`, async (session, io) => {
        await session.run(removeDropIn(path), { signal: io.signal });
      }),
      ...(restart ? [actStep(machine, 'restart', unitOfPath(path))] : []),
    ];
    return this.#operation(machine, `Remove ${path}`, steps);
  }

  /** How far a service is shut in. */
  security(machine: Machine, name: string, signal?: AbortSignal): Promise<SecurityReport> {
    return this.#run(machine, securityOf(name), signal);
  }

  status(machine: Machine, name: string, signal?: AbortSignal): Promise<string> {
    return this.#run(machine, unitStatus(name), signal);
  }

  /** The journal as it grows. @param name undefined for the whole machine */
  async follow(machine: Machine, name: string | undefined, query: JournalQuery, signal?: AbortSignal): Promise<RemoteProcess> {
    const session = await this.access.session(machine, signal);
    return session.start(unitJournal(name, query));
  }

  /** How far a service that is not installed would be shut in; empty where the machine cannot tell. */
  rating(machine: Machine, file: UnitFile, signal?: AbortSignal): Promise<string> {
    return this.#run(machine, ratingOfFile(file), signal);
  }

  #operation(machine: Machine, title: string, steps: readonly Step<UnitAct>[]): Operation {
    return this.operations.start<UnitAct>({
      kind: 'task',
      title: `${title} on ${machine.name}`,
      machineKey: machine.key,
      steps,
      context: { session: (signal) => this.access.session(machine, signal) },
    });
  }

  async #run<T>(machine: Machine, command: RemoteCommand<T>, signal?: AbortSignal): Promise<T> {
    const session = await this.access.session(machine, signal);
    return session.run(command, signal === undefined ? {} : { signal });
  }
}

/** A step whose work stays where a later one fails: a unit that is installed and does not start is to be looked at. */
function single(name: string, title: string, work: (session: RemoteSession, io: StepIo) => Promise<void>): Step<UnitAct> {
  return { name, title, onFailure: 'keep', run: async (act, io) => work(await act.session(io.signal), io) };
}

function actStep(machine: Machine, verb: UnitVerb, name: string): Step<UnitAct> {
  return single(`${verb} ${name}`, titleOf(verb, name), async (session, io) => {
    const result = await session.run(actOn(verb, name), { signal: io.signal, timeoutMs: LONG });
    if (result.said !== '') io.log(result.said);
    for (const line of result.journal) io.log(line);
    if (!result.ok) throw failed(verb, name, machine.name, result);
    io.report([result.active, result.sub].filter((word) => word !== '').join(' · '));
  });
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
