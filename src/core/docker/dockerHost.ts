import type { Machine } from '../cloud/model';
import { withHeartbeat } from '../deploy/heartbeat';
import { explainDocker } from '../deploy/stackHost';
import type { Operation, Operations } from '../operations/operations';
import type { Step, StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { RemoteProcess } from '../remote/session';
import type { Secret } from '../secret';
import type { MachineAccess } from '../ssh/access';
import type { Engines } from './engine';
import type { DockerObjects } from './objects';
import { objectsCommand } from './objects';
import type { PruneKind, PruneSurvey } from './prune';
import { pruneCommand, pruneSurveyCommand } from './prune';

const MINUTE = 60_000;
/** Milliseconds for what a registry or a build takes. */
const LONG_MS = 60 * MINUTE;

/** How a registry knows who pushes. */
export interface RegistryLogin {
  /** `ghcr.io`; empty for Docker Hub. */
  readonly registry: string;
  readonly user: string;
  readonly password: Secret;
}

/** The registry of a reference; empty for Docker Hub (distribution/reference: a first part with a dot, a colon, or `localhost`). */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : '';
}

/** True for what Docker takes as the name of an image. */
export function isReference(text: string): boolean {
  return /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(text);
}

/** The objects of Docker on machines: listed, and acted on. */
export class DockerHost {
  constructor(
    private readonly access: MachineAccess,
    private readonly operations: Operations,
    private readonly engines: Engines,
  ) {}

  /** @throws SkylabError when the machine cannot be asked */
  async list(machine: Machine, signal?: AbortSignal): Promise<DockerObjects> {
    const session = await this.access.session(machine, signal);
    const objects = await session.run(objectsCommand, signal ? { signal } : {});
    this.engines.learn(session, objects.docker);
    return objects;
  }

  pull(machine: Machine, reference: string): Operation {
    return this.#long(machine, `Pull ${reference} to ${machine.name}`, 'pulling', { argv: ['docker', 'pull', reference] });
  }

  /** @param folder of the machine, absolute or from the login folder, with a Dockerfile */
  build(machine: Machine, folder: string, reference: string): Operation {
    const argv = ['docker', 'build', '--tag', reference, '.'];
    return this.#long(machine, `Build ${reference} on ${machine.name}`, 'building', { argv, cwd: folder });
  }

  tag(machine: Machine, image: string, reference: string): Operation {
    return this.#short(machine, `Tag ${reference} on ${machine.name}`, { argv: ['docker', 'tag', image, reference] });
  }

  /** @param login used for this push alone and kept nowhere; without it the machine's own login serves */
  push(machine: Machine, reference: string, login?: RegistryLogin): Operation {
    const script = `umask 077; dir=$(mktemp -d) || exit; trap 'rm -rf "$dir"' EXIT; export DOCKER_CONFIG=$dir
docker login --username "$1" --password-stdin \${2:+"$2"} >/dev/null && docker push "$3"`;
    const command: RemoteCommand = login
      ? { argv: ['sh', '-c', script, 'push', login.user, login.registry, reference], stdin: login.password }
      : { argv: ['docker', 'push', reference] };
    return this.#long(machine, `Push ${reference} from ${machine.name}`, 'pushing', command);
  }

  /** @param name of the object, or its id */
  remove(machine: Machine, kind: 'container' | 'image' | 'volume' | 'network', name: string): Operation {
    const title = `Remove the ${kind} ${name.replace(/^sha256:/, '').slice(0, 60)} of ${machine.name}`;
    return this.#short(machine, title, { argv: ['docker', kind, 'rm', ...(kind === 'container' ? ['--force'] : []), name] });
  }

  container(machine: Machine, act: 'start' | 'stop' | 'restart', name: string): Operation {
    const word = { start: 'Start', stop: 'Stop', restart: 'Restart' }[act];
    return this.#short(machine, `${word} ${name} on ${machine.name}`, { argv: ['docker', act, name] });
  }

  /** What could be cleared away, and what that frees. */
  async pruneSurvey(machine: Machine, signal?: AbortSignal): Promise<PruneSurvey> {
    const { session, sudo } = await this.engines.of(machine, signal);
    return session.run(pruneSurveyCommand(sudo), { timeoutMs: 5 * MINUTE, ...(signal ? { signal } : {}) });
  }

  /** Clears away what was chosen; volumes by their names. @param text how many bytes, as people say it */
  prune(machine: Machine, kinds: readonly PruneKind[], volumes: readonly string[], text: (bytes: number) => string): Operation {
    const step: Step<undefined> = {
      name: 'prune',
      title: 'Clear away',
      onFailure: 'keep',
      run: async (_, io) => {
        const { session, sudo } = await this.engines.of(machine, io.signal);
        let freed = 0;
        for (const kind of kinds) freed += await session.run(pruneCommand(kind, sudo), { timeoutMs: LONG_MS, signal: io.signal });
        if (volumes.length > 0) {
          await session.run({ argv: ['docker', 'volume', 'rm', ...volumes], sudo, what: 'remove the volumes' }, { signal: io.signal });
        }
        const removed = volumes.length === 0 ? '' : `, ${volumes.length} ${volumes.length === 1 ? 'volume' : 'volumes'} removed`;
        io.report(`${text(freed)} freed${removed}`);
      },
    };
    return this.#start(machine, `Clear away what Docker does not use on ${machine.name}`, [step]);
  }

  /** Follows a container's log until killed. */
  async logs(machine: Machine, container: string, signal?: AbortSignal): Promise<RemoteProcess> {
    const { session, sudo } = await this.engines.of(machine, signal);
    const argv = ['docker', 'logs', '--follow', '--tail', '200', container];
    return session.start({ argv, sudo, what: `follow the log of ${container}` }, signal ? { signal } : {});
  }

  #short(machine: Machine, title: string, command: RemoteCommand): Operation {
    const run = async (_: undefined, io: StepIo) => {
      const { session, sudo } = await this.engines.of(machine, io.signal);
      await session.run({ ...command, sudo }, { timeoutMs: 5 * MINUTE, signal: io.signal });
    };
    return this.#start(machine, title, [{ name: 'run', title, run }]);
  }

  #long(machine: Machine, title: string, what: string, command: RemoteCommand): Operation {
    const run = async (_: undefined, io: StepIo) => {
      const { session, sudo } = await this.engines.of(machine, io.signal);
      try {
        await withHeartbeat(io, what, (onOutput) =>
          session.run({ ...command, sudo, what }, { timeoutMs: LONG_MS, signal: io.signal, onOutput }),
        );
      } catch (error) {
        throw explainDocker(error, machine.name);
      }
      io.report('done');
    };
    return this.#start(machine, title, [{ name: 'run', title, run }]);
  }

  #start(machine: Machine, title: string, steps: readonly Step<undefined>[]): Operation {
    const accountId = machine.kind === 'instance' ? { accountId: machine.instance.accountId } : {};
    return this.operations.start({ kind: 'task', title, machineKey: machine.key, ...accountId, steps, context: undefined });
  }
}
