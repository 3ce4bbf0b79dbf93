import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import type { SyncPlan, SyncRequest, SyncResult } from '../../core/transfer/sync';
import type { SyncPair } from '../../core/transfer/transfers';
import { chooseMachine } from '../commands/choose';
import { baseName, chooseFolder, destinationProblem } from '../commands/upload';
import { bytesText } from '../model/bytes';
import { planText } from '../model/planText';
import { durationText } from '../model/time';
import { lastPart } from '../model/transferRow';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { startTransfer } from './run';

/** Names that a question about deleting shows. */
const NAMED = 12;

/** Syncs pairs of folders, and shows what a sync would do. */
export class PairSync {
  /** Pair id -> the operation that syncs it, or did last. */
  readonly #operations = new Map<string, string>();

  constructor(private readonly ui: Ui) {}

  readonly operationOf = (pairId: string): string | undefined => this.#operations.get(pairId);

  /** Asks which folder goes where, remembers the pair and syncs it. @param arg a folder of the explorer, or a machine's row */
  async syncFolder(arg: unknown): Promise<void> {
    const folder = await chooseFolder(arg, l10n.t('Sync'));
    const machine = await chooseMachine(this.ui, arg, l10n.t('Sync {0}', baseName(folder)));
    await this.run(await this.#choosePair(machine, folder.fsPath, baseName(folder)));
  }

  /** Syncs a pair as an operation. @param contents compares all contents, whatever the times */
  async run(pair: SyncPair, contents = false): Promise<boolean> {
    const machine = this.#machineOf(pair);
    const syncer = await this.ui.services.syncer();
    const name = lastPart(pair.root);
    const { operation, result } = startTransfer<SyncResult>(this.ui, {
      kind: 'sync',
      machine,
      what: name,
      path: pair.remoteDir,
      title: l10n.t('Sync {0} to {1}', name, machine.name),
      stepTitle: l10n.t('Syncing'),
      pairId: pair.id,
      run: async (io) => {
        const phases = {
          comparing: l10n.t('comparing both sides'),
          sending: l10n.t('sending what changed'),
          reconnecting: l10n.t('connecting anew: the connection was lost'),
        };
        const done = await syncer.sync(io.connect, this.#request(pair, contents), {
          signal: io.signal,
          onProgress: io.onProgress,
          onPhase: (phase) => io.report(phases[phase]),
          confirm: (plan) => confirmDeletes(machine, plan),
        });
        for (const line of logOf(done)) io.log(line);
        return done;
      },
    });
    this.#operations.set(pair.id, operation.view.id);
    const retry = (): unknown => this.run(pair, contents);
    await this.ui.notifications.follow(operation, { progress: true, retry, showLog: (one) => this.ui.documents.showLog(one) });
    const done = await result;
    if (done === undefined) return false;
    const { transfers } = this.ui.services;
    const now = transfers.pair(pair.id);
    if (now !== undefined) await transfers.savePair({ ...now, syncedAt: Date.now() });
    this.#tell(machine, operation, name, done);
    return true;
  }

  /** Shows what a sync would do, as a text. */
  async preview(pair: SyncPair): Promise<void> {
    const plan = await this.#plan(pair, pair.deletes);
    const title = l10n.t('What a sync of {0} to {1} would do now', pair.root, pair.machineName);
    await this.ui.documents.showText(`${lastPart(pair.root)} → ${pair.machineName}`, planText(title, plan, pair.deletes, l10n));
  }

  /** Lets a pair's syncs delete on the machine what is not here, after showing what that is now. @returns whether the person agreed */
  async allowDeletes(pair: SyncPair): Promise<boolean> {
    const plan = await this.#plan(pair, true);
    if (plan.difference.extra.length > 0) {
      if (!(await confirmDeletes(this.#machineOf(pair), plan))) return false;
    }
    await this.ui.services.transfers.savePair({ ...pair, deletes: true });
    return true;
  }

  #plan(pair: SyncPair, deletes: boolean): Promise<SyncPlan> {
    const machine = this.#machineOf(pair);
    return busy(l10n.t('Comparing {0} with {1}', lastPart(pair.root), machine.name), async (signal) => {
      const syncer = await this.ui.services.syncer();
      const request = { ...this.#request(pair, false), deletes };
      return syncer.plan((inner) => this.ui.services.access.session(machine, inner), request, { signal });
    });
  }

  #request(pair: SyncPair, contents: boolean): SyncRequest {
    const { root, remoteDir, deletes } = pair;
    return { root, remoteDir, deletes, contents, ignore: { gitignore: this.ui.settings.useGitignore } };
  }

  #machineOf(pair: SyncPair): Machine {
    const machine = this.ui.services.machines.get(pair.machineKey as MachineKey);
    if (machine !== undefined) return machine;
    throw new SkylabError(`${pair.machineName} is not among the machines.`, {
      next: 'Refresh the list, or forget the pair if the machine is gone.',
    });
  }

  /** The remembered pair of this folder and machine, or a new one. */
  async #choosePair(machine: Machine, root: string, name: string): Promise<SyncPair> {
    const { transfers } = this.ui.services;
    const known = transfers.pairs().find((pair) => pair.root === root && pair.machineKey === machine.key);
    const prompt = l10n.t('Where on {0}? A path without / at its start counts from the login folder.', machine.name);
    const value = known?.remoteDir ?? `~/${name}`;
    const given = await ask(l10n.t('Sync {0}', name)).input({ prompt, value, validate: destinationProblem });
    const remoteDir = given.trim().replace(/\/+$/, '');
    const fresh = {
      id: randomUUID(),
      root,
      machineKey: machine.key,
      machineName: machine.name,
      remoteDir,
      deletes: false,
      watching: false,
    };
    const pair = transfers.find(root, machine.key, remoteDir) ?? fresh;
    await transfers.savePair(pair);
    return pair;
  }

  #tell(machine: Machine, operation: Operation, name: string, result: SyncResult): void {
    const left = result.ignore?.left.length ?? 0;
    const facts = [
      result.files === 0
        ? l10n.t('nothing had changed')
        : l10n.t('{0} of {1} files sent, {2}', result.files, result.totalFiles, bytesText(result.bytes)),
      ...(result.deleted > 0 ? [l10n.t('{0} deleted there', result.deleted)] : []),
      ...(result.extra > 0 ? [l10n.t('{0} only there, kept', result.extra)] : []),
      ...(left > 0 ? [l10n.t('{0} left out by ignore files', left)] : []),
      durationText(result.ms, l10n),
    ].join(', ');
    const choices = [{ label: l10n.t('Show Log'), act: () => this.ui.documents.showLog(operation) }];
    this.ui.notifications.tell(l10n.t('{0} is on {1} as {2}: {3}.', name, machine.name, result.path, facts), choices);
  }
}

/** What a person may want to look up after a sync. */
function logOf(done: SyncResult): string[] {
  return [
    ...done.skipped.map(({ path, reason }) => l10n.t('Not sent: {0} ({1})', path, reason)),
    ...(done.ignore?.left ?? []).map(({ path, by }) => l10n.t('Left out: {0} (named in {1})', path, by)),
    ...(done.ignore?.needed ?? []).map((path) => l10n.t('Sent although .gitignore names it, since a Compose file needs it: {0}', path)),
    ...done.newerThere.map((path) => l10n.t('Was newer on the machine and is replaced: {0}', path)),
    ...(done.touchedAll ? [] : [l10n.t('Times or modes of unchanged files could not be set.')]),
    ...(done.keptBytes > 0 ? [l10n.t('{0} had arrived before and were not sent again.', bytesText(done.keptBytes))] : []),
  ];
}

/** Shows what would be deleted on the machine and asks. */
async function confirmDeletes(machine: Machine, plan: SyncPlan): Promise<boolean> {
  const { extra } = plan.difference;
  const remove = l10n.t('Delete');
  const shown = extra.slice(0, NAMED).map((path) => `• ${path.replace(/\p{Cc}/gu, '\ufffd')}`);
  if (extra.length > NAMED) shown.push(l10n.t('… and {0} more', extra.length - NAMED));
  const question = l10n.t('Delete {0} files and folders in {1} on {2} that are not here?', extra.length, plan.path, machine.name);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail: shown.join('\n') }, remove)) === remove;
}
