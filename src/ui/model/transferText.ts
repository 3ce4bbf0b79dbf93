import type { RateMeter } from '../../core/transfer/rate';
import type { UploadProgress } from '../../core/transfer/upload';
import { bytesText } from './bytes';
import type { L10n } from './l10n';
import { spanText } from './time';

/** "12 MB of 40 MB · 3.2 MB/s · 9 s left", and how much of it that is. */
export function progressOf(progress: UploadProgress, meter: RateMeter, l10n: L10n): [detail: string, fraction?: number] {
  const { files, totalFiles, bytes, totalBytes } = progress;
  const parts = [
    totalFiles === 1
      ? l10n.t('{0} of {1}', bytesText(bytes), bytesText(totalBytes))
      : l10n.t('{0} of {1}, {2} of {3} files', bytesText(bytes), bytesText(totalBytes), files, totalFiles),
  ];
  const rate = meter.rate;
  if (rate !== undefined) parts.push(rateText(rate, l10n));
  const left = meter.left(totalBytes - bytes);
  if (left !== undefined && bytes < totalBytes) parts.push(l10n.t('{0} left', spanText(Math.max(1000, left), l10n)));
  const detail = parts.join(' · ');
  return totalBytes === 0 ? [detail] : [detail, bytes / totalBytes];
}

/** @param rate bytes per second */
export const rateText = (rate: number, l10n: L10n): string => l10n.t('{0}/s', bytesText(rate));
