import { SkylabError } from '../../errors';
import { packageFamily } from '../../deploy/installDocker';
import { installPackages } from '../packages/install';
import type { Act, Plan, Task, WayBack } from '../task';
import { scripted } from '../task';
import type { FirewallFacts } from './facts';
import { firewallFacts } from './facts';
import { closeBypass, openBypass, readAgain } from './publishedPorts';
import type { UfwRule } from './ufw';
import { letsIn, ruleText, ufwWords } from './ufw';

/** A rule that the person wants: what `ufw` needs to know of it. */
export type WantedRule = Pick<UfwRule, 'action' | 'protocol' | 'ports' | 'from'>;

export const allowed = (port: number, from = 'any', protocol: 'tcp' | 'udp' = 'tcp'): WantedRule => ({
  action: 'allow',
  protocol,
  ports: String(port),
  from,
});

/** Keeps ufw's own files and whether it was on, and puts exactly that back. */
const wayBack: WayBack = {
  line: 'puts the firewall back as it was',
  keep: `if [ -d /etc/ufw ]; then cp -a /etc/ufw "$1/ufw"; cp -a /etc/default/ufw "$1/default"; fi
if systemctl is-enabled --quiet skylab-published-ports.service 2>/dev/null; then touch "$1/obeyed"; fi`,
  restore: `[ -d "$1/ufw" ] || { ufw --force disable; exit 0; }
for file in user.rules user6.rules ufw.conf; do cp -a "$1/ufw/$file" "/etc/ufw/$file"; done
cp -a "$1/default" /etc/default/ufw
if grep -qi '^ENABLED=yes' /etc/ufw/ufw.conf; then ufw reload; else ufw --force disable; fi
if [ ! -e "$1/obeyed" ]; then ${openBypass.replaceAll('\n', '; ')}; else ${readAgain}; fi`,
};

/**
 * Switches ufw on: what is on the list is let in, SSH first, and nothing else. Published ports obey the same list.
 * @param wanted besides SSH, which is always allowed: on every port of sshd, and on the one that is in use
 */
export function switchOn(wanted: readonly WantedRule[]): Task<FirewallFacts> {
  return {
    id: 'firewall.on',
    title: 'Switch on the firewall',
    look: firewallFacts,
    plan: (facts) => planOn(facts, wanted),
  };
}

function planOn(facts: FirewallFacts, wanted: readonly WantedRule[]): Plan {
  mustBeOurs(facts);
  const { ufw, ssh } = facts;
  if (ssh.length === 0)
    throw new SkylabError('It cannot be found out on which port this machine is reached. Nothing was changed.', { code: 'NoSshPort' });
  const acts: Act[] = [];
  if (ufw === undefined) acts.push({ name: 'install', title: 'Install ufw', changes: installPackages('apt', ['ufw']) });
  const known = ufw?.rules ?? [];
  // an earlier rule that denies would win: SSH goes before all others
  const missingSsh = ssh.filter((port) => letsIn(known, port, 'tcp', false)[0] !== 'any');
  const rules = [
    ...missingSsh.map((port) => ({ rule: allowed(port), first: true })),
    ...wanted.filter((rule) => !hasRule(known, rule)).map((rule) => ({ rule, first: false })),
  ];
  if (rules.length > 0) {
    acts.push({
      name: 'allow',
      title: 'Allow what shall be reached',
      guarded: true,
      changes: rules.map(({ rule, first }) => addChange(rule, first)),
    });
  }
  const on = [
    ...(ufw?.incoming === 'deny' && ufw.active
      ? []
      : [scripted('denies everything else that comes in', 'ufw default deny incoming\nufw default allow outgoing')]),
    ...(ufw?.active === true
      ? []
      : [scripted('switches the firewall on, now and at every start', 'ufw --force enable\nufw status | grep -q "^Status: active"')]),
  ];
  if (on.length > 0) acts.push({ name: 'enable', title: 'Switch on the firewall', guarded: true, changes: on });
  if (facts.docker && !facts.publishedObey) {
    acts.push({ name: 'published', title: 'Have published ports obey', guarded: true, changes: closeBypass() });
  }
  if (acts.length === 0) return { acts };
  return {
    acts,
    wayBack,
    notes: lostPorts(facts, [...rules.map(({ rule }) => rule), ...known.filter(({ action }) => action === 'allow')]),
  };
}

/** What answers today and will not any more. */
function lostPorts(facts: FirewallFacts, rules: readonly WantedRule[]): string[] {
  const open = [...facts.listeners.filter(({ address }) => !isLoopback(address)), ...(facts.docker ? facts.published : [])];
  const lost = new Set(
    open
      .filter(
        ({ address, port, protocol }) =>
          !isLoopback(address) && protocol === 'tcp' && letsIn(rules.map(asRule), port, 'tcp', false).length === 0,
      )
      .map(({ port }) => port),
  );
  const known = [...lost].filter((port) => !facts.ssh.includes(port)).sort((a, b) => a - b);
  return known.length === 0 ? [] : [`No longer reachable from outside: ${known.join(', ')}.`];
}

const asRule = (rule: WantedRule): UfwRule => ({ ...rule, v6: false });
const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** Adds one rule. SSH cannot be denied by it. */
export function addRule(rule: WantedRule): Task<FirewallFacts> {
  return {
    id: 'firewall.add',
    title: `${rule.action === 'allow' ? 'Allow' : rule.action === 'limit' ? 'Limit' : 'Deny'} ${ruleText(rule)}`,
    look: firewallFacts,
    plan(facts) {
      mustBeOurs(facts);
      if (facts.ufw === undefined) throw off();
      if (hasRule(facts.ufw.rules, rule)) return { acts: [] };
      if (rule.action === 'allow' || rule.action === 'limit') return { acts: [ruleAct(addChange(rule, false))] };
      // a rule that denies counts only before those that allow
      return { acts: [ruleAct(addChange(rule, true), true)], wayBack };
    },
  };
}

/** Takes a rule away, for IPv4 and IPv6 alike. */
export function removeRule(rule: UfwRule): Task<FirewallFacts> {
  return {
    id: 'firewall.remove',
    title: `Remove the rule that ${rule.action === 'allow' ? 'allows' : `says ${rule.action} for`} ${ruleText(rule)}`,
    look: firewallFacts,
    plan(facts) {
      if (facts.ufw === undefined || !hasRule(facts.ufw.rules, rule)) return { acts: [] };
      const words = ufwWords(rule);
      const change = scripted(`removes: ${rule.action} ${ruleText(rule)}`, `ufw --force delete "$@"\n${readAgain}`, words);
      return { acts: [ruleAct(change, true)], wayBack };
    },
  };
}

/** Switches ufw off. Its rules stay on its list; Docker's published ports are open again. */
export const switchOff: Task<FirewallFacts> = {
  id: 'firewall.off',
  title: 'Switch off the firewall',
  look: firewallFacts,
  plan(facts) {
    if (facts.ufw?.active !== true) return { acts: [] };
    return { acts: [ruleAct(scripted('switches the firewall off; its list is kept', `ufw --force disable\n${readAgain}`))] };
  },
};

const ruleAct = (change: Act['changes'][number], guarded = false): Act => ({
  name: 'rule',
  title: 'Change the firewall',
  changes: [change],
  ...(guarded ? { guarded } : {}),
});

function addChange(rule: WantedRule, first: boolean): Act['changes'][number] {
  const words = ufwWords(rule);
  // "prepend" (ufw 0.35 and newer) passes silently over a rule for the same that says something else: that one goes first
  const before = `shift; for old in allow deny reject limit; do ufw --force delete "$old" "$@" >/dev/null 2>&1 || :; done`;
  const script = first ? `act=$1\n${before}\nufw prepend "$act" "$@"\n${readAgain}` : `ufw "$@"\n${readAgain}`;
  return scripted(`${rule.action === 'limit' ? 'limits' : rule.action === 'allow' ? 'allows' : 'denies'} ${ruleText(rule)}`, script, words);
}

function hasRule(rules: readonly UfwRule[], wanted: WantedRule & Pick<UfwRule, 'on' | 'to'>): boolean {
  return rules.some(
    (rule) =>
      rule.action === wanted.action &&
      rule.protocol === wanted.protocol &&
      rule.ports === wanted.ports &&
      rule.from === wanted.from &&
      rule.on === wanted.on &&
      rule.to === wanted.to,
  );
}

/** @throws SkylabError where another firewall rules, or ufw cannot be had */
function mustBeOurs(facts: FirewallFacts): void {
  if (!facts.systemd)
    throw new SkylabError('This machine has no systemd, which the way back needs. Nothing was changed.', { code: 'NoSystemd' });
  if (facts.other === 'firewalld') {
    throw new SkylabError('firewalld guards this machine already. Nothing was changed.', {
      code: 'OtherFirewall',
      next: 'Change its rules with firewall-cmd, or use the cloud’s security group.',
    });
  }
  if (facts.other === 'rules' && facts.ufw?.active !== true) {
    throw new SkylabError('This machine has firewall rules of its own, which ufw would not know of. Nothing was changed.', {
      code: 'OtherFirewall',
      next: 'Look at them with “sudo iptables -S INPUT”, or use the cloud’s security group.',
    });
  }
  if (facts.ufw === undefined && packageFamily(facts.os) !== 'apt') {
    throw new SkylabError(`ufw cannot be installed on ${facts.os.prettyName} from its own packages.`, {
      code: 'NoUfw',
      next: 'Use the cloud’s security group, or install ufw from EPEL and try again.',
    });
  }
}

function off(): SkylabError {
  return new SkylabError('ufw is not installed on this machine.', { code: 'NoUfw', next: 'Switch on the firewall first.' });
}
