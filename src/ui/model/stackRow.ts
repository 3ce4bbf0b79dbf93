import { portText } from '../../core/docker/containers';
import type { Container } from '../../core/docker/containers';
import type { Condition } from '../../core/deploy/stacks/health';
import { conditionOf, serviceCondition } from '../../core/deploy/stacks/health';
import type { Project, Release, Service, Stack, Survey } from '../../core/deploy/stacks/survey';
import { appCondition } from './appRow';
import type { L10n } from './l10n';
import type { Row } from './row';
import { spanText } from './time';

/** Whether a row's stack was deployed by Skylab; what others run can be looked at alone. */
export type Owned = 'own' | 'other';

const icons: Record<Condition | 'done', Row['icon']> = {
  running: { id: 'pass-filled', color: 'testing.iconPassed' },
  starting: { id: 'loading~spin', color: 'charts.yellow' },
  ill: { id: 'error', color: 'testing.iconFailed' },
  stopped: { id: 'debug-stop', color: 'disabledForeground' },
  down: { id: 'circle-outline', color: 'disabledForeground' },
  done: { id: 'check', color: 'testing.iconPassed' },
};

/** The condition as people say it. */
export function conditionText(condition: Condition | 'done', l10n: L10n): string {
  switch (condition) {
    case 'running':
      return l10n.t('running');
    case 'starting':
      return l10n.t('starting');
    case 'ill':
      return l10n.t('not well');
    case 'stopped':
      return l10n.t('stopped');
    case 'down':
      return l10n.t('down');
    case 'done':
      return l10n.t('done');
  }
}

const joined = (...parts: readonly (string | undefined)[]): string => parts.filter((part) => part !== undefined && part !== '').join(' · ');

/** The row of the branch. @param survey undefined before the machine was asked @param remembered names deployed from this computer */
export function deploymentsRow(survey: Survey | undefined, remembered: readonly string[], alive: boolean, l10n: L10n): Row {
  const label = l10n.t('Deployments');
  const description = alive ? rootText(survey, remembered, l10n) : l10n.t('{0} · the machine is not running', remembered.join(', '));
  const contextValue = alive ? 'deployments.root' : 'deployments.asleep';
  return { label, description, icon: { id: 'layers' }, contextValue, aria: description === '' ? label : `${label}, ${description}` };
}

function rootText(survey: Survey | undefined, remembered: readonly string[], l10n: L10n): string {
  if (!survey) return remembered.join(', ');
  const apps =
    survey.apps.length === 0 ? '' : survey.apps.length === 1 ? l10n.t('1 application') : l10n.t('{0} applications', survey.apps.length);
  const illApps = survey.apps.filter((app) => appCondition(app) === 'ill').length;
  // an application needs no Docker: without any stack, its absence is no news
  if (survey.docker === 'missing') return apps === '' ? l10n.t('Docker is not installed') : joined(apps, illText(illApps, l10n));
  if (survey.docker === 'silent') return joined(apps, l10n.t('Docker does not answer'));
  const ill = survey.stacks.filter((stack) => conditionOf(stack.services) === 'ill').length + illApps;
  const count = survey.stacks.length;
  const none = apps === '' ? l10n.t('nothing deployed') : '';
  const stacks = count === 0 ? none : count === 1 ? l10n.t('1 stack') : l10n.t('{0} stacks', count);
  const others = survey.others.length === 0 ? '' : l10n.t('{0} of others', survey.others.length);
  return joined(stacks, apps, illText(ill, l10n), others);
}

const illText = (count: number, l10n: L10n): string => (count === 0 ? '' : l10n.t('{0} not well', count));

/** A stack: `running · https://ada.example · 3 h`. @param following its logs are on screen @param now milliseconds since the epoch */
export function stackRow(stack: Stack, following: boolean, now: number, l10n: L10n): Row {
  const condition = conditionOf(stack.services);
  const current = stack.releases.find((release) => release.current);
  const age = current === undefined ? l10n.t('no current release') : l10n.t('released {0} ago', spanText(now - current.madeAt, l10n));
  const atBoot = stack.unit !== undefined && stack.unit.enabled !== 'enabled' && condition === 'running' ? l10n.t('not at boot') : '';
  const busy = stack.busy === undefined ? '' : l10n.t('in work');
  const description = joined(busy, conditionText(condition, l10n), stack.url, age, atBoot);
  const more = `${stack.url === '' ? '' : '.site'}${following ? '.following' : ''}`;
  return {
    label: stack.name,
    description,
    icon: stack.busy === undefined ? icons[condition] : { id: 'sync~spin' },
    contextValue: `stack.own.${condition}${more}`,
    aria: `${l10n.t('stack')} ${stack.name}, ${description}`,
  };
}

/** A stack that this computer remembers, before its machine was asked. @param deployedAt milliseconds since the epoch */
export function rememberedRow(name: string, url: string, deployedAt: number, following: boolean, now: number, l10n: L10n): Row {
  const description = joined(url, l10n.t('deployed {0} ago', spanText(now - deployedAt, l10n)));
  return {
    label: name,
    description,
    icon: { id: 'globe' },
    contextValue: `stack.own.unknown${url === '' ? '' : '.site'}${following ? '.following' : ''}`,
    aria: `${l10n.t('stack')} ${name}, ${description}`,
  };
}

/** A Compose project that Skylab did not deploy. */
export function projectRow(project: Project, following: boolean, l10n: L10n): Row {
  const condition = conditionOf(project.services);
  const description = joined(conditionText(condition, l10n), l10n.t('not deployed by Skylab'));
  return {
    label: project.name,
    description,
    icon: icons[condition],
    contextValue: `stack.other.${condition}${following ? '.following' : ''}`,
    aria: `${l10n.t('Compose project')} ${project.name}, ${description}`,
  };
}

/** A service: `running, healthy · caddy:2 · 443→443 · 2 of 3`. */
export function serviceRow(service: Service, owned: Owned, l10n: L10n): Row {
  const condition = serviceCondition(service);
  const [first] = service.containers;
  const running = service.containers.filter(({ state }) => state === 'running').length;
  const count = service.containers.length < 2 ? '' : l10n.t('{0} of {1} run', running, service.containers.length);
  const ports = [...new Set(service.containers.flatMap((one) => one.ports.map(portText)))].join(', ');
  const description = joined(serviceText(service, condition, l10n), count, first?.image, ports);
  return {
    label: service.name,
    description,
    icon: icons[condition],
    contextValue: `service.${owned}.${condition === 'done' || condition === 'down' ? 'stopped' : condition}`,
    aria: `${l10n.t('service')} ${service.name}, ${description}`,
  };
}

function serviceText({ containers }: Service, condition: Condition | 'done', l10n: L10n): string {
  const sick = containers.find(({ state, health }) => state === 'restarting' || health === 'unhealthy' || state === 'dead');
  return sick === undefined ? joinHealth(condition, containers, l10n) : containerText(sick, l10n);
}

function joinHealth(condition: Condition | 'done', containers: readonly Container[], l10n: L10n): string {
  const text = conditionText(condition, l10n);
  if (condition === 'running' && containers.some(({ health }) => health === 'healthy')) return l10n.t('{0}, healthy', text);
  const failed = containers.find(({ state, exitCode }) => state === 'exited' && exitCode !== 0);
  return condition === 'stopped' && failed ? l10n.t('ended with code {0}', failed.exitCode) : text;
}

/** A container's own state in words. */
export function containerText({ state, health, exitCode, restarts }: Container, l10n: L10n): string {
  if (state === 'restarting') return l10n.t('starts and ends again and again, {0} times', restarts);
  if (state === 'exited' || state === 'dead') return l10n.t('ended with code {0}', exitCode);
  return health === '' || state !== 'running' ? state : `${state}, ${health}`;
}

/** One of several containers of a service. */
export function replicaRow(container: Container, owned: Owned, l10n: L10n): Row {
  const condition = serviceCondition({ name: '', containers: [container] });
  const description = joined(containerText(container, l10n), container.ports.map(portText).join(', '));
  return {
    label: container.name,
    description,
    icon: icons[condition],
    contextValue: `replica.${owned}.${condition === 'done' || condition === 'down' ? 'stopped' : condition}`,
    aria: `${l10n.t('container')} ${container.name}, ${description}`,
  };
}

/** The row above a stack's releases. */
export function releasesRow(stack: Stack, l10n: L10n): Row {
  const count = stack.releases.length;
  const description = count === 1 ? l10n.t('1 on the machine') : l10n.t('{0} on the machine', count);
  return {
    label: l10n.t('Releases'),
    description,
    icon: { id: 'history' },
    contextValue: 'releases',
    aria: `${l10n.t('Releases')} ${stack.name}, ${description}`,
  };
}

/** A release by its time. @param locale of the editor @param now milliseconds since the epoch */
export function releaseRow(release: Release, locale: string, now: number, l10n: L10n): Row {
  const made = new Date(release.madeAt);
  const year = made.getFullYear() === new Date(now).getFullYear() ? {} : ({ year: 'numeric' } as const);
  const when = made.toLocaleString(locale, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', ...year });
  const change = release.change === 'env' ? l10n.t('environment edited') : '';
  const by = release.by === undefined ? '' : l10n.t('by {0}', release.by);
  const description = joined(release.current ? l10n.t('current') : '', l10n.t('{0} ago', spanText(now - release.madeAt, l10n)), change, by);
  return {
    label: when,
    description,
    icon: release.current ? { id: 'pass-filled', color: 'testing.iconPassed' } : { id: 'package' },
    contextValue: release.current ? 'release.current' : 'release.older',
    aria: `${l10n.t('release')} ${when}, ${description}`,
  };
}
