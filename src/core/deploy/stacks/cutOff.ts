import { SkylabError, isCancelled, sentenceOf } from '../../errors';
import type { LedgerRecord } from '../../operations/operations';
import type { Step, StepIo } from '../../operations/step';
import { isAway } from '../comeBack';
import { pruneReleases, removeRelease } from '../releases';
import { proveServing, restartsNow, standUp } from '../standUp';
import { compose } from '../stackHost';
import type { Managed } from './releaseSteps';
import type { StackAct } from './stackAct';
import { connect, done } from './stackAct';
import { landing, newSwitch, switchEnd, switchSteps } from './switch';

/** A release whose making was cut off: its window went away. */
export interface CutOff {
  readonly stack: string;
  /** Absolute path on the machine. */
  readonly path: string;
}

/** The release that an operation left; undefined for one that made none. */
export function cutOffRelease(record: Pick<LedgerRecord, 'created'>): CutOff | undefined {
  for (const { kind, id } of record.created) {
    const stack = /\/skylab\/([^/]+)\/releases\/[^/]+$/.exec(id)?.[1];
    if (kind === 'remoteFolder' && stack !== undefined) return { stack, path: id };
  }
  return undefined;
}

/** What is there of it. */
interface Remains {
  /** It arrived whole. */
  readonly whole: boolean;
  /** Containers were made from it, or it is the current one. */
  readonly begun: boolean;
  /** Absolute path of the release that served before, as far as the machine knows; empty where there is none. */
  readonly before: string;
}

/** `current` leads to what served before until the new release runs; afterwards it is the newest of the others. */
function lookCommand(act: StackAct, path: string) {
  const script = `cd "$2" 2>/dev/null || exit 0
[ -d "$3" ] && echo whole
current=$(cd current 2>/dev/null && pwd -P)
if [ "$current" = "$3" ]; then echo begun
else docker ps --all --filter "label=com.docker.compose.project=$1" --format '{{.Label "com.docker.compose.project.working_dir"}}' | grep -qxF "$3" && echo begun; fi
[ "$current" != "$3" ] || current=
[ -n "$current" ] || current=$(ls -1d "$2"/releases/*/ 2>/dev/null | sed 's|/$||' | grep -E '/[0-9]{8}-[0-9]{6}-[^/.]*$' | grep -vxF "$3" | sort | tail -n 1)
[ -z "$current" ] || printf 'before %s\\n' "$current"
exit 0`;
  return {
    argv: ['sh', '-c', script, 'look', act.name, act.facts.folder, path],
    sudo: act.place.sudo,
    what: 'look what is left',
    parse: (stdout: string): Remains => {
      const lines = stdout.split('\n');
      const before = lines.find((line) => line.startsWith('before '))?.slice(7) ?? '';
      return { whole: lines.includes('whole'), begun: lines.includes('begun'), before };
    },
  };
}

/**
 * Puts right what a deployment left that was cut off: a release that nothing runs from is removed; one whose containers were begun is
 * finished where it comes up and answers, and otherwise gives way to the one that served before, or is taken down where there was none.
 * @param settled called when the machine is in order
 */
export function putRightSteps({ path }: CutOff, settled: () => Promise<void>): Managed {
  const change = newSwitch(['--remove-orphans']);
  let end: 'gone' | 'unused' | 'finished' | 'back' | 'down' = 'gone';

  /** Does what the deployment would have done next, as far as it can be seen without changing which release serves. */
  const comesUp = async (act: StackAct, io: StepIo): Promise<boolean> => {
    try {
      const site = await landing(act, io, path);
      act.release = path;
      act.restartsBefore = await restartsNow(act, io);
      const since = Date.now();
      await act.compose(io, 'starting', path, 'up', '--detach', '--remove-orphans');
      await standUp(act, io, { since, settled: true });
      if (site.url !== '' && act.facts.curl) await proveServing(act, io, site);
      return true;
    } catch (error) {
      if (isCancelled(error) || isAway(error)) throw error;
      io.log(`The release that was cut off does not come up: ${act.safe(sentenceOf(error))}`);
      return false;
    }
  };

  const look: Step<StackAct> = {
    name: 'check',
    title: 'Look what is left',
    async run(act, io) {
      const { whole, begun, before } = await act.remote(lookCommand(act, path), io);
      if (!begun) {
        end = whole ? 'unused' : 'gone';
        return;
      }
      if (await comesUp(act, io)) end = 'finished';
      else end = before === '' ? 'down' : 'back';
      if (end !== 'down') change.target = await landing(act, io, end === 'finished' ? path : before);
    },
  };
  const serving = switchSteps(change).map((step) => ({
    ...step,
    when: (act: StackAct) => (end === 'finished' || end === 'back') && (step.when?.(act) ?? true),
  }));
  const tidy: Step<StackAct> = {
    name: 'files',
    title: 'Tidy up',
    async run(act, io) {
      const { root, folder } = act.facts;
      if (end === 'down') await act.remote({ ...compose(act.place, path, 'down', '--remove-orphans'), what: 'take the stack down' }, io);
      // what of an upload did not arrive lies beside it
      if (end !== 'finished') await act.remote(removeRelease(path, root), io);
      else await act.remote(pruneReleases(folder, root), io);
      await settled();
      io.report(SAID[end](act.name));
    },
  };
  return {
    steps: [connect, look, ...serving, tidy, done],
    explain: (act, error, undoError) => {
      const failure = switchEnd(change, act, error, undoError);
      if (change.target.path === '' || !(failure instanceof SkylabError)) return failure;
      return new SkylabError(failure.message, {
        next: `${act.name} may serve in part on ${act.machine.name}: deploy its folder again, or choose another release there.`,
        code: 'DeploymentCutOff',
        remedies: [{ kind: 'showLog' }],
        cause: failure,
      });
    },
  };
}

const SAID: Readonly<Record<'gone' | 'unused' | 'finished' | 'back' | 'down', (stack: string) => string>> = {
  gone: () => 'nothing of it had arrived; what served serves on',
  unused: () => 'its release was removed before anything ran from it; what served serves on',
  finished: (stack) => `the new release of ${stack} serves: it is finished`,
  back: (stack) => `the new release of ${stack} did not come up and was removed; the one before serves again`,
  down: (stack) => `${stack} did not come up and had nothing before it: it was taken down; its volumes stay`,
};
