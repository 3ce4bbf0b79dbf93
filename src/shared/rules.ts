import { canonicalCidr } from './cidr';
import type { RuleSpec } from './launchMore';
import { fields, isRecord, list, oneOf, text } from './reading';

/** Rules that a group holds at most, as EC2 sets out. */
const MAX_RULES = 60;
const PROTOCOLS = ['tcp', 'udp', 'icmp', 'all'] as const;

/** `22` or `8000-8100` as numbers. @returns undefined for anything else */
export function portRange(ports: string): { readonly from: number; readonly to: number } | undefined {
  const match = /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?$/.exec(ports);
  if (match?.[1] === undefined) return undefined;
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : Number(match[2]);
  return from <= to && to <= 65535 ? { from, to } : undefined;
}

/** True for the id of a security group. */
export const isGroupId = (from: string): boolean => /^sg-[\w-]{1,60}$/.test(from);

/** Notes what is wrong with each rule, under `<at>.<number>.<field>`. */
export function checkRules(value: unknown, at: string, note: (field: string, problem: string | undefined) => void): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    note(at, 'Give the rules as a list.');
    return;
  }
  if (value.length > MAX_RULES) note(at, `A group holds at most ${MAX_RULES} rules.`);
  value.forEach((rule: unknown, i) => {
    const { protocol, ports, from, description } = fields(rule);
    const kind = oneOf(PROTOCOLS, protocol);
    note(`${at}.${i}.protocol`, kind === undefined ? 'Choose tcp, udp, icmp or all.' : undefined);
    if (kind === 'tcp' || kind === 'udp')
      note(`${at}.${i}.ports`, portRange(text(ports)) === undefined ? 'Give a port such as 22, or a range such as 8000-8100.' : undefined);
    else if (kind !== undefined && text(ports).trim() !== '') note(`${at}.${i}.ports`, `A rule for ${kind} has no ports.`);
    note(`${at}.${i}.from`, sourceProblem(text(from)));
    note(`${at}.${i}.description`, descriptionProblem(description));
  });
}

function sourceProblem(from: string): string | undefined {
  if (from === 'me' || from === 'anywhere' || isGroupId(from)) return undefined;
  if (from.trim() === '') return 'Say from where: me, anywhere, an address block or a security group.';
  return canonicalCidr(from) === undefined
    ? 'Write me, anywhere, an address block such as 203.0.113.0/24, or the id of a security group.'
    : undefined;
}

/** Source of the characters: EC2's IpRange description. */
function descriptionProblem(description: unknown): string | undefined {
  if (description === undefined || description === '') return undefined;
  return typeof description === 'string' && /^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/.test(description)
    ? undefined
    : 'A description has up to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*';
}

/** Reads rules that were checked; undefined where there are none. */
export function parseRules(value: unknown): readonly RuleSpec[] | undefined {
  const rules = list(value).flatMap((rule): readonly RuleSpec[] => {
    if (!isRecord(rule)) return [];
    const protocol = oneOf(PROTOCOLS, rule['protocol']);
    if (protocol === undefined) return [];
    const description = text(rule['description']);
    const ports = protocol === 'tcp' || protocol === 'udp' ? text(rule['ports']).replace(/\s/g, '') : '';
    return [{ protocol, ports, from: text(rule['from']).trim(), ...(description === '' ? {} : { description }) }];
  });
  return rules.length === 0 ? undefined : rules;
}
