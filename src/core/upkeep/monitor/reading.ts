import type { RemoteCommand } from '../../remote/command';
import { taggedLines } from '../../remote/taggedLines';

/** How close something is to its end: `full` is 95 % and more, `filling` 85 %. */
export type Level = 'well' | 'filling' | 'full';

/** A file system. Sizes in bytes. */
export interface DiskReading {
  readonly mount: string;
  readonly device: string;
  readonly used: number;
  readonly available: number;
  /** Percent of what files may use; root's reserve is not theirs. */
  readonly percent: number;
  /** Files and folders: percent of what the file system can hold; undefined where it makes them as needed (btrfs). */
  readonly inodePercent?: number;
  readonly inodesLeft?: number;
}

/** How a machine does at one moment. Sizes in bytes. */
export interface Reading {
  readonly disks: readonly DiskReading[];
  readonly memory?: { readonly total: number; readonly available: number };
  readonly swap?: { readonly total: number; readonly used: number };
  /** Over 1, 5 and 15 minutes. */
  readonly load?: readonly number[];
  readonly cpus: number;
}

/** Reads files of the kernel's and asks df: a few milliseconds. A network mount that hangs must not hold it up. */
const SCRIPT = String.raw`
export LC_ALL=C
limit() { if command -v timeout >/dev/null 2>&1; then timeout 5 "$@"; else "$@"; fi; }
limit df -P -k 2>/dev/null | sed '1d;s/^/blocks /'
limit df -P -i 2>/dev/null | sed '1d;s/^/inodes /'
sed -n 's/^\(MemTotal\|MemAvailable\|SwapTotal\|SwapFree\): *\([0-9]*\) kB/\1 \2/p' /proc/meminfo
echo "load $(cut -d' ' -f1-3 /proc/loadavg)"
echo "cpus $(nproc 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
exit 0
`;

/** One light look. Changes nothing, and needs no rights. */
export const takeReading: RemoteCommand<Reading> = {
  argv: ['sh', '-s'],
  stdin: SCRIPT,
  what: 'see how full the machine is',
  parse: parseReading,
};

const KIB = 1024;
/** What belongs to the kernel or to programs, and what can only be read. */
const NOT_FILES = /^\/(proc|sys|dev|run|snap|boot\/efi)(\/|$)|^\/var\/lib\/(docker|containers|containerd)\//;

function parseReading(text: string): Reading {
  const of = taggedLines(text);
  const number = (key: string): number | undefined => {
    const line = of.get(key)?.[0];
    return line === undefined ? undefined : Number(line) * KIB;
  };
  const inodes = new Map((of.get('inodes') ?? []).flatMap((line) => dfLine(line) ?? []).map((one) => [one.mount, one]));
  const disks = (of.get('blocks') ?? []).flatMap((line): DiskReading[] => {
    const blocks = dfLine(line);
    if (
      blocks === undefined ||
      NOT_FILES.test(blocks.mount) ||
      blocks.used + blocks.left === 0 ||
      /^(squashfs|\/dev\/loop)/.test(blocks.device)
    )
      return [];
    const files = inodes.get(blocks.mount);
    const counted = files !== undefined && files.used + files.left > 0;
    return [
      {
        mount: blocks.mount,
        device: blocks.device,
        used: blocks.used * KIB,
        available: blocks.left * KIB,
        percent: percentOf(blocks),
        ...(counted ? { inodePercent: percentOf(files), inodesLeft: files.left } : {}),
      },
    ];
  });
  const [total, available, swapTotal, swapFree] = [number('MemTotal'), number('MemAvailable'), number('SwapTotal'), number('SwapFree')];
  const load = of.get('load')?.[0]?.split(' ').map(Number);
  return {
    // a bind mount shows the same file system a second time
    disks: disks.filter(
      (one, index) =>
        disks.findIndex((other) => other.device === one.device && /^\//.test(one.device)) === index || !/^\//.test(one.device),
    ),
    ...(total === undefined || available === undefined ? {} : { memory: { total, available } }),
    ...(swapTotal === undefined || swapFree === undefined || swapTotal === 0
      ? {}
      : { swap: { total: swapTotal, used: swapTotal - swapFree } }),
    ...(load === undefined || load.length !== 3 || load.some(Number.isNaN) ? {} : { load }),
    cpus: Math.max(1, Number(of.get('cpus')?.[0] ?? 1)),
  };
}

/** `device size used available percent mount` (POSIX df -P). */
function dfLine(line: string): { device: string; used: number; left: number; mount: string } | undefined {
  const match = /^(\S+)\s+\S+\s+(\d+)\s+(-?\d+)\s+\S+\s+(\/.*)$/.exec(line);
  if (match === null) return undefined;
  const [, device = '', used, left, mount = ''] = match;
  return { device, used: Number(used), left: Math.max(0, Number(left)), mount };
}

const percentOf = ({ used, left }: { used: number; left: number }): number => Math.ceil((100 * used) / (used + left));

export const levelOf = (percent: number): Level => (percent >= 95 ? 'full' : percent >= 85 ? 'filling' : 'well');

/** By the worse of space and files. */
export const diskLevel = ({ percent, inodePercent = 0 }: DiskReading): Level => levelOf(Math.max(percent, inodePercent));

/** Memory that programs use; what the kernel keeps of files is free for them. */
export const memoryPercent = ({ total, available }: { readonly total: number; readonly available: number }): number =>
  Math.round((100 * (total - available)) / total);

/** More than one program waits for each processor over five minutes, or more than four. */
export function loadLevel({ load, cpus }: Reading): Level {
  const over = (load?.[1] ?? 0) / cpus;
  return over >= 4 ? 'full' : over >= 2 ? 'filling' : 'well';
}

/** What is worth a warning, once: each disk that has come to a worse level than it was told at. */
export function newlyFull(
  reading: Reading,
  told: ReadonlyMap<string, Level>,
): readonly { readonly disk: DiskReading; readonly level: Level }[] {
  const rank = { well: 0, filling: 1, full: 2 };
  return reading.disks.flatMap((disk) => {
    const level = diskLevel(disk);
    return rank[level] > rank[told.get(disk.mount) ?? 'well'] ? [{ disk, level }] : [];
  });
}
