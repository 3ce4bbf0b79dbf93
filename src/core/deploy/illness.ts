import { SkylabError } from '../errors';
import type { StepIo } from '../operations/step';
import type { Watched } from './gate';
import { diagnosis, plain } from './gate';
import type { Standing } from './standUp';
import { explainDocker, lastLines } from './stackHost';

/**
 * Why a stack does not run, with the last lines of the services that failed in the log.
 * @param elapsedMs milliseconds since it was started
 * @param cause what Compose said, if it failed
 */
export async function illness(
  run: Standing,
  io: StepIo,
  ill: readonly Watched[],
  elapsedMs: number,
  cause?: unknown,
): Promise<SkylabError> {
  const known = explainDocker(cause, run.machine.name);
  if (known !== cause && known instanceof SkylabError) return known;
  let last = '';
  for (const one of ill) {
    const lines = run.safe(await run.remote(lastLines(run.place, run.release, one.service, 20), io));
    io.log(`${run.safe(diagnosis(one, elapsedMs))}. Its last lines:\n${lines}`);
    last = lines.trim().split('\n').at(-1) ?? last;
  }
  const what = run.safe(ill.map((one) => diagnosis(one, elapsedMs)).join('; '));
  return new SkylabError(`${run.place.stack} did not start: ${what}${last === '' ? '' : ` (${plain(last)})`}.`, {
    next: 'Mend that and deploy again; the log has the last lines.',
    code: 'StackFailed',
    remedies: [{ kind: 'showLog' }],
    cause,
  });
}
