import type { Step, StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { RemoteSession, RunOptions } from '../remote/session';
import type { MachineFacts } from './facts';
import { factsCommand } from './facts';
import { removeTree } from './releases';
import { RemoteLock } from './remoteLock';
import type { StackPlace } from './stackHost';
import { ailing, compose, currentRelease, describe, psCommand } from './stackHost';
import { SkylabError } from '../errors';
import { removeUnit, startUnit, enableUnit, stopUnit } from './unitCommands';

const LONG: Omit<RunOptions, 'signal'> = { timeoutMs: 15 * 60_000 };

/** What stopping, starting and removing a stack share. */
export interface StackAct {
  readonly name: string;
  /** The unit that starts the stack at boot; empty where there is none. */
  readonly unit: string;
  readonly owner: string;
  readonly session: (signal: AbortSignal) => Promise<RemoteSession>;
  readonly forget: () => Promise<void>;
  readonly withVolumes: boolean;
  facts?: MachineFacts;
  lock?: RemoteLock;
}

async function remote<T>(act: StackAct, command: RemoteCommand<T>, io: StepIo): Promise<T> {
  return (await act.session(io.signal)).run(command, { signal: io.signal, ...LONG });
}

function place(act: StackAct): StackPlace {
  const { facts } = act;
  if (!facts) throw new Error('the machine was not asked yet');
  return { stack: act.name, folder: `${facts.home}/skylab/${act.name}`, sudo: !facts.dockerDirect && facts.user !== 'root' };
}

const connect: Step<StackAct> = {
  name: 'connect',
  title: 'Connect',
  async run(act, io) {
    const session = await act.session(io.signal);
    act.facts = await session.run(factsCommand(act.name, []), { signal: io.signal });
    act.lock = await RemoteLock.take(session, act.name, act.owner, io.signal);
  },
  undo: async (act) => act.lock?.release(),
};

const release: Step<StackAct> = {
  name: 'release',
  title: 'Done',
  run: async (act) => act.lock?.release(),
};

/** The unit's own `ExecStop` may leave containers behind, so Compose has the last word. */
const stop: Step<StackAct> = {
  name: 'stop',
  title: 'Stop the services',
  onFailure: 'keep',
  async run(act, io) {
    if (act.unit !== '' && act.facts?.systemd) await remote(act, stopUnit(act.unit), io);
    await remote(act, { argv: ['docker', 'compose', '-p', act.name, 'stop'], sudo: place(act).sudo, what: 'stop the services' }, io);
    io.report('stopped; it stays so when the machine restarts');
  },
};

const start: Step<StackAct> = {
  name: 'start',
  title: 'Start the services',
  onFailure: 'keep',
  async run(act, io) {
    const at = place(act);
    const current = await remote(act, currentRelease(at), io);
    if (current === '') {
      throw new SkylabError(`${act.name} has no release on this machine any more.`, {
        next: 'Deploy the folder again.',
        code: 'NoRelease',
      });
    }
    await remote(act, { ...compose(at, current, 'up', '--detach', '--wait'), okCodes: [0, 1], what: 'start the services' }, io);
    const ill = ailing(await remote(act, psCommand(at), io));
    if (ill.length > 0)
      throw new SkylabError(`${act.name} did not start: ${ill.map(describe).join('; ')}.`, {
        next: 'Look at its logs.',
        code: 'StackFailed',
      });
    if (act.unit !== '' && act.facts?.systemd) {
      await remote(act, enableUnit(act.unit), io);
      await remote(act, startUnit(act.unit), io);
    }
    io.report('running');
  },
};

const down: Step<StackAct> = {
  name: 'down',
  title: 'Take the stack down',
  onFailure: 'keep',
  async run(act, io) {
    const at = place(act);
    if (act.unit !== '' && act.facts?.systemd) await remote(act, removeUnit(act.unit), io);
    if (act.facts?.dockerVersion === undefined) return;
    const words = ['down', '--remove-orphans', ...(act.withVolumes ? ['--volumes'] : [])];
    const current = await remote(act, currentRelease(at), io);
    const command =
      current === '' ? { argv: ['docker', 'compose', '-p', act.name, ...words], sudo: at.sudo } : compose(at, current, ...words);
    await remote(act, { ...command, what: 'take the stack down' }, io);
  },
};

const files: Step<StackAct> = {
  name: 'files',
  title: 'Remove its files',
  onFailure: 'keep',
  async run(act, io) {
    const { folder } = place(act);
    const root = act.facts?.root === true;
    if (act.withVolumes) {
      await remote(act, removeTree(folder, root), io);
    } else {
      const script =
        'cd "$1" || exit 0; rm -rf --one-file-system releases current lock lock.owner; cd ..; rmdir "$1" 2>/dev/null; [ -d "$1" ] && echo kept; exit 0';
      const kept = await remote(act, { argv: ['sh', '-c', script, 'remove', folder], sudo: root, what: 'remove the releases' }, io);
      if (kept !== '') io.report(`the work in ${folder} is kept`);
    }
    await act.forget();
  },
};

export const stopSteps: readonly Step<StackAct>[] = [connect, stop, release];
export const startSteps: readonly Step<StackAct>[] = [connect, start, release];
export const removeSteps: readonly Step<StackAct>[] = [connect, down, files, release];
