import type { Checklist, CheckItem, CheckResult, Tick } from '../../core/checklists/model';
import type { L10n } from './l10n';
import { tableCell } from './textTable';

/** A list as it was gone through on one machine. */
export interface CheckedMachine {
  readonly name: string;
  /** One for each item, in order. */
  readonly results: readonly CheckResult[];
  /** By the item's number. */
  readonly ticks: ReadonlyMap<number, Tick>;
}

/** A list that was gone through. */
export interface CheckedList {
  readonly list: Checklist;
  readonly machines: readonly CheckedMachine[];
  readonly who: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What counts of an item: a person's word, where there is one. */
export function stateAt({ results, ticks }: CheckedMachine, index: number): CheckResult['state'] {
  return ticks.get(index)?.state ?? results[index]?.state ?? 'unknown';
}

/** A list that was gone through, as a page of Markdown that also reads well as text: how it stands first, then each machine. */
export function checklistReport({ list, machines, who, at }: CheckedList, l10n: L10n, locale?: string): string {
  return [
    `# ${tableCell(list.title)}`,
    l10n.t('Looked at by {0} on {1}.', tableCell(who), new Date(at).toLocaleString(locale)),
    ...machines.flatMap((machine) => [
      `## ${tableCell(machine.name)}`,
      sumText(list, machine, l10n),
      list.items.map((item, index) => line(item, machine, index, l10n, locale)).join('\n'),
    ]),
    ...helpText(list, machines, l10n),
    '',
  ].join('\n\n');
}

/** "- ✗ **wrong** · The site answers: 502 instead of 200" */
function line({ title }: CheckItem, machine: CheckedMachine, index: number, l10n: L10n, locale?: string): string {
  const words = {
    pass: `✓ ${l10n.t('right')}`,
    fail: `✗ **${l10n.t('wrong')}**`,
    open: `○ ${l10n.t('for you')}`,
    unknown: `? ${l10n.t('not known')}`,
  };
  const tick = machine.ticks.get(index);
  const ticked =
    tick === undefined ? '' : `${tick.who}, ${new Date(tick.at).toLocaleString(locale)}${tick.note === '' ? '' : `: ${tick.note}`}`;
  const seen = [ticked, machine.results[index]?.said ?? ''].filter((one) => one !== '').join(' · ');
  return `- ${words[stateAt(machine, index)]} · ${tableCell(title)}${seen === '' ? '' : `: ${tableCell(seen)}`}`;
}

/** "9 of 12 are right; 1 is wrong; 2 are for you." */
function sumText(list: Checklist, machine: CheckedMachine, l10n: L10n): string {
  const states = list.items.map((_, index) => stateAt(machine, index));
  const count = (state: string): number => states.filter((one) => one === state).length;
  const parts = [l10n.t('{0} of {1} are right', count('pass'), states.length)];
  if (count('fail') > 0) parts.push(l10n.t('**{0} wrong**', count('fail')));
  if (count('open') > 0) parts.push(l10n.t('{0} for you to look at', count('open')));
  if (count('unknown') > 0) parts.push(l10n.t('{0} not known', count('unknown')));
  return `${parts.join('; ')}.`;
}

/** How it is done, for what is not right yet. */
function helpText({ items }: Checklist, machines: readonly CheckedMachine[], l10n: L10n): readonly string[] {
  const lines = items.flatMap(({ title, help }, index) =>
    help !== undefined && machines.some((machine) => stateAt(machine, index) !== 'pass')
      ? [`- ${tableCell(title)}: ${tableCell(help)}`]
      : [],
  );
  return lines.length === 0 ? [] : [`## ${l10n.t('How')}`, lines.join('\n')];
}
