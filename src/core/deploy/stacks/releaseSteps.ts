import { randomUUID } from 'node:crypto';
import { SkylabError } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import type { Secret } from '../../secret';
import { pointCurrent, pruneReleases, RECORD_FILE, releaseId, removeTree } from '../releases';
import { compose } from '../stackHost';
import type { StackAct } from './stackAct';
import { connect, done } from './stackAct';

/** What going from the current release to another one remembers. */
export interface Switch {
  /** Absolute path of the release to go to; made by the first step. */
  target: string;
  previous: string;
}

/** Compose reads the release as it would run it, before anything is touched. */
export async function checkRelease(act: StackAct, io: StepIo, release: string): Promise<void> {
  await act.remote({ ...compose(act.place, release, 'config', '--quiet'), what: 'check the Compose file' }, io);
}

export const serve = (change: Switch): Step<StackAct> => ({
  name: 'up',
  title: 'Start that release',
  run: (act, io) => act.up(io, change.target, '--remove-orphans'),
  async undo(act, io) {
    if (change.previous === '') return;
    io.report('putting the release back that served before');
    const words = ['up', '--detach', '--wait', '--remove-orphans'];
    await act.remote({ ...compose(act.place, change.previous, ...words), okCodes: [0, 1], what: 'put the previous release back' }, io);
    io.log('The release that served before serves again.');
  },
});

export const flip = (change: Switch): Step<StackAct> => ({
  name: 'current',
  title: 'Make it the current release',
  async run(act, io) {
    await act.remote(pointCurrent(act.facts.folder, change.target), io);
  },
  async undo(act, io) {
    await act.remote(pointCurrent(act.facts.folder, change.previous === '' ? undefined : change.previous), io);
  },
});

export const enable: Step<StackAct> = {
  name: 'unit',
  title: 'Start at boot',
  when: (act) => act.unit !== undefined,
  run: (act, io) => act.enable(io),
};

/** Goes back (or forward) to a release that lies on the machine. Volumes stay as they are. */
export function rollBackSteps(releaseName: string): readonly Step<StackAct>[] {
  const change: Switch = { target: '', previous: '' };
  const find: Step<StackAct> = {
    name: 'check',
    title: 'Check that release',
    async run(act, io) {
      change.previous = act.facts.current;
      change.target = `${act.facts.folder}/releases/${releaseName}`;
      const there = await act.remote({ argv: ['test', '-d', change.target], okCodes: [0, 1], parse: (_, code) => code === 0 }, io);
      if (!there) {
        throw new SkylabError(`The release ${releaseName} of ${act.name} is not on ${act.machine.name} any more.`, {
          next: 'Refresh the list and choose another one.',
          code: 'NoRelease',
        });
      }
      await checkRelease(act, io, change.target);
    },
  };
  return [connect, find, serve(change), flip(change), enable, done];
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
export function editEnvSteps(base: string, text: Secret, by: string): readonly Step<StackAct>[] {
  const change: Switch = { target: '', previous: '' };
  const stage: Step<StackAct> = {
    name: 'stage',
    title: 'Write a new release',
    async run(act, io) {
      const { folder, root } = act.facts;
      change.previous = act.current;
      const id = releaseId(new Date(), randomUUID());
      const target = `${folder}/releases/${id}`;
      if (change.previous !== `${folder}/releases/${base}`) throw moved(act);
      await io.created({ kind: 'remoteFolder', id: target, label: `${target} on ${act.machine.name}` });
      change.target = target;
      const record = await act.remote(readRecord(change.previous), io);
      const recordText = JSON.stringify({ ...record, id, digest: '', by, change: 'env' }, undefined, 2);
      const argv = ['sh', '-c', DERIVE, 'derive', change.previous, target, recordText];
      if ((await act.remote({ argv, stdin: text, sudo: root, what: 'write the new release' }, io)) === 'moved') throw moved(act);
      await checkRelease(act, io, `${target}.partial`);
      await act.remote({ argv: ['mv', '-T', `${target}.partial`, target], what: 'finish the new release' }, io);
    },
    async undo(act, io) {
      if (change.target === '') return;
      const { root } = act.facts;
      await act.remote(removeTree(`${change.target}.partial`, root), io);
      await act.remote(removeTree(change.target, root), io);
      await io.forgotten({ kind: 'remoteFolder', id: change.target });
    },
  };
  const tidy: Step<StackAct> = {
    name: 'remember',
    title: 'Tidy up',
    async run(act, io) {
      await io.forgotten({ kind: 'remoteFolder', id: change.target });
      await act.remote(pruneReleases(act.facts.folder, act.facts.root), io);
    },
    onFailure: 'keep',
  };
  return [connect, stage, serve(change), flip(change), enable, tidy, done];
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
export function pullSteps(): readonly Step<StackAct>[] {
  let before = new Map<string, string>();
  let newer: string[] = [];
  const pull: Step<StackAct> = {
    name: 'pull',
    title: 'Pull the images',
    onFailure: 'keep',
    async run(act, io) {
      const { current } = act;
      before = await act.remote(imageIds(act, current), io);
      await act.compose(io, 'pulling the images', current, 'pull', '--ignore-buildable');
      const after = await act.remote(imageIds(act, current), io);
      newer = [...after].filter(([image, id]) => before.get(image) !== id).map(([image]) => image);
      io.report(newer.length === 0 ? 'nothing newer' : `newer: ${newer.join(', ')}`);
    },
  };
  const redeploy: Step<StackAct> = {
    name: 'up',
    title: 'Start the newer images',
    when: () => newer.length > 0,
    run: (act, io) => act.up(io, act.current),
    async undo(act, io) {
      for (const image of newer) {
        const id = before.get(image);
        if (id !== undefined) await act.remote({ argv: ['docker', 'tag', id, image], sudo: act.place.sudo, what: `put ${image} back` }, io);
      }
      const words = ['up', '--detach', '--wait', '--pull', 'never'];
      await act.remote({ ...compose(act.place, act.current, ...words), okCodes: [0, 1], what: 'start the old images' }, io);
      io.log('The old images serve again.');
    },
  };
  return [connect, pull, redeploy, done];
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
