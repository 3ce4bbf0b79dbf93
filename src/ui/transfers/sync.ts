import { randomUUID } from 'node:crypto';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import type { SyncResult } from '../../core/transfer/sync';
import type { SyncPair } from '../../core/transfer/transfers';
import { bytesText } from '../model/bytes';
import { durationText } from '../model/time';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { chooseMachine } from '../commands/choose';
import { baseName, chooseFolder, destinationProblem } from '../commands/upload';
import type { Handlers } from '../commands/registry';
import { startTransfer } from './run';

export function syncCommands(ui: Ui): Handlers {
  return {
    'skylab.syncFolder': async (arg) => {
      const folder = await chooseFolder(arg, l10n.t('Sync'));
      const machine = await chooseMachine(ui, arg, l10n.t('Sync {0}', baseName(folder)));
      const pair = await choosePair(ui, machine, folder.fsPath, baseName(folder));
      await runSync(ui, pair);
    },
  };
}

/** The remembered pair of this folder and machine, or a new one. */
async function choosePair(ui: Ui, machine: Machine, root: string, name: string): Promise<SyncPair> {
  const { transfers } = ui.services;
  const known = transfers.pairs().filter((pair) => pair.root === root && pair.machineKey === machine.key);
  const prompt = l10n.t('Where on {0}? A path without / at its start counts from the login folder.', machine.name);
  const value = known[0]?.remoteDir ?? `~/${name}`;
  const given = await ask(l10n.t('Sync {0}', name)).input({ prompt, value, validate: destinationProblem });
  const remoteDir = given.trim().replace(/\/+$/, '');
  const pair = transfers.find(root, machine.key, remoteDir) ?? {
    id: randomUUID(),
    root,
    machineKey: machine.key,
    machineName: machine.name,
    remoteDir,
    deletes: false,
    watching: false,
  };
  await transfers.savePair(pair);
  return pair;
}

/** Syncs a pair as an operation. */
export async function runSync(ui: Ui, pair: SyncPair, contents = false): Promise<void> {
  const machine = machineOf(ui, pair);
  const syncer = await ui.services.syncer();
  const name = baseName({ path: pair.root.replaceAll('\\', '/') });
  const { operation, result } = startTransfer<SyncResult>(ui, {
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
        reconnecting: l10n.t('the connection was lost; connecting anew'),
      };
      const done = await syncer.sync(
        io.connect,
        { root: pair.root, remoteDir: pair.remoteDir, deletes: pair.deletes, contents },
        { signal: io.signal, onProgress: io.onProgress, onPhase: (phase) => io.report(phases[phase]) },
      );
      for (const { path, reason } of done.skipped) io.log(l10n.t('Not sent: {0} ({1})', path, reason));
      for (const path of done.newerThere) io.log(l10n.t('Was newer on the machine and is replaced: {0}', path));
      if (!done.touchedAll) io.log(l10n.t('Times or modes of unchanged files could not be set.'));
      return done;
    },
  });
  const retry = (): unknown => runSync(ui, pair, contents);
  await ui.notifications.follow(operation, { progress: true, retry, showLog: (one) => ui.documents.showLog(one) });
  const done = await result;
  if (done === undefined) return;
  await ui.services.transfers.savePair({ ...(ui.services.transfers.pair(pair.id) ?? pair), syncedAt: Date.now() });
  tell(ui, machine, operation, name, done);
}

function machineOf(ui: Ui, pair: SyncPair): Machine {
  const machine = ui.services.machines.get(pair.machineKey as MachineKey);
  if (machine !== undefined) return machine;
  throw new SkylabError(`${pair.machineName} is not among the machines.`, {
    next: 'Refresh the list, or remove the pair if the machine is gone.',
  });
}

function tell(ui: Ui, machine: Machine, operation: Operation, name: string, result: SyncResult): void {
  const facts = [
    result.files === 0
      ? l10n.t('nothing had changed')
      : l10n.t('{0} of {1} files sent, {2}', result.files, result.totalFiles, bytesText(result.bytes)),
    ...(result.deleted > 0 ? [l10n.t('{0} deleted there', result.deleted)] : []),
    ...(result.extra > 0 ? [l10n.t('{0} only there, kept', result.extra)] : []),
    durationText(result.ms, l10n),
  ].join(', ');
  const choices = [{ label: l10n.t('Show Log'), act: () => ui.documents.showLog(operation) }];
  ui.notifications.tell(l10n.t('{0} is on {1} as {2}: {3}.', name, machine.name, result.path, facts), choices);
}
