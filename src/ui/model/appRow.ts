import type { ListedApp, ListedRelease } from '../../core/apps/list';
import { short, siteUrl } from '../../core/apps/switch';
import type { L10n } from './l10n';
import type { Row } from './row';
import { spanText } from './time';

/** How an application is: `ill` when something of it is not as it should be, `stopped` when nothing runs. */
type AppCondition = 'running' | 'starting' | 'ill' | 'stopped';

const icons: Record<AppCondition | 'maintenance', Row['icon']> = {
  running: { id: 'pass-filled', color: 'testing.iconPassed' },
  starting: { id: 'loading~spin', color: 'charts.yellow' },
  ill: { id: 'error', color: 'testing.iconFailed' },
  stopped: { id: 'debug-stop', color: 'disabledForeground' },
  maintenance: { id: 'debug-pause', color: 'charts.yellow' },
};

/** A unit's state, as systemd says it, in one of ours. */
function unitCondition(state: string): AppCondition {
  if (state === 'active') return 'running';
  if (state === 'failed') return 'ill';
  return state === 'activating' || state === 'reloading' || state === 'deactivating' ? 'starting' : 'stopped';
}

/** The condition of an application by its units: where some run, one that does not is ill, as with the services of a stack. */
export function appCondition({ units }: Pick<ListedApp, 'units'>): AppCondition {
  const all = units.map(({ state }) => unitCondition(state));
  if (all.includes('ill')) return 'ill';
  if (all.includes('stopped')) return all.every((one) => one === 'stopped') ? 'stopped' : 'ill';
  return all.includes('starting') ? 'starting' : 'running';
}

/** `running`, `maintenance page`, `site-watch.service failed`: what is not as it should be comes with its name. */
export function appStateText(app: Pick<ListedApp, 'units' | 'maintenance'>, l10n: L10n): string {
  const down = app.units.filter(({ state }) => state !== 'active').map(({ name, state }) => `${name} ${state}`);
  const parts = [...(app.maintenance ? [l10n.t('maintenance page')] : []), ...down];
  return parts.length === 0 ? l10n.t('running') : parts.join(', ');
}

/** When a release was made, by its name, which begins with the time in UTC: `20261121-093000-4f2a`. @returns milliseconds since the epoch, or NaN */
export function releasedAt(id: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(id) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** An application: `running · https://site.example.org · a1b2c3d4 · released 3 h ago`. @param now milliseconds since the epoch */
export function appRow(app: ListedApp, now: number, l10n: L10n): Row {
  const { release, app: serving } = app.serving;
  const condition = appCondition(app);
  const age = l10n.t('released {0} ago', spanText(now - releasedAt(release.id), l10n));
  const description = [appStateText(app, l10n), siteUrl(serving), short(release.commit), age].filter((part) => part !== '').join(' · ');
  const shown = app.maintenance && condition !== 'ill' ? 'maintenance' : condition;
  return {
    label: app.name,
    description,
    icon: icons[shown],
    contextValue: `app.${condition}${app.maintenance ? '.maintenance' : ''}`,
    aria: `${l10n.t('application')} ${app.name}, ${description}`,
  };
}

/** A unit of an application. */
export function appUnitRow({ name, state }: ListedApp['units'][number], l10n: L10n): Row {
  const condition = unitCondition(state);
  const text = condition === 'running' ? l10n.t('running') : state;
  return { label: name, description: text, icon: icons[condition], contextValue: 'appUnit', aria: `${l10n.t('unit')} ${name}, ${text}` };
}

/** The row above an application's releases. */
export function appReleasesRow({ name, releases: { length } }: ListedApp, l10n: L10n): Row {
  const label = l10n.t('Releases');
  const description = length === 1 ? l10n.t('1 on the machine') : l10n.t('{0} on the machine', length);
  return { label, description, icon: { id: 'history' }, contextValue: 'appReleases', aria: `${label} ${name}, ${description}` };
}

/** A release by what it is of: `a1b2c3d4 Polls`, and how old it is. @param now milliseconds since the epoch */
export function appReleaseRow({ release }: ListedRelease, current: boolean, now: number, l10n: L10n): Row {
  const label = `${short(release.commit)} ${release.subject}`.trim();
  const age = l10n.t('{0} ago', spanText(now - releasedAt(release.id), l10n));
  const description = current ? `${l10n.t('current')} · ${age}` : age;
  return {
    label,
    description,
    icon: current ? { id: 'pass-filled', color: 'testing.iconPassed' } : { id: 'package' },
    contextValue: current ? 'appRelease.current' : 'appRelease.older',
    aria: `${l10n.t('release')} ${label}, ${description}`,
  };
}
