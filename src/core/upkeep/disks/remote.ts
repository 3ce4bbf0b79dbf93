import { SkylabError } from '../../errors';
import { installPackages } from '../packages/install';
import type { Change, Task } from '../task';
import { rootScript, scripted } from '../task';
import type { DiskFacts, RemoteMount } from './facts';
import { diskFacts, MOUNT_MARK } from './facts';
import { mountProblem } from './tasks';

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

/** Mounts a folder of another machine over SSH as a systemd unit: now, and at every start. The other one's host key must be known to root. */
export function mountRemote(wish: RemoteFolder): Task<DiskFacts> {
  const what = `${wish.host}:${wish.folder}`;
  return {
    id: 'disks.sshfs',
    title: `Mount ${what}`,
    look: diskFacts(wish.mount),
    plan(facts) {
      const { remotes, sshfs, fuse, family } = facts;
      const known = remotes.find(({ where }) => where === wish.mount);
      const unit = known?.unit ?? unitName(wish.mount);
      mayBeMounted(wish, facts, unit, known);
      const text = unitText(wish);
      if (known?.text === text && known.active && known.enabled) return { acts: [] };
      if (!fuse)
        throw new SkylabError('This machine has no /dev/fuse: nothing can be mounted over SSH.', {
          next: 'Containers need it from their host.',
          code: 'NoFuse',
        });
      const changes: readonly Change[] = [
        scripted(`sees that ${wish.host} lets root in and has the folder`, KNOCK, [
          wish.host,
          String(wish.port),
          wish.identityFile,
          wish.folder,
        ]),
        {
          line: `writes /etc/systemd/system/${unit}: ${what} at ${wish.mount}, ${wish.writable ? 'to read and write' : 'to read only'}`,
          command: rootScript(PUT_UNIT, [unit], `write ${unit}`, text),
          undo:
            known === undefined
              ? rootScript(UNIT_GONE, [unit, wish.mount], `remove ${unit}`)
              : rootScript(`${PUT_UNIT}\nsystemctl restart "$1" || :`, [unit], `put ${unit} back`, known.text),
        },
        scripted('mounts it, now and at every start', START, [unit, wish.mount], { timeoutMs: 90_000 }),
      ];
      return {
        acts: [
          ...(sshfs ? [] : [{ name: 'install', title: 'Install sshfs', changes: installPackages(family, ['sshfs']) }]),
          { name: 'mount', title: `Mount ${what}`, changes },
        ],
      };
    },
    explain: (error, undoError) => explained(wish, undoError ?? error),
  };
}

/** @throws SkylabError where the wish is none that can be written into a unit, or its place is taken */
function mayBeMounted(
  wish: RemoteFolder,
  { foreignUnits, filled, devices }: DiskFacts,
  unit: string,
  known: RemoteMount | undefined,
): void {
  const problem =
    mountProblem(wish.mount) ??
    (/^[A-Za-z0-9_.-]+@[A-Za-z0-9.:[\]-]+$/.test(wish.host) ? undefined : 'The host is written as user@host.') ??
    ([wish.folder, wish.identityFile].every((path) => /^[A-Za-z0-9/~._@+-]*$/.test(path))
      ? undefined
      : 'Paths may have letters, digits and “/._-@+~”.');
  if (problem !== undefined)
    throw new SkylabError(`${wish.host}:${wish.folder} cannot be mounted so.`, { next: problem, code: 'NoRemoteFolder' });
  const next = 'Choose another place.';
  if (foreignUnits.includes(unit))
    throw new SkylabError(`${unit} is there already, and is not Skylab’s. Nothing was changed.`, { next, code: 'MountTaken' });
  const disk = devices.find(({ mounts }) => mounts.includes(wish.mount));
  if (disk !== undefined) throw new SkylabError(`${disk.path} is mounted at ${wish.mount} already.`, { next, code: 'MountTaken' });
  if (filled.includes(wish.mount) && known?.active !== true) {
    throw new SkylabError(`${wish.mount} is not empty: the folder would hide what is there. Nothing was changed.`, {
      next,
      code: 'MountTaken',
    });
  }
}

function unitText({ host, port, folder, mount, writable, identityFile }: RemoteFolder): string {
  const options = [
    '_netdev',
    'allow_other',
    'default_permissions',
    'reconnect',
    'ServerAliveInterval=15',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `IdentityFile=${identityFile}`,
    `port=${port}`,
    ...(writable ? [] : ['ro']),
  ];
  return `${MOUNT_MARK}
[Unit]
Description=${host}:${folder} over SSH
After=network-online.target
Wants=network-online.target

[Mount]
What=${host}:${folder}
Where=${mount}
Type=fuse.sshfs
Options=${options.join(',')}
TimeoutSec=30

[Install]
WantedBy=remote-fs.target
`;
}

/** A failure to log in stands in no journal: sshfs says "Connection reset" for all of them. Parameters: host, port, key, folder. */
const KNOCK = `[ -r "$3" ] || { echo "there is no key $3" >&2; exit 1; }
{ if [ -n "$4" ]; then printf 'cd "%s"\\n' "$4"; else echo pwd; fi; } |
  sftp -b - -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=20 -o IdentityFile="$3" -P "$2" "$1" >/dev/null`;

function explained({ host, folder, identityFile }: RemoteFolder, error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const says = (message: string, next: string, code: string): SkylabError => new SkylabError(message, { next, code, cause: error });
  if (/Host key verification failed/.test(text)) {
    return says(
      `root on this machine does not know the host key of ${host}, or it is another one now.`,
      `Run “sudo ssh ${host}” in a terminal there, compare the fingerprint, and try again.`,
      'UnknownHost',
    );
  }
  if (/Permission denied \(/.test(text))
    return says(`${host} does not let the key ${identityFile} in.`, 'Add its public half to ~/.ssh/authorized_keys there.', 'NotLetIn');
  if (/there is no key /.test(text))
    return says(`There is no key ${identityFile} on this machine.`, 'Make one there with “sudo ssh-keygen -t ed25519”.', 'NoKey');
  if (/has the folder.*No such file|Can't change directory/s.test(text))
    return says(`${host} has no folder ${folder}.`, 'Correct its name.', 'NoRemoteFolder');
  return error instanceof Error ? error : new SkylabError(text);
}

const PUT_UNIT = `umask 022
cat >"/etc/systemd/system/$1.skylab"
mv -f "/etc/systemd/system/$1.skylab" "/etc/systemd/system/$1"
systemctl daemon-reload`;

const START = `mkdir -p "$2"
systemctl enable --quiet "$1"
systemctl restart "$1" || { journalctl -u "$1" -n 5 --no-pager -o cat >&2; exit 1; }`;

/** Parameters: the unit, its place. A unit that is not Skylab's stays. */
const UNIT_GONE = `grep -q '^${MOUNT_MARK}' "/etc/systemd/system/$1" || exit 0
systemctl stop "$1" 2>/dev/null || :
if findmnt --mountpoint "$2" >/dev/null 2>&1; then echo "$2 is still in use" >&2; exit 1; fi
systemctl disable --quiet "$1" 2>/dev/null || :
rm -f "/etc/systemd/system/$1"
systemctl daemon-reload`;

/** Unmounts it and removes its unit. */
export function unmountRemote(mount: string): Task<DiskFacts> {
  return {
    id: 'disks.sshfs.off',
    title: `Unmount ${mount}`,
    look: diskFacts(),
    plan({ remotes }) {
      const known = remotes.find(({ where }) => where === mount);
      if (known === undefined) return { acts: [] };
      return {
        acts: [
          {
            name: 'unmount',
            title: `Unmount ${mount}`,
            changes: [scripted(`unmounts ${mount} and removes ${known.unit}`, UNIT_GONE, [known.unit, known.where], { timeoutMs: 90_000 })],
          },
        ],
      };
    },
  };
}

/** A mount unit is named after its place: slashes are dashes, and dashes are written `\x2d` (systemd-escape --path). */
const unitName = (mount: string): string => `${mount.slice(1).replaceAll('-', '\\x2d').replaceAll('/', '-')}.mount`;
