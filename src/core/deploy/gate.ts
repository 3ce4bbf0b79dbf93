import { stripVTControlCharacters } from 'node:util';
import type { RemoteCommand } from '../remote/command';
import type { StackPlace, StackService } from './stackHost';

/** How patient a release's gate is. All in milliseconds. */
export interface GateLimits {
  /** How long health checks may say "starting" before the release is taken back. */
  readonly healthMs: number;
  /** How long a service without a health check has to run without ending, before it counts as up. */
  readonly settleMs: number;
  /** How long a service may start and end again while others still come up, such as a database that it waits for. */
  readonly patienceMs: number;
  /** How long the machine may be away after a lost connection. */
  readonly awayMs: number;
}

export const GATE_LIMITS: GateLimits = { healthMs: 300_000, settleMs: 6000, patienceMs: 25_000, awayMs: 240_000 };

/** A container as the gate sees it. */
export interface Watched extends StackService {
  readonly restarts: number;
  /** Milliseconds since it was started last; 0 for one that does not run. */
  readonly upMs: number;
  /** What its last health check printed; empty where there is none. */
  readonly checkSaid: string;
  /** Docker starts it anew when it ends. */
  readonly restarted: boolean;
}

export type Verdict =
  | { readonly kind: 'well' }
  /** @param what "db becomes healthy" */
  | { readonly kind: 'wait'; readonly what: string }
  | { readonly kind: 'ill'; readonly ill: readonly Watched[] };

const FORMAT =
  '{{index .Config.Labels "com.docker.compose.oneoff"}}\\t{{index .Config.Labels "com.docker.compose.service"}}\\t{{.Name}}\\t{{.Config.Image}}\\t{{.RestartCount}}\\t{{.HostConfig.RestartPolicy.Name}}\\t{{json .State}}';

/** Everything about a stack's containers that tells whether they came up, ended ones included, in one round trip. */
export function watchCommand(place: StackPlace): RemoteCommand<Watched[]> {
  const script = `date '+%s%3N'
ids=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1") || exit 1
[ -z "$ids" ] || docker inspect --format "$2" $ids`;
  return {
    argv: ['sh', '-c', script, 'watch', place.stack, FORMAT.replaceAll('\\t', '\t')],
    sudo: place.sudo,
    // one that went away between the two questions is none any more
    okCodes: [0, 1],
    parse: parseWatched,
    what: 'look at the containers',
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Reads what `watchCommand` prints: the machine's time in milliseconds, then one container a line. */
export function parseWatched(stdout: string): Watched[] {
  const [clock = '', ...lines] = stdout.split('\n');
  const now = Number(clock);
  return lines.flatMap((line): Watched[] => {
    const [oneOff, service = '', name = '', image = '', restarts = '0', policy = '', ...rest] = line.split('\t');
    if (rest.length === 0 || oneOff === 'True') return [];
    const state = record(JSON.parse(rest.join('\t')));
    const text = (key: string) => (typeof state[key] === 'string' ? state[key] : '');
    const health = record(state['Health']);
    const checks = Array.isArray(health['Log']) ? (health['Log'] as unknown[]) : [];
    const said = record(checks.at(-1))['Output'];
    const status = typeof health['Status'] === 'string' && health['Status'] !== 'none' ? health['Status'] : '';
    const running = text('Status') === 'running';
    return [
      {
        service,
        container: name.replace(/^\//, ''),
        image,
        state: text('Status'),
        health: running ? status : '',
        exitCode: typeof state['ExitCode'] === 'number' ? state['ExitCode'] : 0,
        restarts: Number(restarts),
        upMs: running ? Math.max(0, now - Date.parse(text('StartedAt'))) : 0,
        checkSaid: typeof said === 'string' ? plain(said) : '',
        restarted: policy !== '' && policy !== 'no',
      },
    ];
  });
}

/** The end of what a program printed, on one line and without terminal codes. */
export function plain(text: string, most = 300): string {
  const line = stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > most ? `…${line.slice(-most)}` : line;
}

/** Ends so many times before it is called ill. */
const ENDS = 4;

interface Gate {
  /** Restarts that were counted before this release, by container. */
  readonly before: ReadonlyMap<string, number>;
  /** Milliseconds since the release was started. */
  readonly elapsedMs: number;
  /** Whether services without a health check have to have run for a while. */
  readonly settled: boolean;
}

/**
 * Whether a stack has come up. `docker compose up --wait` cannot be asked: it gives up on a container that ends with 0, as those do that
 * only prepare something (docker/compose#10596), and knows no patience with one that waits for another by ending.
 */
export function judge(now: readonly Watched[], gate: Gate, limits: GateLimits): Verdict {
  const ends = (one: Watched) => one.restarts - (gate.before.get(one.container) ?? 0);
  const young = now.some(
    (one) => one.health === 'starting' || (one.state === 'running' && one.health === '' && ends(one) === 0 && one.upMs < limits.patienceMs),
  );
  const hopeless = (one: Watched) => ends(one) >= ENDS && (gate.elapsedMs >= limits.patienceMs || !young);
  const over = gate.elapsedMs >= limits.healthMs;
  const ill = now.filter((one) => {
    switch (one.state) {
      case 'running':
        return (
          one.health === 'unhealthy' ||
          (one.health === 'starting' && over) ||
          (ends(one) > 0 && one.upMs < limits.settleMs && (hopeless(one) || over))
        );
      case 'exited':
        return one.exitCode !== 0 && (!one.restarted || gate.elapsedMs >= limits.patienceMs);
      case 'restarting':
        return hopeless(one) || over;
      case 'dead':
        return true;
      default:
        return over;
    }
  });
  if (ill.length > 0) return { kind: 'ill', ill };
  for (const one of now) {
    if (one.state === 'running' && one.health === 'starting') return { kind: 'wait', what: `${one.service} becomes healthy` };
    if (one.state === 'restarting' || (one.state === 'exited' && one.exitCode !== 0))
      return { kind: 'wait', what: `${one.service} starts again` };
    if (one.state === 'created' || one.state === 'paused') return { kind: 'wait', what: `${one.service} starts` };
    const shaky = ends(one) > 0 || gate.settled;
    if (one.state === 'running' && one.health === '' && shaky && one.upMs < limits.settleMs)
      return { kind: 'wait', what: `${one.service} is watched: it has no health check` };
  }
  return { kind: 'well' };
}

/** "db is unhealthy: its health check says “no response”". */
export function diagnosis(one: Watched, elapsedMs: number): string {
  const said = one.checkSaid === '' ? '' : `: its health check says “${one.checkSaid}”`;
  if (one.state === 'running' && one.health === 'unhealthy') return `${one.service} is unhealthy${said}`;
  // Docker forgets the code of one that it has started anew, and its health is "starting" again each time
  if (one.state === 'running' && one.restarts >= ENDS)
    return `${one.service} starts and ends again and again${one.exitCode === 0 ? '' : `, with code ${one.exitCode}`}`;
  if (one.state === 'running' && one.health === 'starting')
    return `${one.service} did not become healthy within ${Math.round(elapsedMs / 1000)} s${said}`;
  if (one.state === 'restarting' || one.restarts > 0) return `${one.service} starts and ends again and again, with code ${one.exitCode}`;
  if (one.state === 'exited' || one.state === 'dead') return `${one.service} ended with code ${one.exitCode}`;
  return `${one.service} did not get beyond “${one.state}”`;
}
