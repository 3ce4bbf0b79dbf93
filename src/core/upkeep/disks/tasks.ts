import { SkylabError } from '../../errors';
import { installPackages } from '../packages/install';
import type { Act, Change, Task } from '../task';
import { putFile, rootScript, scripted } from '../task';
import type { DiskFacts } from './facts';
import { diskFacts } from './facts';

const GIB = 1024 ** 3;
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
    look: diskFacts,
    plan(facts) {
      const problem = mountProblem(wish.mount);
      if (problem !== undefined) throw new SkylabError(`“${wish.mount}” cannot be a mount point.`, { next: problem, code: 'NoMountPoint' });
      const device = facts.devices.find(({ path }) => path === wish.device);
      if (device === undefined)
        throw new SkylabError(`There is no disk ${wish.device} on this machine now.`, { next: 'Attach it first.', code: 'NoDisk' });
      if (device.mounts.includes(wish.mount)) return { acts: [] };
      if (device.mounts.length > 0)
        throw new SkylabError(`${wish.device} is in use at ${device.mounts.join(', ')}. Nothing was changed.`, { code: 'DiskInUse' });
      const other = facts.devices.find(({ mounts }) => mounts.includes(wish.mount));
      if (other !== undefined)
        throw new SkylabError(`${other.path} is mounted at ${wish.mount} already.`, { next: 'Choose another place.', code: 'MountTaken' });
      const changes: Change[] = [];
      if (device.blank) changes.push(...formatChanges(facts, wish));
      else if (device.fileSystem === undefined || !/^(ext[234]|xfs|btrfs)$/.test(device.fileSystem)) {
        throw new SkylabError(`${wish.device} is not blank, and holds no file system that can be mounted. Nothing was changed.`, {
          code: 'NotBlank',
          next: 'Look at it with “lsblk -f” and “sudo wipefs”: Skylab never writes over what it does not know.',
        });
      }
      changes.push(
        scripted(`mounts ${wish.device} at ${wish.mount}, now and at every start, by its UUID`, MOUNT, [wish.device, wish.mount], {
          undo: rootScript(UNMOUNT, [wish.mount], `unmount ${wish.mount}`),
        }),
      );
      return { acts: [{ name: 'disk', title: `Use ${wish.device} at ${wish.mount}`, changes }] };
    },
  };
}

function formatChanges(facts: DiskFacts, { device, format, inodes }: DiskWish): Change[] {
  const install = facts.makes.includes(format) ? [] : installPackages(facts.family, [format === 'xfs' ? 'xfsprogs' : 'e2fsprogs']);
  const size = facts.devices.find(({ path }) => path === device)?.size ?? 0;
  // one file needs 256 bytes of its own, and ext4 takes no more of them than blocks
  if (inodes !== undefined && (!Number.isInteger(inodes) || inodes < 1000 || inodes > size / 4096)) {
    throw new SkylabError(`${device} cannot hold ${inodes} files.`, {
      next: `Between 1000 and ${Math.floor(size / 4096)} are possible.`,
      code: 'TooManyInodes',
    });
  }
  // asked again at the last moment: whatever has come onto the disk since stays
  const script = `[ -z "$(wipefs --noheadings "$1")" ] && ! blkid -p "$1" >/dev/null 2>&1 || { echo "$1 is not blank any more" >&2; exit 1; }
${format === 'xfs' ? 'mkfs.xfs -q "$1"' : 'if [ -n "$2" ]; then mkfs.ext4 -q -N "$2" "$1"; else mkfs.ext4 -q "$1"; fi'}`;
  const files = format === 'ext4' && inodes !== undefined ? ` for ${inodes} files` : '';
  const line = `makes a file system on ${device}: ${format}${files}, ${(size / GIB).toFixed(0)} GiB; it is blank now`;
  return [...install, scripted(line, script, [device, inodes === undefined ? '' : String(inodes)], { timeoutMs: HOURS })];
}

/** "nofail": a machine whose disk is gone starts all the same. The table is checked before it counts. */
const MOUNT = `command -v udevadm >/dev/null && udevadm settle --timeout=10 2>/dev/null || :
uuid=$(blkid -p -s UUID -o value "$1"); type=$(blkid -p -s TYPE -o value "$1")
[ -n "$uuid" ] && [ -n "$type" ]
if [ -d "$2" ] && [ -n "$(ls -A "$2")" ]; then echo "$2 is not empty" >&2; exit 1; fi
mkdir -p "$2"
if ! grep -qs "^UUID=$uuid " /etc/fstab; then
  new=$(mktemp /etc/fstab.skylab.XXXXXX); trap 'rm -f "$new"' EXIT
  cat /etc/fstab >"$new"; [ -z "$(tail -c 1 "$new")" ] || echo >>"$new"
  printf 'UUID=%s %s %s defaults,nofail 0 2\\n' "$uuid" "$2" "$type" >>"$new"
  if command -v findmnt >/dev/null; then findmnt --verify --tab-file "$new" >/dev/null 2>&1 || findmnt --verify --tab-file /etc/fstab >/dev/null 2>&1 && { findmnt --verify --tab-file "$new" >&2 || exit 1; } || :; fi
  chmod 0644 "$new"; mv "$new" /etc/fstab
fi
systemctl daemon-reload 2>/dev/null || :
mountpoint -q "$2" || mount "$1" "$2"
mountpoint -q "$2"`;

const UNMOUNT = `if mountpoint -q "$1"; then umount "$1"; fi
awk -v at="$1" '$2 != at || /^[ \\t]*#/' /etc/fstab >/etc/fstab.skylab && cat /etc/fstab.skylab >/etc/fstab; rm -f /etc/fstab.skylab
systemctl daemon-reload 2>/dev/null || :`;

/** Unmounts a data disk and takes it off fstab; what is on it stays. */
export function releaseDisk(mount: string): Task<DiskFacts> {
  return {
    id: 'disks.release',
    title: `Unmount ${mount}`,
    look: diskFacts,
    plan({ devices, dockerRoot }) {
      if (!devices.some(({ mounts }) => mounts.includes(mount))) return { acts: [] };
      if (mountProblem(mount) !== undefined)
        throw new SkylabError(`${mount} belongs to the system. Nothing was changed.`, { code: 'SystemDisk' });
      if (dockerRoot?.startsWith(`${mount}/`) === true)
        throw new SkylabError(`Docker keeps its data in ${dockerRoot}.`, { next: 'Move them elsewhere first.', code: 'DiskInUse' });
      return {
        acts: [
          {
            name: 'release',
            title: `Unmount ${mount}`,
            changes: [scripted(`unmounts ${mount} and takes it off /etc/fstab; what is on it stays`, UNMOUNT, [mount])],
          },
        ],
      };
    },
  };
}

/** Moves Docker's data to a disk: containers stop meanwhile; the old data stay, under another name, until they are deleted by hand. */
export function moveDocker(mount: string): Task<DiskFacts> {
  return {
    id: 'disks.docker',
    title: `Move Docker’s data to ${mount}`,
    look: diskFacts,
    plan({ devices, dockerRoot, daemonJson, dockerBytes, free }) {
      const target = `${mount}/docker`;
      if (dockerRoot === undefined)
        throw new SkylabError('Docker does not run on this machine.', { next: 'Install it first.', code: 'NoDocker' });
      if (dockerRoot === target) return { acts: [] };
      if (!devices.some(({ mounts }) => mounts.includes(mount)))
        throw new SkylabError(`Nothing is mounted at ${mount}.`, { next: 'Mount the disk first.', code: 'NoMountPoint' });
      const room = free.get(mount) ?? 0;
      if (room < dockerBytes * 1.05) {
        throw new SkylabError(
          `${mount} has ${(room / GIB).toFixed(1)} GiB left; Docker’s data take ${(dockerBytes / GIB).toFixed(1)} GiB.`,
          { next: 'Take a larger disk, or prune images first.', code: 'DiskFull' },
        );
      }
      const settings = { ...parsedDaemon(daemonJson), 'data-root': target };
      const start: Change = {
        line: `has Docker keep its data in ${target}, by /etc/docker/daemon.json, and starts it`,
        command: rootScript(DOCKER_START, [target], 'start Docker with its data moved', `${JSON.stringify(settings, undefined, 2)}\n`),
        undo: rootScript(DOCKER_BACK, [daemonJson === '' ? 'absent' : 'there'], 'put Docker back', daemonJson),
        timeoutMs: HOURS,
      };
      const acts: Act[] = [
        {
          name: 'docker',
          title: `Move Docker’s data to ${mount}`,
          changes: [
            scripted('stops Docker and its containers', 'systemctl stop docker.socket docker.service', [], {
              undo: rootScript('systemctl start docker.service', [], 'start Docker again'),
              timeoutMs: 5 * 60_000,
            }),
            scripted(`copies ${dockerRoot} to ${target}`, DOCKER_COPY, [dockerRoot, target], {
              timeoutMs: 6 * HOURS,
              undo: rootScript('rm -rf --one-file-system "$1"', [target], 'remove the copy'),
            }),
            start,
          ],
        },
      ];
      return {
        acts,
        notes: [
          `The old data stay in ${dockerRoot}: delete them when everything works.`,
          'Containers that restart by themselves come back; others stay stopped.',
        ],
      };
    },
  };
}

function parsedDaemon(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new SkylabError('/etc/docker/daemon.json cannot be read. Nothing was changed.', {
      next: 'Repair it first.',
      code: 'DaemonJson',
      cause: error,
    });
  }
  throw new SkylabError('/etc/docker/daemon.json is no object. Nothing was changed.', { next: 'Repair it first.', code: 'DaemonJson' });
}

/** `tar` on both sides keeps owners, links, sparse files, attributes and access lists; rsync may be missing. */
const DOCKER_COPY = `if [ -e "$2" ] && [ -n "$(ls -A "$2")" ]; then echo "$2 is not empty" >&2; exit 1; fi
mkdir -p "$2"; chmod 0710 "$2"
cp -a --sparse=always "$1/." "$2/"`;

const DOCKER_START = `umask 022
mkdir -p /etc/docker
cat >/etc/docker/daemon.json.skylab
mv /etc/docker/daemon.json.skylab /etc/docker/daemon.json
systemctl start docker.service
for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)" = "$1" ] && exit 0; sleep 1; done
echo "Docker does not use $1" >&2; exit 1`;

const DOCKER_BACK = `systemctl stop docker.socket docker.service 2>/dev/null || :
if [ "$1" = absent ]; then rm -f /etc/docker/daemon.json; else cat >/etc/docker/daemon.json; fi
systemctl reset-failed docker.service 2>/dev/null || :`;

export interface RemoteFolder {
  /** `user@host`. */
  readonly host: string;
  readonly port: number;
  /** On the other machine. */
  readonly folder: string;
  readonly mount: string;
  readonly writable: boolean;
  /** On this machine: a private key that the other one lets in; root reads it. */
  readonly identityFile: string;
}

/** Mounts a folder of another machine over SSH as a systemd unit: now, and whenever the network is there. The other one's host key must be known to root. */
export function mountRemote(wish: RemoteFolder): Task<DiskFacts> {
  return {
    id: 'disks.sshfs',
    title: `Mount ${wish.host}:${wish.folder}`,
    look: diskFacts,
    plan({ remotes, sshfs, fuse, family }) {
      const problem =
        mountProblem(wish.mount) ??
        (/^[A-Za-z0-9_.-]+@[A-Za-z0-9.:[\]-]+$/.test(wish.host) ? undefined : 'The host is written as user@host.') ??
        ([wish.folder, wish.identityFile].every((path) => /^[A-Za-z0-9/~._@+-]*$/.test(path))
          ? undefined
          : 'Paths may have letters, digits and “/._-@+~”.');
      if (problem !== undefined)
        throw new SkylabError(`${wish.host}:${wish.folder} cannot be mounted so.`, { next: problem, code: 'NoRemoteFolder' });
      const what = `${wish.host}:${wish.folder}`;
      if (remotes.some((one) => one.where === wish.mount && one.what === what && one.active)) return { acts: [] };
      if (!fuse)
        throw new SkylabError('This machine has no /dev/fuse: nothing can be mounted over SSH.', {
          next: 'Containers need it from their host.',
          code: 'NoFuse',
        });
      const unit = unitName(wish.mount);
      const options = [
        '_netdev',
        'allow_other',
        'default_permissions',
        'reconnect',
        'ServerAliveInterval=15',
        'BatchMode=yes',
        'StrictHostKeyChecking=yes',
        `IdentityFile=${wish.identityFile}`,
        `port=${wish.port}`,
        ...(wish.writable ? [] : ['ro']),
      ];
      const text = `# Written by Skylab.
[Unit]
Description=${what} over SSH
After=network-online.target
Wants=network-online.target

[Mount]
What=${what}
Where=${wish.mount}
Type=fuse.sshfs
Options=${options.join(',')}
TimeoutSec=30

[Install]
WantedBy=remote-fs.target
`;
      const file = `/etc/systemd/system/${unit}`;
      return {
        acts: [
          ...(sshfs ? [] : [{ name: 'install', title: 'Install sshfs', changes: installPackages(family, ['sshfs']) }]),
          {
            name: 'mount',
            title: `Mount ${what}`,
            changes: [
              {
                line: `writes ${file}: ${what} at ${wish.mount}, ${wish.writable ? 'to read and write' : 'to read only'}`,
                command: putFile(file, '0644', text),
                undo: rootScript(UNIT_GONE, [unit], `remove ${unit}`),
              },
              scripted(
                'mounts it, now and whenever the network is there',
                'mkdir -p "$2"\nsystemctl daemon-reload\nsystemctl enable --quiet "$1"\nsystemctl restart "$1" || { journalctl -u "$1" -n 5 --no-pager -o cat >&2; exit 1; }',
                [unit, wish.mount],
                { timeoutMs: 90_000 },
              ),
            ],
          },
        ],
      };
    },
  };
}

const UNIT_GONE = `systemctl disable --quiet --now "$1" 2>/dev/null || :
rm -f "/etc/systemd/system/$1"
systemctl daemon-reload`;

/** Unmounts it and removes its unit. */
export function unmountRemote(mount: string): Task<DiskFacts> {
  return {
    id: 'disks.sshfs.off',
    title: `Unmount ${mount}`,
    look: diskFacts,
    plan({ remotes }) {
      const known = remotes.find(({ where }) => where === mount);
      if (known === undefined) return { acts: [] };
      return {
        acts: [
          {
            name: 'unmount',
            title: `Unmount ${mount}`,
            changes: [scripted(`unmounts ${mount} and removes ${known.unit}`, UNIT_GONE, [known.unit])],
          },
        ],
      };
    },
  };
}

/** A mount unit is named after its place: slashes are dashes, and dashes are written `\x2d` (systemd-escape --path). */
const unitName = (mount: string): string => `${mount.slice(1).replaceAll('-', '\\x2d').replaceAll('/', '-')}.mount`;
