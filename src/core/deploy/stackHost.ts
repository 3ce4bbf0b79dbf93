import { stripVTControlCharacters } from 'node:util';
import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';

/** One container of a stack as `docker compose ps` tells. */
export interface StackService {
  readonly service: string;
  readonly container: string;
  /** created, running, restarting, exited, paused, dead. */
  readonly state: string;
  /** healthy, unhealthy, starting, or empty where there is no check. */
  readonly health: string;
  readonly exitCode: number;
  readonly image: string;
}

/** Where a stack lives on a machine and how its commands are run there. */
export interface StackPlace {
  readonly stack: string;
  /** Absolute path of ~/skylab/<stack>. */
  readonly folder: string;
  /** Docker is reached through sudo: the login may not be in the group docker yet. */
  readonly sudo: boolean;
}

/** A `docker compose` command of the stack. @param cwd the release's physical path, so that relative mounts are told apart between releases */
export function compose(place: StackPlace, cwd: string, ...words: string[]): RemoteCommand {
  return { argv: ['docker', 'compose', '-p', place.stack, ...words], cwd, sudo: place.sudo };
}

function text(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  return typeof value === 'string' ? value : '';
}

/** Reads `docker compose ps --format json`: one array up to Compose 2.20, one object per line since 2.21. */
export function parsePs(stdout: string): StackService[] {
  const trimmed = stdout.trim();
  if (trimmed === '') return [];
  const records: unknown[] = trimmed.startsWith('[')
    ? (JSON.parse(trimmed) as unknown[])
    : trimmed.split('\n').map((line) => JSON.parse(line) as unknown);
  return records.flatMap((value) => {
    if (typeof value !== 'object' || value === null) return [];
    const record = value as Record<string, unknown>;
    const exitCode = record['ExitCode'];
    return [
      {
        service: text(record, 'Service'),
        container: text(record, 'Name'),
        state: text(record, 'State'),
        health: text(record, 'Health'),
        exitCode: typeof exitCode === 'number' ? exitCode : 0,
        image: text(record, 'Image'),
      },
    ];
  });
}

/** What `docker ps` says in its column STATUS: "Up 3 minutes (healthy)", "Exited (1) 2 hours ago", "Up 2 seconds (health: starting)". */
export function statusOf(status: string): Pick<StackService, 'health' | 'exitCode'> {
  const health = /^Up .*\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status)?.[1] ?? '';
  const code = /^(?:Exited|Restarting) \((\d+)\)/.exec(status)?.[1];
  return { health, exitCode: Number(code ?? '0') };
}

/** The stack's containers, ended ones included. Needs no Compose file: Compose finds them by their labels. */
export function psCommand(place: StackPlace): RemoteCommand<StackService[]> {
  return {
    argv: ['docker', 'compose', '-p', place.stack, 'ps', '--all', '--format', 'json'],
    sudo: place.sudo,
    parse: parsePs,
    what: 'list the containers',
  };
}

/** The containers that are not as they should be. One that ended with code 0 has done its work (docker/compose#10596). */
export function ailing(services: readonly StackService[]): StackService[] {
  return services.filter(({ state, health, exitCode }) => {
    if (state === 'running') return health === 'unhealthy';
    return !(state === 'exited' && exitCode === 0);
  });
}

/** "caddy ended with code 1", "db is unhealthy". */
export function describe({ service, state, health, exitCode }: StackService): string {
  if (state === 'exited' || state === 'dead') return `${service} ended with code ${exitCode}`;
  if (state === 'restarting') return `${service} starts and ends again and again`;
  return `${service} is ${state === 'running' && health !== '' ? health : state}`;
}

/** The last lines that a service wrote. */
export function lastLines(place: StackPlace, cwd: string, service: string, lines: number): RemoteCommand {
  return {
    ...compose(place, cwd, 'logs', '--no-color', '--no-log-prefix', '--tail', String(lines), service),
    parse: (stdout) => stripVTControlCharacters(stdout).trimEnd(),
    what: `read the log of ${service}`,
  };
}

/** A failing command's error, with the sentence that a person needs where the reason is known. */
export function explainDocker(error: unknown, machineName: string): unknown {
  if (!(error instanceof Error)) return error;
  const said = error.message;
  if (/no space left on device/i.test(said)) {
    return new SkylabError(`The disk of ${machineName} is full.`, {
      next: 'Free some space (docker image prune -a helps) or use a larger disk, then deploy again.',
      code: 'DiskFull',
      cause: error,
    });
  }
  const port = /(?:Bind for|listen tcp\d?) \S*?:(\d+)(?:: bind| failed)/.exec(said)?.[1];
  if (port !== undefined) {
    return new SkylabError(`Port ${port} of ${machineName} is taken by something else.`, {
      next: `Stop what listens on port ${port} there, or publish another port in the Compose file.`,
      code: 'PortTaken',
      cause: error,
    });
  }
  if (/toomanyrequests|rate limit/i.test(said)) {
    return new SkylabError('The registry allows no more downloads from this address for now.', {
      next: 'Wait an hour, or run docker login on the machine.',
      cause: error,
    });
  }
  return error;
}
