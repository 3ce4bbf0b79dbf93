import { canonicalCidr } from '../../../shared/cidr';
import type { RuleSpec } from '../../../shared/launchMore';
import { isGroupId, portRange } from '../../../shared/rules';
import { SkylabError } from '../../errors';
import type { IngressRule } from '../model';

const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** One source that one rule lets in. */
interface Opening {
  readonly protocol: IngressRule['protocol'];
  readonly fromPort: number;
  readonly toPort: number;
  readonly source: string;
  readonly description?: string;
}

/** True where a rule lets in the person's own address, which then has to be found. */
export const needsMyAddress = (rules: readonly RuleSpec[]): boolean => rules.some((rule) => rule.from === 'me');

/**
 * The rules as EC2 takes them: `me` is this computer's addresses, `anywhere` is IPv4 and IPv6.
 * @throws SkylabError for a rule that names neither ports nor a source
 */
export function ingressRules(rules: readonly RuleSpec[], myAddresses: readonly string[]): readonly IngressRule[] {
  return merged(
    rules.flatMap((rule) => {
      const ports = rule.protocol === 'tcp' || rule.protocol === 'udp' ? portRange(rule.ports) : undefined;
      const sources = sourcesOf(rule.from, myAddresses);
      if (sources.length === 0 || (ports === undefined && (rule.protocol === 'tcp' || rule.protocol === 'udp')))
        throw new SkylabError(`The rule for ${rule.protocol} ${rule.ports} from ${rule.from} lets in nothing.`, {
          next: 'Correct the rule.',
        });
      const span =
        ports !== undefined
          ? { fromPort: ports.from, toPort: ports.to }
          : rule.protocol === 'icmp'
            ? { fromPort: -1, toPort: -1 }
            : { fromPort: 0, toPort: 65535 };
      const protocol = rule.protocol === 'all' ? '-1' : rule.protocol;
      const described = rule.description === undefined ? {} : { description: rule.description };
      return sources.map((source): Opening => ({ protocol, ...span, source, ...described }));
    }),
  );
}

/** What of the wanted a group does not let in yet; nothing that it has is ever taken away. */
export function missingRules(have: readonly IngressRule[], want: readonly IngressRule[]): readonly IngressRule[] {
  const open = have.flatMap(openings);
  return merged(want.flatMap(openings).filter((wanted) => !open.some((one) => covers(one, wanted))));
}

/** "tcp 8000-8100 from 203.0.113.7/32 and sg-1", for sentences and logs. */
export function ruleText({ protocol, fromPort, toPort, cidrs, groups = [] }: IngressRule): string {
  const ports = protocol === '-1' || protocol === 'icmp' ? '' : fromPort === toPort ? ` ${fromPort}` : ` ${fromPort}-${toPort}`;
  return `${protocol === '-1' ? 'everything' : protocol}${ports} from ${[...cidrs, ...groups].join(' and ')}`;
}

function sourcesOf(from: string, myAddresses: readonly string[]): readonly string[] {
  if (from === 'anywhere') return EVERYWHERE;
  if (isGroupId(from)) return [from];
  return (from === 'me' ? myAddresses : [from]).map(canonicalCidr).filter((cidr) => cidr !== undefined);
}

function openings({ cidrs, groups = [], ...rule }: IngressRule): readonly Opening[] {
  return [...cidrs.map((cidr) => canonicalCidr(cidr) ?? cidr), ...groups].map((source) => ({ ...rule, source }));
}

function covers(open: Opening, wanted: Opening): boolean {
  const everyone = wanted.source.includes(':') ? '::/0' : '0.0.0.0/0';
  const sameSource = open.source === wanted.source || (open.source === everyone && !isGroupId(wanted.source));
  if (!sameSource) return false;
  if (open.protocol === '-1') return true;
  if (open.protocol !== wanted.protocol) return false;
  // -1 stands for every kind of ICMP.
  if (open.protocol === 'icmp' && open.fromPort === -1) return true;
  return open.fromPort <= wanted.fromPort && open.toPort >= wanted.toPort;
}

/** Joins openings that differ in their source alone; doubles go. */
function merged(all: readonly Opening[]): readonly IngressRule[] {
  const rules = new Map<string, { rule: Opening; sources: Set<string> }>();
  const seen = new Set<string>();
  for (const one of all) {
    const what = `${one.protocol} ${one.fromPort} ${one.toPort}`;
    // EC2 refuses the same source twice, whatever the descriptions say.
    if (seen.has(`${what} ${one.source}`)) continue;
    seen.add(`${what} ${one.source}`);
    const key = `${what} ${one.description ?? ''}`;
    const group = rules.get(key) ?? { rule: one, sources: new Set<string>() };
    group.sources.add(one.source);
    rules.set(key, group);
  }
  return [...rules.values()].map(({ rule: { protocol, fromPort, toPort, description }, sources }) => {
    const groups = [...sources].filter(isGroupId);
    return {
      protocol,
      fromPort,
      toPort,
      cidrs: [...sources].filter((source) => !isGroupId(source)),
      ...(groups.length === 0 ? {} : { groups }),
      ...(description === undefined ? {} : { description }),
    };
  });
}
