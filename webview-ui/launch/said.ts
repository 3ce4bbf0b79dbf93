import type { DiskType, GraphTermPreset } from '../../src/shared/launchMore';
import { ruleWords, rulesToAdd } from '../../src/shared/launchRules';
import type { LaunchSpec } from '../../src/shared/launchSpec';
import type { FormSubnet, LaunchFormData } from '../../src/shared/messages';
import { count } from '../lib/format';

/** What is chosen in the folded parts of the form, a line each, and what is likely to disappoint there. */

export const NOTHING_SET_UP = 'the image as it is';
export const NOTHING_SPECIAL = 'nothing special';

const joined = (...parts: readonly (string | undefined | false)[]): string =>
  parts.filter((part): part is string => typeof part === 'string' && part !== '').join(', ');

export const subnetOf = (data: LaunchFormData, { network }: LaunchSpec): FormSubnet | undefined =>
  data.offers.subnets.find(({ id }) => id === network?.subnetId);

const ADDRESSES = { subnet: '', yes: 'public address', elastic: 'Elastic IP', no: 'no public address' };

export function networkSaid(data: LaunchFormData, spec: LaunchSpec): string {
  const { network } = spec;
  const subnet = subnetOf(data, spec);
  const where = subnet?.label ?? network?.subnetId ?? network?.zone ?? 'default network, any zone';
  return joined(where, ADDRESSES[network?.publicAddress ?? 'subnet'], network?.ipv6 === true && 'IPv6');
}

/** Why the size cannot be had where it is wanted, or cannot be reached there. */
export function networkWarning(data: LaunchFormData, spec: LaunchSpec): string | undefined {
  const { network, instanceType } = spec;
  const subnet = subnetOf(data, spec);
  const zone = subnet?.zone ?? network?.zone;
  const lacking = Object.hasOwn(data.offers.notOfferedIn, instanceType) ? (data.offers.notOfferedIn[instanceType] ?? []) : [];
  if (zone !== undefined && lacking.includes(zone)) {
    const others = data.offers.zones.filter((one) => !lacking.includes(one));
    return `${instanceType} is not offered in ${zone}${others.length === 0 ? '' : `; it is in ${others.join(', ')}`}.`;
  }
  if (subnet !== undefined && subnet.freeAddresses < spec.count)
    return subnet.freeAddresses === 1
      ? 'The subnet has one free address left.'
      : `The subnet has ${subnet.freeAddresses} free addresses left.`;
  const publicAddress = network?.publicAddress ?? 'subnet';
  if (publicAddress === 'no' || (publicAddress === 'subnet' && subnet?.publicByDefault === false))
    return 'Without a public address, this computer reaches the machine only over a VPN or a jump host.';
  return undefined;
}

const kind = (type: DiskType | undefined): string => type ?? 'gp3';

export function disksSaid(spec: LaunchSpec): string {
  const disks = spec.disks ?? [];
  const [first] = disks;
  const extra =
    disks.length === 1 && first !== undefined
      ? `1 extra disk of ${Number.isFinite(first.sizeGiB) ? first.sizeGiB : '?'} GiB${first.mountPoint === undefined ? '' : ` on ${first.mountPoint}`}`
      : disks.length > 1
        ? `${disks.length} extra disks of ${disks.reduce((sum, { sizeGiB }) => sum + (sizeGiB > 0 ? sizeGiB : 0), 0)} GiB together`
        : '';
  return joined(kind(spec.diskType), spec.keepDisk === true && 'kept on termination', extra);
}

/** What the launch adds to the group that exists, in words; addresses of both families in one. */
export function addedRules(data: LaunchFormData, { securityGroup }: LaunchSpec): readonly string[] {
  if (securityGroup.kind === 'new') return [];
  const there = data.securityGroups.find(({ id }) => id === securityGroup.id)?.rules ?? [];
  const nameOf = (id: string): string | undefined => data.securityGroups.find((group) => group.id === id)?.name;
  const added = rulesToAdd(securityGroup.rules ?? [], there, data.myAddresses);
  const words = added.map((rule) => ruleWords(rule, nameOf));
  return words.filter((one) => !one.endsWith('(IPv6)') || !words.includes(one.replace(' (IPv6)', '')));
}

export function accessSaid(data: LaunchFormData, spec: LaunchSpec): string {
  const { rules = [], more = [], kind: group } = spec.securityGroup;
  const nameOf = (id: string): string => data.securityGroups.find((one) => one.id === id)?.name ?? id;
  const ports = rules.map((rule) => (rule.protocol === 'all' ? 'everything' : rule.protocol === 'icmp' ? 'ping' : rule.ports));
  const said = ports.length === 0 ? '' : `${group === 'new' ? 'also' : 'adds'} ${[...new Set(ports)].join(', ')}`;
  return joined(said, more.length > 0 && `in ${more.map(nameOf).join(', ')} too`) || 'nothing more';
}

export function endsSaid({ expiry }: LaunchSpec): string {
  if (expiry === undefined) return 'never by itself';
  const { hours, at, idleMinutes, action } = expiry;
  const verb = action === 'stop' ? 'stops' : 'is terminated';
  const idle = idleMinutes === undefined ? '' : `when idle for ${Number.isFinite(idleMinutes) ? idleMinutes : '?'} min`;
  const time = at !== undefined ? `on ${dayAndTime(at)}` : hours !== undefined ? `after ${Number.isFinite(hours) ? hours : '?'} h` : '';
  return `${verb} ${[time, idle].filter((part) => part !== '').join(' or ')}`;
}

export function setupSaid(spec: LaunchSpec): string {
  const { packages = [], users = [], copies = [] } = spec;
  return (
    joined(
      packages.length > 3 ? count(packages.length, 'package') : packages.join(' '),
      users.length > 0 && `${users.length === 1 ? 'user' : 'users'} ${users.map(({ name }) => name || '?').join(', ')}`,
      spec.userData.trim() !== '' && 'a script',
      copies.length > 0 && `copies ${copies.length === 1 ? '1 path' : `${copies.length} paths`}`,
      spec.runAfter !== undefined && 'a command after',
      spec.hostname !== undefined && `host name ${spec.hostname}`,
      spec.loginUser !== undefined && `login ${spec.loginUser}`,
    ) || NOTHING_SET_UP
  );
}

export function advancedSaid(spec: LaunchSpec): string {
  const tags = Object.keys(spec.tags ?? {});
  return (
    joined(
      tags.length > 0 && `${tags.length === 1 ? 'tag' : 'tags'} ${tags.join(', ')}`,
      spec.protect === true && 'protected',
      spec.hibernation === true && 'can hibernate',
      spec.onShutdown === 'terminate' && 'terminated by a shutdown',
      spec.instanceProfile !== undefined && `profile ${spec.instanceProfile}`,
      spec.spot !== undefined && 'spot',
      spec.placement?.group !== undefined && `placement ${spec.placement.group}`,
      spec.placement?.tenancy === 'dedicated' && 'dedicated hardware',
    ) || NOTHING_SPECIAL
  );
}

export function graphtermSaid(data: LaunchFormData, preset: GraphTermPreset | undefined): string {
  if (preset === undefined) return 'not installed';
  if (preset.role !== 'host') return preset.role === 'notebook' ? 'a server with notebooks' : 'a server';
  const primary = data.machines.find(({ key }) => key === preset.primary)?.name;
  return primary === undefined ? 'a host that joins a server' : `joins ${primary}`;
}

/** `Fri, Nov 27, 18:00`, in this computer's time. @param time ISO 8601 or milliseconds since the epoch */
export function dayAndTime(time: string | number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '?';
  return date.toLocaleString('en-US', {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
}

/** A time as `<input type="datetime-local">` wants it; empty for what is none. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
