import { canonicalCidr } from './cidr';
import type { RuleSpec } from './launchMore';
import type { FormRule } from './messages';
import { portRange } from './rules';

const ANYWHERE = ['0.0.0.0/0', '::/0'];

/** A rule with each of its sources by itself. @param mine this computer's addresses */
function singles(rule: RuleSpec, mine: readonly string[]): readonly FormRule[] {
  const { protocol } = rule;
  const span = protocol === 'tcp' || protocol === 'udp' ? portRange(rule.ports) : { from: -1, to: -1 };
  if (span === undefined) return [];
  const own = mine.length === 0 ? ['me'] : mine.map((address) => `${address}/${address.includes(':') ? 128 : 32}`);
  const sources = rule.from === 'me' ? own : rule.from === 'anywhere' ? ANYWHERE : [canonicalCidr(rule.from) ?? rule.from];
  return sources.map((from) => ({ protocol, fromPort: span.from, toPort: span.to, from }));
}

const covers = (there: FormRule, wanted: FormRule): boolean =>
  there.from === wanted.from &&
  (there.protocol === 'all' ||
    (there.protocol === wanted.protocol &&
      (wanted.protocol === 'icmp' || (there.fromPort <= wanted.fromPort && there.toPort >= wanted.toPort))));

/** What a launch would add to a group that exists: each rule that nothing in it covers yet. */
export function rulesToAdd(wanted: readonly RuleSpec[], there: readonly FormRule[], mine: readonly string[]): readonly FormRule[] {
  const added: FormRule[] = [];
  for (const rule of wanted.flatMap((one) => singles(one, mine)))
    if (![...there, ...added].some((known) => covers(known, rule))) added.push(rule);
  return added;
}

/** `8888 from 203.0.113.7`, `60000-61000/udp from anywhere`, `everything from sg-1`. @param nameOf a group's name by its id */
export function ruleWords(rule: FormRule, nameOf: (groupId: string) => string | undefined = () => undefined): string {
  const { protocol, fromPort, toPort, from } = rule;
  const span = fromPort === toPort ? String(fromPort) : `${fromPort}-${toPort}`;
  const what = { all: 'everything', icmp: 'ping', tcp: span, udp: `${span}/udp` }[protocol];
  return `${what} from ${sourceWords(from, nameOf)}`;
}

function sourceWords(from: string, nameOf: (groupId: string) => string | undefined): string {
  if (from === 'me') return 'your address';
  if (from === '0.0.0.0/0') return 'anywhere';
  if (from === '::/0') return 'anywhere (IPv6)';
  if (from.startsWith('sg-')) return `the group ${nameOf(from) ?? from}`;
  return from.replace(/(?<=\.\d+)\/32$|(?<=:.*)\/128$/, '');
}

/** Why a rule is risky, as a sentence; undefined where it is not. */
export function ruleWarning({ protocol, ports, from }: RuleSpec): string | undefined {
  if (from !== 'anywhere' && !/^(0\.0\.0\.0|::)\/0$/.test(from)) return undefined;
  const span = portRange(ports) ?? { from: 1, to: 0 };
  if (protocol === 'all' || (protocol !== 'icmp' && span.from <= 1 && span.to === 65_535))
    return 'Opens every port to the whole world, databases and notebooks without a password too.';
  if (protocol === 'tcp' && span.from <= 22 && span.to >= 22)
    return 'Opens SSH to the whole world: password guessers arrive within minutes. “My address” is enough, and follows you when it changes.';
  return undefined;
}
