import type { UnitRow } from '../../core/units/listing';
import { isFailed } from '../../core/units/listing';
import { isTemplate, unitTypeOf } from '../../core/units/names';
import type { L10n } from '../model/l10n';
import { factTable } from '../model/markdown';
import type { Row } from '../model/row';
import { spanText } from '../model/time';

/** What a unit does now, in a word. */
function unitStateWord({ load, active, sub, boot }: UnitRow, l10n: L10n): string {
  if (load === 'masked' || boot.startsWith('masked')) return l10n.t('masked');
  if (load === 'bad-setting' || load === 'error') return l10n.t('file is broken');
  if (load === 'not-found') return l10n.t('no file');
  if (active === 'failed') return l10n.t('failed');
  if (active === 'activating') return sub === 'auto-restart' ? l10n.t('ends again and again') : l10n.t('starting');
  if (active === 'deactivating') return l10n.t('stopping');
  if (active === 'reloading') return l10n.t('reloading');
  if (active !== 'active') return l10n.t('stopped');
  if (sub === 'exited') return l10n.t('done');
  const words: Readonly<Record<string, string>> = {
    running: l10n.t('running'),
    waiting: l10n.t('waiting'),
    listening: l10n.t('listening'),
    mounted: l10n.t('mounted'),
    elapsed: l10n.t('elapsed'),
  };
  return words[sub] ?? sub;
}

function icon(unit: UnitRow): Row['icon'] {
  if (unit.load === 'masked' || unit.boot.startsWith('masked')) return { id: 'circle-slash', color: 'disabledForeground' };
  if (isFailed(unit)) return { id: 'error', color: 'testing.iconFailed' };
  if (unit.active === 'activating' && unit.sub === 'auto-restart') return { id: 'warning', color: 'list.warningForeground' };
  if (/ing$/.test(unit.active)) return { id: 'sync~spin' };
  if (unit.active !== 'active') return { id: 'circle-outline', color: 'disabledForeground' };
  switch (unitTypeOf(unit.name)) {
    case 'timer':
      return { id: 'watch', color: 'testing.iconPassed' };
    case 'socket':
    case 'path':
      return { id: 'plug', color: 'testing.iconPassed' };
    default:
      return unit.sub === 'exited' ? { id: 'check', color: 'disabledForeground' } : { id: 'pass', color: 'testing.iconPassed' };
  }
}

/** Whether it starts with the machine, as systemd's word says; nothing for what is started by others. */
function bootWord(boot: string, l10n: L10n): string | undefined {
  if (boot.startsWith('enabled')) return l10n.t('at boot');
  return boot === 'disabled' ? l10n.t('not at boot') : undefined;
}

/** A unit's row: `running · at boot`, `waiting · next in 5 h · last 2 h ago`. @param now milliseconds since the epoch */
export function unitRow(unit: UnitRow, now: number, l10n: L10n): Row {
  const { name, boot, dropIns, own, timer } = unit;
  const template = isTemplate(name);
  const word = template ? l10n.t('template') : unitStateWord(unit, l10n);
  const facts = [
    word,
    timer?.next === undefined ? undefined : l10n.t('next in {0}', spanText(timer.next - now, l10n)),
    timer?.last === undefined ? undefined : l10n.t('last {0} ago', spanText(now - timer.last, l10n)),
    bootWord(boot, l10n),
    dropIns.length === 0 ? undefined : l10n.t('changed'),
  ];
  const description = facts.filter((fact) => fact !== undefined).join(' · ');
  const kind = template ? 'template' : (unitTypeOf(name) ?? 'other');
  const state = unit.active === 'failed' ? 'failed' : unit.active === 'inactive' ? 'off' : 'on';
  const start = boot.startsWith('masked') ? 'masked' : boot.startsWith('enabled') ? 'enabled' : boot === 'disabled' ? 'disabled' : 'fixed';
  const changed = dropIns.length > 0 ? '.changed' : '';
  return {
    label: name,
    description,
    icon: template ? { id: 'symbol-interface', color: 'disabledForeground' } : icon(unit),
    contextValue: `unit.${kind}.${state}.${start}.${own ? 'own' : 'system'}${changed}`,
    aria: `${name}, ${description}`,
  };
}

/** The hover. @param locale of the editor */
export function unitTooltip(unit: UnitRow, l10n: L10n, locale: string): string {
  const when = (time: number | undefined): string | undefined => (time === undefined ? undefined : new Date(time).toLocaleString(locale));
  return factTable(unit.name, [
    [l10n.t('Description'), unit.description],
    [l10n.t('State'), [unit.active, unit.sub].join(' · ')],
    [l10n.t('Starts at boot'), unit.boot],
    [l10n.t('Changed by'), unit.dropIns.join(', ')],
    [l10n.t('Starts'), unit.timer?.activates],
    [l10n.t('Next run'), when(unit.timer?.next)],
    [l10n.t('Last run'), when(unit.timer?.last)],
    [l10n.t('Installed by'), unit.skylab ? 'Skylab' : undefined],
  ]);
}
