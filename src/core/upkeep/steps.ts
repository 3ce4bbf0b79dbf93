import { randomUUID } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { Lines } from '../cloud/launching/setUpOverSsh';
import { withHeartbeat } from '../deploy/heartbeat';
import { InstallProgress } from '../deploy/installDocker';
import { RemoteLock } from '../deploy/remoteLock';
import { causeChain, isCancelled, pause, SkylabError, sentenceOf } from '../errors';
import type { Step, StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { RemoteSession } from '../remote/session';
import type { JournalEntry } from './journal';
import { writeJournal } from './journal';
import type { Act, Change, Plan, WayBack } from './task';
import { armWayBack, disarmWayBack, goBackNow, WAY_BACK_SECONDS } from './wayBack';

/** Milliseconds for a new login while the way back is armed: it must have answered before the timer fires. */
const PROOF_MS = 40_000;
/** Milliseconds that a restart may take, and between two knocks. */
const RESTART_MS = 10 * 60_000;
const RESTART_POLL_MS = 3_000;
/** Characters of a line that serve as progress. */
const MOST_SHOWN = 120;

/** What the steps of a task share. */
export interface Doing {
  /** The machine's name. */
  readonly machine: string;
  /** The task's id. */
  readonly task: string;
  readonly who: (session: RemoteSession) => string;
  /** ISO 8601. */
  readonly now: () => string;
  readonly session: (signal: AbortSignal) => Promise<RemoteSession>;
  /** A new login. */
  readonly fresh: (signal: AbortSignal) => Promise<RemoteSession>;
  /** Drops the pooled connection. */
  readonly release: () => void;
  /** @throws SkylabError when the plan would be another one now */
  readonly check: (session: RemoteSession, signal: AbortSignal) => Promise<void>;
  /** Acts that failed alone. */
  readonly failed: { readonly title: string; readonly error: unknown }[];
  /** Who does it from where. */
  readonly owner: string;
  armed?: boolean;
  lock?: RemoteLock;
  /** Takes the lock again that was lost with the connection. @throws SkylabError `Locked` where somebody else has begun meanwhile */
  relock?: (io: StepIo) => Promise<void>;
}

/** Look again, do the acts, prove that the person still gets in where that was at stake. */
export function upkeepSteps(plan: Plan): readonly Step<Doing>[] {
  return plan.lock === undefined ? stepsOf(plan) : [lock(plan.lock), ...stepsOf(plan), unlock];
}

function stepsOf(plan: Plan): readonly Step<Doing>[] {
  const guarded = plan.acts.filter((act) => act.guarded === true);
  const [first] = guarded;
  if (first === undefined)
    return [look, ...plan.acts.map((act) => step(act, plan)), ...(plan.acts.some(({ alone }) => alone === true) ? [sum] : [])];
  if (plan.wayBack === undefined) throw new Error(`${first.name} can lock the person out, and has no way back`);
  const free = plan.acts.filter((act) => act.guarded !== true);
  return [
    look,
    ...free.map((act) => step(act, plan)),
    arm(plan.wayBack),
    ...guarded.map((act) => step(act, plan)),
    prove,
    disarm(plan.wayBack),
  ];
}

const look: Step<Doing> = {
  name: 'look',
  title: 'Look at the machine',
  run: async (doing, io) => doing.check(await doing.session(io.signal), io.signal),
};

function lock(name: string): Step<Doing> {
  return {
    name: 'lock',
    title: 'Take the lock',
    async run(doing, io) {
      const token = randomUUID();
      const take = async ({ signal }: StepIo): Promise<void> => {
        doing.lock = await RemoteLock.takeCommon(await doing.session(signal), name, doing.owner, { token, signal });
      };
      doing.relock = async (again) => {
        if (doing.lock?.held !== false) return;
        again.log('The lock went with the connection, and is taken again before anything is taken back.');
        await take(again);
      };
      await take(io);
    },
    undo: async (doing) => doing.lock?.release(),
  };
}

const unlock: Step<Doing> = { name: 'unlock', title: 'Free the lock', onFailure: 'keep', run: async (doing) => doing.lock?.release() };

function step(act: Act, { safe = (text) => text }: Plan): Step<Doing> {
  const done: Change[] = [];
  return {
    name: act.name,
    title: act.title,
    async run(doing, io) {
      try {
        const before = act.restarts === true ? await startOf(doing, io.signal) : '';
        for (const change of act.changes) {
          io.report(change.line);
          // From here on it may have been done, also where its answer is lost.
          done.push(change);
          await carryOut(doing, change, io, safe);
        }
        if (act.restarts === true) await backAgain(doing, before, io);
      } catch (error) {
        if (act.alone !== true || isCancelled(error) || lost(error)) throw error;
        io.log(`${act.title} failed: ${causeChain(error)}`);
        io.report(sentenceOf(error));
        doing.failed.push({ title: act.title, error });
        await takeBack(doing, done, io);
      }
    },
    undo: (doing, io) => takeBack(doing, done, io),
  };
}

async function carryOut(doing: Doing, change: Change, io: StepIo, safe: (text: string) => string): Promise<void> {
  const session = await doing.session(io.signal);
  const listener = listens(change, io);
  const options = { signal: io.signal, ...(change.timeoutMs === undefined ? {} : { timeoutMs: change.timeoutMs }) };
  try {
    if (change.logs === true) await tell(session, change, io, safe, options);
    else await session.run(change.command, { ...options, ...(listener === undefined ? {} : { onOutput: listener }) });
  } catch (error) {
    // What failed is noted where it can be; the failure itself counts more.
    await note(doing, session, change, 'failed').catch((why: unknown) => io.log(`The journal was not written: ${causeChain(why)}`));
    throw error;
  }
  await note(doing, session, change, 'done');
}

/** Runs what is worth reading, with a sign of life every few seconds. */
async function tell(
  session: RemoteSession,
  change: Change,
  io: StepIo,
  safe: (text: string) => string,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<void> {
  let said = '';
  try {
    await withHeartbeat({ ...io, report: (detail, fraction) => io.report(safe(detail), fraction) }, change.line, (heard) =>
      session.run(change.command, {
        ...options,
        onOutput: (text, stream) => {
          said += text;
          heard(text, stream);
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof SkylabError)) throw error;
    const { next, code, remedies, cause } = error;
    throw new SkylabError(safe(error.message), {
      ...(next === undefined ? {} : { next }),
      ...(code === undefined ? {} : { code }),
      remedies,
      cause,
    });
  } finally {
    const text = safe(stripVTControlCharacters(said)).trim();
    if (text !== '') io.log(`${change.line}:\n${text}`);
  }
}

function listens({ installs, tells }: Change, io: StepIo): ((text: string) => void) | undefined {
  if (installs === true) return new InstallProgress((detail, fraction) => io.report(detail, fraction)).onOutput;
  if (tells === undefined) return undefined;
  const lines = new Lines((line) => {
    const shown = tells(line.trimEnd());
    io.log(shown);
    io.report(shown.slice(0, MOST_SHOWN));
  });
  return (text) => lines.feed(text);
}

/** In reverse; one that fails does not stop the others. @throws what failed first */
async function takeBack(doing: Doing, done: Change[], io: StepIo): Promise<void> {
  const errors: unknown[] = [];
  for (let change = done.pop(); change !== undefined; change = done.pop()) {
    if (change.undo === undefined) continue;
    try {
      await doing.relock?.(io);
      const session = await doing.session(io.signal);
      await session.run(change.undo, { signal: io.signal });
      await note(doing, session, change, 'undone');
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function note(doing: Doing, session: RemoteSession, { line }: Pick<Change, 'line'>, result: JournalEntry['result']): Promise<string> {
  return session.run(writeJournal([{ time: doing.now(), who: doing.who(session), task: doing.task, what: line, result }]));
}

const lost = (error: unknown): boolean => error instanceof SkylabError && error.code === 'ConnectionLost';

const sum: Step<Doing> = {
  name: 'sum',
  title: 'Look at what was done',
  onFailure: 'keep',
  run: ({ failed, machine }) => {
    const [first] = failed;
    if (first === undefined) return Promise.resolve();
    const titles = failed.map(({ title }) => title).join('; ');
    return Promise.reject(
      new SkylabError(
        `${failed.length === 1 ? 'One part' : `${failed.length} parts`} did not succeed on ${machine}: ${titles}. ${sentenceOf(first.error)}`,
        { next: 'Everything else is done; the same again does only what is missing.', code: 'PartlyDone', cause: first.error },
      ),
    );
  },
};

function arm(wayBack: WayBack): Step<Doing> {
  return {
    name: 'arm',
    title: 'Arm the way back',
    async run(doing, io) {
      io.report(`the machine ${wayBack.line} in ${WAY_BACK_SECONDS} s unless a new connection is let in`);
      const session = await doing.session(io.signal);
      doing.armed = true;
      if ((await session.run(armWayBack(wayBack), { signal: io.signal })) === 'armed') return;
      doing.armed = false;
      throw new SkylabError(`Somebody else changes how ${doing.machine} is reached just now.`, {
        next: `Try again in ${WAY_BACK_SECONDS} seconds.`,
        code: 'Locked',
      });
    },
    async undo(doing, io) {
      if (doing.armed !== true) return;
      try {
        const session = await doing.session(io.signal);
        await session.run(goBackNow);
        await note(doing, session, wayBack, 'undone');
      } catch (error) {
        throw new SkylabError(`${doing.machine} was out of reach for going back; it ${wayBack.line} by itself.`, {
          next: `Try again in ${WAY_BACK_SECONDS} seconds.`,
          cause: error,
        });
      }
    },
  };
}

/** The proof is a new login; the connection that is open already would live on through most mistakes. */
const prove: Step<Doing> = {
  name: 'prove',
  title: 'Prove that a new connection is let in',
  async run(doing, io) {
    const late = AbortSignal.timeout(PROOF_MS);
    try {
      const session = await doing.fresh(AbortSignal.any([io.signal, late]));
      try {
        await session.run(proof, { signal: io.signal, timeoutMs: PROOF_MS / 2 });
      } finally {
        session.close();
      }
    } catch (error) {
      if (io.signal.aborted) throw error;
      throw new SkylabError(`After the change ${doing.machine} let no new connection in, so it was taken back.`, {
        next: 'Look at the log for the reason.',
        code: 'LockedOut',
        cause: error,
      });
    }
  },
};

const proof: RemoteCommand = { argv: ['true'], sudo: true, what: 'act as root after the change' };

function disarm(wayBack: WayBack): Step<Doing> {
  return {
    name: 'disarm',
    title: 'Keep the change',
    async run(doing, io) {
      const session = await doing.session(io.signal);
      try {
        await session.run(disarmWayBack);
        doing.armed = false;
      } catch (error) {
        throw new SkylabError(`The proof came too late: ${doing.machine} ${wayBack.line}.`, {
          next: 'Try again.',
          code: 'TooLate',
          cause: error,
        });
      }
    },
  };
}

/** Waits until a machine that restarts lets in again. @param before its last start, see `startOf` */
async function backAgain(doing: Doing, before: string, io: StepIo): Promise<void> {
  const end = Date.now() + RESTART_MS;
  io.report('waiting until it lets in again');
  for (;;) {
    await pause(RESTART_POLL_MS, io.signal);
    doing.release();
    const now = await startOf(doing, io.signal).catch((error: unknown) => {
      if (io.signal.aborted) throw error;
      return before;
    });
    if (now !== before) return;
    if (Date.now() > end) {
      throw new SkylabError(`${doing.machine} has not come back within ${RESTART_MS / 60_000} minutes.`, {
        next: 'Look at its console, or restart it from the cloud.',
        code: 'NotBack',
      });
    }
  }
}

/** What is another one after each start: the kernel's id of it, and, where the kernel is not the machine's own, when its first process began. */
async function startOf(doing: Doing, signal: AbortSignal): Promise<string> {
  const session = await doing.session(signal);
  const argv = ['sh', '-c', "cat /proc/sys/kernel/random/boot_id; cut -d' ' -f22 /proc/1/stat"];
  return session.run({ argv, what: 'ask when it has started' }, { signal, timeoutMs: 10_000 });
}
