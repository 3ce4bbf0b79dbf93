import { SkylabError, isCancelled, sentenceOf } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import { isAway, stopLeftovers } from '../comeBack';
import { parseRecord } from '../facts';
import { pointCurrent, RECORD_FILE } from '../releases';
import { isWatched, proveServing, restartsNow, standUp, watchUnit } from '../standUp';
import type { NamedUnit, UnitState } from '../unitCommands';
import { enableUnit, installUnit, retireUnit, startUnit, unitJournal, unitState, verifyUnit } from '../unitCommands';
import type { StackAct } from './stackAct';

/** A release on the machine and what it wrote down about itself. */
export interface Landing {
  /** Absolute path; empty where there is none. */
  readonly path: string;
  /** Empty where no port is published. */
  readonly url: string;
  readonly guarded: boolean;
  /** File name of its unit; empty where it has none. */
  readonly unit: string;
  /** Absent in releases of earlier versions. */
  readonly unitText?: string;
}

/** What going from the release that serves to another one, or to newer images of the same, remembers. */
export interface Switch {
  target: Landing;
  previous: Landing;
  /** Words for `docker compose up`. */
  readonly words: readonly string[];
  /** Done before the previous release is started again. */
  readonly restore?: (act: StackAct, io: StepIo) => Promise<void>;
  /** Containers were made or changed. */
  touched: boolean;
  /** The way back went well. */
  back?: { readonly proof?: string };
  startedAt: number;
  unitStartedAt: number;
  unitBefore?: UnitState;
  retired?: NamedUnit;
}

const NOWHERE: Landing = { path: '', url: '', guarded: false, unit: '' };

export const newSwitch = (words: readonly string[], restore?: Switch['restore']): Switch => ({
  target: NOWHERE,
  previous: NOWHERE,
  words,
  ...(restore ? { restore } : {}),
  touched: false,
  startedAt: 0,
  unitStartedAt: 0,
});

/** Reads a release's record and hides the secrets of its environment from now on. @param path absolute; may be empty */
export async function landing(act: StackAct, io: Pick<StepIo, 'signal'>, path: string): Promise<Landing> {
  if (path === '') return NOWHERE;
  const script = `cd "$1" && cat ${RECORD_FILE} 2>/dev/null; printf '\\0'; cat .env 2>/dev/null; exit 0`;
  const text = await act.remote({ argv: ['sh', '-c', script, 'read', path], what: 'read the release', parse: (stdout) => stdout }, io);
  const end = text.indexOf('\0');
  act.hide(text.slice(end + 1));
  const { url = '', guarded = false, unit = '', unitText } = parseRecord(text.slice(0, end)) ?? {};
  return { path, url, guarded, unit, ...(unitText === undefined ? {} : { unitText }) };
}

/** `docker compose up` without its own waiting. @returns why it failed: the gate finds out what that means */
async function bringUp(act: StackAct, io: StepIo, words: readonly string[]): Promise<unknown> {
  try {
    await act.compose(io, 'starting', act.release, 'up', '--detach', ...words);
    return undefined;
  } catch (error) {
    if (isCancelled(error) || isAway(error)) throw error;
    return error;
  }
}

/** Starts it and waits, as after a deployment, until its services are up. */
async function stand(act: StackAct, io: StepIo, change: Switch, release: string, words: readonly string[]): Promise<void> {
  act.release = release;
  change.startedAt = Date.now();
  const failure = await bringUp(act, io, words);
  await standUp(act, io, { since: change.startedAt, settled: false, failure });
}

const hasUnits = ({ facts }: StackAct): boolean => facts.systemd && facts.root;

async function prove(act: StackAct, io: StepIo, site: Landing): Promise<string | undefined> {
  return site.url === '' || !act.facts.curl ? undefined : proveServing(act, io, site);
}

const serve = (change: Switch): Step<StackAct> => ({
  name: 'up',
  title: 'Start that release',
  async run(act, io) {
    act.restartsBefore = await restartsNow(act, io);
    change.touched = true;
    await stand(act, io, change, change.target.path, change.words);
  },
  async undo(act, io) {
    const { previous } = change;
    if (!change.touched || previous.path === '') return;
    io.report('putting back what served before');
    await act.remote(stopLeftovers(act.place), io);
    await change.restore?.(act, io);
    await stand(act, io, change, previous.path, [...change.words, '--pull', 'never']);
    if (change.retired) await act.remote(startUnit(change.retired.name), io);
    else if (change.unitBefore?.active === 'active') await act.remote(startUnit(change.target.unit), io);
    const proof = await prove(act, io, previous);
    change.back = proof === undefined ? {} : { proof };
    io.log(`What served before serves again${proof === undefined ? '' : `: ${proof}`}.`);
  },
});

const flip = (change: Switch): Step<StackAct> => ({
  name: 'current',
  title: 'Make it the current release',
  when: () => change.target.path !== change.previous.path,
  async run(act, io) {
    await act.remote(pointCurrent(act.facts.folder, change.target.path), io);
  },
  async undo(act, io) {
    await act.remote(pointCurrent(act.facts.folder, change.previous.path === '' ? undefined : change.previous.path), io);
  },
});

const unit = (change: Switch): Step<StackAct> => ({
  name: 'unit',
  title: 'Start at boot',
  when: (act) => hasUnits(act) && (change.target.unit !== '' || change.previous.unit !== ''),
  async run(act, io) {
    const { unit: name, unitText } = change.target;
    const old = change.previous.unit;
    if (name !== '') {
      change.unitBefore = await act.remote(unitState(name), io);
      const { text, enabled } = change.unitBefore;
      if (unitText !== undefined && text !== unitText) {
        for (const finding of await act.remote(verifyUnit(name, unitText), io)) io.log(`systemd says: ${finding}`);
        await act.remote(installUnit(name, unitText), io);
      }
      if (unitText === undefined && text === undefined)
        throw new SkylabError(`That release does not say what its unit ${name} was.`, { next: 'Deploy its folder again instead.' });
      if (enabled !== 'enabled' || text === undefined) await act.remote(enableUnit(name), io);
      change.unitStartedAt = Date.now();
      try {
        await act.remote(startUnit(name), io);
      } catch (error) {
        if (!isCancelled(error) && !isAway(error)) io.log(act.safe(await act.remote(unitJournal(name, 20), io)));
        throw error;
      }
    }
    if (old === '' || old === name) return;
    const { text } = await act.remote(unitState(old), io);
    if (text === undefined) return;
    change.retired = { name: old, text };
    await act.remote(retireUnit(old), io);
  },
  async undo(act, io) {
    const { retired, unitBefore, target } = change;
    if (retired) {
      await act.remote(installUnit(retired.name, retired.text), io);
      await act.remote(enableUnit(retired.name), io);
    }
    if (!unitBefore) return;
    if (unitBefore.text === undefined) await act.remote(retireUnit(target.unit), io);
    else if (target.unitText !== undefined && unitBefore.text !== target.unitText)
      await act.remote(installUnit(target.unit, unitBefore.text), io);
  },
});

const ask = (change: Switch): Step<StackAct> => ({
  name: 'prove',
  title: 'Prove the site on the machine',
  when: (act) => change.target.url !== '' && act.facts.curl,
  async run(act, io) {
    io.report((await prove(act, io, change.target)) ?? '');
  },
});

const settle = (change: Switch): Step<StackAct> => ({
  name: 'settle',
  title: 'Watch it run',
  async run(act, io) {
    await standUp(act, io, { since: change.startedAt, settled: true });
    const { unit: name, unitText } = change.target;
    if (name !== '' && unitText !== undefined && hasUnits(act) && isWatched(unitText))
      await watchUnit(act, io, { name, text: unitText }, change.unitStartedAt);
    io.report('nothing has ended');
  },
});

/** Starts the target through the same gate and the same proof as a deployment; what fails puts back what served. */
export const switchSteps = (change: Switch): readonly Step<StackAct>[] => [serve, flip, unit, ask, settle].map((make) => make(change));

/** What a person is told when a switch has failed: why, and exactly in which state it left the machine. */
export function switchEnd(change: Switch, act: StackAct, error: unknown, undoError: unknown): Error {
  const failed = error ?? undoError;
  const known = failed instanceof SkylabError ? failed : undefined;
  const reason = failed instanceof Error ? failed : new Error(sentenceOf(failed));
  if (!change.touched && undoError === undefined) return reason;
  const ended = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
  const tell = (message: string, next: string, code = known?.code) =>
    new SkylabError(message, { next, ...(code === undefined ? {} : { code }), remedies: [{ kind: 'showLog' }], cause: reason });
  if (undoError !== undefined) {
    const tried = `What served before could not be put back: ${ended(undoError instanceof Error ? undoError.message : sentenceOf(undoError))}`;
    const hand = `cd ~/skylab/${act.name}/current && docker compose up -d`;
    const next = `Look at its services, and start by hand what was there: ${hand}.`;
    return tell(error === undefined ? tried : `${ended(reason.message)} ${tried}`, next, 'RollbackFailed');
  }
  const proof = change.back?.proof === undefined ? '' : `, proved by asking it: ${change.back.proof}`;
  const back = change.back ? `What served before serves again${proof}.` : 'Nothing served before, so its containers stay as they are.';
  return tell(ended(reason.message), `${back} The log has the last lines of its services.`);
}
