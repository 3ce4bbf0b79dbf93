import { SkylabError } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import type { Secret } from '../../secret';
import { checkRelease, derivedRelease } from './derive';
import type { StackAct } from './stackAct';
import { connect, done } from './stackAct';
import type { Switch } from './switch';
import { landing, newSwitch, switchEnd, switchSteps } from './switch';

/** Steps, and the words for their failure. */
export interface Managed {
  readonly steps: readonly Step<StackAct>[];
  readonly explain: (act: StackAct, error: unknown, undoError: unknown) => Error;
}

const managed = (change: Switch, steps: readonly Step<StackAct>[]): Managed => ({
  steps: [connect, ...steps, done],
  explain: (act, error, undoError) => switchEnd(change, act, error, undoError),
});

/** Goes back (or forward) to a release that lies on the machine, its unit included. Volumes stay as they are. */
export function rollBackSteps(releaseName: string): Managed {
  const change = newSwitch(['--remove-orphans']);
  const find: Step<StackAct> = {
    name: 'check',
    title: 'Check that release',
    async run(act, io) {
      const target = `${act.facts.folder}/releases/${releaseName}`;
      const there = await act.remote({ argv: ['test', '-d', target], okCodes: [0, 1], parse: (_, code) => code === 0 }, io);
      if (!there) {
        throw new SkylabError(`The release ${releaseName} of ${act.name} is not on ${act.machine.name} any more.`, {
          next: 'Refresh the list and choose another one.',
          code: 'NoRelease',
        });
      }
      change.previous = await landing(act, io, act.facts.current);
      change.target = await landing(act, io, target);
      await checkRelease(act, io, target);
    },
  };
  return managed(change, [find, ...switchSteps(change)]);
}

/**
 * A new release that differs from the current one in its `.env` alone, checked by Compose on the machine and gated by health; what served
 * before serves on when it fails.
 * @param base the release that was edited: another one that serves by now must not be overwritten
 */
export function editEnvSteps(base: string, text: Secret, by: string): Managed {
  const change = newSwitch(['--remove-orphans']);
  const { stage, tidy } = derivedRelease(change, {
    from: (act) => `${act.facts.folder}/releases/${base}`,
    by,
    change: 'env',
    files: [{ path: '.env', text }],
    now: () => new Date(),
    again: 'Open its environment again, so that nobody’s change is lost.',
  });
  return managed(change, [stage, ...switchSteps(change), tidy]);
}

/** Pulls what the registry has newer, and starts it where something is; the old images come back when the new ones are not well. */
export function pullSteps(): Managed {
  let before = new Map<string, string>();
  let newer: string[] = [];
  const restore = async (act: StackAct, io: StepIo) => {
    for (const image of newer) {
      const id = before.get(image);
      if (id !== undefined) await act.remote({ argv: ['docker', 'tag', id, image], sudo: act.place.sudo, what: `put ${image} back` }, io);
    }
  };
  const change = newSwitch([], restore);
  const pull: Step<StackAct> = {
    name: 'pull',
    title: 'Pull the images',
    async run(act, io) {
      const { current } = act;
      change.previous = change.target = await landing(act, io, current);
      before = await act.remote(imageIds(act, current), io);
      await act.compose(io, 'pulling the images', current, 'pull', '--ignore-buildable');
      const after = await act.remote(imageIds(act, current), io);
      newer = [...after].filter(([image, id]) => before.get(image) !== id).map(([image]) => image);
      io.report(newer.length === 0 ? 'nothing newer' : `newer: ${newer.join(', ')}`);
    },
    // the next start would take them although nobody has seen them run
    undo: (act, io) => (change.touched ? Promise.resolve() : restore(act, io)),
  };
  const started = switchSteps(change).map((step) => ({ ...step, when: (act: StackAct) => newer.length > 0 && (step.when?.(act) ?? true) }));
  return managed(change, [pull, ...started]);
}

/** Image references of a release with the ids of what they name on the machine now. */
function imageIds(act: StackAct, release: string) {
  const script =
    'for image in $(docker compose -p "$1" config --images); do printf "%s\\t%s\\n" "$image" "$(docker image inspect --format "{{.ID}}" "$image" 2>/dev/null)"; done';
  return {
    argv: ['sh', '-c', script, 'images', act.name],
    cwd: release,
    sudo: act.place.sudo,
    parse: (stdout: string) =>
      new Map(
        stdout
          .split('\n')
          .map((line) => line.split('\t'))
          .flatMap(([image = '', id = '']) => (image !== '' && id !== '' ? [[image, id] as const] : [])),
      ),
    what: 'look at the images',
  };
}
