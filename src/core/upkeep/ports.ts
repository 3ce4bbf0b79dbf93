import type { IngressRule, SecurityGroup } from '../cloud/model';
import type { PortAnswer } from '../cloud/life/reach';
import type { FirewallFacts, Listener, Published } from './firewall/facts';
import { letsIn } from './firewall/ufw';

/** One port of a machine: who listens, and what stands between it and the world. */
export interface PortRow {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly process?: string;
  /** Of the containers that publish it. */
  readonly containers: readonly string[];
  /** `*` is every address. */
  readonly addresses: readonly string[];
  /** Only the machine itself can connect. */
  readonly local: boolean;
  readonly host: HostVerdict;
  readonly cloud: CloudVerdict;
  /** What a knock from this computer met; absent where nobody knocked. */
  readonly answer?: PortAnswer;
  readonly risk?: Risk;
}

/** What the machine's own firewall does: `bypassed` where Docker's published port passes it by. */
type HostVerdict =
  | { readonly kind: 'none' | 'closed' | 'bypassed' | 'unknown' }
  | { readonly kind: 'open'; /** Blocks of addresses; `any` is everybody. */ readonly from: readonly string[] };

/** What the cloud's security groups do; `unknown` where there are none or they cannot be read. */
type CloudVerdict =
  { readonly kind: 'unknown' | 'closed' } | { readonly kind: 'open'; readonly from: readonly string[]; readonly groups: readonly string[] };

/** Why a port that the world can reach should not be: `danger` where whoever connects can take data or the machine. */
type Risk = 'danger' | 'notice';

/** Data stores and control interfaces that trust whoever connects, or are attacked all the time. */
const DANGEROUS: ReadonlySet<number> = new Set([
  23, 111, 139, 445, 873, 1433, 1521, 2049, 2375, 2376, 2379, 3306, 3389, 4040, 5432, 5601, 5672, 5900, 5984, 6379, 6443, 7474, 8086, 8888,
  8889, 9000, 9042, 9090, 9092, 9200, 9300, 10250, 11211, 15672, 27017, 28015, 50070,
]);
const MEANT_FOR_ALL: ReadonlySet<number> = new Set([80, 443]);

/** Which TCP ports are worth a knock from outside: everything that listens to more than the machine itself. */
export function portsToKnock(facts: FirewallFacts, most = 64): readonly number[] {
  const all = [...facts.listeners, ...facts.published].filter((one) => one.protocol === 'tcp' && !isLocal(one.address));
  return [...new Set(all.map(({ port }) => port))].sort((a, b) => a - b).slice(0, most);
}

/**
 * The table of a machine's ports.
 * @param groups the security groups that it is in; undefined where that is not known
 * @param answers what knocks from this computer met
 */
export function portRows(
  facts: FirewallFacts,
  groups: readonly SecurityGroup[] | undefined,
  answers: ReadonlyMap<number, PortAnswer>,
): readonly PortRow[] {
  const rows = new Map<string, { listeners: Listener[]; published: Published[] }>();
  const at = (protocol: string, port: number): { listeners: Listener[]; published: Published[] } => {
    const key = `${protocol} ${port}`;
    const row = rows.get(key) ?? { listeners: [], published: [] };
    rows.set(key, row);
    return row;
  };
  for (const one of facts.listeners) at(one.protocol, one.port).listeners.push(one);
  for (const one of facts.published) at(one.protocol, one.port).published.push(one);
  return [...rows.values()]
    .map(({ listeners, published }) => rowOf(facts, listeners, published, groups, answers))
    .sort((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
}

function rowOf(
  facts: FirewallFacts,
  listeners: readonly Listener[],
  published: readonly Published[],
  groups: readonly SecurityGroup[] | undefined,
  answers: ReadonlyMap<number, PortAnswer>,
): PortRow {
  const all = [...listeners, ...published];
  const { port = 0, protocol = 'tcp' } = all[0] ?? {};
  const addresses = [...new Set(all.map(({ address }) => address))];
  const local = addresses.every(isLocal);
  const process = listeners.find((one) => one.process !== undefined)?.process;
  const answer = protocol === 'tcp' ? answers.get(port) : undefined;
  const host = hostVerdict(
    facts,
    port,
    protocol,
    published.some(({ address }) => !isLocal(address)),
  );
  const cloud = cloudVerdict(groups, port, protocol);
  const row = {
    port,
    protocol,
    containers: [...new Set(published.map(({ container }) => container))],
    addresses,
    local,
    host,
    cloud,
    ...(process === undefined ? {} : { process }),
    ...(answer === undefined ? {} : { answer }),
  };
  const risk = riskOf(row, facts.ssh);
  return risk === undefined ? row : { ...row, risk };
}

function hostVerdict(facts: FirewallFacts, port: number, protocol: 'tcp' | 'udp', published: boolean): HostVerdict {
  const { ufw, other } = facts;
  if (ufw?.active !== true) return { kind: other === undefined ? 'none' : published ? 'bypassed' : 'unknown' };
  if (published && !facts.publishedObey) return { kind: 'bypassed' };
  const from = letsIn(ufw.rules, port, protocol, ufw.incoming === 'allow');
  return from.length === 0 ? { kind: 'closed' } : { kind: 'open', from };
}

function cloudVerdict(groups: readonly SecurityGroup[] | undefined, port: number, protocol: 'tcp' | 'udp'): CloudVerdict {
  if (groups === undefined) return { kind: 'unknown' };
  const fitting = groups.map((group) => ({ name: group.name, rules: group.rules.filter((rule) => covers(rule, port, protocol)) }));
  const open = fitting.filter(({ rules }) => rules.length > 0);
  if (open.length === 0) return { kind: 'closed' };
  const from = open.flatMap(({ rules }) => rules.flatMap((rule) => [...rule.cidrs, ...(rule.groups ?? [])]));
  return { kind: 'open', from: from.some(isWorld) ? ['any'] : [...new Set(from)], groups: open.map(({ name }) => name) };
}

function covers(rule: IngressRule, port: number, protocol: 'tcp' | 'udp'): boolean {
  if (rule.protocol === '-1') return true;
  return rule.protocol === protocol && rule.fromPort <= port && port <= rule.toPort;
}

/** Open to the world as far as is known, and not meant to be. */
function riskOf(row: Omit<PortRow, 'risk'>, ssh: readonly number[]): Risk | undefined {
  if (row.local || ssh.includes(row.port)) return undefined;
  const { host, cloud } = row;
  const hostOpen = host.kind === 'none' || host.kind === 'bypassed' || (host.kind === 'open' && host.from.includes('any'));
  const cloudOpen = cloud.kind === 'unknown' || (cloud.kind === 'open' && cloud.from.includes('any'));
  if (!hostOpen || !cloudOpen) return undefined;
  // Where the cloud is not known, what did not answer here is not said to be open.
  if (cloud.kind === 'unknown' && row.answer?.kind !== 'open') return undefined;
  if (row.protocol === 'tcp' && MEANT_FOR_ALL.has(row.port)) return undefined;
  if (row.protocol === 'udp' && (row.port === 443 || row.port === 68 || row.port === 546)) return undefined;
  return DANGEROUS.has(row.port) ? 'danger' : 'notice';
}

const isLocal = (address: string): boolean => address.startsWith('127.') || address === '::1';
const isWorld = (block: string): boolean => block === '0.0.0.0/0' || block === '::/0';
