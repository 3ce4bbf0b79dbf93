import type { ExtraDisk, UserSpec } from '../../../shared/launchMore';
import type { LaunchSpec } from '../../../shared/launchSpec';
import { hostNameProblem } from '../../../shared/launchMoreCheck';
import { expiryBootCommands } from '../money/expiryBoot';
import { graphTermSetUp, type PresetScript } from './graphTerm';

/** A further disk that gets a file system and a place. */
export interface MountedDisk extends ExtraDisk {
  /** As RunInstances asks for it, such as `/dev/sdf`; the machine may call it otherwise. */
  readonly device: string;
  readonly mountPoint: string;
}

export interface FileToWrite {
  readonly path: string;
  readonly content: string;
  /** Octal, such as `0644`. */
  readonly mode: string;
}

/** What a machine does when it boots for the first time, before it is put into a form that the machine reads. */
export interface FirstBootPlan {
  /** Shell commands that run first, at every boot. */
  readonly early: readonly string[];
  readonly disks: readonly MountedDisk[];
  /** With its domain, if it has one. */
  readonly hostname: string | undefined;
  readonly packages: readonly string[];
  readonly users: readonly UserSpec[];
  readonly files: readonly FileToWrite[];
  /** Shell commands that root runs after all of this, until one fails. */
  readonly commands: readonly string[];
  /** The person's own; empty for none. */
  readonly userData: string;
}

export interface PlanContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Who logs in, and owns the disks' folders. */
  readonly loginUser: string;
  /** Of the machine that a GraphTerm host joins. */
  readonly primaryAddress?: string;
  /** Of the recipe that the preset runs; none where there is no preset. */
  readonly presetScripts?: readonly PresetScript[];
}

/** `/dev/sdf` and on, which EC2 recommends for further disks. */
export const deviceOf = (index: number): string => `/dev/sd${String.fromCharCode('f'.charCodeAt(0) + index)}`;

/** What a spec asks of the first boot. */
export function firstBootPlan(spec: LaunchSpec, context: PlanContext): FirstBootPlan {
  const preset =
    spec.preset === undefined
      ? undefined
      : graphTermSetUp(spec.preset, { ...context, hostname: hostNameOf(spec), scripts: context.presetScripts ?? [] });
  return {
    early: spec.expiry === undefined ? [] : expiryBootCommands(spec.expiry, context.now),
    disks: (spec.disks ?? []).flatMap((disk, i) =>
      disk.mountPoint === undefined ? [] : [{ ...disk, device: deviceOf(i), mountPoint: disk.mountPoint }],
    ),
    // Each of several machines gets its own name once it lets in.
    hostname: spec.count === 1 ? hostNameOf(spec) : undefined,
    packages: [...new Set(spec.packages ?? [])],
    users: spec.users ?? [],
    files: preset?.files ?? [],
    commands: preset?.commands ?? [],
    userData: spec.userData,
  };
}

/** The host name that is asked for: by itself, or by a machine's name with a domain. */
export function hostNameOf({ hostname, name }: Pick<LaunchSpec, 'hostname' | 'name'>): string | undefined {
  if (hostname !== undefined) return hostname;
  return name.includes('.') && hostNameProblem(name) === undefined ? name.toLowerCase() : undefined;
}

/** True where nothing is to be done beyond the person's own user data. */
export function isPlain({ early, disks, hostname, packages, users, files, commands }: FirstBootPlan): boolean {
  return hostname === undefined && [early, disks, packages, users, files, commands].every((part) => part.length === 0);
}
