/** A rule as ufw keeps it in `/etc/ufw/user.rules` and `user6.rules`. */
export interface UfwRule {
  readonly action: 'allow' | 'deny' | 'reject' | 'limit';
  readonly protocol: 'tcp' | 'udp' | 'any';
  /** `22`, `80,443`, `8000:8100`, or `any`. */
  readonly ports: string;
  /** A block of addresses, or `any`. */
  readonly from: string;
  /** Of this interface only. */
  readonly on?: string;
  /** The address of the machine that it is for; absent for all of them. */
  readonly to?: string;
  readonly v6: boolean;
  readonly comment?: string;
}

/**
 * Reads the tuples that ufw writes above each rule:
 * `### tuple ### ACTION PROTOCOL TO-PORT TO FROM-PORT FROM [TO-APP FROM-APP] DIRECTION[_INTERFACE] [comment=HEX]` (ufw's backend_iptables.py).
 * Outgoing and routed rules are left out, and those that look at the sender's port.
 */
export function parseUfwRules(text: string): readonly UfwRule[] {
  return text.split('\n').flatMap((line): UfwRule[] => {
    const words = /^### tuple ### (.+)$/.exec(line.trim())?.[1]?.split(' ') ?? [];
    const comment = words.at(-1)?.startsWith('comment=') === true ? hexText(words.pop()?.slice('comment='.length) ?? '') : undefined;
    const [act = '', protocol = '', ports = '', to = '', fromPort = '', from = ''] = words;
    const direction = /^in(?:_([^!]+))?$/.exec(words.at(-1) ?? '');
    const action = /^(allow|deny|reject|limit)(?:_log(?:-all)?)?$/.exec(act)?.[1];
    if (direction === null || action === undefined || fromPort !== 'any') return [];
    if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'any') return [];
    return [
      {
        action: action as UfwRule['action'],
        protocol,
        ports,
        from: isEverywhere(from) ? 'any' : from,
        ...(direction[1] === undefined ? {} : { on: direction[1] }),
        ...(isEverywhere(to) ? {} : { to }),
        v6: from.includes(':') || to.includes(':'),
        ...(comment === undefined ? {} : { comment }),
      },
    ];
  });
}

const isEverywhere = (block: string): boolean => block === '0.0.0.0/0' || block === '::/0' || block === 'any';

function hexText(hex: string): string {
  return Buffer.from(hex, 'hex').toString('utf8');
}

/** Does the rule speak of the port? */
export function matches(rule: UfwRule, port: number, protocol: 'tcp' | 'udp'): boolean {
  if (rule.protocol !== 'any' && rule.protocol !== protocol) return false;
  return rule.ports === 'any' || rule.ports.split(',').some((one) => inRange(one, port));
}

function inRange(text: string, port: number): boolean {
  const [first = '', last = first] = text.split(':');
  return Number(first) <= port && port <= Number(last);
}

/** The blocks of addresses that the rules let in on a port, until one that decides for everybody. `any` is everybody. */
export function letsIn(rules: readonly UfwRule[], port: number, protocol: 'tcp' | 'udp', byDefault: boolean): readonly string[] {
  const found: string[] = [];
  for (const rule of rules) {
    if (!matches(rule, port, protocol) || rule.on !== undefined || rule.to !== undefined) continue;
    const lets = rule.action === 'allow' || rule.action === 'limit';
    if (rule.from === 'any') return lets ? ['any'] : [...new Set(found)];
    if (lets) found.push(rule.from);
  }
  return byDefault ? ['any'] : [...new Set(found)];
}

/** The words after `ufw` that add this rule; with `delete` before them they remove it. */
export function ufwWords(rule: Pick<UfwRule, 'action' | 'protocol' | 'ports' | 'from' | 'on' | 'to'>): string[] {
  return [
    rule.action,
    ...(rule.on === undefined ? [] : ['in', 'on', rule.on]),
    ...(rule.protocol === 'any' ? [] : ['proto', rule.protocol]),
    'from',
    rule.from,
    'to',
    rule.to ?? 'any',
    ...(rule.ports === 'any' ? [] : ['port', rule.ports]),
  ];
}

/** "443/tcp from anywhere". */
export function ruleText(rule: Pick<UfwRule, 'protocol' | 'ports' | 'from' | 'on' | 'to'>): string {
  const ports = rule.ports === 'any' ? 'every port' : rule.ports;
  const protocol = rule.protocol === 'any' ? '' : `/${rule.protocol}`;
  const from = rule.from === 'any' ? 'anywhere' : rule.from;
  const on = rule.on === undefined ? '' : ` on ${rule.on}`;
  return `${ports}${protocol}${rule.to === undefined ? '' : ` of ${rule.to}`} from ${from}${on}`;
}
