import { quote } from '../../remote/command';
import type { MountedDisk } from './firstBootPlan';

/** Where the script looks; other places are for tests. */
export interface DiskPlaces {
  readonly dev: string;
  readonly fstab: string;
  readonly dockerConfig: string;
  /** Where Docker 29 and later keep images and layers, whatever their data-root is. */
  readonly containerd: string;
}

const PLACES: DiskPlaces = {
  dev: '/dev',
  fstab: '/etc/fstab',
  dockerConfig: '/etc/docker/daemon.json',
  containerd: '/var/lib/containerd',
};

/**
 * A POSIX shell script that gives further disks a file system and mounts them, now and at every boot; doing it again changes nothing.
 *
 * Only a disk on which nothing is found is formatted: one with a file system is mounted as it is, anything else is refused. The disk is
 * found by the device name of the launch. Nitro machines show EBS disks as NVMe devices in any order, and tell that name in the
 * vendor's part of "Identify Controller" (NVM Express 1.4, 5.15.2.2; Amazon EC2 User Guide, "Map NVMe disks to EBS volumes").
 */
export function diskScript(disks: readonly MountedDisk[], places: DiskPlaces = PLACES): string {
  const ordered = [...disks].sort((a, b) => a.mountPoint.length - b.mountPoint.length);
  const calls = ordered.map(({ device, mountPoint, filesystem = 'ext4', inodes = '' }) =>
    ['set_up', device.replace('/dev/', ''), mountPoint, filesystem, inodes].join(' ').trimEnd(),
  );
  const docker = ordered.find((disk) => disk.dockerData === true);
  return `${FUNCTIONS}
DEV=${quote(places.dev)} FSTAB=${quote(places.fstab)} DOCKER=${quote(places.dockerConfig)} CONTAINERD=${quote(places.containerd)}
${calls.join('\n')}
${docker === undefined ? '' : `docker_on ${docker.mountPoint}\n`}`;
}

/** Hands the disks' folders to the login user, once there is one; Docker's stays with root. */
export function ownDisks(disks: readonly MountedDisk[], loginUser: string): readonly string[] {
  return disks
    .filter((disk) => disk.dockerData !== true)
    .map(({ mountPoint }) => `[ "$(stat -c %u ${mountPoint})" != 0 ] || chown ${quote(loginUser)}: ${mountPoint}`);
}

const FUNCTIONS = `set -eu
fail() { echo "Skylab: $*" >&2; exit 1; }

nvme_name() {
  for python in python3 /usr/libexec/platform-python; do command -v "$python" >/dev/null && break; done
  "$python" - "$1" <<'PYTHON'
import ctypes, fcntl, struct, sys
answer = ctypes.create_string_buffer(4096)
command = bytearray(struct.pack('<BBHIIIQQII6III', 6, 0, 0, 0, 0, 0, 0, ctypes.addressof(answer), 0, 4096, 1, 0, 0, 0, 0, 0, 0, 0))
with open(sys.argv[1], 'rb') as disk:
    fcntl.ioctl(disk, 0xC0484E41, command)
if answer.raw[24:64].startswith(b'Amazon Elastic Block Store'):
    print(answer.raw[3072:3104].decode('ascii', 'ignore').strip(' \\0').replace('/dev/', '').replace('xvd', 'sd', 1))
PYTHON
}

find_disk() {
  for name in "$1" "xvd\${1#sd}"; do
    if [ -b "$DEV/$name" ]; then readlink -f "$DEV/$name"; return 0; fi
  done
  for disk in "$DEV"/nvme*n1; do
    if [ -b "$disk" ] && [ "$(nvme_name "$disk" 2>/dev/null)" = "$1" ]; then echo "$disk"; return 0; fi
  done
  return 1
}

wait_for_disk() {
  tries=0
  until find_disk "$1"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 30 ]; then return 1; fi
    sleep 1
  done
}

set_up() {
  disk=$(wait_for_disk "$1") || fail "the disk $1 for $2 is not there"
  found=0
  tags=$(blkid -p -o export "$disk") || found=$?
  case $found in
    0) kind=$(printf '%s\\n' "$tags" | sed -n 's/^TYPE=//p')
       if [ -z "$kind" ]; then fail "$disk for $2 holds partitions: it was left alone"; fi
       echo "Skylab: $disk holds $kind and is mounted at $2 as it is" ;;
    2) kind=$3
       if [ "$kind" = xfs ] && ! command -v mkfs.xfs >/dev/null; then install_xfs; fi
       echo "Skylab: making $kind on $disk for $2"
       case $kind in
         ext4) mkfs.ext4 -q -F \${4:+-N "$4"} "$disk" ;;
         xfs) mkfs.xfs -q "$disk" ;;
       esac ;;
    *) fail "it is not clear what $disk for $2 holds: it was left alone" ;;
  esac
  uuid=$(blkid -p -s UUID -o value "$disk")
  if ! awk -v place="$2" '$1 !~ /^#/ && $2 == place { there = 1 } END { exit !there }' "$FSTAB"; then
    printf 'UUID=%s %s %s defaults,nofail,x-systemd.device-timeout=30s 0 2\\n' "$uuid" "$2" "$kind" >>"$FSTAB"
  fi
  mkdir -p "$2"
  if ! mountpoint -q "$2"; then mount -t "$kind" "$disk" "$2"; fi
}

install_xfs() {
  if command -v apt-get >/dev/null; then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q xfsprogs
  else dnf install -y -q xfsprogs || yum install -y -q xfsprogs; fi
}

docker_on() {
  mkdir -p -m 0711 "$1/docker" "$1/containerd" "$CONTAINERD" "$(dirname "$DOCKER")"
  python3 - "$DOCKER" "$1/docker" <<'PYTHON'
import json, os, sys
path, root = sys.argv[1:]
settings = {}
if os.path.exists(path) and os.path.getsize(path) > 0:
    with open(path) as file:
        settings = json.load(file)
settings['data-root'] = root
with open(path + '.new', 'w') as file:
    json.dump(settings, file, indent=2)
os.replace(path + '.new', path)
PYTHON
  # Images are containerd's, which has no setting that a package would not write over: its folder is the disk's.
  if ! mountpoint -q "$CONTAINERD" && [ -z "$(ls -A "$CONTAINERD")" ]; then
    if ! grep -qF " $CONTAINERD none bind" "$FSTAB"; then
      printf '%s %s none bind,nofail,x-systemd.requires-mounts-for=%s 0 0\\n' "$1/containerd" "$CONTAINERD" "$1" >>"$FSTAB"
    fi
    mount --bind "$1/containerd" "$CONTAINERD"
  fi
  mountpoint -q "$CONTAINERD" || echo "Skylab: what containerd holds already stays in $CONTAINERD"
  # Docker that runs already goes on with the new folder; it must not hold up the boot.
  if command -v systemctl >/dev/null; then systemctl --no-block try-restart docker 2>/dev/null || true; fi
}
`;
