import { taggedLines } from '../../remote/taggedLines';
import type { RemoteCommand } from '../../remote/command';
import { rootScript } from '../task';

/** A disk or a partition. */
export interface BlockDevice {
  /** `/dev/nvme1n1`. */
  readonly path: string;
  readonly kind: 'disk' | 'part' | 'other';
  /** Bytes. */
  readonly size: number;
  /** What `blkid` finds on it; absent where nothing is. */
  readonly fileSystem?: string;
  readonly uuid?: string;
  readonly mounts: readonly string[];
  readonly model?: string;
  /** Holds no file system, no partition, no signature of anything, and is in no use: may be formatted. */
  readonly blank: boolean;
}

/** A folder of another machine that is mounted over SSH. */
export interface RemoteMount {
  readonly unit: string;
  readonly what: string;
  readonly where: string;
  readonly active: boolean;
  /** Mounted at every start. */
  readonly enabled: boolean;
  /** Of the unit. */
  readonly text: string;
}

export interface DiskFacts {
  readonly devices: readonly BlockDevice[];
  /** Where Docker keeps its data; absent where Docker is not. */
  readonly dockerRoot?: string;
  /** The text of `/etc/docker/daemon.json`; empty where there is none. */
  readonly daemonJson: string;
  /** Bytes that Docker's data take. */
  readonly dockerBytes: number;
  /** Keeps the images for Docker: where, how many bytes, and the text of its configuration; absent where Docker does that itself. */
  readonly containerd?: { readonly root: string; readonly bytes: number; readonly config?: string };
  /** Those of the folders asked about that hold something. */
  readonly filled: readonly string[];
  /** Bytes free at each mount point. */
  readonly free: ReadonlyMap<string, number>;
  readonly remotes: readonly RemoteMount[];
  /** Mount units of the machine's own. */
  readonly foreignUnits: readonly string[];
  readonly sshfs: boolean;
  readonly fuse: boolean;
  /** Kinds of file systems that can be made. */
  readonly makes: readonly string[];
  readonly family: 'apt' | 'dnf';
  readonly fstab: string;
}

/** First line of the mount units that are Skylab's. */
export const MOUNT_MARK = '# Written by Skylab.';
export const CONTAINERD_CONFIG = '/etc/containerd/config.toml';

const SCRIPT = String.raw`set +eu
for place; do [ -n "$(timeout 5 ls -A "$place" 2>/dev/null)" ] && echo "filled $place"; done
command -v apt-get >/dev/null && echo apt
lsblk --json --bytes --paths --output NAME,TYPE,SIZE,FSTYPE,UUID,MOUNTPOINTS,MODEL,RO 2>/dev/null | tr -d '\n' | sed 's/^/lsblk /'; echo
lsblk --noheadings --paths --list --output NAME,TYPE 2>/dev/null | while read -r path type; do
  case $type in disk|part|loop) ;; *) continue ;; esac
  # wipefs finds nothing on what cannot be read, and calls that a success
  [ -b "$path" ] && head -c 4096 "$path" >/dev/null 2>&1 || continue
  found=$(blkid -p -s TYPE -o value "$path" 2>/dev/null) && [ -n "$found" ] && echo "type $path $found $(blkid -p -s UUID -o value "$path" 2>/dev/null)"
  signs=$(wipefs --noheadings "$path" 2>/dev/null) && [ -z "$signs" ] && [ "$(blkid -p -o value "$path" 2>/dev/null)" = "" ] && echo "clean $path"
done
if command -v docker >/dev/null; then
  info=$(docker info --format '{{.DockerRootDir}}|{{json .DriverStatus}}' 2>/dev/null); root=${'$'}{info%%|*}
  [ -n "$root" ] && { echo "docker $root"; echo "bytes $(du -sxk "$root" 2>/dev/null | cut -f1)"; }
  # https://docs.docker.com/engine/storage/containerd/: the default of what is installed from version 29 on
  if printf '%s' "$info" | grep -q io.containerd.snapshotter; then
    root=$(containerd config dump 2>/dev/null | sed -n "s/^root = ['\"]\(.*\)['\"]$/\1/p" | head -n 1); root=${'$'}{root:-/var/lib/containerd}
    # a machine that was launched with Docker's data on a disk has that folder mounted here already
    for place; do [ "$place" -ef "$root" ] && root=$place; done
    echo "images $(du -sxk "$root" 2>/dev/null | cut -f1) $root"
    [ -e ${CONTAINERD_CONFIG} ] && echo "toml $(base64 <${CONTAINERD_CONFIG} | tr -d '\n')"
  fi
fi
[ -e /etc/docker/daemon.json ] && echo "daemon $(base64 </etc/docker/daemon.json | tr -d '\n')"
# a folder of another machine may not answer
df -P -k -l 2>/dev/null | awk 'NR > 1 { print "free " $4 " " $6 }'
for f in /etc/systemd/system/*.mount; do
  [ -e "$f" ] || continue
  if grep -q '^${MOUNT_MARK}' "$f"; then
    echo "remote $(basename "$f")|$(systemctl is-active "$(basename "$f")")|$(systemctl is-enabled "$(basename "$f")" 2>/dev/null)|$(base64 <"$f" | tr -d '\n')"
  else echo "unit $(basename "$f")"; fi
done
command -v sshfs >/dev/null && echo sshfs
for kind in ext4 xfs; do command -v mkfs.$kind >/dev/null && echo "makes $kind"; done
[ -e /dev/fuse ] && echo fuse
[ -r /etc/fstab ] && echo "fstab $(base64 </etc/fstab | tr -d '\n')"
exit 0`;

/**
 * Disks, what is on them, and where they are mounted, in one round trip. Changes nothing.
 * @param places folders of which it is asked whether they hold something
 */
export const diskFacts = (...places: string[]): RemoteCommand<DiskFacts> => ({
  ...rootScript(SCRIPT, places, 'look at the disks'),
  parse: parseDiskFacts,
});

/** Reads what the script prints; lsblk's JSON as util-linux 2.37 and newer write it. */
export function parseDiskFacts(text: string): DiskFacts {
  const of = taggedLines(text);
  const lines = (key: string): readonly string[] => of.get(key) ?? [];
  const decode = (key: string): string => Buffer.from(lines(key)[0] ?? '', 'base64').toString('utf8');
  const dockerRoot = lines('docker')[0];
  const [, imageKiB, imageRoot] = /^(\d*) (.+)$/.exec(lines('images')[0] ?? '') ?? [];
  return {
    devices: devicesOf(lines('lsblk')[0] ?? '', new Set(lines('clean'))).map((device) => withType(device, lines('type'))),
    ...(dockerRoot === undefined ? {} : { dockerRoot }),
    daemonJson: decode('daemon'),
    dockerBytes: Number(lines('bytes')[0] ?? 0) * 1024,
    ...(imageRoot === undefined
      ? {}
      : { containerd: { root: imageRoot, bytes: Number(imageKiB) * 1024, ...(of.has('toml') ? { config: decode('toml') } : {}) } }),
    filled: lines('filled'),
    free: new Map(lines('free').map((line) => [line.split(' ').slice(1).join(' '), Number(line.split(' ')[0]) * 1024])),
    remotes: lines('remote').map((line) => {
      const [unit = '', state, enabled, coded = ''] = line.split('|');
      const text = Buffer.from(coded, 'base64').toString('utf8');
      const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
      return { unit, what: value('What'), where: value('Where'), active: state === 'active', enabled: enabled === 'enabled', text };
    }),
    foreignUnits: lines('unit'),
    sshfs: of.has('sshfs'),
    fuse: of.has('fuse'),
    makes: lines('makes'),
    family: of.has('apt') ? 'apt' : 'dnf',
    fstab: decode('fstab'),
  };
}

/** What stands on the disk itself counts where udev has told lsblk nothing. */
function withType(device: BlockDevice, types: readonly string[]): BlockDevice {
  const [, fileSystem, uuid] = types.find((line) => line.startsWith(`${device.path} `))?.split(' ') ?? [];
  if (fileSystem === undefined) return device;
  return { ...device, fileSystem, ...(uuid === undefined || uuid === '' ? {} : { uuid }), blank: false };
}

/** The lines of an fstab that mount something. */
export function fstabEntries(text: string): readonly { readonly source: string; readonly mount: string }[] {
  return text.split('\n').flatMap((line) => {
    const [source = '', mount] = line.trim().split(/\s+/);
    return source.startsWith('#') || mount === undefined ? [] : [{ source, mount }];
  });
}

/** @param bytes as a person reads them: "400 MiB", "8.0 GiB" */
export function sizeText(bytes: number): string {
  const gib = bytes / 1024 ** 3;
  return gib < 1 ? `${Math.round(gib * 1024)} MiB` : `${gib.toFixed(gib < 10 ? 1 : 0)} GiB`;
}

function devicesOf(json: string, clean: ReadonlySet<string>): readonly BlockDevice[] {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch {
    return [];
  }
  const devices: BlockDevice[] = [];
  const take = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    const { name, type, size, fstype, uuid, mountpoints, model, ro, children } = value as Record<string, unknown>;
    if (typeof name !== 'string' || !(Number(size) > 0)) return false;
    const mounts = Array.isArray(mountpoints) ? mountpoints.filter((one): one is string => typeof one === 'string') : [];
    const parts = Array.isArray(children) ? children : [];
    const disk = (type === 'disk' && !name.startsWith('/dev/zram')) || type === 'loop';
    devices.push({
      path: name,
      kind: disk ? 'disk' : type === 'part' ? 'part' : 'other',
      size: Number(size),
      mounts,
      ...(typeof fstype === 'string' ? { fileSystem: fstype } : {}),
      ...(typeof uuid === 'string' ? { uuid } : {}),
      ...(typeof model === 'string' && model.trim() !== '' ? { model: model.trim() } : {}),
      blank: ro !== true && parts.length === 0 && mounts.length === 0 && typeof fstype !== 'string' && clean.has(name),
    });
    parts.forEach(take);
    return true;
  };
  if (typeof found === 'object' && found !== null && 'blockdevices' in found && Array.isArray(found.blockdevices))
    found.blockdevices.forEach(take);
  return devices;
}
