import { SkylabError } from '../../errors';
import type { RemoteCommand } from '../../remote/command';
import type { RemoteSession } from '../../remote/session';
import type { Machine } from '../model';
import type { ResourcePorts } from './act';
import type { Volume } from './ports';

/** A disk, or a part of one, as the machine sees it. */
export interface BlockDevice {
  /** `nvme1n1p1`; the device is `/dev/` and this. */
  readonly name: string;
  /** On Nitro machines the volume's id without its dash. */
  readonly serial: string;
  readonly mountPoint: string;
  readonly filesystem: string;
  readonly parts: readonly BlockDevice[];
}

/** The columns that lsblk has had since util-linux 2.27 (`--json`). */
const listDisks: RemoteCommand<readonly BlockDevice[]> = {
  argv: ['lsblk', '--json', '-o', 'NAME,SERIAL,MOUNTPOINT,FSTYPE'],
  what: 'list the disks of the machine',
  parse: readDisks,
};

/** @param text what `lsblk --json` prints @throws SkylabError for anything else */
export function readDisks(text: string): readonly BlockDevice[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return devices(field(parsed, 'blockdevices'));
  } catch (cause) {
    throw new SkylabError('The machine did not list its disks in a way that can be read.', {
      next: 'Look at them there: lsblk',
      code: 'NoDiskList',
      cause,
    });
  }
}

function devices(value: unknown): readonly BlockDevice[] {
  if (!Array.isArray(value)) return [];
  return value.map((one: unknown) => ({
    name: text(one, 'name'),
    serial: text(one, 'serial').trim(),
    mountPoint: text(one, 'mountpoint'),
    filesystem: text(one, 'fstype'),
    parts: devices(field(one, 'children')),
  }));
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;

function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}

/**
 * Finds a volume among the machine's disks: by its serial number, or where the hypervisor tells none, by the letter of its device.
 * @returns undefined when it is not there
 */
export function findDisk(disks: readonly BlockDevice[], volume: Volume): BlockDevice | undefined {
  const serial = volume.id.replace('-', '');
  const bySerial = disks.find((disk) => disk.serial === serial || disk.serial === volume.id);
  if (bySerial !== undefined || volume.attachment === undefined) return bySerial;
  const device = volume.attachment.device.replace(/^\/dev\//, '');
  const names = [device, device.replace(/^sd/, 'xvd'), device.replace(/\d+$/, ''), device.replace(/^sd/, 'xvd').replace(/\d+$/, '')];
  return disks.find((disk) => names.includes(disk.name) && !disk.serial.startsWith('vol'));
}

/** Where a disk and all that is on it are mounted; `[SWAP]` counts. */
export function mountsOf(disk: BlockDevice): readonly string[] {
  return [...(disk.mountPoint === '' ? [] : [disk.mountPoint]), ...disk.parts.flatMap(mountsOf)];
}

/** A file system on a disk that can grow while it is in use. */
export interface Growth {
  readonly filesystem: string;
  readonly mountPoint: string;
  /** Run one after the other. */
  readonly commands: readonly RemoteCommand[];
}

/**
 * What lets the file system of a disk that has grown take the new room: first its partition, then itself.
 * @returns undefined where there is none that is known to grow
 */
export function growthOf(disk: BlockDevice): Growth | undefined {
  const last = disk.parts.at(-1);
  const on = last ?? disk;
  if (on.parts.length > 0) return undefined;
  const part: RemoteCommand[] =
    last === undefined
      ? []
      : [
          {
            argv: ['growpart', `/dev/${disk.name}`, last.name.slice(disk.name.length).replace(/^p/, '')],
            sudo: true,
            // 1: it fills the disk already.
            okCodes: [0, 1],
            what: 'grow the partition',
          },
        ];
  const command = growCommand(on);
  if (command === undefined) return undefined;
  return {
    filesystem: on.filesystem,
    mountPoint: on.mountPoint,
    commands: [...part, { ...command, sudo: true, what: 'grow the file system' }],
  };
}

function growCommand({ name, filesystem, mountPoint }: BlockDevice): Pick<RemoteCommand, 'argv'> | undefined {
  if (/^ext[234]$/.test(filesystem)) return { argv: ['resize2fs', `/dev/${name}`] };
  // These two grow by the place where they are mounted.
  if (mountPoint === '') return undefined;
  if (filesystem === 'xfs') return { argv: ['xfs_growfs', mountPoint] };
  return filesystem === 'btrfs' ? { argv: ['btrfs', 'filesystem', 'resize', 'max', mountPoint] } : undefined;
}

/** What a machine says about its disks. */
export class DisksOnMachine {
  constructor(private readonly access: ResourcePorts['access']) {}

  /** The volume as the machine sees it; undefined when it does not. @throws SkylabError when the machine cannot be asked */
  async find(machine: Machine, volume: Volume, signal?: AbortSignal): Promise<BlockDevice | undefined> {
    const session = await this.access.session(machine, signal);
    return findDisk(await session.run(listDisks, signal === undefined ? {} : { signal }), volume);
  }

  /** @throws SkylabError when something on the machine still uses it */
  async unmount(machine: Machine, mounts: readonly string[], signal?: AbortSignal): Promise<void> {
    const session = await this.access.session(machine, signal);
    // The deepest first.
    for (const mount of mounts.toSorted((a, b) => b.length - a.length))
      await this.#run(session, mount === '[SWAP]' ? ['swapoff', '-a'] : ['umount', mount], `unmount ${mount}`, signal);
  }

  /** @throws SkylabError with what the machine said */
  async grow(machine: Machine, growth: Growth, signal?: AbortSignal): Promise<void> {
    const session = await this.access.session(machine, signal);
    for (const command of growth.commands) await session.run(command, { timeoutMs: 300_000, ...(signal === undefined ? {} : { signal }) });
  }

  async #run(session: RemoteSession, argv: readonly string[], what: string, signal: AbortSignal | undefined): Promise<void> {
    await session.run({ argv, sudo: true, what }, signal === undefined ? {} : { signal });
  }
}
