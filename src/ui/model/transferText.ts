import type { RateMeter } from '../../core/transfer/rate';
import { bytesText } from './bytes';
import type { L10n } from './l10n';
import { spanText } from './time';

/** What a transfer has moved so far; what is not known of a download yet is absent. */
export interface TransferProgress {
  readonly files: number;
  readonly totalFiles?: number;
  readonly bytes: number;
  readonly totalBytes?: number;
}

/** "12 MB of 40 MB · 3.2 MB/s · 9 s left", and how much of it that is. */
export function progressOf(progress: TransferProgress, meter: RateMeter, l10n: L10n): [detail: string, fraction?: number] {
  const { files, totalFiles, bytes, totalBytes } = progress;
  const moved = totalBytes === undefined ? bytesText(bytes) : l10n.t('{0} of {1}', bytesText(bytes), bytesText(totalBytes));
  const parts = [totalFiles === undefined || totalFiles < 2 ? moved : l10n.t('{0}, {1} of {2} files', moved, files, totalFiles)];
  const rate = meter.rate;
  if (rate !== undefined) parts.push(rateText(rate, l10n));
  const left = totalBytes === undefined || bytes >= totalBytes ? undefined : meter.left(totalBytes - bytes);
  if (left !== undefined) parts.push(l10n.t('{0} left', spanText(Math.max(1000, left), l10n)));
  const detail = parts.join(' · ');
  return totalBytes === undefined || totalBytes === 0 ? [detail] : [detail, Math.min(1, bytes / totalBytes)];
}

/** @param rate bytes per second */
export const rateText = (rate: number, l10n: L10n): string => l10n.t('{0}/s', bytesText(rate));
