import { SkylabError, pause } from '../errors';
import type { StepIo } from '../operations/step';
import type { DeployRun } from './deployRun';

import { askCommand } from './prove';
import type { Watched } from './gate';
import { judge, watchCommand } from './gate';
import { illness } from './illness';
import { explainDocker } from './stackHost';

/** Milliseconds between two looks at containers that come up. */
const LOOK_MS = 700;
/** How long a release that is put back may take to answer. */
const SERVE_MS = 60_000;

interface StandUp {
  /** When it was started: milliseconds since the epoch. */
  readonly since: number;
  /** Whether services without a health check have to have run for a while. */
  readonly settled: boolean;
  /** What `docker compose up` said, if it failed. */
  readonly failure?: unknown;
}

/** Waits until the stack has come up, saying for what and how long. @throws SkylabError `StackFailed` and what Docker's own words explain */
export async function standUp(run: DeployRun, io: StepIo, { since, settled, failure }: StandUp): Promise<readonly Watched[]> {
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

/**
 * Proves that what was put back serves, by asking on the machine as after a deployment.
 * @returns what was seen, such as "401 without the password"; undefined where there is nothing to ask
 * @throws SkylabError `SiteUnproved`
 */
export async function proveServing(run: DeployRun, io: StepIo, url: string): Promise<string | undefined> {
  if (url === '' || !run.facts.curl) return undefined;
  const deadline = Date.now() + SERVE_MS;
  for (let wait = 300; ; wait = Math.min(wait * 1.5, 3000)) {
    const { status, body } = await run.remote(askCommand(url, undefined), io);
    if (status === 401) return '401 without the password';
    if (status > 0 && status < 500) return `it answers ${status}`;
    if (Date.now() + wait > deadline)
      throw new SkylabError(`${url} answers ${status === 0 ? 'nothing' : String(status)}: ${run.safe(body.slice(-200))}.`, {
        code: 'SiteUnproved',
      });
    io.report(`asking the release that was put back: ${status === 0 ? 'no answer yet' : status}`);
    await pause(wait, io.signal);
  }
}
