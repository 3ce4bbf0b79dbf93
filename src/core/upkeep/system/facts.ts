import { taggedLines } from '../../remote/taggedLines';
import type { OsRelease } from '../../deploy/facts';
import { parseOsRelease } from '../../deploy/facts';
import { packageFamily } from '../../deploy/installDocker';
import type { PackageFamily } from '../../deploy/installDocker';
import { SkylabError } from '../../errors';
import type { RemoteCommand } from '../../remote/command';
import { rootScript } from '../task';

/** How a machine is kept and guarded. */
export interface SystemFacts {
  readonly os: OsRelease;
  readonly systemd: boolean;
  /** The kernel or a library that runs was replaced: only a restart brings it into use. */
  readonly rebootNeeded: boolean;
  /** Security updates are installed every day. */
  readonly unattended: boolean;
  readonly fail2ban: boolean;
  readonly sshd: {
    /** What sshd uses now (`sshd -T`), by keyword in small letters. */
    readonly settings: ReadonlyMap<string, string>;
    /** Reads `/etc/ssh/sshd_config.d`. */
    readonly dropIns: boolean;
    /** Skylab's drop-in is there. */
    readonly ours: boolean;
  };
  /** Who has a password that works, and no key. */
  readonly passwordOnly: readonly string[];
  readonly timezone: string;
  readonly hostName: string;
  /** cloud-init would set the name back at the next start. */
  readonly cloudInitNames: boolean;
  /** Lines of Skylab's own in `/etc/security/limits.d`. */
  readonly limits: readonly string[];
  readonly swap: readonly { readonly file: string; /** Bytes. */ readonly size: number }[];
  /** Bytes. */
  readonly memory: number;
  /** Bytes free on the root file system. */
  readonly free: number;
}

export const SSH_DROP_IN = '/etc/ssh/sshd_config.d/00-skylab.conf';
export const LIMITS_FILE = '/etc/security/limits.d/90-skylab.conf';
export const FAIL2BAN_JAIL = '/etc/fail2ban/jail.d/skylab.conf';
export const SWAP_FILE = '/swapfile';

const SCRIPT = String.raw`set +eu
cat /etc/os-release 2>/dev/null | sed 's/^/os /'
[ -d /run/systemd/system ] && echo systemd
if [ -e /run/reboot-required ] || { command -v needs-restarting >/dev/null && ! needs-restarting -r >/dev/null 2>&1; }; then echo reboot; fi
if command -v apt-config >/dev/null; then
  [ -x /usr/bin/unattended-upgrade ] && apt-config dump APT::Periodic::Unattended-Upgrade | grep -q '"1"' && echo unattended
else systemctl is-enabled --quiet dnf-automatic-install.timer 2>/dev/null && echo unattended; fi
[ -e ${FAIL2BAN_JAIL} ] && systemctl is-active --quiet fail2ban && echo fail2ban
sshd -T 2>/dev/null | sed 's/^/sshd /'
grep -qiE '^[[:space:]]*Include[[:space:]].*sshd_config\.d' /etc/ssh/sshd_config && echo dropins
[ -e ${SSH_DROP_IN} ] && echo ours
getent shadow | while IFS=: read -r name hash _; do
  case $hash in ''|'!'*|'*'*|x) continue ;; esac
  home=$(getent passwd -- "$name" | cut -d: -f6)
  [ -s "$home/.ssh/authorized_keys" ] || echo "pwonly $name"
done
echo "zone $(readlink /etc/localtime | sed 's#^.*/zoneinfo/##')"
echo "host $(cat /proc/sys/kernel/hostname)"
if [ -d /etc/cloud/cloud.cfg.d ] && ! grep -rqsE '^preserve_hostname: *true' /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d; then echo cloudnames; fi
sed -n 's/^[^#]/limit &/p' ${LIMITS_FILE} 2>/dev/null
swapon --show=NAME,SIZE --bytes --noheadings 2>/dev/null | sed 's/^/swap /'
sed -n 's/^MemTotal: *\([0-9]*\) kB/memory \1/p' /proc/meminfo
echo "free $(df -P -k / | awk 'NR == 2 { print $4 }')"
exit 0`;

/** How the machine is kept, in one round trip. Changes nothing. */
export const systemFacts: RemoteCommand<SystemFacts> = {
  ...rootScript(SCRIPT, [], 'look at how the machine is kept'),
  parse: parseSystemFacts,
};

/** Reads what the script prints: a word for what it is, then the value. */
function parseSystemFacts(text: string): SystemFacts {
  const of = taggedLines(text);
  const lines = (key: string): readonly string[] => of.get(key) ?? [];
  const settings = lines('sshd').map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ').slice(1).join(' ')]);
  return {
    os: parseOsRelease(lines('os').join('\n')),
    systemd: of.has('systemd'),
    rebootNeeded: of.has('reboot'),
    unattended: of.has('unattended'),
    fail2ban: of.has('fail2ban'),
    sshd: { settings: new Map(settings), dropIns: of.has('dropins'), ours: of.has('ours') },
    passwordOnly: lines('pwonly'),
    timezone: lines('zone')[0] ?? '',
    hostName: lines('host')[0] ?? '',
    cloudInitNames: of.has('cloudnames'),
    limits: lines('limit'),
    swap: lines('swap').map((line) => ({ file: line.split(/\s+/)[0] ?? '', size: Number(line.split(/\s+/)[1]) })),
    memory: Number(lines('memory')[0] ?? 0) * 1024,
    free: Number(lines('free')[0] ?? 0) * 1024,
  };
}

/** @throws SkylabError where Skylab does not know the system's packages */
export function familyOf(os: OsRelease): PackageFamily {
  const family = packageFamily(os);
  if (family !== undefined) return family;
  throw new SkylabError(`Skylab does not know how packages are installed on ${os.prettyName}. Nothing was changed.`, {
    code: 'UnknownSystem',
    next: 'Debian, Ubuntu, Amazon Linux, Fedora, CentOS, Rocky, Alma and Red Hat are known.',
  });
}
