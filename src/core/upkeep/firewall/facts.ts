import { taggedLines } from '../../remote/taggedLines';
import type { OsRelease } from '../../deploy/facts';
import { parseOsRelease } from '../../deploy/facts';
import type { RemoteCommand } from '../../remote/command';
import type { UfwRule } from './ufw';
import { parseUfwRules } from './ufw';

/** A port on which something listens. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** As `ss` prints it; `*` is every address. */
  readonly address: string;
  /** Absent where the login user may not see it. */
  readonly process?: string;
}

/** A port that Docker publishes. */
export interface Published {
  readonly container: string;
  readonly protocol: 'tcp' | 'udp';
  /** On the machine. */
  readonly port: number;
  /** In the container. */
  readonly inside: number;
  /** `*` is every address. */
  readonly address: string;
}

interface Ufw {
  readonly active: boolean;
  /** What happens to what no rule speaks of. */
  readonly incoming: 'allow' | 'deny' | 'reject';
  readonly rules: readonly UfwRule[];
}

export interface FirewallFacts {
  readonly os: OsRelease;
  readonly systemd: boolean;
  readonly listeners: readonly Listener[];
  readonly published: readonly Published[];
  /** Docker's engine runs with iptables, so that published ports pass the firewall by. */
  readonly docker: boolean;
  /** Published ports obey ufw's rules. */
  readonly publishedObey: boolean;
  /** Absent where ufw is not installed. */
  readonly ufw?: Ufw;
  /** Another firewall that is on: `firewalld`, or rules of somebody's own. */
  readonly other?: 'firewalld' | 'rules';
  /** Ports of sshd, and the one that this connection came in on. */
  readonly ssh: readonly number[];
}

/** Root's programs may be out of the PATH of a login; what needs root is asked with sudo, and left out where that is refused. */
const SCRIPT = String.raw`
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
S=; [ "$(id -u)" = 0 ] || S='sudo -n'
tag() { sed "s/^/$1 /"; }
cat /etc/os-release 2>/dev/null | tag os
[ -d /run/systemd/system ] && echo systemd
{ $S ss -Htlnup 2>/dev/null || ss -Htlnup; } | tag ss
set -- $SSH_CONNECTION; echo "ssh $4"
$S sshd -T 2>/dev/null | sed -n 's/^port /ssh /p'
if command -v docker >/dev/null; then
  D=docker; docker version >/dev/null 2>&1 || D="$S docker"
  ids=$($D ps -q --no-trunc 2>/dev/null) && [ -n "$ids" ] && $D inspect --format '{{.Name}}{{range $p, $all := .NetworkSettings.Ports}}{{range $all}} {{$p}}|{{.HostPort}}|{{.HostIp}}{{end}}{{end}}' $ids 2>/dev/null | tag docker
  $S iptables -S DOCKER-USER >/dev/null 2>&1 && echo engine
  $S iptables -C DOCKER-USER -j SKYLAB-PUBLISHED 2>/dev/null && $S systemctl is-enabled --quiet skylab-published-ports.service 2>/dev/null && echo obey
fi
if command -v ufw >/dev/null; then
  echo ufw
  cat /etc/ufw/ufw.conf /etc/default/ufw 2>/dev/null | sed -n 's/^\(ENABLED\|DEFAULT_INPUT_POLICY\)=/ufwset &/p'
  $S cat /etc/ufw/user.rules /etc/ufw/user6.rules 2>/dev/null | grep '^### tuple' | tag ufwrule
fi
[ "$($S firewall-cmd --state 2>/dev/null)" = running ] && echo firewalld
$S iptables -S INPUT 2>/dev/null | tag input
exit 0
`;

/** Everything about the machine's ports and firewalls, in one round trip. Changes nothing. */
export const firewallFacts: RemoteCommand<FirewallFacts> = {
  argv: ['sh', '-c', SCRIPT],
  parse: parseFirewallFacts,
  what: 'look at the ports and the firewall',
};

/** Reads what the script prints: a word for what it is, then the tool's own line. */
export function parseFirewallFacts(text: string): FirewallFacts {
  const of = taggedLines(text);
  const lines = (key: string): readonly string[] => of.get(key) ?? [];
  const settings = lines('ufwset').join('\n');
  const active = /ENABLED=yes/i.test(settings);
  const policy = /DEFAULT_INPUT_POLICY="?(\w+)/.exec(settings)?.[1];
  const ssh = lines('ssh').map(Number);
  return {
    os: parseOsRelease(lines('os').join('\n')),
    systemd: of.has('systemd'),
    listeners: lines('ss').flatMap(listener),
    published: lines('docker').flatMap(publishedOf),
    docker: of.has('engine'),
    publishedObey: of.has('obey'),
    ...(of.has('ufw')
      ? {
          ufw: {
            active,
            incoming: policy === 'ACCEPT' ? 'allow' : policy === 'REJECT' ? 'reject' : 'deny',
            rules: parseUfwRules(lines('ufwrule').join('\n')),
          },
        }
      : {}),
    ...(of.has('firewalld') ? { other: 'firewalld' } : !active && hasOwnRules(lines('input')) ? { other: 'rules' } : {}),
    ssh: [...new Set(ssh.filter((port) => port > 0))].sort((a, b) => a - b),
  };
}

/** `tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=137,fd=6))` (ss(8), -H -t -u -l -n -p). */
function listener(line: string): Listener[] {
  const [protocol, state, , , local = ''] = line.trim().split(/\s+/);
  const cut = local.lastIndexOf(':');
  const port = Number(local.slice(cut + 1));
  if ((protocol !== 'tcp' && protocol !== 'udp') || (state !== 'LISTEN' && state !== 'UNCONN') || !(port > 0)) return [];
  const process = /users:\(\("(.+?)",pid=/.exec(line)?.[1];
  return [{ protocol, port, address: plain(local.slice(0, cut)), ...(process === undefined ? {} : { process }) }];
}

/** `/web 80/tcp|8080|0.0.0.0 80/tcp|8080|::` */
function publishedOf(line: string): Published[] {
  const [name = '', ...ports] = line.trim().split(' ');
  return ports.flatMap((one): Published[] => {
    const [, inside, protocol, port, address = ''] = /^(\d+)\/(tcp|udp)\|(\d+)\|(.*)$/.exec(one) ?? [];
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    return [{ container: name.replace(/^\//, ''), protocol, port: Number(port), inside: Number(inside), address: plain(address) }];
  });
}

function plain(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  return bare === '0.0.0.0' || bare === '::' || bare === '' ? '*' : bare;
}

/** Rules of somebody's own in INPUT; those of fail2ban, and chains that ufw leaves behind when it is off, are none. */
function hasOwnRules(lines: readonly string[]): boolean {
  return lines.some((line) => /^-P INPUT (DROP|REJECT)/.test(line) || (line.startsWith('-A INPUT') && !/ -j (ufw-|f2b-)/.test(line)));
}
