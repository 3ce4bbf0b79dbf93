import type { L10n } from './l10n';

/** A span in the coarsest unit that says enough: "40 s", "12 min", "3 h", "5 d". @param ms milliseconds */
export function spanText(ms: number, l10n: L10n): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return l10n.t('{0} s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return l10n.t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? l10n.t('{0} h', hours) : l10n.t('{0} d', Math.floor(hours / 24));
}

/** How long a step took, exact enough to compare: "0.4 s", "12 s", "3 min 5 s". @param ms milliseconds */
export function durationText(ms: number, l10n: L10n): string {
  if (ms < 9_950) return l10n.t('{0} s', (Math.max(0, ms) / 1000).toFixed(1));
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? l10n.t('{0} s', seconds) : l10n.t('{0} min {1} s', Math.floor(seconds / 60), seconds % 60);
}
