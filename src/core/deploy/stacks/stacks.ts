import type { Machine, MachineKey } from '../../cloud/model';
import { Engines } from '../../docker/engine';
import { SkylabError } from '../../errors';
import type { Operation, Operations } from '../../operations/operations';
import type { Step } from '../../operations/step';
import type { RemoteProcess } from '../../remote/session';
import type { Secret } from '../../secret';
import type { MachineAccess } from '../../ssh/access';
import type { GateLimits } from '../gate';
import type { ReleaseComparison } from './compare';
import { compareCommand } from './compare';
import type { CutOff } from './cutOff';
import { putRightSteps } from './cutOff';
import { configCommand, execLine, inspectCommand, shellCommand } from './look';
import { downSteps, removeSteps, restartSteps, startSteps, stopSteps } from './manageSteps';
import type { ImageNews } from './newer';
import { newerCommand } from './newer';
import type { Managed } from './releaseSteps';
import { editEnvSteps, pullSteps, rollBackSteps } from './releaseSteps';
import { scaleSteps } from './scale';
import { StackAct } from './stackAct';
import type { Survey } from './survey';
import { surveyCommand } from './survey';

/** What of a stack's logs is shown. */
export interface LogChoice {
  /** All services where it is empty. */
  readonly services: readonly string[];
  /** Lines from the end of each service's log to begin with. */
  readonly tail: number | 'all';
  /** As Docker reads it: `10m`, `2h`, `2026-11-21T10:00:00Z`. */
  readonly since?: string;
  readonly timestamps?: boolean;
}

export interface StacksPorts {
  readonly access: MachineAccess;
  readonly operations: Operations;
  /** Who acts from where, such as `ada@laptop`: shown to others while the lock is held, and written into releases. */
  readonly owner: string;
  /** How patient roll back, update and a new environment are, where it differs from GATE_LIMITS. */
  readonly limits?: Partial<GateLimits>;
  /** Names of the stacks that this computer remembers there. */
  readonly remembered: (key: MachineKey) => readonly string[];
  /** Called when a stack is gone from a machine. */
  readonly forget: (key: MachineKey, name: string) => Promise<void>;
}

/** Looks after what is deployed on machines: as the machine tells, whoever deployed it. */
export class Stacks {
  readonly engines: Engines;

  constructor(private readonly ports: StacksPorts) {
    this.engines = new Engines(ports.access);
  }

  /** What is deployed there, in one round trip; what others have removed is forgotten here too. @throws SkylabError when the machine cannot be asked */
  async survey(machine: Machine, signal?: AbortSignal): Promise<Survey> {
    const session = await this.ports.access.session(machine, signal);
    const survey = await session.run(surveyCommand, signal ? { signal } : {});
    this.engines.learn(session, survey.docker);
    const there = new Set(survey.stacks.map(({ name }) => name));
    for (const name of this.ports.remembered(machine.key)) if (!there.has(name)) await this.ports.forget(machine.key, name);
    return survey;
  }

  /** Brings the current release up, or one service of it. */
  start(machine: Machine, name: string, service?: string): Operation {
    return this.#act(machine, name, `Start ${of(name, service)} on ${machine.name}`, startSteps(only(service)));
  }

  stop(machine: Machine, name: string, service?: string): Operation {
    return this.#act(machine, name, `Stop ${of(name, service)} on ${machine.name}`, stopSteps(only(service)));
  }

  restart(machine: Machine, name: string, service?: string): Operation {
    return this.#act(machine, name, `Restart ${of(name, service)} on ${machine.name}`, restartSteps(only(service)));
  }

  /** Takes containers and networks away; volumes, files and releases stay. */
  down(machine: Machine, name: string): Operation {
    return this.#act(machine, name, `Take ${name} on ${machine.name} down`, downSteps);
  }

  /** Pulls what is newer and starts it where something is. */
  pull(machine: Machine, name: string): Operation {
    return this.#act(machine, name, `Update the images of ${name} on ${machine.name}`, pullSteps());
  }

  /** What the registries have of its images now, asked from the machine. */
  async newer(machine: Machine, name: string, signal?: AbortSignal): Promise<readonly ImageNews[]> {
    const { session } = await this.engines.of(machine, signal);
    return session.run(newerCommand(name), signal ? { signal } : {});
  }

  /** @param count containers that the service shall have; 0 stops it for good */
  scale(machine: Machine, name: string, service: string, count: number): Operation {
    return this.#act(machine, name, `Scale ${of(name, service)} on ${machine.name} to ${count}`, scaleSteps(service, count));
  }

  rollBack(machine: Machine, name: string, release: string): Operation {
    return this.#act(machine, name, `Roll ${name} on ${machine.name} back`, rollBackSteps(release));
  }

  /** Puts right what a deployment left that was cut off. @param settled called when the machine is in order */
  putRight(machine: Machine, cutOff: CutOff, settled: () => Promise<void>): Operation {
    return this.#act(machine, cutOff.stack, `Put ${cutOff.stack} on ${machine.name} right`, putRightSteps(cutOff, settled));
  }

  /** Takes the stack, its unit and its releases off the machine; volumes and the kept work only when asked. */
  remove(machine: Machine, name: string, withVolumes: boolean): Operation {
    return this.#act(machine, name, `Remove ${name} from ${machine.name}`, removeSteps(withVolumes));
  }

  /** The environment of the release that serves. */
  async readEnv(machine: Machine, name: string, signal?: AbortSignal): Promise<{ readonly release: string; readonly text: string }> {
    const session = await this.ports.access.session(machine, signal);
    const script = 'cd "skylab/$1/current" 2>/dev/null || exit 3; basename "$(pwd -P)"; cat .env 2>/dev/null; exit 0';
    const argv = ['sh', '-c', script, 'env', name];
    const parse = (stdout: string, code: number) => ({ code, stdout });
    const { code, stdout } = await session.run({ argv, okCodes: [0, 3], parse, what: 'read the environment' }, signal ? { signal } : {});
    if (code === 3) throw new SkylabError(`${name} has no release on ${machine.name}.`, { next: 'Deploy the folder again.' });
    const end = stdout.indexOf('\n');
    return { release: stdout.slice(0, end), text: stdout.slice(end + 1) };
  }

  /** The Compose file of the release that serves, as Compose runs it, secrets masked. @throws SkylabError `NoRelease` */
  async config(machine: Machine, name: string, signal?: AbortSignal): Promise<string> {
    const session = await this.ports.access.session(machine, signal);
    const text = await session.run(configCommand(name), signal ? { signal } : {});
    if (text !== undefined) return text;
    throw new SkylabError(`${name} has no release on ${machine.name}.`, { next: 'Deploy the folder again.', code: 'NoRelease' });
  }

  /** What Docker says of a container, secrets masked. @param container its id or name */
  async inspect(machine: Machine, container: string, signal?: AbortSignal): Promise<string> {
    const { session, sudo } = await this.engines.of(machine, signal);
    return session.run(inspectCommand(container, sudo), signal ? { signal } : {});
  }

  /** The line with which a terminal on the machine goes into a container. @throws SkylabError `NoShell` */
  async shellLine(machine: Machine, container: string, signal?: AbortSignal): Promise<string> {
    const { session, sudo } = await this.engines.of(machine, signal);
    const shell = await session.run(shellCommand(container, sudo), signal ? { signal } : {});
    if (shell !== undefined) return execLine(container, shell, sudo);
    throw new SkylabError(`There is no shell in ${container}.`, {
      next: 'Its image brings nothing to type into; look at its logs instead.',
      code: 'NoShell',
    });
  }

  /** How a release differs from the one that serves. @throws SkylabError `NoRelease` */
  async compare(machine: Machine, name: string, release: string, signal?: AbortSignal): Promise<ReleaseComparison> {
    const session = await this.ports.access.session(machine, signal);
    const found = await session.run(compareCommand(name, release), signal ? { signal } : {});
    if (found) return found;
    throw new SkylabError(`The release ${release} of ${name} is not on ${machine.name} any more.`, {
      next: 'Refresh the list and choose another one.',
      code: 'NoRelease',
    });
  }

  /** A new release with this environment, gated by health. @param base the release that was edited */
  editEnv(machine: Machine, name: string, base: string, text: Secret): Operation {
    return this.#act(machine, name, `Redeploy ${name} on ${machine.name}`, editEnvSteps(base, text, this.ports.owner));
  }

  /** Follows logs until killed. Some versions of Compose put terminal codes before each line: strip them before showing. */
  async logs(machine: Machine, project: string, choice: LogChoice, signal?: AbortSignal): Promise<RemoteProcess> {
    const { session, sudo } = await this.engines.of(machine, signal);
    const { services, tail, since, timestamps } = choice;
    const words = ['--no-color', '--follow', '--tail', String(tail), ...(since === undefined ? [] : ['--since', since])];
    const argv = ['docker', 'compose', '--ansi', 'never', '-p', project, 'logs', ...words, ...(timestamps ? ['--timestamps'] : [])];
    return session.start({ argv: [...argv, ...services], sudo, what: `follow the logs of ${project}` }, signal ? { signal } : {});
  }

  #act(machine: Machine, name: string, title: string, what: readonly Step<StackAct>[] | Managed): Operation {
    const { access, operations, owner, forget, limits } = this.ports;
    const { steps, explain }: Partial<Managed> & Pick<Managed, 'steps'> = 'steps' in what ? what : { steps: what };
    const context = new StackAct(machine, name, {
      owner,
      ...(limits ? { limits } : {}),
      session: (signal) => access.session(machine, signal),
      forget: () => forget(machine.key, name),
    });
    const accountId = machine.kind === 'instance' ? { accountId: machine.instance.accountId } : {};
    const operation = operations.start({
      kind: 'task',
      title,
      machineKey: machine.key,
      ...accountId,
      steps,
      context,
      ...(explain ? { explain } : {}),
    });
    // a step that keeps what it did when it fails undoes nothing, the lock included
    void operation.outcome.then(() => context.free());
    return operation;
  }
}

const only = (service: string | undefined) => (service === undefined ? {} : { service });
const of = (name: string, service: string | undefined): string => (service === undefined ? name : `${service} of ${name}`);
