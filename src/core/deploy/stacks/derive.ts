import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { SkylabError } from '../../errors';
import type { Step } from '../../operations/step';
import type { Secret } from '../../secret';
import { pruneReleases, RECORD_FILE, releaseId, removeTree } from '../releases';
import { compose } from '../stackHost';
import type { StackAct } from './stackAct';
import type { Switch } from './switch';
import { landing } from './switch';

/** A release that is the current one but for some files. */
export interface Derived {
  /** Absolute path of the release that was looked at: another one that serves by now must not be overwritten. */
  readonly from: (act: StackAct) => string;
  readonly by: string;
  /** What its record says of it. */
  readonly change: 'env' | 'certificate';
  readonly files: readonly { readonly path: string; readonly text: string | Secret }[];
  readonly now: () => Date;
  /** What the person does when another release serves by now. */
  readonly again: string;
}

/** Copies a release with its links, modes and owners, and gives the copy another record; prints "moved" where another one serves by now. */
const COPY = `set -e
from=$1 to=$2 record=$3
[ "$(cd "\${from%/releases/*}/current" && pwd -P)" = "$from" ] || { echo moved; exit 0; }
rm -rf --one-file-system "$to.partial"
cp -a "$from" "$to.partial"
printf '%s\\n' "$record" >"$to.partial/${RECORD_FILE}"
chown --reference="$from" "$to.partial/${RECORD_FILE}"`;

/** Another text in a file whose mode and owner stay; a new one is for its owner only. Parameters: file, release. */
const REWRITE = `set -e
umask 077
cat >"$1.skylab-new"
like=$1
if [ -e "$1" ]; then chmod --reference="$1" "$1.skylab-new"; else like=$2; fi
chown --reference="$like" "$1.skylab-new"
mv -fT "$1.skylab-new" "$1"`;

/** Compose reads the release as it would run it, before anything is touched. */
export async function checkRelease(act: StackAct, io: Parameters<StackAct['remote']>[1], release: string): Promise<void> {
  await act.remote({ ...compose(act.place, release, 'config', '--quiet'), what: 'check the Compose file' }, io);
}

const readRecord = (release: string) => ({
  argv: ['cat', `${release}/${RECORD_FILE}`],
  parse: (stdout: string) => JSON.parse(stdout) as Record<string, unknown>,
  what: 'read the release',
});

/**
 * The steps around a switch to a derived release: `stage` writes it whole or not at all and has Compose check it, `tidy` comes when it
 * serves. What is read of both is noted in the switch.
 */
export function derivedRelease(change: Switch, derived: Derived): { readonly stage: Step<StackAct>; readonly tidy: Step<StackAct> } {
  let target = '';
  const moved = ({ name }: StackAct): SkylabError =>
    new SkylabError(`Another release of ${name} serves by now.`, { next: derived.again, code: 'ReleaseMoved' });
  return {
    stage: {
      name: 'stage',
      title: 'Write a new release',
      async run(act, io) {
        const { folder, root } = act.facts;
        const from = derived.from(act);
        if (act.current !== from) throw moved(act);
        const id = releaseId(derived.now(), randomUUID());
        target = `${folder}/releases/${id}`;
        await io.created({ kind: 'remoteFolder', id: target, label: `${target} on ${act.machine.name}` });
        change.previous = await landing(act, io, from);
        const { by, change: word } = derived;
        const record = { ...(await act.remote(readRecord(from), io)), id, digest: '', by, change: word };
        const copy = ['sh', '-c', COPY, 'copy', from, target, JSON.stringify(record, undefined, 2)];
        if ((await act.remote({ argv: copy, sudo: root, what: 'write the new release' }, io)) === 'moved') throw moved(act);
        for (const { path, text } of derived.files) {
          const rewrite = ['sh', '-c', REWRITE, 'rewrite', posix.join(`${target}.partial`, path), from];
          await act.remote({ argv: rewrite, stdin: text, sudo: root, what: `write ${path}` }, io);
        }
        await checkRelease(act, io, `${target}.partial`);
        await act.remote({ argv: ['mv', '-T', `${target}.partial`, target], what: 'finish the new release' }, io);
        change.target = await landing(act, io, target);
      },
      async undo(act, io) {
        // As long as nothing was put back, containers may still use its files.
        if (target === '' || (change.touched && change.back === undefined)) return;
        const { root } = act.facts;
        await act.remote(removeTree(`${target}.partial`, root), io);
        await act.remote(removeTree(target, root), io);
        await io.forgotten({ kind: 'remoteFolder', id: target });
      },
    },
    tidy: {
      name: 'remember',
      title: 'Tidy up',
      onFailure: 'keep',
      async run(act, io) {
        await io.forgotten({ kind: 'remoteFolder', id: target });
        await act.remote(pruneReleases(act.facts.folder, act.facts.root), io);
      },
    },
  };
}
