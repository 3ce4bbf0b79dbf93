import type { RemoteCommand } from '../remote/command';
import type { UnitFile } from './verify';

/** One of the settings by which systemd rates how far a service is shut in. */
interface SecurityItem {
  /** `PrivateTmp=`, `CapabilityBoundingSet=~CAP_SYS_TIME`. */
  readonly setting: string;
  readonly description: string;
  /** What it adds to the exposure now; 0 where it is set or does not matter. */
  readonly exposure: number;
}

export interface SecurityReport {
  /** 0 (shut in) to 10 (may do everything); undefined where systemd cannot rate it. */
  readonly exposure: number | undefined;
  /** OK, MEDIUM, EXPOSED, UNSAFE, as systemd says. */
  readonly rating: string;
  /** What adds most first. */
  readonly items: readonly SecurityItem[];
}

/** How a service that is loaded is rated. JSON since systemd 250, columns before. */
export function securityOf(name: string): RemoteCommand<SecurityReport> {
  const script = String.raw`
export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_EMOJI=0 COLUMNS=400
systemd-analyze security --no-pager -- "$1" | tail -n 1
systemd-analyze security --no-pager --json=short -- "$1" 2>/dev/null || systemd-analyze security --no-pager -- "$1"`;
  return { argv: ['sh', '-c', script, 'security', name], sudo: true, parse: parseSecurity, what: `rate ${name}` };
}

/** How a service that is not installed would be rated, since systemd 250: `4.1 OK`; empty where the machine's systemd cannot tell. */
export function ratingOfFile({ path, text }: UnitFile): RemoteCommand {
  const script = String.raw`
export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_EMOJI=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat >"$dir/$1"
systemd-analyze security --no-pager --offline=true "$dir/$1" 2>/dev/null | sed -n 's/.*level for .*: \([0-9.]* [A-Z]*\).*/\1/p'
exit 0`;
  return { argv: ['sh', '-c', script, 'rating', path], stdin: text, sudo: true, what: `rate ${path}` };
}

export function parseSecurity(stdout: string): SecurityReport {
  const cut = stdout.indexOf('\n');
  const [, exposure, rating = ''] = /level for .*?: ([\d.]+) (\w+)/.exec(stdout.slice(0, cut)) ?? [];
  const rest = stdout.slice(cut + 1).trim();
  const items = rest.startsWith('[') ? jsonItems(rest) : columnItems(rest);
  return {
    exposure: exposure === undefined ? undefined : Number(exposure),
    rating,
    items: items.filter((item) => item.exposure > 0).sort((a, b) => b.exposure - a.exposure),
  };
}

function jsonItems(text: string): SecurityItem[] {
  return (JSON.parse(text) as Record<string, unknown>[]).map(({ name, description, exposure }) => ({
    setting: String(name),
    description: String(description),
    exposure: Number(exposure ?? 0),
  }));
}

/** `✗ PrivateTmp=   Service has access to other software's temporary files   0.2`. */
function columnItems(text: string): SecurityItem[] {
  return text.split('\n').flatMap((line) => {
    const [, setting, description = '', exposure] = /^\S?\s+(\S+=\S*)\s+(.*?)\s+(\d+\.\d)\s*$/.exec(line) ?? [];
    return setting === undefined ? [] : [{ setting, description, exposure: Number(exposure) }];
  });
}

/** Settings that take from a service what an ordinary one never uses, each with what it is that is taken. */
const safe: readonly (readonly [name: string, value: string, takes: string])[] = [
  ['NoNewPrivileges', 'yes', 'sudo and other set-id programs'],
  ['PrivateTmp', 'yes', 'other programs’ files in /tmp'],
  ['ProtectSystem', 'full', 'writing to /usr, /boot and /etc'],
  ['ProtectKernelTunables', 'yes', 'changing /proc/sys and /sys'],
  ['ProtectKernelModules', 'yes', 'loading kernel modules'],
  ['ProtectKernelLogs', 'yes', 'the kernel’s log'],
  ['ProtectControlGroups', 'yes', 'changing control groups'],
  ['ProtectClock', 'yes', 'setting the clock'],
  ['ProtectHostname', 'yes', 'changing the host name'],
  ['RestrictSUIDSGID', 'yes', 'making set-id files'],
  ['RestrictRealtime', 'yes', 'real-time scheduling'],
  ['RestrictNamespaces', 'yes', 'making namespaces: containers of its own'],
  ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK', 'raw and exotic sockets'],
  ['LockPersonality', 'yes', 'other kernel personalities'],
  ['SystemCallArchitectures', 'native', 'system calls of foreign architectures'],
];

/** The lines of a unit that shut it in without touching what an ordinary service does. */
export const safeLines: readonly string[] = safe.map(([name, value]) => `${name}=${value}`);

/** Whether a setting is as open as it can be; what only could be stricter than the safe value is not. */
function isOpen(name: string, { items }: SecurityReport): boolean {
  if (name === 'RestrictAddressFamilies') return items.some(({ setting }) => setting === `${name}=~AF_PACKET`);
  const least = name === 'ProtectSystem' ? 0.1 : 0;
  return items.some(({ setting, exposure }) => setting.startsWith(`${name}=`) && exposure > least);
}

/** A change of the service with those safe settings that would better its rating; undefined where all are set. */
export function hardening(report: SecurityReport): string | undefined {
  const lines = safe.filter(([name]) => isOpen(name, report)).map(([name, value, takes]) => `# takes: ${takes}\n${name}=${value}\n`);
  if (lines.length === 0) return undefined;
  return `# What an ordinary service never needs. If it stops working, remove the line that takes too much.\n[Service]\n${lines.join('')}`;
}
