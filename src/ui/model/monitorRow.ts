import type { DiskReading, Level, Reading } from '../../core/upkeep/monitor/reading';
import { diskLevel, levelOf, loadLevel, memoryPercent } from '../../core/upkeep/monitor/reading';
import { bytesText } from './bytes';
import type { L10n } from './l10n';
import type { Row } from './row';

const icons: Readonly<Record<Level, Row['icon']>> = {
  well: { id: 'pass', color: 'testing.iconPassed' },
  filling: { id: 'warning', color: 'list.warningForeground' },
  full: { id: 'error', color: 'list.errorForeground' },
};

function row(label: string, level: Level, contextValue: string, parts: readonly string[], l10n: L10n): Row {
  const word = { well: '', filling: l10n.t('filling up'), full: l10n.t('nearly full') }[level];
  const description = [word, ...parts].filter((part) => part !== '').join(' · ');
  return { label, description, icon: icons[level], contextValue, aria: `${label}: ${description}` };
}

/** A file system: the word first, then how much is left. */
export function diskRow(disk: DiskReading, l10n: L10n): Row {
  const { mount, percent, available, inodePercent, inodesLeft } = disk;
  const level = diskLevel(disk);
  const files =
    inodePercent !== undefined && inodesLeft !== undefined && levelOf(inodePercent) !== 'well'
      ? l10n.t('{0} % of its files used, {1} left', inodePercent, inodesLeft)
      : '';
  return row(mount, level, 'monitor.disk', [l10n.t('{0} % used, {1} free', percent, bytesText(available)), files], l10n);
}

/** Memory, swap and load, as far as the machine tells. */
export function otherRows(reading: Reading, l10n: L10n): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  const { memory, swap, load, cpus } = reading;
  if (memory !== undefined) {
    const percent = memoryPercent(memory);
    const text = l10n.t('{0} % used, {1} of {2} free', percent, bytesText(memory.available), bytesText(memory.total));
    rows.set('memory', row(l10n.t('Memory'), levelOf(percent), 'monitor.memory', [text], l10n));
  }
  if (swap !== undefined) {
    const percent = Math.round((100 * swap.used) / swap.total);
    const text = l10n.t('{0} of {1} used', bytesText(swap.used), bytesText(swap.total));
    rows.set('swap', row(l10n.t('Swap'), levelOf(percent), 'monitor.swap', [text], l10n));
  }
  if (load !== undefined) {
    const level = loadLevel(reading);
    const word = { well: '', filling: l10n.t('busy'), full: l10n.t('overloaded') }[level];
    const text = l10n.t('{0} on {1} processors', load.map((one) => one.toFixed(2)).join(' '), cpus);
    const description = [word, text].filter((part) => part !== '').join(' · ');
    const label = l10n.t('Load');
    rows.set('load', { label, description, icon: icons[level], contextValue: 'monitor.load', aria: `${label}: ${description}` });
  }
  return rows;
}

/** The row above: what is worst. */
export function monitorRow(reading: Reading | undefined, at: number, l10n: L10n, locale?: string): Row {
  const label = l10n.t('Disks, Memory and Load');
  const base = { label, icon: { id: 'pulse' }, contextValue: 'monitor.root' };
  if (reading === undefined) return { ...base, description: '', aria: label };
  const full = reading.disks.filter((disk) => diskLevel(disk) !== 'well');
  const description =
    full.length === 0
      ? l10n.t('as of {0}', new Date(at).toLocaleTimeString(locale))
      : full.map(({ mount, percent, inodePercent = 0 }) => l10n.t('{0} at {1} %', mount, Math.max(percent, inodePercent))).join(', ');
  return { ...base, description, aria: `${label}: ${description}` };
}
