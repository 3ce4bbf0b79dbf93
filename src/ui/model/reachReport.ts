import type { Diagnosis } from '../../core/cloud/life/reach';
import type { L10n } from './l10n';
import { escapeMarkdown } from './markdown';

/** The page on which stands what was looked at on the way to a machine, and what explains that it cannot be reached. */
export function reachReport(name: string, diagnosis: Diagnosis, l10n: L10n): string {
  const words = { ok: l10n.t('✓ fine'), bad: l10n.t('✗ in the way'), unknown: l10n.t('? not known') };
  const rows = diagnosis.checks.map(
    ({ title, result, text }) => `| ${escapeMarkdown(title)} | ${words[result]} | ${escapeMarkdown(text)} |`,
  );
  return [
    `# ${escapeMarkdown(l10n.t('Connection to {0}', name))}`,
    '',
    `**${escapeMarkdown(diagnosis.sentence)}** ${escapeMarkdown(diagnosis.next)}`,
    '',
    `| ${l10n.t('Looked at')} | ${l10n.t('Result')} | ${l10n.t('Found')} |`,
    '|:--|:--|:--|',
    ...rows,
    '',
  ].join('\n');
}
