import { nextToken } from './document';
import { matchesList } from './patterns';

/** One condition of a `Match` line. */
interface Criterion {
  /** Lower case: `host`, `originalhost`, `user`, `localuser`, `exec`, `final`, `canonical`, `all`, … */
  readonly attribute: string;
  readonly negated: boolean;
  readonly argument?: string;
  /** Where it stands in the line's value. */
  readonly start: number;
  readonly end: number;
}

export interface MatchLine {
  readonly criteria: readonly Criterion[];
  /** Why ssh refuses the line. */
  readonly problem?: string;
}

const withoutArgument = new Set(['all', 'canonical', 'final']);
const known = new Set(['host', 'originalhost', 'user', 'localuser', 'exec', 'localnetwork', 'tagged', 'command', 'version', 'sessiontype']);

/** Reads the value of a `Match` line (readconf.c, `match_cfg_line`). */
export function parseMatch(value: string): MatchLine {
  const criteria: Criterion[] = [];
  const refused = (problem: string): MatchLine => ({ criteria, problem });
  for (let at = 0; ;) {
    const start = at;
    const token = nextToken(value, at);
    if (token === undefined || token.token === '' || token.token.startsWith('#')) break;
    at = token.next;
    const negated = token.token.startsWith('!');
    const attribute = (negated ? token.token.slice(1) : token.token).toLowerCase();
    if (withoutArgument.has(attribute)) {
      criteria.push({ attribute, negated, start, end: start + token.token.length });
      continue;
    }
    if (!known.has(attribute)) return refused(`Match knows no “${token.token}”`);
    const argument = nextToken(value, at);
    if (argument === undefined || argument.token === '' || argument.token.startsWith('#')) return refused(`“${attribute}” needs a value`);
    const end = value.slice(0, argument.next).trimEnd().length;
    criteria.push({ attribute, negated, argument: argument.token, start, end });
    at = argument.next;
  }
  if (criteria.length === 0) return refused('Match needs a condition');
  const all = criteria.findIndex(({ attribute }) => attribute === 'all');
  if (all >= 0 && (all < criteria.length - 1 || all > 1 || (all === 1 && !withoutArgument.has(criteria[0]?.attribute ?? '')))) {
    return refused('“all” stands alone, or after “canonical” or “final”');
  }
  return { criteria };
}

/** What a `Match` line is compared with. */
export interface MatchFacts {
  /** The name to connect to so far: HostName where one is set, else the name that was typed. */
  readonly host: string;
  readonly originalHost: string;
  readonly user: string;
  readonly localUser: string;
  readonly tag: string;
  /** The second reading, which `Match final` or CanonicalizeHostname asks for. */
  readonly final: boolean;
  /** What commands of `exec` are taken to answer: they are never run. */
  readonly exec: boolean;
}

/** Does the line apply? `uncertain` where that hangs on what cannot be known here: a command's answer, the network, ssh's version. */
export function matchApplies(
  { criteria, problem }: MatchLine,
  facts: MatchFacts,
): { readonly applies: boolean; readonly uncertain: boolean } {
  if (problem !== undefined) return { applies: false, uncertain: false };
  let uncertain = false;
  for (const { attribute, negated, argument = '' } of criteria) {
    const answer = answerOf(attribute, argument, facts);
    if (answer === undefined || attribute === 'exec') uncertain = true;
    if ((answer ?? false) === negated) {
      // a condition that fails for certain settles the line, whatever the others say
      if (answer !== undefined && attribute !== 'exec') return { applies: false, uncertain: false };
      return { applies: false, uncertain: !criteria.some((one) => failsForSure(one, facts)) };
    }
  }
  return { applies: true, uncertain };
}

function failsForSure({ attribute, negated, argument = '' }: Criterion, facts: MatchFacts): boolean {
  return attribute !== 'exec' && answerOf(attribute, argument, facts) === negated;
}

function answerOf(attribute: string, argument: string, facts: MatchFacts): boolean | undefined {
  switch (attribute) {
    case 'all':
      return true;
    case 'final':
    case 'canonical':
      return facts.final;
    case 'host':
      return matchesList(argument, facts.host, true);
    case 'originalhost':
      return matchesList(argument, facts.originalHost, true);
    case 'user':
      return matchesList(argument, facts.user, false);
    case 'localuser':
      return matchesList(argument, facts.localUser, false);
    case 'tagged':
      return matchesList(argument, facts.tag, false);
    case 'exec':
      return facts.exec;
    default:
      return undefined;
  }
}
