import { SkylabError } from '../../errors';
import type { Change, Task } from '../task';
import { putFile, rootScript, scripted } from '../task';
import type { DiskFacts } from './facts';
import { CONTAINERD_CONFIG, diskFacts, sizeText } from './facts';

const HOURS = 60 * 60_000;

/**
 * Moves Docker's data to a disk, and with them the images where containerd keeps those for Docker, as Docker 29 and newer have it:
 * containers stop meanwhile; the old data stay, under another name, until they are deleted by hand.
 */
export function moveDocker(mount: string): Task<DiskFacts> {
  const target = `${mount}/docker`;
  const images = `${mount}/containerd`;
  return {
    id: 'disks.docker',
    title: `Move Docker’s data to ${mount}`,
    look: diskFacts(target, images),
    plan(facts) {
      const { devices, dockerRoot, daemonJson, containerd, filled } = facts;
      if (dockerRoot === undefined)
        throw new SkylabError('Docker does not run on this machine.', { next: 'Install it first.', code: 'NoDocker' });
      const moves = [
        ...(dockerRoot === target ? [] : [{ from: dockerRoot, to: target, bytes: facts.dockerBytes }]),
        ...(containerd === undefined || containerd.root === images ? [] : [{ from: containerd.root, to: images, bytes: containerd.bytes }]),
      ];
      if (moves.length === 0) return { acts: [] };
      if (!devices.some(({ mounts }) => mounts.includes(mount)))
        throw new SkylabError(`Nothing is mounted at ${mount}.`, { next: 'Mount the disk first.', code: 'NoMountPoint' });
      const taken = moves.find(({ to }) => filled.includes(to));
      if (taken !== undefined) {
        throw new SkylabError(`${taken.to} holds something already, perhaps of an earlier machine. Nothing was changed.`, {
          next: 'Give that folder another name first, or take another disk.',
          code: 'FolderTaken',
        });
      }
      const bytes = moves.reduce((sum, one) => sum + one.bytes, 0);
      const room = facts.free.get(mount) ?? 0;
      if (room < bytes * 1.05) {
        throw new SkylabError(`${mount} has ${sizeText(room)} left; Docker’s data take ${sizeText(bytes)}.`, {
          next: 'Take a larger disk, or prune images first.',
          code: 'DiskFull',
        });
      }
      const old = parsedDaemon(daemonJson);
      if (old['live-restore'] === true) {
        throw new SkylabError('Containers go on while Docker stops (“live-restore”): their data cannot be copied. Nothing was changed.', {
          next: 'Take “live-restore” out of /etc/docker/daemon.json and restart Docker first.',
          code: 'LiveRestore',
        });
      }
      const withImages = moves.some(({ to }) => to === images);
      const changes: Change[] = [
        scripted(
          'stops Docker and its containers',
          `systemctl stop docker.socket docker.service${withImages ? ' containerd.service' : ''}`,
          [],
          { undo: rootScript('systemctl start docker.service', [], 'start Docker again'), timeoutMs: 5 * 60_000 },
        ),
        ...moves.map(({ from, to }) =>
          scripted(`copies ${from} to ${to}`, COPY, [from, to], {
            timeoutMs: 6 * HOURS,
            undo: rootScript(COPY_GONE, [to], 'remove the copy'),
          }),
        ),
        ...(withImages ? [imagesAt(images, containerd?.config)] : []),
        {
          line: `has Docker keep its data in ${target}, by /etc/docker/daemon.json, and starts it`,
          command: rootScript(
            START,
            [target, withImages ? images : ''],
            'start Docker with its data moved',
            `${JSON.stringify({ ...old, 'data-root': target }, undefined, 2)}\n`,
          ),
          undo: rootScript(DOCKER_BACK, [daemonJson === '' ? 'absent' : 'there'], 'put Docker back', daemonJson),
          timeoutMs: HOURS,
        },
      ];
      return {
        acts: [{ name: 'docker', title: `Move Docker’s data to ${mount}`, changes }],
        notes: [
          `The old data stay in ${moves.map(({ from }) => from).join(' and ')}: delete them when everything works.`,
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

/** `root` stands before the first table of the file: there is no other place for it. @param text of the file; undefined where there is none */
function imagesAt(root: string, text: string | undefined): Change {
  const lines = (text ?? '').split('\n');
  const table = lines.findIndex((line) => /^\s*\[/.test(line));
  const rest = lines.filter((line, index) => (table >= 0 && index > table) || !/^\s*root\s*=/.test(line)).join('\n');
  return {
    line: `has containerd keep the images in ${root}, by ${CONTAINERD_CONFIG}`,
    command: putFile(CONTAINERD_CONFIG, '0644', `root = "${root}"\n${rest}`),
    undo:
      text === undefined ? rootScript('rm -f "$1"', [CONTAINERD_CONFIG], 'put containerd back') : putFile(CONTAINERD_CONFIG, '0644', text),
  };
}

/** Says that a copy is Skylab's own, and not complete: only such a one may be removed. */
const MARK = '.skylab-copy';

/** `cp -a` keeps owners, links, attributes and access lists; rsync may be missing. */
const COPY = `if [ -e "$2" ] && [ -n "$(ls -A "$2")" ]; then echo "$2 is not empty" >&2; exit 1; fi
mkdir -p "$2"; : >"$2/${MARK}"
chmod --reference="$1" "$2"; chown --reference="$1" "$2"
cp -a --sparse=always "$1/." "$2/"`;

const COPY_GONE = `if [ -e "$1/${MARK}" ]; then rm -rf --one-file-system "$1"; fi`;

/** Parameters: where Docker's data are, where containerd's are or nothing; standard input is daemon.json. */
const START = `umask 022
mkdir -p /etc/docker
cat >/etc/docker/daemon.json.skylab
mv /etc/docker/daemon.json.skylab /etc/docker/daemon.json
# stops and starts by hand count for systemd's limit of starts too
systemctl reset-failed docker.service containerd.service 2>/dev/null || :
if [ -n "$2" ]; then systemctl start containerd.service; fi
systemctl start docker.service
for i in 1 2 3 4 5 6 7 8 9 10; do
  if [ "$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)" = "$1" ]; then rm -f "$1/${MARK}" \${2:+"$2/${MARK}"}; exit 0; fi
  sleep 1
done
echo "Docker does not use $1" >&2; exit 1`;

const DOCKER_BACK = `systemctl stop docker.socket docker.service containerd.service 2>/dev/null || :
if [ "$1" = absent ]; then rm -f /etc/docker/daemon.json; else cat >/etc/docker/daemon.json; fi
systemctl reset-failed docker.service containerd.service 2>/dev/null || :`;
