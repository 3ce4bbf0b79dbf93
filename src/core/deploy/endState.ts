import { SkylabError, sentenceOf } from '../errors';
import type { DeployRun } from './deployRun';
import { describe } from './stackHost';

/** Refusals that come before anything is touched and say themselves what to do. */
const UNTOUCHED: readonly string[] = ['Locked', 'LockFailed', 'FolderChanged', 'PlanProblems', 'SiteUnreachable'];

/**
 * What a person is told when a deployment has failed: why, and exactly in which state it left the machine.
 * @param error why it failed; undefined when it was canceled and only the way back failed
 * @param undoError why the way back failed, if it did
 */
export function endState(run: DeployRun, error: unknown, undoError: unknown): Error {
  const failed = error instanceof Error ? error : new Error(sentenceOf(error));
  const code = failed instanceof SkylabError ? failed.code : undefined;
  if (undoError === undefined && code !== undefined && UNTOUCHED.includes(code)) return failed;
  const next = failed instanceof SkylabError ? failed.next : undefined;
  const remedies = failed instanceof SkylabError ? failed.remedies : [];
  const build = (message: string, sentences: readonly (string | undefined)[], newCode = code) =>
    new SkylabError(message, {
      next: sentences.filter((sentence) => sentence !== undefined && sentence !== '').join(' '),
      ...(newCode === undefined ? {} : { code: newCode }),
      remedies: remedies.length > 0 ? remedies : [{ kind: 'showLog' }],
      cause: failed,
    });
  if (run.away) return build(ended(failed.message), [awayText(run)], 'MachineAway');
  if (undoError === undefined) return build(ended(failed.message), [backText(run), next]);
  const reason = undoError instanceof Error ? undoError.message : sentenceOf(undoError);
  const tried = run.previous === undefined ? 'It could not be taken away again' : 'The previous release could not be put back';
  const message = error === undefined ? `${tried}: ${ended(reason)}` : `${ended(failed.message)} ${tried}: ${ended(reason)}`;
  return build(message, [stateText(run), againText(run)], 'RollbackFailed');
}

/** What other programs say may lack its full stop. */
const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What serves after a way back that went well. */
function backText(run: DeployRun): string {
  if (run.previous === undefined) return run.touched ? 'Nothing of it was left on the machine.' : '';
  if (!run.touched) return 'The previous release serves on, untouched.';
  if (run.back === undefined) return '';
  const proof = run.back.proof === undefined ? '' : `, proved by asking it: ${run.back.proof}`;
  return `The previous release serves again${proof}. What services wrote into volumes meanwhile stays.`;
}

/** What was seen on the machine after a way back that failed. */
function stateText(run: DeployRun): string {
  const { last, machine } = run;
  if (last === undefined) return `What runs on ${machine.name} now is not known, since it does not answer.`;
  const services = last.services ?? [];
  const runs =
    services.length === 0
      ? 'nothing of it runs'
      : services.map((one) => (one.state === 'running' && one.health !== 'unhealthy' ? `${one.service} runs` : describe(one))).join(', ');
  const leads =
    last.current === undefined
      ? 'no release is the current one'
      : `“current” leads to ${last.current.id}, the ${last.current.id === run.id ? 'new' : 'previous'} release`;
  return `On ${machine.name} now: ${runs}; ${leads}.`;
}

function againText(run: DeployRun): string {
  const { stack } = run.deployCase.lab;
  if (run.previous === undefined) return 'Deploy again when that is mended, or remove the stack.';
  return `Deploy again when that is mended, or start what was there by hand: cd ~/skylab/${stack}/current && docker compose up -d.`;
}

/** The machine went away for good: nobody can say what it does. */
function awayText(run: DeployRun): string {
  const { stack } = run.deployCase.lab;
  const began = run.touched
    ? run.previous === undefined
      ? `${stack} was being started there, so some of it may run.`
      : `The new release of ${stack} was being started there, so it may run in part; the previous one is complete in ~/skylab/${stack}/releases.`
    : run.previous === undefined
      ? 'Nothing was started there yet.'
      : 'What served before was not touched.';
  return `${began} Deploy again once it answers: that looks what is there and puts it right. The lock there frees itself.`;
}
