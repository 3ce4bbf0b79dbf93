import type { SyncPair, TransferRecord } from '../../core/transfer/transfers';
import { bytesText } from './bytes';
import type { L10n } from './l10n';
import type { Row } from './row';
import { durationText, spanText } from './time';
import { rateText } from './transferText';

/** What watching a pair does at the moment. */
export type WatchState =
  | { readonly kind: 'watching' }
  | { readonly kind: 'sending'; readonly files: number }
  | { readonly kind: 'sent'; readonly at: number }
  | { readonly kind: 'reconnecting'; readonly files: number }
  | { readonly kind: 'failed'; readonly sentence: string };

/** A pair of folders: "lab → vm:~/lab", and how it stands. @param watch undefined where nothing is watched @param now milliseconds since the epoch */
export function pairRow(pair: SyncPair, running: string | undefined, watch: WatchState | undefined, now: number, l10n: L10n): Row {
  const name = lastPart(pair.root);
  const label = `${name} → ${pair.machineName}:${pair.remoteDir}`;
  const age = pair.syncedAt === undefined ? l10n.t('not synced yet') : l10n.t('synced {0} ago', spanText(now - pair.syncedAt, l10n));
  const state = running ?? (watch === undefined ? age : watchText(watch, now, l10n));
  const description = pair.deletes && running === undefined ? l10n.t('{0} · deletes there', state) : state;
  const kind = running !== undefined ? 'running' : watch === undefined ? 'idle' : 'watching';
  return {
    label,
    description,
    icon: running !== undefined ? { id: 'sync~spin' } : watch === undefined ? { id: 'folder' } : watchIcon(watch),
    contextValue: `pair.${kind}${pair.deletes ? '.deletes' : ''}`,
    aria: `${l10n.t('{0} synced to {1} on {2}', name, pair.remoteDir, pair.machineName)}, ${description}`,
  };
}

function watchText(watch: WatchState, now: number, l10n: L10n): string {
  switch (watch.kind) {
    case 'watching':
      return l10n.t('syncs on save');
    case 'sending':
      return l10n.t('syncs on save · sending {0} files', watch.files);
    case 'sent':
      return l10n.t('syncs on save · sent {0} ago', spanText(now - watch.at, l10n));
    case 'reconnecting':
      return l10n.t('syncs on save · no connection, {0} files wait', watch.files);
    case 'failed':
      return l10n.t('sync on save failed: {0}', watch.sentence);
  }
}

function watchIcon(watch: WatchState): Row['icon'] {
  switch (watch.kind) {
    case 'sending':
      return { id: 'sync~spin' };
    case 'reconnecting':
      return { id: 'debug-disconnect', color: 'list.warningForeground' };
    case 'failed':
      return { id: 'error', color: 'testing.iconFailed' };
    default:
      return { id: 'eye', color: 'testing.iconPassed' };
  }
}

const outcomeIcons: Record<TransferRecord['outcome'], Row['icon']> = {
  done: { id: 'pass', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  cancelled: { id: 'circle-slash', color: 'disabledForeground' },
};

/** A transfer that has ended. @param now milliseconds since the epoch */
export function recordRow(record: TransferRecord, now: number, l10n: L10n): Row {
  const age = l10n.t('{0} ago', spanText(now - record.endedAt, l10n));
  const description = `${outcomeText(record, l10n)} · ${age}`;
  const label = `${record.what} → ${record.machineName}`;
  return {
    label: record.kind === 'download' ? `${record.machineName} → ${record.what}` : label,
    description,
    icon: outcomeIcons[record.outcome],
    contextValue: `transfer.${record.outcome}${record.pairId === undefined && record.source === undefined ? '' : '.again'}`,
    aria: `${kindText(record, l10n)}, ${description}`,
  };
}

function outcomeText(record: TransferRecord, l10n: L10n): string {
  if (record.outcome === 'cancelled') return l10n.t('canceled');
  if (record.outcome === 'failed') return record.error ?? l10n.t('failed');
  if (record.files === 0) return l10n.t('nothing had changed');
  const facts = [l10n.t('{0} files', record.files), bytesText(record.bytes), durationText(record.ms, l10n)];
  if (record.ms > 1000) facts.push(rateText((record.bytes * 1000) / record.ms, l10n));
  return facts.join(', ');
}

function kindText(record: TransferRecord, l10n: L10n): string {
  switch (record.kind) {
    case 'upload':
      return l10n.t('{0} uploaded to {1}', record.what, record.machineName);
    case 'sync':
      return l10n.t('{0} synced to {1}', record.what, record.machineName);
    case 'download':
      return l10n.t('{0} downloaded from {1}', record.what, record.machineName);
  }
}

/** The last part of a local path. */
export const lastPart = (path: string): string =>
  path
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .pop() ?? path;
