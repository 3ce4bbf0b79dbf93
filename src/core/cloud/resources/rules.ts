import { canonicalCidr } from '../../../shared/cidr';
import type { IngressRule } from '../model';

/** What turns the rules that a group has into those that it should have. */
export interface RuleDiff {
  readonly add: readonly IngressRule[];
  readonly remove: readonly IngressRule[];
  /** There already, and to get another description. */
  readonly describe: readonly IngressRule[];
}

/** One source of one rule: what EC2 takes for the same when it is added twice. */
interface Atom {
  readonly protocol: IngressRule['protocol'];
  readonly fromPort: number;
  readonly toPort: number;
  readonly source: string;
  /** The source is a security group, not a block of addresses. */
  readonly isGroup: boolean;
  readonly description: string;
}

/**
 * Compares rules as EC2 does: by protocol, ports and each single source, however they are grouped and written. Applied in the order
 * add, describe, remove, access that both sides allow is never cut.
 */
export function ruleDiff(have: readonly IngressRule[], want: readonly IngressRule[]): RuleDiff {
  const [old, wanted] = [atomsOf(have), atomsOf(want)];
  const added = [...wanted].filter(([id]) => !old.has(id));
  const removed = [...old].filter(([id]) => !wanted.has(id));
  const described = [...wanted].filter(([id, atom]) => old.has(id) && old.get(id)?.description !== atom.description);
  const rules = (atoms: readonly (readonly [string, Atom])[]): readonly IngressRule[] => rulesOf(atoms.map(([, atom]) => atom));
  return { add: rules(added), remove: rules(removed), describe: rules(described) };
}

export function isEmptyDiff({ add, remove, describe }: RuleDiff): boolean {
  return add.length + remove.length + describe.length === 0;
}

/** The same rules, one for each source, in a settled order: by ports, then source. */
export function singleRules(rules: readonly IngressRule[]): readonly IngressRule[] {
  return [...atomsOf(rules).values()]
    .sort((a, b) => a.fromPort - b.fromPort || a.toPort - b.toPort || a.protocol.localeCompare(b.protocol) || compare(a.source, b.source))
    .map((atom) => ruleOf([atom]));
}

/** True when both let in the same, whatever they are described as. */
export function sameAccess(a: readonly IngressRule[], b: readonly IngressRule[]): boolean {
  const { add, remove } = ruleDiff(a, b);
  return add.length + remove.length === 0;
}

function atomsOf(rules: readonly IngressRule[]): ReadonlyMap<string, Atom> {
  const atoms = new Map<string, Atom>();
  for (const rule of rules) {
    const [fromPort, toPort] = rule.protocol === '-1' ? [0, 65535] : [rule.fromPort, rule.toPort];
    const blocks = rule.cidrs.map((cidr) => ({ source: canonicalCidr(cidr) ?? cidr, isGroup: false }));
    const groups = (rule.groups ?? []).map((source) => ({ source, isGroup: true }));
    for (const { source, isGroup } of [...blocks, ...groups]) {
      const id = [rule.protocol, fromPort, toPort, source].join(' ');
      // Of two that say the same, the first one's description counts, as in EC2.
      if (!atoms.has(id))
        atoms.set(id, { protocol: rule.protocol, fromPort, toPort, source, isGroup, description: rule.description ?? '' });
    }
  }
  return atoms;
}

/** Groups what shares protocol, ports and description, as EC2 does: one permission with several sources. */
function rulesOf(atoms: readonly Atom[]): readonly IngressRule[] {
  const together = new Map<string, Atom[]>();
  for (const atom of atoms) {
    const id = [atom.protocol, atom.fromPort, atom.toPort, atom.description].join(' ');
    const known = together.get(id);
    if (known === undefined) together.set(id, [atom]);
    else known.push(atom);
  }
  return [...together.values()].map(ruleOf);
}

/** One rule of sources that share everything else. */
function ruleOf(atoms: readonly Atom[]): IngressRule {
  const [first] = atoms;
  if (first === undefined) throw new Error('A rule has a source.');
  const { protocol, fromPort, toPort, description } = first;
  const groups = atoms.filter(({ isGroup }) => isGroup).map(({ source }) => source);
  return {
    protocol,
    fromPort,
    toPort,
    cidrs: atoms.filter(({ isGroup }) => !isGroup).map(({ source }) => source),
    ...(groups.length === 0 ? {} : { groups }),
    ...(description === '' ? {} : { description }),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
