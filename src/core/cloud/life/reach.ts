import type { IngressRule, InstanceState, SecurityGroup } from '../model';
import { covers as blockCovers } from '../resources/cidr';
import type { AclRule, StatusChecks, SubnetNetwork } from './ports';

/** What a port answers. */
export type PortAnswer =
  | { readonly kind: 'open'; readonly banner?: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'noWay'; readonly why: string };

/** Everything that was found out about the way to a machine; what could not be, or was not worth asking, is absent. */
export interface ReachFacts {
  readonly name: string;
  /** Absent for a machine without a cloud. */
  readonly state?: InstanceState;
  readonly address?: string;
  readonly port: number;
  /** Milliseconds since it began to run. */
  readonly upMs?: number;
  /** This computer's public addresses. */
  readonly mine: readonly string[];
  readonly checks?: StatusChecks;
  /** Those that the machine is in. */
  readonly groups?: readonly SecurityGroup[];
  readonly network?: SubnetNetwork;
  readonly answer?: PortAnswer;
  readonly hostKey?: 'trusted' | 'unvouched' | 'changed' | 'revoked';
  readonly login?: { readonly user: string; readonly ok: boolean; readonly why?: string };
  readonly setUp?: 'running' | 'done' | 'failed' | 'none';
}

/** What a person can do with one click. */
export type Repair = 'start' | 'wait' | 'allowMyAddress' | 'compareHostKey' | 'chooseKey' | 'console' | 'reboot' | 'setUpLog' | 'connect';

export type Cause =
  | 'fine'
  | 'stopped'
  | 'inTransition'
  | 'gone'
  | 'noAddress'
  | 'groupClosed'
  | 'noRoute'
  | 'acl'
  | 'hostImpaired'
  | 'machineImpaired'
  | 'booting'
  | 'sshdDown'
  | 'notSsh'
  | 'silent'
  | 'thisComputer'
  | 'hostKeyChanged'
  | 'hostKeyUnvouched'
  | 'loginRefused'
  | 'settingUp'
  | 'setUpFailed';

interface ReachCheck {
  readonly title: string;
  readonly result: 'ok' | 'bad' | 'unknown';
  readonly text: string;
}

/** One answer, what to do about it, and what was looked at on the way. */
export interface Diagnosis {
  readonly cause: Cause;
  readonly sentence: string;
  readonly next: string;
  readonly repair?: Repair;
  readonly checks: readonly ReachCheck[];
}

/** A machine that began to run so recently that SSH need not be up. */
const BOOT_MS = 3 * 60_000;

/** Why a machine cannot be reached: the first thing on the way that explains it. */
export function diagnose(facts: ReachFacts): Diagnosis {
  const [cause, sentence, next, repair] = answerTo(facts);
  return { cause, sentence, next, ...(repair === undefined ? {} : { repair }), checks: checksOf(facts) };
}

type Answer = readonly [Cause, sentence: string, next: string, repair?: Repair];

function answerTo(facts: ReachFacts): Answer {
  return byState(facts) ?? byPort(facts) ?? byLogin(facts);
}

function byState({ name, state, address }: ReachFacts): Answer | undefined {
  switch (state) {
    case 'stopped':
      return ['stopped', `${name} is stopped.`, 'Start it.', 'start'];
    case 'pending':
      return ['inTransition', `${name} is still starting.`, 'Wait a moment.', 'wait'];
    case 'stopping':
      return ['inTransition', `${name} is stopping.`, 'Wait until it has stopped, then start it.', 'wait'];
    case 'shutting-down':
    case 'terminated':
      return ['gone', `${name} is terminated.`, 'Launch a new machine.'];
    default:
      break;
  }
  if (address !== undefined) return undefined;
  return ['noAddress', `${name} has no address.`, 'Give it an elastic address, or launch it in a subnet that gives public addresses.'];
}

function byPort(facts: ReachFacts): Answer | undefined {
  const { name, answer, port, checks, upMs } = facts;
  const booting = upMs !== undefined && upMs < BOOT_MS && checks?.instance !== 'ok';
  switch (answer?.kind) {
    case undefined:
      return undefined;
    case 'open':
      if (answer.banner?.startsWith('SSH-') === true) return undefined;
      if (booting) return ['booting', `${name} is still booting.`, 'Wait a moment.', 'wait'];
      return ['notSsh', `Something answers on port ${port} of ${name}, but it is not SSH.`, 'Look at its console.', 'console'];
    case 'refused':
      if (booting) return ['booting', `${name} is still booting: SSH does not run yet.`, 'Wait a moment.', 'wait'];
      return [
        'sshdDown',
        `${name} runs and can be reached, but SSH does not run on it: port ${port} is refused.`,
        'Look at its console, or reboot it.',
        'reboot',
      ];
    case 'noWay':
      return ['thisComputer', `This computer cannot reach ${name}: ${answer.why}.`, 'Check that it is online (VPN, proxy).'];
    case 'silent':
      return byNetwork(facts) ?? byChecks(facts, booting) ?? unexplained(facts);
  }
}

/** Why nothing comes back, as far as the cloud's own settings explain it. */
function byNetwork({ name, groups, mine, port, address, network }: ReachFacts): Answer | undefined {
  const from = mineFor(mine, address);
  if (groups !== undefined && groupsOpen(groups, from, port) === false) {
    const names = groups.map((group) => group.name).join(', ');
    const who = from[0] ?? 'this computer';
    return [
      'groupClosed',
      `The security group of ${name} (${names}) does not let ${who} in on port ${port}.`,
      'Allow your address.',
      'allowMyAddress',
    ];
  }
  if (network === undefined) return undefined;
  if (routed(network, address) === false)
    return [
      'noRoute',
      `The network of ${name} has no way to the internet: its route table leads to no internet gateway.`,
      'Add a route for 0.0.0.0/0 to an internet gateway, or reach it from inside (VPN, jump host).',
    ];
  const refusing = from.length === 0 ? undefined : aclRefusing(network.aclRules, from[0] ?? '', port);
  if (refusing === undefined) return undefined;
  const direction = refusing.egress ? 'answers out' : `port ${port} in`;
  return [
    'acl',
    `The network ACL of ${name}’s subnet does not let ${direction} (rule ${ruleName(refusing)}).`,
    'Change that rule in the cloud’s console.',
  ];
}

function byChecks({ name, checks }: ReachFacts, booting: boolean): Answer | undefined {
  if (checks?.system === 'impaired')
    return ['hostImpaired', `The hardware under ${name} is in trouble, says the cloud.`, 'Stop and start it: it moves to other hardware.'];
  if (booting) return ['booting', `${name} is still booting.`, 'Wait a moment.', 'wait'];
  if (checks?.instance === 'impaired')
    return [
      'machineImpaired',
      `${name} runs, but its system does not answer the cloud’s check.`,
      'Look at its console, or reboot it.',
      'reboot',
    ];
  return undefined;
}

function unexplained({ name, port, state }: ReachFacts): Answer {
  if (state === undefined)
    return [
      'silent',
      `${name} does not answer on port ${port}.`,
      'Ask whoever runs it whether it is on, and whether your address is let in.',
    ];
  return [
    'silent',
    `Nothing answers on port ${port} of ${name}, although the cloud’s settings let you in.`,
    'A firewall on the machine or in your own network may be in between: look at its console, or try another network.',
    'console',
  ];
}

function byLogin({ name, hostKey, login, setUp }: ReachFacts): Answer {
  if (hostKey === 'changed' || hostKey === 'revoked') {
    const what = hostKey === 'changed' ? 'has changed' : 'is marked as revoked';
    return [
      'hostKeyChanged',
      `The host key of ${name} ${what}, so nothing is sent to it.`,
      'Compare it with its console.',
      'compareHostKey',
    ];
  }
  if (hostKey === 'unvouched')
    return [
      'hostKeyUnvouched',
      `The host key of ${name} is not known yet, and its console does not show it.`,
      'Connect, and compare the fingerprint.',
      'connect',
    ];
  if (login?.ok === false) {
    const why = login.why === undefined ? `${name} does not let ${login.user} in with the key that is set.` : login.why;
    return ['loginRefused', why, 'Choose the private key that belongs to it.', 'chooseKey'];
  }
  if (setUp === 'running')
    return ['settingUp', `${name} lets you in; its first-boot set-up is still at work.`, 'Wait, or watch its log.', 'setUpLog'];
  if (setUp === 'failed') return ['setUpFailed', `${name} lets you in, but its first-boot set-up failed.`, 'Look at its log.', 'setUpLog'];
  return ['fine', `${name} can be reached, and lets you in.`, 'Connect.', 'connect'];
}

/** My addresses of the family in which the machine is reached. */
function mineFor(mine: readonly string[], address: string | undefined): readonly string[] {
  const six = address?.includes(':') === true;
  return mine.filter((one) => one.includes(':') === six);
}

/** Whether one of the groups lets one of the addresses in; undefined when that cannot be told. */
function groupsOpen(groups: readonly SecurityGroup[], from: readonly string[], port: number): boolean | undefined {
  const rules = groups.flatMap((group) => group.rules).filter((rule) => covers(rule, port));
  if (rules.some((rule) => rule.cidrs.some((cidr) => from.some((address) => blockCovers(cidr, address))))) return true;
  if (from.length > 0) return false;
  if (rules.some((rule) => rule.cidrs.some((cidr) => cidr === '0.0.0.0/0' || cidr === '::/0'))) return true;
  return rules.length === 0 ? false : undefined;
}

function covers(rule: IngressRule, port: number): boolean {
  return rule.protocol === '-1' || (rule.protocol === 'tcp' && rule.fromPort <= port && port <= rule.toPort);
}

/** Whether packets find the way from a machine with a public address to the internet; undefined for a private address. */
function routed(network: SubnetNetwork, address: string | undefined): boolean | undefined {
  if (address === undefined || isPrivate(address)) return undefined;
  return network.internetRoutes.some((route) => (address.includes(':') ? route.includes(':') : !route.includes(':')));
}

/** RFC 1918 and unique local addresses (RFC 4193): reached from inside a network only. */
function isPrivate(address: string): boolean {
  return ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].some((cidr) => blockCovers(cidr, address));
}

/** The rule by which a network ACL drops what comes in on the port, or the answers to it; undefined when it lets both pass. */
function aclRefusing(rules: readonly AclRule[], from: string, port: number): AclRule | undefined {
  if (rules.length === 0) return undefined;
  // An answer goes to one of the caller's ephemeral ports (RFC 6056 names 1024 to 65535); systems choose high ones.
  return [decides(rules, false, from, port), decides(rules, true, from, 50_000)].find((rule) => rule?.allow === false);
}

function decides(rules: readonly AclRule[], egress: boolean, address: string, port: number): AclRule | undefined {
  return rules
    .filter((rule) => rule.egress === egress && (rule.protocol === '-1' || rule.protocol === '6'))
    .filter((rule) => blockCovers(rule.cidr, address) && (rule.protocol === '-1' || (rule.fromPort <= port && port <= rule.toPort)))
    .sort((a, b) => a.number - b.number)[0];
}

/** EC2 numbers the last rule, which cannot be changed, 32767 and shows it as `*`. */
const ruleName = ({ number }: AclRule): string => (number === 32_767 ? '*' : String(number));

/** What was looked at, in the order of the way. */
function checksOf(facts: ReachFacts): readonly ReachCheck[] {
  const { state, address, checks, groups, mine, port, network, answer, hostKey, login, setUp } = facts;
  const from = mineFor(mine, address);
  const list: ReachCheck[] = [];
  const add = (title: string, ok: boolean | undefined, text: string): void => {
    list.push({ title, result: ok === undefined ? 'unknown' : ok ? 'ok' : 'bad', text });
  };
  if (state !== undefined) add('State', state === 'running', state);
  if (checks !== undefined) {
    const worst = [checks.system, checks.instance];
    const ok = worst.includes('impaired') ? false : worst.every((one) => one === 'ok') ? true : undefined;
    add('Status checks', ok, `hardware ${checks.system}, machine ${checks.instance}`);
  }
  if (state === undefined || state === 'running') add('Address', address !== undefined, address ?? 'none');
  if (groups !== undefined) {
    const open = groupsOpen(groups, from, port);
    const who = from[0] ?? 'this computer, whose address is not known,';
    const verb = { true: `lets ${who} in`, false: `does not let ${who} in`, undefined: 'lets some addresses in' }[String(open) as 'true'];
    add('Security groups', open, `${groups.map((group) => group.name).join(', ')} ${verb} on port ${port}`);
  }
  if (network !== undefined) {
    const way = routed(network, address);
    add('Route', way, way === undefined ? 'a private address' : way ? 'to an internet gateway' : 'to no internet gateway');
    const refusing = from[0] === undefined ? undefined : aclRefusing(network.aclRules, from[0], port);
    const text =
      refusing === undefined
        ? 'lets the port in and answers out'
        : `rule ${ruleName(refusing)} drops ${refusing.egress ? 'answers' : 'the port'}`;
    add('Network ACL', network.aclRules.length === 0 || from[0] === undefined ? undefined : refusing === undefined, text);
  }
  if (answer !== undefined) add(`Port ${port}`, answer.kind === 'open', portText(answer));
  if (answer?.kind === 'open') add('SSH', answer.banner?.startsWith('SSH-') === true, answer.banner ?? 'says nothing');
  if (hostKey !== undefined) add('Host key', hostKey === 'trusted' ? true : hostKey === 'unvouched' ? undefined : false, hostKey);
  if (login !== undefined) add('Login', login.ok, login.ok ? `${login.user} is let in` : (login.why ?? `${login.user} is refused`));
  if (setUp !== undefined) add('First-boot set-up', setUp === 'failed' ? false : setUp === 'running' ? undefined : true, setUp);
  return list;
}

function portText(answer: PortAnswer): string {
  switch (answer.kind) {
    case 'open':
      return 'open';
    case 'refused':
      return 'refused: the machine answers, but nothing listens';
    case 'silent':
      return 'no answer';
    case 'noWay':
      return answer.why;
  }
}
