import type { Container } from '../../core/docker/containers';
import { portText } from '../../core/docker/containers';
import type { DockerObjects, Image, Network, Volume } from '../../core/docker/objects';
import { bytesText } from './bytes';
import type { L10n } from './l10n';
import type { Row } from './row';
import { containerText } from './stackRow';
import { spanText } from './time';

/** The kinds of what Docker has, in the order of their rows. */
export const dockerKinds = ['container', 'image', 'volume', 'network'] as const;
export type DockerKind = (typeof dockerKinds)[number];

const joined = (...parts: readonly (string | undefined)[]): string => parts.filter((part) => part !== undefined && part !== '').join(' · ');
const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

/** The row of the branch. @param objects undefined before the machine was asked */
export function dockerRow(objects: DockerObjects | undefined, l10n: L10n): Row {
  const label = l10n.t('Docker');
  const description =
    objects === undefined
      ? ''
      : objects.docker === 'missing'
        ? l10n.t('not installed')
        : objects.docker === 'silent'
          ? l10n.t('does not answer')
          : objects.version;
  const there = objects === undefined || objects.docker === 'direct' || objects.docker === 'sudo';
  return {
    label,
    description,
    icon: { id: 'package' },
    contextValue: there ? 'docker.root' : 'docker.none',
    aria: description === '' ? label : `${label}, ${description}`,
  };
}

/** The row above all of one kind. */
export function kindRow(kind: DockerKind, objects: DockerObjects, l10n: L10n): Row {
  const { containers, images, volumes, networks } = objects;
  const rows = {
    container: { label: l10n.t('Containers'), icon: 'server-process', count: containers.length, more: runningText(containers, l10n) },
    image: {
      label: l10n.t('Images'),
      icon: 'library',
      count: images.length,
      more: bytesText(images.reduce((all, { size }) => all + size, 0)),
    },
    volume: { label: l10n.t('Volumes'), icon: 'database', count: volumes.length, more: volumesText(volumes) },
    network: { label: l10n.t('Networks'), icon: 'type-hierarchy-sub', count: networks.length, more: '' },
  };
  const { label, icon, count, more } = rows[kind];
  const description = count === 0 ? l10n.t('none') : joined(String(count), more);
  return { label, description, icon: { id: icon }, contextValue: `docker.${kind}s`, aria: `${label}, ${description}` };
}

const runningText = (containers: readonly Container[], l10n: L10n): string =>
  l10n.t('{0} running', containers.filter(({ state }) => state === 'running').length);

function volumesText(volumes: readonly Volume[]): string {
  const known = volumes.flatMap(({ size }) => size ?? []);
  return known.length === 0 ? '' : bytesText(known.reduce((all, size) => all + size, 0));
}

export function containerRow(container: Container, l10n: L10n): Row {
  const { name, image, state, ports, health } = container;
  const description = joined(containerText(container, l10n), image, ports.map(portText).join(', '));
  const running = state === 'running' || state === 'restarting';
  const ill = health === 'unhealthy' || state === 'restarting' || state === 'dead';
  const icon = ill
    ? { id: 'error', color: 'testing.iconFailed' }
    : running
      ? { id: 'pass-filled', color: 'testing.iconPassed' }
      : { id: 'debug-stop', color: 'disabledForeground' };
  return {
    label: name,
    description,
    icon,
    contextValue: `docker.container.${running ? 'running' : 'stopped'}`,
    aria: `${l10n.t('container')} ${name}, ${description}`,
  };
}

/** @param tag the reference under which it is listed; empty for an image without one @param now milliseconds since the epoch */
export function imageRow(image: Image, tag: string, now: number, l10n: L10n): Row {
  const label = tag === '' ? shortId(image.id) : tag;
  const age = image.createdAt === undefined ? '' : l10n.t('{0} old', spanText(now - image.createdAt, l10n));
  const description = joined(tag === '' ? l10n.t('no name') : '', bytesText(image.size), age, usedText(image.usedBy, l10n));
  return {
    label,
    description,
    icon: { id: 'library' },
    contextValue: `docker.image.${tag === '' ? 'bare' : 'named'}`,
    aria: `${l10n.t('image')} ${label}, ${description}`,
  };
}

export function volumeRow(volume: Volume, now: number, l10n: L10n): Row {
  const size = volume.size === undefined ? '' : bytesText(volume.size);
  const age = volume.createdAt === undefined ? '' : l10n.t('{0} old', spanText(now - volume.createdAt, l10n));
  // an anonymous volume's name is 64 hexadecimal digits
  const label = /^[0-9a-f]{64}$/.test(volume.name) ? shortId(volume.name) : volume.name;
  const description = joined(size, age, usedText(volume.usedBy, l10n));
  return {
    label,
    description,
    icon: { id: 'database' },
    contextValue: 'docker.volume',
    aria: `${l10n.t('volume')} ${label}, ${description}`,
  };
}

export function networkRow(network: Network, l10n: L10n): Row {
  const description = joined(network.driver, network.builtIn ? l10n.t('Docker’s own') : usedText(network.usedBy, l10n));
  return {
    label: network.name,
    description,
    icon: { id: 'type-hierarchy-sub' },
    contextValue: network.builtIn ? 'docker.network.builtIn' : 'docker.network.own',
    aria: `${l10n.t('network')} ${network.name}, ${description}`,
  };
}

function usedText(names: readonly string[], l10n: L10n): string {
  if (names.length === 0) return l10n.t('unused');
  return names.length < 3 ? l10n.t('used by {0}', names.join(', ')) : l10n.t('used by {0} containers', names.length);
}
