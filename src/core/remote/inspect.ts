import type { RemoteCommand } from './command';
import { fingerprintOf } from '../ssh/hostKeys';
import { listeningScript, parseListening } from './listening';
import type { ListeningPort } from './listening';

/** What a machine says about itself. A part that could not be had is undefined, and never hinders the others. */
export interface Inspection {
  readonly system: string | undefined;
  readonly kernel: string | undefined;
  readonly hostName: string | undefined;
  readonly uptimeSeconds: number | undefined;
  /** Load averages of 1, 5 and 15 minutes. */
  readonly load: readonly number[] | undefined;
  readonly cpus: number | undefined;
  readonly cpuModel: string | undefined;
  readonly memory: Memory | undefined;
  readonly disks: readonly Disk[] | undefined;
  /** Lines of `who`: those logged in now. */
  readonly users: readonly string[] | undefined;
  /** Lines of `last`. */
  readonly logins: readonly string[] | undefined;
  readonly loginUser: string | undefined;
  readonly groups: readonly string[] | undefined;
  readonly keys: readonly AuthorizedKey[] | undefined;
  readonly ports: readonly ListeningPort[] | undefined;
}

/** Bytes. */
interface Memory {
  readonly total: number;
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/** Bytes. */
interface Disk {
  readonly device: string;
  readonly mount: string;
  readonly size: number;
  readonly used: number;
  readonly available: number;
}

interface AuthorizedKey {
  readonly type: string;
  readonly fingerprint: string;
  readonly comment: string;
  /** What stands before the key, such as `restrict,command="…"`. */
  readonly options?: string;
}

const MARK = '@@skylab ';
const UNKNOWN = '@@unknown';
const KIB = 1024;

/** One script for every kind of Linux: each part stands alone, says so where its tool is missing, and holds up no other. */
const script = String.raw`
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin:/usr/bin:/bin"
limit() { if command -v timeout >/dev/null 2>&1; then timeout 5 "$@"; else "$@"; fi; }
has() { command -v "$1" >/dev/null 2>&1 || { echo @@unknown; return 1; }; }
part() { printf '\n@@skylab %s\n' "$1"; }
part os; cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release 2>/dev/null
part kernel; uname -srm 2>/dev/null
part host; hostname 2>/dev/null || uname -n 2>/dev/null
part uptime; cat /proc/uptime 2>/dev/null
part load; cat /proc/loadavg 2>/dev/null
part cpus; nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo 2>/dev/null
part model; grep -E '^(model name|Model|Hardware)' /proc/cpuinfo 2>/dev/null | head -n 1
part memory; cat /proc/meminfo 2>/dev/null
part disks; limit df -P -k 2>/dev/null
part who; has who && limit who 2>/dev/null
part last; has last && { limit last -n 10 -w || limit last -n 10 || limit last | head -n 10; } 2>/dev/null
part user; id -un 2>/dev/null
part groups; id -Gn 2>/dev/null
part keys; for f in "$HOME/.ssh/authorized_keys" "$HOME/.ssh/authorized_keys2"; do
  if [ -r "$f" ]; then cat "$f"; elif [ -e "$f" ]; then echo @@unknown; fi
done
part ports
${listeningScript}
part end
exit 0
`;

/** Asks a machine for everything at once. Never fails for what a machine lacks. */
export const inspectMachine: RemoteCommand<Inspection> = {
  argv: ['sh', '-s'],
  stdin: script,
  what: 'inspect the machine',
  parse: parseInspection,
};

/** Reads what the script prints. */
export function parseInspection(text: string): Inspection {
  const parts = partsOf(text);
  const lines = (name: string): readonly string[] | undefined => parts.get(name)?.filter((line) => line.trim() !== '');
  const first = (name: string): string | undefined => lines(name)?.[0]?.trim();
  const uptime = Number(first('uptime')?.split(' ')[0]);
  const cpus = Number(first('cpus'));
  const listening = parts.get('ports');
  return {
    system: systemName(lines('os') ?? []),
    kernel: first('kernel'),
    hostName: first('host'),
    uptimeSeconds: uptime > 0 ? uptime : undefined,
    load: loadOf(first('load')),
    cpus: cpus > 0 ? cpus : undefined,
    cpuModel: first('model')?.replace(/^.*?:\s*/, ''),
    memory: memoryOf(lines('memory') ?? []),
    disks: disksOf(lines('disks') ?? []),
    users: lines('who'),
    logins: lines('last')?.filter((line) => !/^\S*wtmp\S* begins /.test(line)),
    loginUser: first('user'),
    groups: first('groups')?.split(/\s+/),
    keys: lines('keys')?.flatMap(authorizedKey),
    ports: listening === undefined ? undefined : parseListening(listening.join('\n')),
  };
}

/** Parts whose tool is missing are left out, and so is the one in which the output was cut off. */
function partsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  let last: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith(MARK)) parts.set((last = line.slice(MARK.length).trim()), []);
    else if (last !== undefined) parts.get(last)?.push(line);
  }
  if (last !== undefined) parts.delete(last);
  for (const [name, lines] of parts) if (lines.includes(UNKNOWN)) parts.delete(name);
  return parts;
}

/** `PRETTY_NAME="Debian GNU/Linux 13 (trixie)"` (os-release(5)). */
function systemName(lines: readonly string[]): string | undefined {
  const value = (name: string): string | undefined =>
    lines
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replace(/^(["'])(.*)\1$/, '$2');
  return value('PRETTY_NAME') ?? value('NAME');
}

function loadOf(line: string | undefined): readonly number[] | undefined {
  const numbers = line?.split(' ').slice(0, 3).map(Number);
  return numbers?.length === 3 && numbers.every((one) => one >= 0) ? numbers : undefined;
}

/** `MemAvailable:  123 kB` (proc_meminfo(5)); kernels before 3.14 have no MemAvailable. */
function memoryOf(lines: readonly string[]): Memory | undefined {
  const bytes = (name: string): number | undefined => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(lines.join('\n'));
    return match === null ? undefined : Number(match[1]) * KIB;
  };
  const total = bytes('MemTotal');
  const free = bytes('MemAvailable') ?? bytes('MemFree');
  if (total === undefined || free === undefined) return undefined;
  return { total, available: free, swapTotal: bytes('SwapTotal') ?? 0, swapFree: bytes('SwapFree') ?? 0 };
}

/** `df -P -k`: what holds files; the kernel's own and empty file systems are left out. */
function disksOf(lines: readonly string[]): readonly Disk[] | undefined {
  const disks = lines.flatMap((line) => {
    const match = /^(\S+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+\S+\s+(\/.*)$/.exec(line);
    if (match === null) return [];
    const [, device = '', size, used, available, mount = ''] = match;
    const kernel = /^(tmpfs|devtmpfs|udev|shm|none|proc|sysfs|cgroup\w*|overlay|squashfs|efivarfs)$/.test(device) && mount !== '/';
    if (kernel || Number(size) === 0 || /^\/(proc|sys|dev|run|snap|boot\/efi)(\/|$)/.test(mount)) return [];
    return [{ device, mount, size: Number(size) * KIB, used: Number(used) * KIB, available: Number(available) * KIB }];
  });
  return disks.length === 0 ? undefined : disks;
}

/** A line of authorized_keys: options, type, key, comment (sshd(8)). */
function authorizedKey(line: string): AuthorizedKey[] {
  const match = /(?:^|[\s,])((?:sk-)?(?:ssh|ecdsa)-[\w@.-]+)\s+(AAAA[\w+/]+=*)(?:\s+(.*))?$/.exec(line.trim());
  if (match === null || line.trim().startsWith('#')) return [];
  const [, type = '', blob = '', comment = ''] = match;
  const options = line.trim().slice(0, match.index).trim();
  return [{ type, fingerprint: fingerprintOf({ type, blob }), comment, ...(options === '' ? {} : { options }) }];
}
