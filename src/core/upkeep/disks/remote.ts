import { SkylabError } from '../../errors';
import { installPackages } from '../packages/install';
import type { Task } from '../task';
import { putFile, rootScript, scripted } from '../task';
import type { DiskFacts } from './facts';
import { diskFacts } from './facts';
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

/** Mounts a folder of another machine over SSH as a systemd unit: now, and whenever the network is there. The other one's host key must be known to root. */
export function mountRemote(wish: RemoteFolder): Task<DiskFacts> {
  return {
    id: 'disks.sshfs',
    title: `Mount ${wish.host}:${wish.folder}`,
    look: diskFacts(),
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
    look: diskFacts(),
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
