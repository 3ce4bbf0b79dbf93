import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';
import type { SyncPair } from '../../core/transfer/transfers';
import type { Area } from '../area';
import type { ContextKey } from '../ids';
import { views } from '../ids';
import { lastPart } from '../model/transferRow';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import type { Pairs } from './pairs';
import { TransfersTree } from './tree';

/** Transfers to machines: pairs of folders that are kept in step, what runs and what has ended. */
export function transfersArea(ui: Ui): Area {
  const { transfers } = ui.services;
  const held: { dispose(): void }[] = [];
  let loaded: Pairs | undefined;
  const tree = new TransfersTree(ui.services, {
    watchOf: (id) => loaded?.watchers.stateOf(id),
    operationOf: (id) => loaded?.sync.operationOf(id),
  });
  const load = async (): Promise<Pairs> => {
    const { Pairs: Loaded } = await import('./pairs');
    if (loaded !== undefined) return loaded;
    loaded = new Loaded(ui);
    held.push(
      loaded.watchers,
      loaded.watchers.onDidChange((pairId) => tree.repaintPair(pairId)),
    );
    return loaded;
  };
  const forPair =
    (title: string, act: (pairs: Pairs, pair: SyncPair) => unknown) =>
    async (arg: unknown): Promise<void> => {
      const pair = await choosePair(ui, arg, title);
      await act(await load(), pair);
    };
  if (transfers.pairs().some((pair) => pair.watching)) void ui.errors.run(async () => (await load()).watchers.startOpen());
  setContexts(ui);
  return {
    commands: {
      'skylab.syncFolder': async (arg) => (await load()).sync.syncFolder(arg),
      'skylab.sync.now': forPair(l10n.t('Sync now'), ({ sync }, pair) => sync.run(pair)),
      'skylab.sync.preview': forPair(l10n.t('Preview changes'), ({ sync }, pair) => sync.preview(pair)),
      'skylab.sync.compare': forPair(l10n.t('Compare contents and sync'), ({ sync }, pair) => sync.run(pair, true)),
      'skylab.sync.watch': forPair(l10n.t('Sync on save'), (pairs, pair) => pairs.watch(pair)),
      'skylab.sync.unwatch': forPair(l10n.t('Stop syncing on save'), (pairs, pair) => pairs.unwatch(pair)),
      'skylab.sync.allowDeletes': forPair(l10n.t('Delete what is gone here'), ({ sync }, pair) => sync.allowDeletes(pair)),
      'skylab.sync.keepExtra': forPair(l10n.t('Keep what is only there'), (_pairs, pair) =>
        transfers.savePair({ ...pair, deletes: false }),
      ),
      'skylab.sync.forget': forPair(l10n.t('Forget pair'), (pairs, pair) => pairs.forget(pair)),
      'skylab.transfer.again': async (arg) => again(ui, await load(), arg),
      'skylab.transfer.clear': () => transfers.clearHistory(),
    },
    disposables: [
      vscode.Disposable.from(
        tree,
        vscode.window.createTreeView(views.transfers, { treeDataProvider: tree }),
        transfers.onChange(() => setContexts(ui)),
        {
          dispose: () => {
            for (const one of held) one.dispose();
          },
        },
      ),
    ],
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
async function again(ui: Ui, { sync }: Pairs, arg: unknown): Promise<void> {
  const { transfers } = ui.services;
  const id = idOf(arg, 'recordId');
  const record = transfers.history().find((one) => one.id === id) ?? transfers.history()[0];
  if (record === undefined) throw new SkylabError('Nothing has been transferred yet.', { next: 'Upload or sync a folder first.' });
  const pair = record.pairId === undefined ? undefined : transfers.pair(record.pairId);
  const { source } = record;
  if (pair !== undefined) await sync.run(pair);
  else if (source === undefined) throw new SkylabError(`${record.what} cannot be found again.`, { next: 'Transfer it anew.' });
  else if ('dest' in source) await (await import('../files/downloads')).downloadAgain(ui, record, source);
  else await (await import('./uploads')).uploadAgain(ui, record, source);
}

function idOf(arg: unknown, key: 'pairId' | 'recordId'): string | undefined {
  const value = typeof arg === 'object' && arg !== null ? (arg as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
