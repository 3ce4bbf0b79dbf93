import { SkylabError } from '../errors';
import type { StepIo } from '../operations/step';
import type { DeployRun } from './deployRun';
import type { StackService } from './stackHost';
import { ailing, describe, explainDocker, lastLines } from './stackHost';

/**
 * Why a stack does not run, with the last lines of the services that failed in the log; undefined where all is well with it.
 * @param cause what Compose said, if it failed
 */
export async function illness(
  run: DeployRun,
  io: StepIo,
  services: readonly StackService[],
  cause?: unknown,
): Promise<SkylabError | undefined> {
  const ill = ailing(services);
  if (ill.length === 0) return undefined;
  const known = explainDocker(cause, run.machine.name);
  if (known !== cause && known instanceof SkylabError) return known;
  let last = '';
  for (const one of ill) {
    const lines = await run.remote(lastLines(run.place, run.release, one.service, 20), io);
    io.log(`${describe(one)}. Its last lines:\n${lines}`);
    last = lines.trim().split('\n').at(-1) ?? last;
  }
  const what = ill.map(describe).join('; ');
  const own = run.previous === undefined ? 'Nothing of it was left on the machine.' : 'The previous release serves on.';
  return new SkylabError(`${run.deployCase.lab.stack} did not start: ${what}${last === '' ? '' : ` (${last.slice(0, 300)})`}.`, {
    next: `${own} Mend that and deploy again; the log has the last lines.`,
    code: 'StackFailed',
    remedies: [{ kind: 'showLog' }],
    cause,
  });
}
