import { SkylabError, isCancelled, pause } from '../errors';
import type { Step, StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { DeployRun } from './deployRun';
import type { StackPlace } from './stackHost';

/** How often one step is taken up again. */
const ATTEMPTS = 3;
const DOCKER_MS = 90_000;

/** Failures that say nothing about what was asked, only that nobody answers. */
export function isAway(error: unknown): boolean {
  return error instanceof SkylabError && (error.code === 'ConnectionLost' || error.code === 'Unreachable');
}

/** Ends what an earlier connection left running for this stack: two of Compose's commands at once would undo each other's work. */
export function stopLeftovers(place: StackPlace): RemoteCommand {
  const script = `leftovers() {
  for dir in /proc/[0-9]*; do
    line=$(tr '\\0' ' ' <"$dir/cmdline" 2>/dev/null) || continue
    case $line in
      "sh -c "*) ;;
      *"compose -p $1 "*" up "* | *"compose -p $1 pull "* | *"compose -p $1 build "* | *"compose -p $1 run "* | *"compose -p $1 --progress plain pull "*) echo "\${dir#/proc/}" ;;
    esac
  done
}
tries=0
while left=$(leftovers "$1") && [ -n "$left" ] && [ "$tries" -lt 100 ]; do
  [ $((tries % 25)) -ne 0 ] || kill $left 2>/dev/null
  tries=$((tries + 1)); sleep 0.1
done
exit 0`;
  return { argv: ['sh', '-c', script, 'leftovers', place.stack], sudo: place.sudo, what: 'look for what still runs' };
}

/** Waits for Docker's engine, which comes up after sshd does. */
function waitForDocker(place: StackPlace, seconds: number): RemoteCommand {
  const script = `tries=0
until docker version >/dev/null 2>&1; do tries=$((tries + 1)); [ "$tries" -lt ${seconds * 2} ] || exit 1; sleep 0.5; done`;
  return { argv: ['sh', '-c', script], sudo: place.sudo, what: 'wait for Docker' };
}

/** Waits for the stack's units, which start it at boot: Compose does not bear two that start the same containers. */
function waitForUnits(place: StackPlace, units: readonly string[], seconds: number): RemoteCommand {
  const script = `tries=0; limit=$1; shift
while systemctl list-jobs --no-legend 2>/dev/null | grep -qF "$@"; do tries=$((tries + 1)); [ "$tries" -lt $((limit * 2)) ] || exit 0; sleep 0.5; done`;
  const names = units.flatMap((name) => ['-e', ` ${name} `]);
  return { argv: ['sh', '-c', script, 'units', String(seconds), ...names], sudo: place.sudo, what: 'wait for the unit' };
}

/**
 * Connects anew after the connection was lost, waiting for a machine that restarts, and looks in which state it is before anything goes on.
 * @throws SkylabError `MachineAway` when it does not answer in time; `Locked` when another deployment has begun meanwhile
 */
async function comeBack(run: DeployRun, io: StepIo): Promise<void> {
  const { machine, limits } = run;
  const before = run.facts.bootId;
  const began = Date.now();
  for (let wait = 500; ; wait = Math.min(wait * 1.5, 5000)) {
    try {
      await run.takeLock(io);
      break;
    } catch (error) {
      if (isCancelled(error) || !isAway(error)) throw error;
      const away = Date.now() - began;
      if (away + wait > limits.awayMs) {
        run.away = true;
        throw new SkylabError(
          `The connection to ${machine.name} was lost, and it did not answer again within ${Math.round(away / 1000)} s.`,
          {
            code: 'MachineAway',
            cause: error,
          },
        );
      }
      io.report(
        `waiting for ${machine.name} to answer again (${Math.round(away / 1000)} of at most ${Math.round(limits.awayMs / 1000)} s)`,
      );
      await pause(wait, io.signal);
    }
  }
  const restarted = run.facts.bootId !== before;
  io.log(restarted ? `${machine.name} was restarted meanwhile.` : `Connected to ${machine.name} again.`);
  if (restarted && run.facts.dockerVersion !== undefined) {
    io.report('waiting for Docker');
    await run.remote(waitForDocker({ ...run.place, sudo: run.facts.root }, DOCKER_MS / 1000), io, { timeoutMs: DOCKER_MS + 10_000 });
    const units = [run.plan.unit?.name, run.previousUnit].filter((name) => name !== undefined);
    if (run.facts.systemd && units.length > 0)
      await run.remote(waitForUnits(run.place, units, DOCKER_MS / 1000), io, { timeoutMs: DOCKER_MS + 10_000 });
    await run.lookAgain(io);
  }
  if (run.facts.dockerVersion !== undefined) await run.remote(stopLeftovers(run.place), io);
}

/** Does it, and does it again from its beginning when the connection was lost on the way and the machine has come back. */
async function persist(run: DeployRun, io: StepIo, title: string, act: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (run.lock?.held === false) await comeBack(run, io);
      await act();
      return;
    } catch (error) {
      if (!isAway(error) || io.signal.aborted || run.away || attempt >= ATTEMPTS) throw error;
      io.log(`The connection was lost during “${title}”.`);
      await comeBack(run, io);
    }
  }
}

/** A step, and its undo, that outlive a lost connection and a restart of the machine. Both have to do no harm when they are done twice. */
export function persistent(step: Step<DeployRun>): Step<DeployRun> {
  return {
    ...step,
    run: (run, io) => persist(run, io, step.title, () => step.run(run, io)),
    undo: (run, io) => persist(run, io, step.title, async () => step.undo?.(run, io)),
  };
}
