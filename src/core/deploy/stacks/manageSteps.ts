import { SkylabError } from '../../errors';
import type { Step } from '../../operations/step';
import { removeTree } from '../releases';
import { compose } from '../stackHost';
import { removeUnit, stopUnit } from '../unitCommands';
import type { StackAct } from './stackAct';
import { connect, done } from './stackAct';

/** The services that an act is for; all where it names none. */
interface ServiceAct {
  readonly service?: string;
}

const only = ({ service }: ServiceAct): string[] => (service === undefined ? [] : [service]);

/** The unit's own `ExecStop` may leave containers behind, so Compose has the last word. */
const stop = (what: ServiceAct): Step<StackAct> => ({
  name: 'stop',
  title: 'Stop the services',
  onFailure: 'keep',
  async run(act, io) {
    if (what.service === undefined && act.unit !== undefined) await act.remote(stopUnit(act.unit), io);
    const argv = ['docker', 'compose', '-p', act.name, 'stop', ...only(what)];
    await act.remote({ argv, sudo: act.place.sudo, what: 'stop the services' }, io);
    io.report(what.service === undefined ? 'stopped; it stays so when the machine restarts' : `${what.service} is stopped`);
  },
});

const start = (what: ServiceAct): Step<StackAct> => ({
  name: 'start',
  title: 'Start the services',
  onFailure: 'keep',
  async run(act, io) {
    await act.up(io, act.current, ...only(what));
    if (what.service === undefined) await act.enable(io);
    io.report('running');
  },
});

const restart = (what: ServiceAct): Step<StackAct> => ({
  name: 'restart',
  title: 'Restart the services',
  onFailure: 'keep',
  async run(act, io) {
    await act.compose(io, 'restarting', act.current, 'restart', ...only(what));
    // restart itself does not wait for the health checks
    await act.up(io, act.current, '--no-recreate', ...only(what));
    io.report('running');
  },
});

const down: Step<StackAct> = {
  name: 'down',
  title: 'Take the containers down',
  onFailure: 'keep',
  async run(act, io) {
    if (act.unit !== undefined) await act.remote(stopUnit(act.unit), io);
    await act.compose(io, 'taking the containers down', act.current, 'down', '--remove-orphans');
    io.report('down; its volumes and releases are kept');
  },
};

const takeAway = (withVolumes: boolean): Step<StackAct> => ({
  name: 'down',
  title: 'Take the stack down',
  onFailure: 'keep',
  async run(act, io) {
    if (act.unit !== undefined) await act.remote(removeUnit(act.unit), io);
    if (act.facts.docker === 'missing') return;
    const words = ['down', '--remove-orphans', ...(withVolumes ? ['--volumes'] : [])];
    const { current } = act.facts;
    const command =
      current === ''
        ? { argv: ['docker', 'compose', '-p', act.name, ...words], sudo: act.place.sudo }
        : compose(act.place, current, ...words);
    await act.remote({ ...command, what: 'take the stack down' }, io);
  },
});

const removeFiles = (withVolumes: boolean): Step<StackAct> => ({
  name: 'files',
  title: 'Remove its files',
  onFailure: 'keep',
  async run(act, io) {
    const { folder, root } = act.facts;
    if (!/\/skylab\/[^/]+$/.test(folder)) throw new SkylabError(`${folder} is no stack's folder.`, { next: 'Nothing was removed.' });
    if (withVolumes) {
      await act.remote(removeTree(folder, root), io);
    } else {
      const script =
        'cd "$1" || exit 0; rm -rf --one-file-system releases current lock lock.owner; cd ..; rmdir "$1" 2>/dev/null; [ -d "$1" ] && echo kept; exit 0';
      const kept = await act.remote({ argv: ['sh', '-c', script, 'remove', folder], sudo: root, what: 'remove the releases' }, io);
      if (kept !== '') io.report(`the work in ${folder} is kept`);
    }
    await act.tools.forget();
  },
});

/** Stops the services; they stay stopped when the machine restarts. */
export const stopSteps = (what: ServiceAct): readonly Step<StackAct>[] => [connect, stop(what), done];
/** Brings the current release up and waits until its services are well. */
export const startSteps = (what: ServiceAct): readonly Step<StackAct>[] => [connect, start(what), done];
export const restartSteps = (what: ServiceAct): readonly Step<StackAct>[] => [connect, restart(what), done];
/** Takes the containers and networks away; volumes and releases stay, so that it can be started again. */
export const downSteps: readonly Step<StackAct>[] = [connect, down, done];
/** Takes the stack, its unit and its releases off the machine; volumes and the kept work only when asked. */
export const removeSteps = (withVolumes: boolean): readonly Step<StackAct>[] => [
  connect,
  takeAway(withVolumes),
  removeFiles(withVolumes),
  done,
];
