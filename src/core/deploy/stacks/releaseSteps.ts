import { randomUUID } from 'node:crypto';
import { SkylabError } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import type { Secret } from '../../secret';
import { pruneReleases, RECORD_FILE, releaseId, removeTree } from '../releases';
import { compose } from '../stackHost';
import type { StackAct } from './stackAct';
import { connect, done } from './stackAct';
import type { Switch } from './switch';
import { landing, newSwitch, switchEnd, switchSteps } from './switch';

/** Compose reads the release as it would run it, before anything is touched. */
async function check(act: StackAct, io: StepIo, release: string): Promise<void> {
  await act.remote({ ...compose(act.place, release, 'config', '--quiet'), what: 'check the Compose file' }, io);
}

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
      await check(act, io, target);
    },
  };
  return managed(change, [find, ...switchSteps(change)]);
}

/** Copies a release with its links, modes and owners, and gives the copy another `.env` and record; all or nothing. */
const DERIVE = `set -e
umask 077
from=$1 to=$2 record=$3
[ "$(cd "\${from%/releases/*}/current" && pwd -P)" = "$from" ] || { echo moved; exit 0; }
rm -rf --one-file-system "$to.partial"
cp -a "$from" "$to.partial"
owner=$(stat -c %u:%g "$from")
cat >"$to.partial/.env.new"
[ -e "$from/.env" ] && chmod --reference="$from/.env" "$to.partial/.env.new" || chmod 600 "$to.partial/.env.new"
chown "$owner" "$to.partial/.env.new"
mv -T "$to.partial/.env.new" "$to.partial/.env"
printf '%s\\n' "$record" >"$to.partial/${RECORD_FILE}"
chown "$owner" "$to.partial/${RECORD_FILE}"`;

/**
 * A new release that differs from the current one in its `.env` alone, checked by Compose on the machine and gated by health; what served
 * before serves on when it fails.
 * @param base the release that was edited: another one that serves by now must not be overwritten
 */
export function editEnvSteps(base: string, text: Secret, by: string): Managed {
  const change = newSwitch(['--remove-orphans']);
  let target = '';
  const stage: Step<StackAct> = {
    name: 'stage',
    title: 'Write a new release',
    async run(act, io) {
      const { folder, root } = act.facts;
      const from = act.current;
      const id = releaseId(new Date(), randomUUID());
      if (from !== `${folder}/releases/${base}`) throw moved(act);
      target = `${folder}/releases/${id}`;
      await io.created({ kind: 'remoteFolder', id: target, label: `${target} on ${act.machine.name}` });
      change.previous = await landing(act, io, from);
      const record = await act.remote(readRecord(from), io);
      const recordText = JSON.stringify({ ...record, id, digest: '', by, change: 'env' }, undefined, 2);
      const argv = ['sh', '-c', DERIVE, 'derive', from, target, recordText];
      if ((await act.remote({ argv, stdin: text, sudo: root, what: 'write the new release' }, io)) === 'moved') throw moved(act);
      await check(act, io, `${target}.partial`);
      await act.remote({ argv: ['mv', '-T', `${target}.partial`, target], what: 'finish the new release' }, io);
      change.target = await landing(act, io, target);
    },
    async undo(act, io) {
      // as long as nothing was put back, containers may still use its files
      if (target === '' || (change.touched && change.back === undefined)) return;
      const { root } = act.facts;
      await act.remote(removeTree(`${target}.partial`, root), io);
      await act.remote(removeTree(target, root), io);
      await io.forgotten({ kind: 'remoteFolder', id: target });
    },
  };
  const tidy: Step<StackAct> = {
    name: 'remember',
    title: 'Tidy up',
    async run(act, io) {
      await io.forgotten({ kind: 'remoteFolder', id: target });
      await act.remote(pruneReleases(act.facts.folder, act.facts.root), io);
    },
    onFailure: 'keep',
  };
  return managed(change, [stage, ...switchSteps(change), tidy]);
}

const moved = (act: StackAct): SkylabError =>
  new SkylabError(`Another release of ${act.name} serves by now.`, {
    next: 'Open its environment again, so that nobody’s change is lost.',
    code: 'ReleaseMoved',
  });

const readRecord = (release: string) => ({
  argv: ['cat', `${release}/${RECORD_FILE}`],
  parse: (stdout: string) => JSON.parse(stdout) as Record<string, unknown>,
  what: 'read the release',
});

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
