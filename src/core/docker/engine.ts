import type { Machine } from '../cloud/model';
import { SkylabError } from '../errors';
import type { RemoteSession } from '../remote/session';
import type { MachineAccess } from '../ssh/access';

/** How a login reaches Docker's engine: itself, through sudo, or not at all (`missing`: not installed; `silent`: it does not answer). */
export type Reach = 'direct' | 'sudo' | 'missing' | 'silent';

/**
 * Shell lines that set `$D` to what runs docker, or to nothing, and print `docker TAB reach version`. A login that was opened before its
 * user joined the group docker needs sudo.
 */
export const ENGINE_SCRIPT = String.raw`
export LC_ALL=C; D=
if ! command -v docker >/dev/null 2>&1; then printf 'docker\tmissing\n'
elif v=$(docker version --format '{{.Server.Version}}' 2>/dev/null); then D=docker; printf 'docker\tdirect %s\n' "$v"
elif [ "$(id -u)" != 0 ] && v=$(sudo -n docker version --format '{{.Server.Version}}' 2>/dev/null); then D='sudo -n docker'; printf 'docker\tsudo %s\n' "$v"
else printf 'docker\tsilent\n'; fi
`;

/** Reads the value of the line that ENGINE_SCRIPT prints. */
export function parseReach(value: string): { readonly reach: Reach; readonly version: string } {
  const [reach = '', version = ''] = value.split(' ');
  return { reach: reach === 'direct' || reach === 'sudo' || reach === 'missing' ? reach : 'silent', version };
}

/** A connection on which docker can be run. */
export interface Engine {
  readonly session: RemoteSession;
  /** For `RemoteCommand.sudo`. */
  readonly sudo: boolean;
}

/** Finds out once for each connection how Docker is reached there. */
export class Engines {
  readonly #reach = new WeakMap<RemoteSession, Reach>();

  constructor(private readonly access: Pick<MachineAccess, 'session'>) {}

  /** @throws SkylabError `NoDocker`, `DockerSilent` */
  async of(machine: Machine, signal?: AbortSignal): Promise<Engine> {
    const session = await this.access.session(machine, signal);
    const known = this.#reach.get(session);
    if (known === 'direct' || known === 'sudo') return { session, sudo: known === 'sudo' };
    const argv = ['sh', '-c', ENGINE_SCRIPT];
    const parse = (stdout: string) => parseReach(stdout.trim().split('\t')[1] ?? '').reach;
    const reach = await session.run({ argv, parse, what: 'look for Docker' }, signal ? { signal } : {});
    this.learn(session, reach);
    if (reach === 'missing' || reach === 'silent') throw noDocker(reach, machine.name);
    return { session, sudo: reach === 'sudo' };
  }

  /** Keeps what another command has found out. */
  learn(session: RemoteSession, reach: Reach): void {
    this.#reach.set(session, reach);
  }
}

/** Why nothing can be done with Docker there. */
export function noDocker(reach: 'missing' | 'silent', machineName: string): SkylabError {
  if (reach === 'missing') {
    return new SkylabError(`Docker is not installed on ${machineName}.`, {
      code: 'NoDocker',
      next: 'Deploy a folder with a Compose file: Docker is installed on the way.',
    });
  }
  return new SkylabError(`Docker does not answer on ${machineName}.`, {
    code: 'DockerSilent',
    next: 'Look at sudo systemctl status docker there, and check that this login may use sudo or is in the group docker.',
  });
}
