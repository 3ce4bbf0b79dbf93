import type { Instance } from '../model';
import { TAG } from '../tags';
import type { RecordSet, Zone } from './ports';

/** Seconds: short, since the address of a machine changes at every start. */
const TTL = 60;

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * The text as a full DNS name in lower case without the dot at the end, or undefined when it is none: at least two labels, the last
 * one not a number, so that neither an address nor `python3.11` counts (RFC 1035, 2.3.4 for the lengths).
 */
export function dnsName(text: string): string | undefined {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  const top = labels.at(-1) ?? '';
  if (name.length > 253 || labels.length < 2 || !/^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/.test(top)) return undefined;
  return labels.every((label) => LABEL.test(label)) ? name : undefined;
}

/** The DNS name of each machine of a launch: `lab-1.example.edu` to `lab-n.example.edu`; the name itself for one. */
export function launchNames(name: string, count: number): readonly string[] | undefined {
  const full = dnsName(name);
  if (full === undefined || count === 1) return full === undefined ? undefined : [full];
  const dot = full.indexOf('.');
  const names = Array.from({ length: count }, (_, i) => dnsName(`${full.slice(0, dot)}-${i + 1}${full.slice(dot)}`));
  return names.every((one) => one !== undefined) ? names : undefined;
}

/** The public zone that holds the name: the longest of those that equal it or are its parents. */
export function zoneFor(name: string, zones: readonly Zone[]): Zone | undefined {
  const holds = (zone: Zone) => !zone.private && (name === zone.name || name.endsWith(`.${zone.name}`));
  return zones
    .filter(holds)
    .reduce<Zone | undefined>((best, zone) => (zone.name.length > (best?.name.length ?? 0) ? zone : best), undefined);
}

/** The zone to make for a name that no zone holds: what follows its first dot, or the name itself where only the top level would be left. */
export function zoneToCreate(name: string): string {
  const rest = name.slice(name.indexOf('.') + 1);
  return rest.includes('.') ? rest : name;
}

/** What Skylab noted of a machine's name. */
export interface NoteOfName {
  readonly name: string;
  /** What the records were set to. */
  readonly target: readonly string[];
  readonly wildcard: boolean;
}

/** The name that Skylab gave to a machine, as its tags tell. */
export function notedName(tags: Readonly<Record<string, string>>): NoteOfName | undefined {
  const name = dnsName(tags[TAG.dns] ?? '');
  if (name === undefined) return undefined;
  const words = (tags[TAG.dnsTarget] ?? '').split(' ').filter((word) => word !== '');
  return { name, target: words.filter((word) => word !== '*'), wildcard: words.includes('*') };
}

/** The tags that keep a note; those of no name are empty, since a tag can be changed by whoever may not delete it. */
export function tagsOfName(note: NoteOfName | undefined): Readonly<Record<string, string>> {
  if (note === undefined) return { [TAG.dns]: '', [TAG.dnsTarget]: '' };
  return { [TAG.dns]: note.name, [TAG.dnsTarget]: [...note.target, ...(note.wildcard ? ['*'] : [])].join(' ') };
}

/** Names whose records may point at the machine: Skylab's, its own dotted one, and those that GraphTerm's ec2launch made keys of tags. */
export function namesOf(instance: Instance): readonly string[] {
  const graphTerm = Object.entries(instance.tags).flatMap(([key, value]) => (value === '' ? [key] : []));
  const all = [instance.tags[TAG.dns] ?? '', instance.name, ...graphTerm].flatMap((text) => dnsName(text) ?? []);
  return [...new Set(all)];
}

/** Everything by which a record can point at the machine, now or when it was set. */
function targetsOf(instance: Instance): ReadonlySet<string> {
  const { publicAddress, privateAddress, ipv6Address, publicDnsName, tags } = instance;
  const known = [publicAddress, privateAddress, ipv6Address, publicDnsName, ...(notedName(tags)?.target ?? [])];
  return new Set(known.flatMap((one) => (one === undefined || one === '' ? [] : [one.toLowerCase()])));
}

/** Where a name is wanted to point. */
export type Target =
  | { readonly kind: 'address'; readonly v4: readonly string[]; readonly v6: readonly string[] }
  | { readonly kind: 'alias'; readonly host: string };

/** @param alias a CNAME to the public DNS name that the cloud gives, instead of the addresses; undefined for a machine that has none */
export function targetOf(instance: Instance, alias: boolean): Target | undefined {
  if (alias) return instance.publicDnsName === undefined ? undefined : { kind: 'alias', host: instance.publicDnsName.toLowerCase() };
  const { publicAddress, ipv6Address } = instance;
  // A private address helps inside the network only; it is better than none where there is no other.
  const v4 = publicAddress ?? (ipv6Address === undefined ? instance.privateAddress : undefined);
  if (v4 === undefined && ipv6Address === undefined) return undefined;
  return { kind: 'address', v4: v4 === undefined ? [] : [v4], v6: ipv6Address === undefined ? [] : [ipv6Address] };
}

export const valuesOf = (target: Target): readonly string[] => (target.kind === 'alias' ? [target.host] : [...target.v4, ...target.v6]);

/** The records that lead a name, and all names below it where asked, to the target. */
export function recordsOf(name: string, target: Target, wildcard: boolean): readonly RecordSet[] {
  const record = (type: string, values: readonly string[]) => (values.length === 0 ? [] : [{ name, type, ttl: TTL, values }]);
  const own = target.kind === 'alias' ? record('CNAME', [target.host]) : [...record('A', target.v4), ...record('AAAA', target.v6)];
  // As an alias of the name it follows it by itself.
  return wildcard ? [...own, { name: `*.${name}`, type: 'CNAME', ttl: TTL, values: [name] }] : own;
}

/** True for a noted target that is a name, as of a CNAME, and no address. */
export const isHost = (target: string): boolean => /^[^:]*[a-z]$/.test(target);

const LEADING = ['A', 'AAAA', 'CNAME'];

/** True for a record that leads a name somewhere. */
export const leads = (record: RecordSet): boolean => LEADING.includes(record.type);

/** True when all of a record's values are the machine's, or lead to a name that is. */
export function pointsAt(record: RecordSet, instance: Instance, names: readonly string[]): boolean {
  const targets = targetsOf(instance);
  const isOurs = (value: string) =>
    targets.has(value.toLowerCase()) || (record.name.startsWith('*.') && names.includes(value.toLowerCase()));
  return leads(record) && record.special !== true && record.values.length > 0 && record.values.every(isOurs);
}

/** The name and its wildcard. */
export const withWildcard = (name: string): readonly string[] => [name, `*.${name}`];

export const sameRecord = (a: RecordSet, b: RecordSet): boolean =>
  a.name === b.name && a.type === b.type && a.ttl === b.ttl && [...a.values].sort().join(' ') === [...b.values].sort().join(' ');
