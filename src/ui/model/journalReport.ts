import type { JournalEntry } from '../../core/upkeep/journal';
import type { L10n } from './l10n';
import { tableCell, textTable } from './textTable';

/** What Skylab did to a machine, newest first, as a page of Markdown that also reads well as text. */
export function journalReport(machine: string, entries: readonly JournalEntry[], l10n: L10n, locale?: string): string {
  const results: Readonly<Record<JournalEntry['result'], string>> = {
    done: l10n.t('✓ done'),
    failed: l10n.t('✗ failed'),
    undone: l10n.t('↶ taken back'),
  };
  const head = [l10n.t('When'), l10n.t('Result'), l10n.t('What'), l10n.t('Who')];
  const rows = entries.map(({ time, result, what, who }) => [whenText(time, locale), results[result], what, who]);
  return [
    `# ${tableCell(l10n.t('What Skylab did on {0}', machine))}`,
    entries.length === 0 ? l10n.t('Nothing yet.') : textTable([head, ...rows]),
    l10n.t('The machine keeps this in /var/log/skylab/journal.jsonl.'),
    '',
  ].join('\n\n');
}

function whenText(time: string, locale: string | undefined): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toLocaleString(locale);
}
