import { SkylabError } from '../../errors';
import type { Change, Plan, Task } from '../task';
import { putFile, rootScript, scripted } from '../task';
import type { SystemFacts } from './facts';
import { LIMITS_FILE, SWAP_FILE, systemFacts } from './facts';

/** Below this a login may not come about. */
const LEAST_PROCESSES = 100;
const GIB = 1024 ** 3;

const one = (title: string, changes: readonly Change[]): Plan => ({
  acts: changes.length === 0 ? [] : [{ name: 'change', title, changes }],
});

/** How many processes each user but root may run. @param most undefined takes the limit away */
export function limitProcesses(most: number | undefined): Task<SystemFacts> {
  const title = most === undefined ? 'Take away the limit of processes' : `Limit each user to ${most} processes`;
  return {
    id: 'limits.processes',
    title,
    look: systemFacts,
    plan({ limits }) {
      if (most === undefined) return one(title, limits.length === 0 ? [] : [scripted(`removes ${LIMITS_FILE}`, `rm -f ${LIMITS_FILE}`)]);
      if (!Number.isInteger(most) || most < LEAST_PROCESSES) {
        throw new SkylabError(`${most} processes are too few for a login. Nothing was changed.`, {
          next: `Take ${LEAST_PROCESSES} or more.`,
          code: 'TooFew',
        });
      }
      const lines = [`* soft nproc ${most}`, `* hard nproc ${most}`];
      if (limits.join('\n') === lines.join('\n')) return { acts: [] };
      const command = putFile(LIMITS_FILE, '0644', `# Written by Skylab.\n${lines.join('\n')}\n`);
      return {
        ...one(title, [{ line: `writes ${LIMITS_FILE}: ${most} processes for each user but root`, command }]),
        notes: ['It counts from the next login on.'],
      };
    },
  };
}

/** @param zone a name of the zone database, such as `Europe/Berlin` */
export function setTimezone(zone: string): Task<SystemFacts> {
  return {
    id: 'timezone',
    title: `Set the time zone ${zone}`,
    look: systemFacts,
    plan({ timezone }) {
      if (!/^[A-Za-z0-9+_-]+(\/[A-Za-z0-9+_-]+)*$/.test(zone)) {
        throw new SkylabError(`“${zone}” is no time zone.`, { next: 'They are named as in Europe/Berlin or UTC.', code: 'NoTimezone' });
      }
      if (timezone === zone) return { acts: [] };
      const script =
        '[ -f "/usr/share/zoneinfo/$1" ] || { echo "there is no time zone $1 on this machine" >&2; exit 1; }\ntimedatectl set-timezone "$1"';
      return {
        ...one(`Set the time zone ${zone}`, [
          scripted(`sets the time zone ${zone} instead of ${timezone === '' ? 'none' : timezone}`, script, [zone]),
        ]),
        notes: ['Programs that run already keep the old one until they restart.'],
      };
    },
  };
}

/** The machine's own name, also in `/etc/hosts`, so that sudo finds it; kept at the next start. */
export function setHostName(name: string): Task<SystemFacts> {
  return {
    id: 'hostname',
    title: `Name the machine ${name}`,
    look: systemFacts,
    plan({ hostName, cloudInitNames }) {
      if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/.test(name) || name.length > 64) {
        throw new SkylabError(`“${name}” is no host name.`, {
          next: 'Small letters, digits and “-”, parts separated by dots, 64 characters at most.',
          code: 'NoHostName',
        });
      }
      if (hostName === name) return { acts: [] };
      const short = name.split('.')[0] ?? name;
      const names = short === name ? name : `${name} ${short}`;
      // Debian's own line for the name of the machine; a second one would hide it
      const hosts = `new=$(mktemp /etc/hosts.skylab.XXXXXX); trap 'rm -f "$new"' EXIT
{ grep -vE '^127\\.0\\.1\\.1[[:space:]]' /etc/hosts || :; printf '127.0.1.1\\t%s\\n' "$1"; } >"$new"
chmod 0644 "$new"; cat "$new" >/etc/hosts`;
      const keep = '/etc/cloud/cloud.cfg.d/99-skylab-name.cfg';
      return one(`Name the machine ${name}`, [
        scripted(`writes 127.0.1.1 ${names} into /etc/hosts`, hosts, [names]),
        scripted(`sets the host name ${name} instead of ${hostName}`, 'hostnamectl set-hostname "$1"', [name]),
        ...(cloudInitNames
          ? [
              {
                line: `writes ${keep}, so that cloud-init keeps it`,
                command: putFile(keep, '0644', '# Written by Skylab.\npreserve_hostname: true\nmanage_etc_hosts: false\n'),
              },
            ]
          : []),
      ]);
    },
  };
}

/** A swap file of Skylab's, or none. @param gib 0 takes it away */
export function setSwap(gib: number): Task<SystemFacts> {
  const title = gib === 0 ? 'Remove the swap file' : `Make a swap file of ${gib} GiB`;
  return {
    id: 'swap',
    title,
    look: systemFacts,
    plan({ swap, free }) {
      const there = swap.find(({ file }) => file === SWAP_FILE);
      if (gib === 0) return one(title, there === undefined ? [] : [scripted(`switches ${SWAP_FILE} off and removes it`, SWAP_OFF)]);
      if (there !== undefined) {
        if (Math.abs(there.size - gib * GIB) < GIB / 8) return { acts: [] };
        throw new SkylabError(`There is a swap file of ${(there.size / GIB).toFixed(1)} GiB already.`, {
          next: 'Remove it first.',
          code: 'SwapThere',
        });
      }
      if (gib * GIB > free - GIB) {
        throw new SkylabError(`The disk has ${(free / GIB).toFixed(1)} GiB left: too little for a swap file of ${gib} GiB.`, {
          next: 'Take a smaller one.',
          code: 'DiskFull',
        });
      }
      return one(title, [
        scripted(`makes ${SWAP_FILE} and uses it, also after a restart`, SWAP_ON, [String(gib)], {
          timeoutMs: 10 * 60_000,
          undo: rootScript(SWAP_OFF, [], 'remove the swap file again'),
        }),
      ]);
    },
  };
}

/** Written in full, as a swap file may have no holes; the kernel is asked with a small one first, so that a no costs no gigabytes. */
const SWAP_ON = `if [ -e ${SWAP_FILE} ]; then echo "${SWAP_FILE} is there already" >&2; exit 1; fi
umask 077
for size in 1 $(($1 * 1024)); do
  if grep -q '^${SWAP_FILE} ' /proc/swaps; then swapoff ${SWAP_FILE}; fi
  dd if=/dev/zero of=${SWAP_FILE} bs=1M count="$size" status=none
  mkswap ${SWAP_FILE} >/dev/null
  swapon ${SWAP_FILE} || { echo "The kernel refuses swap files on this machine, as in containers and on some file systems." >&2; rm -f ${SWAP_FILE}; exit 1; }
done
grep -q '^${SWAP_FILE} ' /etc/fstab || echo '${SWAP_FILE} none swap sw,nofail 0 0' >>/etc/fstab`;

const SWAP_OFF = `if grep -q '^${SWAP_FILE} ' /proc/swaps; then swapoff ${SWAP_FILE}; fi
if grep -q '^${SWAP_FILE} ' /etc/fstab; then sed -i '\\#^${SWAP_FILE} #d' /etc/fstab; fi
rm -f ${SWAP_FILE}`;
