import { SkylabError, pause } from '../errors';
import type { StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { RunOptions } from '../remote/session';
import { askCommand } from './prove';
import type { GateLimits, Watched } from './gate';
import { judge, plain, watchCommand } from './gate';
import { illness } from './illness';
import type { StackPlace } from './stackHost';
import { explainDocker } from './stackHost';
import type { NamedUnit } from './unitCommands';
import { unitJournal, unitState } from './unitCommands';

/** Milliseconds between two looks at containers that come up. */
const LOOK_MS = 700;
/** How long a unit is watched that could end by itself. */
const UNIT_SETTLE_MS = 8000;
/** How long a release that is put back may take to answer. */
const SERVE_MS = 60_000;

/** A stack that a release is started of: what watching and proving it needs. */
export interface Standing {
  readonly machine: { readonly name: string };
  readonly place: StackPlace;
  /** Absolute path of the release that is started. */
  readonly release: string;
  readonly limits: GateLimits;
  /** How often Docker had started each container anew before. */
  readonly restartsBefore: ReadonlyMap<string, number>;
  remote<T>(command: RemoteCommand<T>, io: Pick<StepIo, 'signal'>, options?: Omit<RunOptions, 'signal'>): Promise<T>;
  /** A text of the machine's without the stack's secrets. */
  safe(text: string): string;
}

interface StandUp {
  /** When it was started: milliseconds since the epoch. */
  readonly since: number;
  /** Whether services without a health check have to have run for a while. */
  readonly settled: boolean;
  /** What `docker compose up` said, if it failed. */
  readonly failure?: unknown;
}

/** Waits until the stack has come up, saying for what and how long. @throws SkylabError `StackFailed` and what Docker's own words explain */
export async function standUp(run: Standing, io: StepIo, { since, settled, failure }: StandUp): Promise<readonly Watched[]> {
  const { limits } = run;
  for (;;) {
    const now = await run.remote(watchCommand(run.place), io);
    const elapsedMs = Date.now() - since;
    const verdict = judge(now, { before: run.restartsBefore, elapsedMs, settled }, limits);
    if (verdict.kind === 'ill') throw await illness(run, io, verdict.ill, elapsedMs, failure);
    if (failure !== undefined) throw explainDocker(failure, run.machine.name);
    if (verdict.kind === 'well') return now;
    const seconds = (ms: number) => Math.round(ms / 1000);
    io.report(`waiting until ${verdict.what} (${seconds(elapsedMs)} of at most ${seconds(limits.healthMs)} s)`);
    await pause(LOOK_MS, io.signal);
  }
}

/** How often Docker has started each container anew by now. */
export async function restartsNow(run: Standing, io: StepIo): Promise<ReadonlyMap<string, number>> {
  return new Map((await run.remote(watchCommand(run.place), io)).map((one) => [one.container, one.restarts]));
}

/** A unit whose process goes on, so that it can end later; not one that only starts the stack. */
export const isWatched = (text: string): boolean => !/^\s*RemainAfterExit\s*=\s*(yes|true|on|1)\s*$/m.test(text);

/** Watches a unit that could end by itself. @param since when it was started, in milliseconds since the epoch @throws SkylabError `UnitFailed` */
export async function watchUnit(run: Standing, io: StepIo, unit: NamedUnit, since: number): Promise<void> {
  const rest = since + UNIT_SETTLE_MS - Date.now();
  if (rest > 0) {
    io.report(`watching ${unit.name}`);
    await pause(rest, io.signal);
  }
  const { active } = await run.remote(unitState(unit.name), io);
  if (active === 'active') return;
  const journal = run.safe(await run.remote(unitJournal(unit.name, 20), io));
  io.log(`The last lines of ${unit.name}:\n${journal}`);
  throw new SkylabError(`${unit.name} did not stay up: systemd calls it ${active} (${plain(journal.trim().split('\n').at(-1) ?? '')}).`, {
    next: 'Mend the unit and deploy again; the log has its last lines.',
    code: 'UnitFailed',
  });
}

/**
 * Proves that a release which was served before serves again, by asking on the machine as after a deployment.
 * @returns what was seen, such as "401 without the password"
 * @throws SkylabError `SiteUnproved`; `SiteOpen` where it should ask for a password and does not
 */
export async function proveServing(run: Standing, io: StepIo, { url, guarded }: { url: string; guarded: boolean }): Promise<string> {
  const deadline = Date.now() + SERVE_MS;
  for (let wait = 300; ; wait = Math.min(wait * 1.5, 3000)) {
    const { status, body } = await run.remote(askCommand(url, undefined), io);
    if (status === 401) return '401 without the password';
    if (status > 0 && status < 400 && guarded)
      throw new SkylabError(`${url} lets people in without the password (it answered ${status}).`, { code: 'SiteOpen' });
    if (status > 0 && status < 500 && !guarded) return `it answers ${status}`;
    if (Date.now() + wait > deadline)
      throw new SkylabError(`${url} answers ${status === 0 ? 'nothing' : String(status)}: ${run.safe(body.slice(-200))}.`, {
        code: 'SiteUnproved',
      });
    io.report(`asking the site: ${status === 0 ? 'no answer yet' : status}`);
    await pause(wait, io.signal);
  }
}
