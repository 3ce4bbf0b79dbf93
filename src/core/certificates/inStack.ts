import { pause, SkylabError } from '../errors';
import type { Step, StepIo } from '../operations/step';
import type { Edit } from '../deploy/edits';
import { applyEdits } from '../deploy/edits';
import { derivedRelease } from '../deploy/stacks/derive';
import type { Managed } from '../deploy/stacks/releaseSteps';
import type { StackAct } from '../deploy/stacks/stackAct';
import { connect, done } from '../deploy/stacks/stackAct';
import { newSwitch, switchEnd, switchSteps } from '../deploy/stacks/switch';
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
  const { stage, tidy } = derivedRelease(change, {
    from: () => stack.release,
    by: owner,
    change: 'certificate',
    files: changes.map(({ path, after }) => ({ path, text: after })),
    now: () => new Date(now()),
    again: 'Look at the certificates again.',
  });
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
  const note: Step<StackAct> = {
    name: 'note',
    title: 'Note it in the machine’s journal',
    onFailure: 'keep',
    async run(act, io) {
      await act.remote(forgetBefore(host), io);
      const { user } = await act.tools.session(io.signal);
      const what = `gives ${host} of ${stack.name} a certificate that counts until ${new Date(given.certificate.until).toISOString().slice(0, 10)}`;
      await act.remote(writeJournal([{ time: now(), who: `${owner} as ${user}`, task: 'certificates.use', what, result: 'done' }]), io);
    },
  };
  return {
    steps: [connect, files, stage, ...switchSteps(change, [prove]), note, tidy, done],
    explain: (act, error, undoError) => switchEnd(change, act, error, undoError),
  };
}
