import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';
import type { SyncPair } from '../../core/transfer/transfers';
import type { Area } from '../area';
import { uploadAgain } from '../commands/upload';
import type { ContextKey } from '../ids';
import { views } from '../ids';
import { lastPart } from '../model/transferRow';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { PairSync } from './sync';
import { TransfersTree } from './tree';
import { Watchers } from './watch';

/** Transfers to machines: pairs of folders that are kept in step, what runs and what has ended. */
export function transfersArea(ui: Ui): Area {
  const { transfers } = ui.services;
  const watchers = new Watchers(ui);
  const sync = new PairSync(ui);
  const tree = new TransfersTree(ui.services, { watchOf: (id) => watchers.stateOf(id), operationOf: sync.operationOf });
  const view = vscode.window.createTreeView(views.transfers, { treeDataProvider: tree });
  const repaint = watchers.onDidChange((pairId) => tree.repaintPair(pairId));
  watchers.startOpen();
  const contexts = transfers.onChange(() => setContexts(ui));
  setContexts(ui);
  const forPair =
    (title: string, act: (pair: SyncPair) => unknown) =>
    async (arg: unknown): Promise<void> => {
      await act(await choosePair(ui, arg, title));
    };
  const watch = async (pair: SyncPair): Promise<void> => {
    // What has changed before is sent first: from then on only what is saved has to be looked at.
    if (!(await sync.run(pair))) return;
    const now = { ...(transfers.pair(pair.id) ?? pair), watching: true };
    await transfers.savePair(now);
    watchers.start(now);
  };
  const unwatch = async (pair: SyncPair): Promise<void> => {
    await transfers.savePair({ ...pair, watching: false });
    watchers.stop(pair.id);
  };
  const forget = async (pair: SyncPair): Promise<void> => {
    watchers.stop(pair.id);
    await transfers.removePair(pair.id);
  };
  return {
    commands: {
      'skylab.syncFolder': (arg) => sync.syncFolder(arg),
      'skylab.sync.now': forPair(l10n.t('Sync now'), (pair) => sync.run(pair)),
      'skylab.sync.preview': forPair(l10n.t('Preview changes'), (pair) => sync.preview(pair)),
      'skylab.sync.compare': forPair(l10n.t('Compare contents and sync'), (pair) => sync.run(pair, true)),
      'skylab.sync.watch': forPair(l10n.t('Sync on save'), watch),
      'skylab.sync.unwatch': forPair(l10n.t('Stop syncing on save'), unwatch),
      'skylab.sync.allowDeletes': forPair(l10n.t('Delete what is gone here'), (pair) => sync.allowDeletes(pair)),
      'skylab.sync.keepExtra': forPair(l10n.t('Keep what is only there'), (pair) => transfers.savePair({ ...pair, deletes: false })),
      'skylab.sync.forget': forPair(l10n.t('Forget pair'), forget),
      'skylab.transfer.again': (arg) => again(ui, sync, arg),
      'skylab.transfer.clear': () => transfers.clearHistory(),
    },
    disposables: [vscode.Disposable.from(tree, view, watchers, repaint, contexts)],
  };
}

function setContexts(ui: Ui): void {
  const { transfers } = ui.services;
  const set = (key: ContextKey, value: boolean): unknown => vscode.commands.executeCommand('setContext', key, value);
  set('skylab.hasPairs', transfers.pairs().length > 0);
  set('skylab.hasTransfers', transfers.history().length > 0);
}

/** The pair of the row that a command was called on, or the person's choice. */
async function choosePair(ui: Ui, arg: unknown, title: string): Promise<SyncPair> {
  const pairs = ui.services.transfers.pairs();
  const id = idOf(arg, 'pairId');
  const named = pairs.find((pair) => pair.id === id);
  if (named !== undefined) return named;
  if (pairs.length === 0) throw new SkylabError('No folder is synced yet.', { next: 'Choose “Sync Folder to Machine…” first.' });
  const items = pairs.map((value) => ({
    label: `$(folder) ${lastPart(value.root)}`,
    description: `${value.machineName}:${value.remoteDir}`,
    value,
  }));
  return ask(title).pick({ placeholder: l10n.t('Choose a pair of folders'), items });
}

/** Runs a transfer of the history once more. */
async function again(ui: Ui, sync: PairSync, arg: unknown): Promise<void> {
  const { transfers } = ui.services;
  const id = idOf(arg, 'recordId');
  const record = transfers.history().find((one) => one.id === id) ?? transfers.history()[0];
  if (record === undefined) throw new SkylabError('Nothing has been transferred yet.', { next: 'Upload or sync a folder first.' });
  const pair = record.pairId === undefined ? undefined : transfers.pair(record.pairId);
  if (pair !== undefined) await sync.run(pair);
  else await uploadAgain(ui, record);
}

function idOf(arg: unknown, key: 'pairId' | 'recordId'): string | undefined {
  const value = typeof arg === 'object' && arg !== null ? (arg as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
