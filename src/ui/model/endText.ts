import type { MachineEnd } from '../../core/cloud/money/expiry';
import type { L10n } from './l10n';
import { spanText } from './time';

/** What a row says of a machine's end: `ends in 3 h`, `ends when idle`. @param now milliseconds since the epoch */
export function endNote(end: MachineEnd, now: number, l10n: L10n): string {
  if (end.due === undefined) return l10n.t('ends when idle');
  return end.due > now ? l10n.t('ends in {0}', spanText(end.due - now, l10n)) : l10n.t('should have ended');
}

/** The whole of it: `It stops on 22 Nov 2026, 18:00 (in 3 h), or after 30 min without use.` */
export function endSentence(end: MachineEnd, now: number, l10n: L10n, locale?: string): string {
  const idle = end.idleMinutes === undefined ? undefined : idleText(end.idleMinutes, l10n);
  const gone = end.action === 'terminate';
  if (end.due === undefined) {
    const after = idle ?? '';
    return gone ? l10n.t('It is terminated after {0} without use.', after) : l10n.t('It stops after {0} without use.', after);
  }
  const at = timeText(end.due, now, locale);
  if (end.due <= now) return l10n.t('It should have ended at {0}.', at);
  const left = spanText(end.due - now, l10n);
  if (idle === undefined)
    return gone ? l10n.t('It is terminated at {0} (in {1}).', at, left) : l10n.t('It stops at {0} (in {1}).', at, left);
  return gone
    ? l10n.t('It is terminated at {0} (in {1}), or after {2} without use.', at, left, idle)
    : l10n.t('It stops at {0} (in {1}), or after {2} without use.', at, left, idle);
}

/** A span of disuse to the minute: `90 min`, `2 h`. */
export function idleText(minutes: number, l10n: L10n): string {
  return minutes % 60 === 0 ? l10n.t('{0} h', minutes / 60) : l10n.t('{0} min', minutes);
}

/** The time of day, with the date where it is not today's. @param at milliseconds since the epoch */
export function timeText(at: number, now: number, locale?: string): string {
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  return new Date(at).toLocaleString(locale, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}
