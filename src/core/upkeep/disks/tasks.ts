import { SkylabError } from '../../errors';
import { installPackages } from '../packages/install';
import type { Change, Task } from '../task';
import { rootScript, scripted } from '../task';
import type { BlockDevice, DiskFacts } from './facts';
import { diskFacts, fstabEntries, sizeText } from './facts';

const HOURS = 60 * 60_000;

export interface DiskWish {
  /** `/dev/nvme1n1`. */
  readonly device: string;
  /** Where it shall be found: `/data`. */
  readonly mount: string;
  /** For a blank disk. */
  readonly format: 'ext4' | 'xfs';
  /** Files that the file system can hold (ext4 fixes that when it is made); absent: what mkfs takes. */
  readonly inodes?: number;
}

/** What is wrong with a mount point, as a sentence; undefined when it is right. */
export function mountProblem(mount: string): string | undefined {
  if (!/^(\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(mount)) return 'A place such as /data: letters, digits, “.”, “_” and “-” between slashes.';
  if (/^\/(bin|boot|dev|etc|lib\w*|proc|root|run|sbin|sys|tmp|usr|var|home)$/.test(mount)) return `${mount} belongs to the system.`;
  return undefined;
}

/** Mounts a disk now and at every start, by its UUID; a blank one gets a file system first. What holds data is never formatted. */
export function useDisk(wish: DiskWish): Task<DiskFacts> {
  return {
    id: 'disks.use',
    title: `Use ${wish.device} at ${wish.mount}`,
    look: diskFacts(wish.mount),
    plan(facts) {
      const device = deviceFor(wish, facts);
      const listed = isListed(device, wish.mount, facts);
      const mounted = device.mounts.includes(wish.mount);
      const changes: Change[] = [];
      if (device.blank) changes.push(...formatChanges(facts, wish, device.size));
      if (!mounted) {
        changes.push(
          scripted(`mounts ${wish.device} at ${wish.mount}`, MOUNT, [wish.device, wish.mount], {
            undo: rootScript(UNMOUNT, [wish.device, wish.mount], `unmount ${wish.mount}`),
          }),
        );
      }
      if (!listed) {
        changes.push(
          scripted(`writes it into /etc/fstab by its UUID: it is mounted at every start`, LIST, [wish.device, wish.mount], {
            undo: rootScript(UNLIST_UUID, [wish.device, wish.mount], `take ${wish.mount} off /etc/fstab`),
          }),
        );
      }
      return { acts: changes.length === 0 ? [] : [{ name: 'disk', title: `Use ${wish.device} at ${wish.mount}`, changes }] };
    },
  };
}

/** The disk that is wanted. @throws SkylabError where it, or its place, must not be used */
function deviceFor(wish: DiskWish, { devices, filled }: DiskFacts): BlockDevice {
  const problem = mountProblem(wish.mount);
  if (problem !== undefined) throw new SkylabError(`“${wish.mount}” cannot be a mount point.`, { next: problem, code: 'NoMountPoint' });
  const device = devices.find(({ path }) => path === wish.device);
  if (device === undefined)
    throw new SkylabError(`There is no disk ${wish.device} on this machine now.`, { next: 'Attach it first.', code: 'NoDisk' });
  if (device.mounts.includes(wish.mount)) return device;
  if (device.mounts.length > 0)
    throw new SkylabError(`${wish.device} is in use at ${device.mounts.join(', ')}. Nothing was changed.`, { code: 'DiskInUse' });
  const other = devices.find(({ mounts }) => mounts.includes(wish.mount));
  if (other !== undefined)
    throw new SkylabError(`${other.path} is mounted at ${wish.mount} already.`, { next: 'Choose another place.', code: 'MountTaken' });
  if (filled.includes(wish.mount)) {
    throw new SkylabError(`${wish.mount} is not empty: a disk would hide what is there. Nothing was changed.`, {
      next: 'Choose another place.',
      code: 'MountTaken',
    });
  }
  if (!device.blank && (device.fileSystem === undefined || !/^(ext[234]|xfs|btrfs)$/.test(device.fileSystem))) {
    throw new SkylabError(`${wish.device} is not blank, and holds no file system that can be mounted. Nothing was changed.`, {
      code: 'NotBlank',
      next: 'Look at it with “lsblk -f” and “sudo wipefs”: Skylab never writes over what it does not know.',
    });
  }
  return device;
}

/** Whether a start of the machine mounts the disk there already. @throws SkylabError where it would mount something else so */
function isListed({ path, uuid }: BlockDevice, mount: string, { fstab }: DiskFacts): boolean {
  const own = (source: string): boolean =>
    source === path || (uuid !== undefined && source.replace('/dev/disk/by-uuid/', 'UUID=') === `UUID=${uuid}`);
  const entries = fstabEntries(fstab);
  const elsewhere = entries.find((one) => own(one.source) && one.mount !== mount);
  if (elsewhere !== undefined) {
    throw new SkylabError(`/etc/fstab has ${path} at ${elsewhere.mount}. Nothing was changed.`, {
      next: `Use it at ${elsewhere.mount}, or take that line out first.`,
      code: 'InFstab',
    });
  }
  const there = entries.find((one) => one.mount === mount);
  if (there !== undefined && !/^LABEL=|^PARTUUID=/.test(there.source) && !own(there.source)) {
    throw new SkylabError(`/etc/fstab has ${there.source} at ${mount}. Nothing was changed.`, {
      next: 'Choose another place, or take that line out first.',
      code: 'InFstab',
    });
  }
  return there !== undefined;
}

function formatChanges(facts: DiskFacts, { device, format, inodes, mount }: DiskWish, size: number): Change[] {
  const install = facts.makes.includes(format) ? [] : installPackages(facts.family, [format === 'xfs' ? 'xfsprogs' : 'e2fsprogs']);
  // one file needs 256 bytes of its own, and ext4 takes no more of them than blocks
  if (inodes !== undefined && (!Number.isInteger(inodes) || inodes < 1000 || inodes > size / 4096)) {
    throw new SkylabError(`${device} cannot hold ${inodes} files.`, {
      next: `Between 1000 and ${Math.floor(size / 4096)} are possible.`,
      code: 'TooManyInodes',
    });
  }
  // asked again at the last moment: whatever has come onto the disk since stays
  const script = `${PLACE_IS_FREE}
head -c 4096 "$1" >/dev/null
[ -z "$(wipefs --noheadings "$1")" ] && ! blkid -p "$1" >/dev/null 2>&1 || { echo "$1 is not blank any more" >&2; exit 1; }
${format === 'xfs' ? 'mkfs.xfs -q "$1"' : 'if [ -n "$3" ]; then mkfs.ext4 -q -N "$3" "$1"; else mkfs.ext4 -q "$1"; fi'}`;
  const files = format === 'ext4' && inodes !== undefined ? ` for ${inodes} files` : '';
  const line = `makes a file system on ${device}: ${format}${files}, ${sizeText(size)}; it is blank now`;
  return [...install, scripted(line, script, [device, mount, inodes === undefined ? '' : String(inodes)], { timeoutMs: HOURS })];
}

/** Parameters of what follows: the disk, its place. */
const PLACE_IS_FREE = `if [ -d "$2" ] && [ -n "$(ls -A "$2")" ]; then echo "$2 is not empty" >&2; exit 1; fi`;

const MOUNT = `if command -v udevadm >/dev/null; then udevadm settle --timeout=10 2>/dev/null || :; fi
${PLACE_IS_FREE}
mkdir -p "$2"
mount "$1" "$2"`;

/** What Skylab itself has mounted, and nothing else. */
const UNMOUNT = `if [ "$(findmnt -nro SOURCE --mountpoint "$2")" = "$1" ]; then umount "$2"; fi`;

/** "nofail": a machine whose disk is gone starts all the same. A table that was right is checked before it counts. */
const LIST = `uuid=$(blkid -p -s UUID -o value "$1"); type=$(blkid -p -s TYPE -o value "$1")
[ -n "$uuid" ] && [ -n "$type" ] || { echo "$1 has no UUID" >&2; exit 1; }
new=$(mktemp /etc/fstab.skylab.XXXXXX); trap 'rm -f "$new"' EXIT
cat /etc/fstab >"$new" 2>/dev/null || :
[ -z "$(tail -c 1 "$new")" ] || echo >>"$new"
printf 'UUID=%s %s %s defaults,nofail 0 2\\n' "$uuid" "$2" "$type" >>"$new"
if findmnt --verify --tab-file /etc/fstab >/dev/null 2>&1 && ! said=$(findmnt --verify --tab-file "$new" 2>&1); then
  printf '%s\\n' "$said" >&2; exit 1
fi
chmod 0644 "$new"; mv "$new" /etc/fstab
systemctl daemon-reload 2>/dev/null || :`;

/** Takes off fstab what the awk condition holds for; comments stay. */
const unlist = (condition: string): string => `new=$(mktemp /etc/fstab.skylab.XXXXXX); trap 'rm -f "$new"' EXIT
awk -v what="$1" -v at="$2" '/^[ \\t]*#/ || !(${condition})' /etc/fstab >"$new"
if ! cmp -s "$new" /etc/fstab; then chmod 0644 "$new"; mv "$new" /etc/fstab; fi
systemctl daemon-reload 2>/dev/null || :`;

const UNLIST_UUID = `uuid=$(blkid -p -s UUID -o value "$1"); set -- "UUID=$uuid" "$2"\n${unlist('$1 == what && $2 == at')}`;

const RELEASE = `if mountpoint -q "$2"; then umount "$2"; fi\n${unlist('$2 == at')}`;

/** Unmounts a data disk and takes it off fstab; what is on it stays. */
export function releaseDisk(mount: string): Task<DiskFacts> {
  return {
    id: 'disks.release',
    title: `Unmount ${mount}`,
    look: diskFacts(),
    plan({ devices, dockerRoot, containerd }) {
      const device = devices.find(({ mounts }) => mounts.includes(mount));
      if (device === undefined) return { acts: [] };
      if (mountProblem(mount) !== undefined)
        throw new SkylabError(`${mount} belongs to the system. Nothing was changed.`, { code: 'SystemDisk' });
      const used = [dockerRoot, containerd?.root].find((root) => root === mount || root?.startsWith(`${mount}/`) === true);
      if (used !== undefined)
        throw new SkylabError(`Docker keeps its data in ${used}.`, { next: 'Move them elsewhere first.', code: 'DiskInUse' });
      const line = `unmounts ${mount} and takes it off /etc/fstab; what is on it stays`;
      return {
        acts: [{ name: 'release', title: `Unmount ${mount}`, changes: [scripted(line, RELEASE, [device.path, mount])] }],
      };
    },
  };
}
