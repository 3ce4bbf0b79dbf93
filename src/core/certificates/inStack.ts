import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { pause, SkylabError } from '../errors';
import type { Step, StepIo } from '../operations/step';
import type { Edit } from '../deploy/edits';
import { applyEdits } from '../deploy/edits';
import { pruneReleases, RECORD_FILE, releaseId, removeTree } from '../deploy/releases';
import type { Managed } from '../deploy/stacks/releaseSteps';
import { checkRelease, readRecord } from '../deploy/stacks/releaseSteps';
import type { StackAct } from '../deploy/stacks/stackAct';
import { connect, done } from '../deploy/stacks/stackAct';
import { landing, newSwitch, switchEnd, switchSteps } from '../deploy/stacks/switch';
import { writeJournal } from '../upkeep/journal';
import { useFilesInCaddyfile } from './caddyTls';
import { addMount } from './composeMount';
import type { GivenCertificate } from './given';
import { forgetBefore, ownFiles, putOwn, putOwnBack } from './own';
import type { ServedStack } from './stackSite';
import { filler } from './stackSite';
import { certificatesIn } from './x509';
import type { TlsProbe } from './ports';

/** Milliseconds for the server to show the new certificate. */
const SHOWN_MS = 20_000;

/** A file of a stack before and after. */
export interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** The stack's files. A folder on this computer has the same ones. */
interface StackFiles {
  readonly caddyfile: { readonly path: string; readonly text: string };
  readonly composeFiles: readonly { readonly path: string; readonly text: string }[];
}

/**
 * What has to change in a stack's files so that its Caddy uses the certificate that Skylab puts on the machine.
 * @throws SkylabError `NoTlsSite`, `MountByHand`
 */
export function stackEdits(stack: ServedStack, host: string, files: StackFiles = stack): readonly FileChange[] {
  const own = ownFiles(host);
  const edits: Edit[] = [...useFilesInCaddyfile(files.caddyfile.path, files.caddyfile.text, host, own, filler(stack.environment))];
  const mount = `${own.folder}:${own.folder}:ro`;
  if (!files.composeFiles.some(({ text }) => text.includes(mount))) {
    const added = files.composeFiles.map(({ path, text }) => addMount(path, text, stack.service, mount)).find((one) => one !== undefined);
    if (added === undefined) {
      throw new SkylabError(`No Compose file of ${stack.name} says what ${stack.service} mounts.`, {
        next: `Add “${mount}” to its volumes, deploy, and try again.`,
        code: 'MountByHand',
      });
    }
    edits.push(...added);
  }
  return [files.caddyfile, ...files.composeFiles].flatMap(({ path, text }) => {
    const after = applyEdits(path, text, edits);
    return after === text ? [] : [{ path, before: text, after }];
  });
}

export interface InStack {
  readonly stack: ServedStack;
  readonly host: string;
  /** On the machine. */
  readonly port: number;
  readonly given: GivenCertificate;
  readonly changes: readonly FileChange[];
}

/** Copies the release that serves, with its links, modes and owners. Prints "moved" where another one serves by now. */
const COPY = `set -e
from=$1 to=$2 record=$3
[ "$(cd "\${from%/releases/*}/current" && pwd -P)" = "$from" ] || { echo moved; exit 0; }
rm -rf --one-file-system "$to.partial"
cp -a "$from" "$to.partial"
printf '%s\\n' "$record" >"$to.partial/${RECORD_FILE}"
chown --reference="$from/${RECORD_FILE}" "$to.partial/${RECORD_FILE}"`;

/** Another text in a file whose mode and owner stay. */
const REWRITE = `set -e
umask 077
cat >"$1.skylab-new"
chmod --reference="$1" "$1.skylab-new"; chown --reference="$1" "$1.skylab-new"
mv -f "$1.skylab-new" "$1"`;

interface Tools {
  readonly probe: TlsProbe;
  readonly owner: string;
  /** ISO 8601. */
  readonly now: () => string;
}

/** A new release whose Caddy uses the certificate; what served before serves on when the site does not show it. */
export function inStackSteps({ stack, host, port, given, changes }: InStack, { probe, owner, now }: Tools): Managed {
  let isBack = false;
  const putBack = async (act: StackAct, io: StepIo): Promise<void> => {
    if (isBack) return;
    await act.remote(putOwnBack(host), io);
    isBack = true;
  };
  // The files that the release before knows have to be there when it starts again.
  const change = newSwitch(['--remove-orphans'], putBack);
  let target = '';
  const files: Step<StackAct> = {
    name: 'certificate',
    title: 'Put the certificate on the machine',
    async run(act, io) {
      if (!act.facts.root) {
        throw new SkylabError(`The login on ${act.machine.name} may not act as root, which owns certificates there.`, {
          code: 'SudoRefused',
        });
      }
      await act.remote(putOwn(host, given, String(stack.gid)), io);
      io.report(`${ownFiles(host).folder}, its key for root and the server only`);
    },
    undo: putBack,
  };
  const stage: Step<StackAct> = {
    name: 'stage',
    title: 'Write a new release',
    async run(act, io) {
      const { folder, root } = act.facts;
      const id = releaseId(new Date(now()), randomUUID());
      if (act.current !== stack.release) throw moved(act);
      target = `${folder}/releases/${id}`;
      await io.created({ kind: 'remoteFolder', id: target, label: `${target} on ${act.machine.name}` });
      change.previous = await landing(act, io, stack.release);
      const record = { ...(await act.remote(readRecord(stack.release), io)), id, digest: '', by: owner, change: 'certificate' };
      const argv = ['sh', '-c', COPY, 'copy', stack.release, target, JSON.stringify(record, undefined, 2)];
      if ((await act.remote({ argv, sudo: root, what: 'write the new release' }, io)) === 'moved') throw moved(act);
      for (const { path, after } of changes) {
        const rewrite = ['sh', '-c', REWRITE, 'rewrite', posix.join(`${target}.partial`, path)];
        await act.remote({ argv: rewrite, stdin: after, sudo: root, what: `write ${path}` }, io);
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
  };
  const prove: Step<StackAct> = {
    name: 'prove',
    title: 'See that the site shows it',
    async run(act, io) {
      const late = Date.now() + SHOWN_MS;
      for (;;) {
        const session = await act.tools.session(io.signal);
        const stream = await session.connect({ host: '127.0.0.1', port }, { signal: io.signal }).catch((error: unknown) => {
          if (error instanceof SkylabError && error.code === 'NothingListens') return undefined;
          throw error;
        });
        const shown = stream === undefined ? undefined : await probe.hello(stream, host, io.signal);
        const [first] = certificatesIn(shown?.chain[0] ?? '');
        if (first?.fingerprint256 === given.certificate.fingerprint) {
          io.report(`port ${port} shows it for ${host}`);
          return;
        }
        if (Date.now() > late) {
          throw new SkylabError(`Caddy of ${stack.name} does not show the certificate for ${host}.`, {
            next: 'What served before serves again; look at Caddy’s log.',
            code: 'NotShown',
          });
        }
        await pause(500, io.signal);
      }
    },
  };
  const tidy: Step<StackAct> = {
    name: 'remember',
    title: 'Tidy up',
    onFailure: 'keep',
    async run(act, io) {
      await io.forgotten({ kind: 'remoteFolder', id: target });
      await act.remote(forgetBefore(host), io);
      const { user } = await act.tools.session(io.signal);
      const what = `gives ${host} of ${stack.name} a certificate that counts until ${new Date(given.certificate.until).toISOString().slice(0, 10)}`;
      await act.remote(writeJournal([{ time: now(), who: `${owner} as ${user}`, task: 'certificates.use', what, result: 'done' }]), io);
      await act.remote(pruneReleases(act.facts.folder, act.facts.root), io);
    },
  };
  return {
    steps: [connect, files, stage, ...switchSteps(change, [prove]), tidy, done],
    explain: (act, error, undoError) => switchEnd(change, act, error, undoError),
  };
}

const moved = (act: StackAct): SkylabError =>
  new SkylabError(`Another release of ${act.name} serves by now.`, { next: 'Look at the certificates again.', code: 'ReleaseMoved' });
