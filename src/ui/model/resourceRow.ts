import type { MonthlyCost } from '../../core/cloud/resources/costs';
import { nameOf, type Resource, type StockStatus } from '../../core/cloud/resources/stock';
import type { ResourceKind, Use, User } from '../../core/cloud/resources/usage';
import type { IngressRule } from '../../core/cloud/model';
import type { L10n } from './l10n';
import type { Fact } from './markdown';
import { factTable } from './markdown';
import type { Row } from './row';

const ICONS: Readonly<Record<ResourceKind, string>> = {
  keyPairs: 'key',
  groups: 'shield',
  volumes: 'database',
  addresses: 'pinned',
  images: 'layers',
  snapshots: 'device-camera',
};

/** Users whose names stand on a row; the hover has all. */
const NAMED = 2;

/** The heading of a kind. */
export function kindText(kind: ResourceKind, l10n: L10n): string {
  const words: Record<ResourceKind, string> = {
    keyPairs: l10n.t('Key Pairs'),
    groups: l10n.t('Security Groups'),
    volumes: l10n.t('Disks'),
    addresses: l10n.t('Addresses'),
    images: l10n.t('Images'),
    snapshots: l10n.t('Snapshots'),
  };
  return words[kind];
}

/** What a kind amounts to, for its row. */
export interface KindSummary {
  readonly status: StockStatus;
  readonly count: number;
  /** How many of them a filter lets through; undefined without one. */
  readonly shown: number | undefined;
  readonly unused: number;
  readonly cost: MonthlyCost | undefined;
}

export function kindRow(kind: ResourceKind, summary: KindSummary, l10n: L10n, locale?: string): Row {
  const label = kindText(kind, l10n);
  const description = kindState(summary, l10n, locale);
  return {
    label,
    description,
    icon: summary.status.state === 'failed' ? { id: 'warning', color: 'list.warningForeground' } : { id: ICONS[kind] },
    contextValue: `resourceKind.${kind}`,
    aria: description === '' ? label : `${label}, ${description}`,
  };
}

function kindState({ status, count, shown, unused, cost }: KindSummary, l10n: L10n, locale?: string): string {
  if (status.state === 'failed') return l10n.t('cannot be read');
  if (status.state === 'loading' && count === 0) return l10n.t('loading');
  if (status.state === 'idle') return '';
  if (count === 0) return l10n.t('none');
  const number = shown === undefined ? String(count) : l10n.t('{0} of {1}', shown, count);
  return [number, unused === 0 ? undefined : l10n.t('{0} unused', unused), costText(cost, l10n, locale)]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** "$4.00 a month"; at most so much where the cloud bills only what differs between copies. */
export function costText(cost: MonthlyCost | undefined, l10n: L10n, locale = 'en-US'): string | undefined {
  if (cost === undefined) return undefined;
  const amount = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' }).format(cost.usd);
  return cost.atMost ? l10n.t('at most {0} a month', amount) : l10n.t('{0} a month', amount);
}

/** One resource: what it is, its state, who uses it, and what it costs. */
export function resourceRow(resource: Resource, use: Use, cost: MonthlyCost | undefined, l10n: L10n, locale?: string): Row {
  const label = nameOf(resource);
  const description = [...traits(resource, l10n), useText(use, l10n), costText(cost, l10n, locale)]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ');
  const unused = use.state === 'unused';
  return {
    label,
    description,
    icon: unused ? { id: 'circle-slash', color: 'list.warningForeground' } : { id: ICONS[resource.kind] },
    contextValue: `resource.${resource.kind}.${stateOf(resource, use)}`,
    aria: `${label}, ${description}`,
  };
}

/** Who uses it, in a few words. */
function useText(use: Use, l10n: L10n): string | undefined {
  switch (use.state) {
    case 'used':
      return usersText(use.by, l10n);
    case 'unused':
      return l10n.t('unused');
    case 'kept': {
      const words = {
        default: l10n.t('default group'),
        managed: l10n.t('made by another service'),
        public: l10n.t('shared with everybody'),
      };
      return words[use.why];
    }
    case 'unknown':
      return undefined;
  }
}

function usersText(by: readonly User[], l10n: L10n): string {
  const names = by.slice(0, NAMED).map((user) => userText(user, l10n));
  const more = by.length - NAMED;
  return more > 0 ? l10n.t('{0} and {1} more', names.join(', '), more) : names.join(', ');
}

function userText({ kind, name }: User, l10n: L10n): string {
  switch (kind) {
    case 'machine':
      return name;
    case 'service':
      return name === '' ? l10n.t('another service') : name;
    case 'group':
      return l10n.t('group {0}', name);
    case 'image':
      return l10n.t('image {0}', name);
    case 'template':
      return l10n.t('template {0}', name);
    case 'disk':
      return l10n.t('copy of {0}', name);
  }
}

function traits({ kind, item }: Resource, l10n: L10n): readonly (string | undefined)[] {
  switch (kind) {
    case 'volumes':
      return [l10n.t('{0} GiB {1}', item.sizeGiB, item.type), item.zone, volumeState(item.state, l10n)];
    case 'snapshots':
      return [l10n.t('{0} GiB', item.sizeGiB), snapshotState(item.state, item.progress, l10n)];
    case 'images':
      return [item.architecture, item.state === 'available' ? undefined : imageState(item.state, l10n)];
    case 'addresses':
      return [item.tags['Name']];
    case 'keyPairs':
      return [item.type];
    case 'groups':
      return [item.rules.length === 0 ? l10n.t('lets nobody in') : undefined];
  }
}

function volumeState(state: Extract<Resource, { kind: 'volumes' }>['item']['state'], l10n: L10n): string | undefined {
  const words = {
    creating: l10n.t('being created'),
    available: l10n.t('not attached'),
    'in-use': l10n.t('attached'),
    deleting: l10n.t('being deleted'),
    deleted: l10n.t('deleted'),
    error: l10n.t('broken'),
  };
  return words[state];
}

function snapshotState(state: Extract<Resource, { kind: 'snapshots' }>['item']['state'], progress: number, l10n: L10n): string | undefined {
  const words = {
    pending: l10n.t('being copied, {0} %', Math.round(progress * 100)),
    completed: undefined,
    error: l10n.t('failed'),
    recoverable: l10n.t('in the recycle bin'),
    recovering: l10n.t('being recovered'),
  };
  return words[state];
}

function imageState(state: string, l10n: L10n): string {
  return state === 'pending' ? l10n.t('being made') : state === 'failed' ? l10n.t('failed') : state;
}

/** The last part of a row's contextValue: what menus ask for. */
function stateOf({ kind, item }: Resource, use: Use): string {
  switch (kind) {
    case 'volumes':
      return item.state;
    case 'snapshots':
    case 'images':
      return item.state;
    case 'addresses':
      return use.state === 'kept' ? 'kept' : item.instanceId !== undefined ? 'machine' : use.state === 'used' ? 'service' : 'free';
    case 'groups':
      return use.state === 'kept' && use.why === 'default' ? 'default' : use.state;
    case 'keyPairs':
      return use.state;
  }
}

/** The hover of a resource. @param more lines that others know, such as where the private key is */
export function resourceTooltip(
  resource: Resource,
  use: Use,
  cost: MonthlyCost | undefined,
  l10n: L10n,
  locale?: string,
  more: readonly Fact[] = [],
): string {
  const users = use.state === 'used' ? use.by.map((user) => userText(user, l10n)).join(', ') : (useText(use, l10n) ?? l10n.t('not known'));
  const tags = Object.entries(resource.item.tags ?? {}).filter(([name]) => name !== 'Name' && !name.startsWith('skylab:'));
  return factTable(nameOf(resource), [
    ...factsOf(resource, l10n, locale),
    [l10n.t('Used by'), users],
    [l10n.t('Costs'), costText(cost, l10n, locale)],
    ...more,
    [l10n.t('Id'), resource.id],
    ...tags.map(([name, value]) => [l10n.t('Tag {0}', name), value] as const),
  ]);
}

function factsOf({ kind, item }: Resource, l10n: L10n, locale?: string): readonly Fact[] {
  const at = (ms: number): string | undefined => (ms === 0 ? undefined : new Date(ms).toLocaleString(locale));
  const yes = (on: boolean): string => (on ? l10n.t('yes') : l10n.t('no'));
  switch (kind) {
    case 'volumes':
      return [
        [l10n.t('Size'), l10n.t('{0} GiB', item.sizeGiB)],
        [l10n.t('Type'), item.type],
        [l10n.t('Operations per second'), item.iops === undefined ? undefined : String(item.iops)],
        [l10n.t('Throughput'), item.throughput === undefined ? undefined : l10n.t('{0} MiB/s', item.throughput)],
        [l10n.t('Encrypted'), yes(item.encrypted)],
        [l10n.t('Zone'), item.zone],
        [l10n.t('State'), volumeState(item.state, l10n)],
        [l10n.t('Device'), item.attachment?.device],
        [l10n.t('Deleted with its machine'), item.attachment === undefined ? undefined : yes(item.attachment.deleteOnTermination)],
        [l10n.t('Made from'), item.snapshotId],
        [l10n.t('Created'), at(item.createdAt)],
      ];
    case 'snapshots':
      return [
        [l10n.t('Description'), item.description],
        [l10n.t('Size of the disk'), l10n.t('{0} GiB', item.sizeGiB)],
        [l10n.t('Copy of'), item.volumeId],
        [l10n.t('State'), snapshotState(item.state, item.progress, l10n)],
        [l10n.t('Created'), at(item.createdAt)],
      ];
    case 'images':
      return [
        [l10n.t('Architecture'), item.architecture],
        [l10n.t('State'), imageState(item.state, l10n)],
        [l10n.t('Snapshots'), item.snapshotIds.join(', ')],
        [l10n.t('Size of its disks'), l10n.t('{0} GiB', item.sizeGiB)],
        [l10n.t('Created'), at(item.createdAt)],
      ];
    case 'addresses':
      return [
        [l10n.t('Name'), item.tags['Name']],
        [l10n.t('Network interface'), item.networkInterfaceId],
      ];
    case 'keyPairs':
      return [
        [l10n.t('Type'), item.type],
        [l10n.t('Fingerprint'), item.fingerprint],
      ];
    case 'groups':
      return [
        [l10n.t('Description'), item.description],
        [l10n.t('Network'), item.vpcId],
        [l10n.t('Further rules'), item.furtherRules === 0 ? undefined : l10n.t('{0} that Skylab cannot show', item.furtherRules)],
      ];
  }
}

/** A rule of one source under its group: "SSH (tcp 22) from 203.0.113.7/32". @param nameOfGroup what a person calls a group */
export function ruleRow(rule: IngressRule, nameOfGroup: (id: string) => string, l10n: L10n): Row {
  const label = portsText(rule, l10n);
  const description = [sourcesText(rule, nameOfGroup, l10n), rule.description].filter((part) => part !== undefined).join(' · ');
  return { label, description, icon: { id: 'arrow-right' }, contextValue: 'resourceRule', aria: `${label} ${description}` };
}

const SERVICES: Readonly<Record<number, string>> = {
  22: 'SSH',
  80: 'HTTP',
  443: 'HTTPS',
  3306: 'MySQL',
  5432: 'PostgreSQL',
  8888: 'Jupyter',
};

/** "SSH (tcp 22)", "tcp 8000-8100", "everything". */
export function portsText({ protocol, fromPort, toPort }: IngressRule, l10n: L10n): string {
  if (protocol === '-1') return l10n.t('everything');
  if (protocol === 'icmp') return fromPort === -1 ? 'icmp' : l10n.t('icmp type {0}', fromPort);
  if (fromPort === 0 && toPort === 65535) return l10n.t('all of {0}', protocol);
  const ports = fromPort === toPort ? String(fromPort) : `${fromPort}-${toPort}`;
  const service = fromPort === toPort && protocol === 'tcp' ? SERVICES[fromPort] : undefined;
  return service === undefined ? `${protocol} ${ports}` : `${service} (${protocol} ${ports})`;
}

/** "from anywhere", "from 203.0.113.7/32", "from group web". */
export function sourcesText(rule: IngressRule, nameOfGroup: (id: string) => string, l10n: L10n): string {
  const anywhere = (cidr: string): string =>
    cidr === '0.0.0.0/0' ? l10n.t('anywhere') : cidr === '::/0' ? l10n.t('anywhere (IPv6)') : cidr;
  const groups = (rule.groups ?? []).map((id) => l10n.t('group {0}', nameOfGroup(id)));
  return l10n.t('from {0}', [...rule.cidrs.map(anywhere), ...groups].join(', '));
}
