import { SkylabError } from '../../errors';
import type { Operation } from '../../operations/operations';
import type { Step } from '../../operations/step';
import type { Account, Instance, Machine } from '../model';
import { instanceKey } from '../model';
import { duration, waitFor } from '../waiting';
import { makingStep, type Act, type Acts } from './act';
import { unless, waitForVolume } from './made';
import type { CloudResources, Snapshot, Volume } from './ports';

export interface VolumeWanted {
  /** The Name tag; may be empty. */
  readonly name: string;
  readonly sizeGiB: number;
  readonly zone: string;
  readonly type: string;
  readonly encrypted: boolean;
  readonly snapshotId?: string;
}

const GROW_MS = 10 * 60_000;
const SNAPSHOT_MS = 6 * 60 * 60_000;

/** What can be done with disks. Sizes are whole GiB. */
export class VolumeActs {
  constructor(private readonly acts: Acts) {}

  /** @param attachTo a machine of the same zone and account that gets it */
  create(account: Account, wanted: VolumeWanted, attachTo?: Machine): Operation {
    const to = attachTo === undefined ? undefined : instanceOf(attachTo);
    let made: Volume | undefined;
    const steps: Step<Act>[] = [
      makingStep({
        name: 'create',
        title: `Create a disk of ${wanted.sizeGiB} GiB`,
        run: async (act, io) => {
          if (to !== undefined) checkZone(wanted.zone, to);
          const cloud = await act.cloud();
          const { name, ...rest } = wanted;
          made = await cloud.createVolume({ ...rest, clientToken: act.token }, act.tags(name));
          io.log(`${made.id} in ${made.zone}`);
          made = await waitForVolume(cloud, made.id, 'available', { signal: io.signal, pollMs: act.pollMs });
        },
      }),
    ];
    if (to !== undefined)
      steps.push(
        attachStep(to, () => {
          if (made === undefined) throw new Error('The step before makes the disk.');
          return made;
        }),
      );
    const name = wanted.name === '' ? `${wanted.sizeGiB} GiB` : wanted.name;
    const title = attachTo === undefined ? `Create the disk ${name}` : `Create the disk ${name} for ${attachTo.name}`;
    return this.acts.start(account, title, steps, attachTo?.key);
  }

  attach(account: Account, volume: Volume, machine: Machine): Operation {
    const instance = instanceOf(machine);
    return this.acts.start(account, `Attach ${labelOf(volume)} to ${machine.name}`, [attachStep(instance, () => volume)], machine.key);
  }

  /** Whoever asks has seen to it that it is not mounted. */
  detach(account: Account, volume: Volume): Operation {
    const step: Step<Act> = {
      name: 'detach',
      title: 'Detach the disk',
      onFailure: 'keep',
      run: async (act, io) => {
        const cloud = await act.cloud();
        await unless(cloud.detachVolume(volume.id), 'NotAttached');
        io.report('waiting until the machine has let go');
        await waitForVolume(cloud, volume.id, 'available', { signal: io.signal, pollMs: act.pollMs });
      },
    };
    const machineKey = volume.attachment === undefined ? undefined : instanceKey(account.id, volume.attachment.instanceId);
    return this.acts.start(account, `Detach ${labelOf(volume)}`, [step], machineKey);
  }

  /** Resolves when the new size is there; the file system on it grows by an act of its own. */
  grow(account: Account, volume: Volume, sizeGiB: number): Operation {
    const step: Step<Act> = {
      name: 'grow',
      title: `Grow from ${volume.sizeGiB} to ${sizeGiB} GiB`,
      onFailure: 'keep',
      run: async (act, io) => {
        if (sizeGiB <= volume.sizeGiB)
          throw new SkylabError(`${labelOf(volume)} has ${volume.sizeGiB} GiB already: a disk can only grow.`, {
            next: `Give it more than ${volume.sizeGiB} GiB.`,
            code: 'TooSmall',
          });
        const cloud = await act.cloud();
        await cloud.modifyVolume(volume.id, { sizeGiB });
        io.report('waiting for the new size');
        await this.#grown(cloud, volume, act, io.signal);
      },
    };
    return this.acts.start(account, `Grow ${labelOf(volume)} to ${sizeGiB} GiB`, [step]);
  }

  async #grown(cloud: CloudResources, volume: Volume, { pollMs }: Act, signal: AbortSignal): Promise<void> {
    await waitFor(
      async () => {
        const state = await cloud.volumeChange(volume.id, signal);
        if (state === 'failed')
          throw new SkylabError(`The cloud could not grow ${labelOf(volume)}.`, { next: 'Try again later.', code: 'NotGrown' });
        return state === 'optimizing' || state === 'completed' ? true : undefined;
      },
      {
        signal,
        everyMs: pollMs,
        timeoutMs: GROW_MS,
        onTimeout: () =>
          new SkylabError(`${labelOf(volume)} has not grown within ${duration(GROW_MS)}.`, {
            next: 'The cloud goes on with it: look again in a while.',
            code: 'NotYet',
          }),
      },
    );
  }

  delete(account: Account, volumes: readonly Volume[]): Operation {
    const steps = volumes.map((volume): Step<Act> => ({
      name: volume.id,
      title: `Delete ${labelOf(volume)}`,
      onFailure: 'keep',
      run: async (act) => unless((await act.cloud()).deleteVolume(volume.id), 'NoSuchVolume'),
    }));
    const only = volumes.length === 1 ? volumes[0] : undefined;
    return this.acts.start(account, only === undefined ? `Delete ${volumes.length} disks` : `Delete ${labelOf(only)}`, steps);
  }

  /** Resolves when the copy is complete; until then it can go on without this computer. */
  snapshot(account: Account, volume: Volume, name: string): Operation {
    let made: Snapshot | undefined;
    const steps: Step<Act>[] = [
      makingStep({
        name: 'snapshot',
        title: `Copy ${labelOf(volume)}`,
        run: async (act, io) => {
          made = await (await act.cloud()).createSnapshot(volume.id, name, act.tags(name));
          io.log(made.id);
        },
      }),
      {
        name: 'complete',
        title: 'Wait until the copy is complete',
        onFailure: 'keep',
        run: async (act, io) => {
          if (made === undefined) throw new Error('The step before makes the snapshot.');
          await waitForSnapshot(
            await act.cloud(),
            made.id,
            act,
            (progress) => io.report(`${Math.round(progress * 100)} %`, progress),
            io.signal,
          );
        },
      },
    ];
    return this.acts.start(account, `Snapshot of ${labelOf(volume)}`, steps);
  }
}

/** @throws SkylabError when it failed or takes longer than six hours */
async function waitForSnapshot(
  cloud: CloudResources,
  id: string,
  { pollMs }: Act,
  report: (progress: number) => void,
  signal: AbortSignal,
): Promise<void> {
  await waitFor(
    async () => {
      const seen = await cloud.snapshot(id, signal);
      if (seen?.state === 'error')
        throw new SkylabError(`The snapshot ${id} has failed.`, { next: 'Delete it and make another one.', code: 'SnapshotFailed' });
      if (seen !== undefined) report(seen.progress);
      return seen?.state === 'completed' ? true : undefined;
    },
    {
      signal,
      // Copying takes minutes to hours: no need to ask all the time.
      everyMs: (looks) => Math.min(pollMs * (looks + 1), 30_000),
      timeoutMs: SNAPSHOT_MS,
      onTimeout: () =>
        new SkylabError(`The snapshot ${id} is not complete after ${duration(SNAPSHOT_MS)}.`, {
          next: 'The cloud goes on with it: look again later.',
          code: 'NotYet',
        }),
    },
  );
}

function attachStep(instance: Instance, volumeOf: () => Volume): Step<Act> {
  return {
    name: 'attach',
    title: `Attach it to ${instance.name}`,
    run: async (act, io) => {
      const volume = volumeOf();
      checkZone(volume.zone, instance);
      const cloud = await act.cloud();
      const device = freeDevice(await cloud.listVolumes(io.signal), instance.id);
      await attachOnce(cloud, volume, instance, device);
      io.report(`waiting for ${device}`);
      await waitForVolume(cloud, volume.id, 'in-use', { signal: io.signal, pollMs: act.pollMs });
      io.log(`${volume.id} is ${device} of ${instance.name}`);
    },
    undo: async (act) => {
      const cloud = await act.cloud();
      const now = await cloud.volume(volumeOf().id);
      if (now?.attachment?.instanceId === instance.id) await unless(cloud.detachVolume(now.id), 'NotAttached');
    },
  };
}

/** A lost answer is asked for again by itself: then the disk is in use already, by the right machine. */
async function attachOnce(cloud: CloudResources, volume: Volume, instance: Instance, device: string): Promise<void> {
  try {
    await cloud.attachVolume(volume.id, instance.id, device);
  } catch (error) {
    const now = error instanceof SkylabError && error.code === 'InUse' ? await cloud.volume(volume.id) : undefined;
    if (now?.attachment?.instanceId !== instance.id) throw error;
  }
}

function checkZone(zone: string, instance: Instance): void {
  if (instance.zone === undefined || instance.zone === zone) return;
  throw new SkylabError(`${instance.name} is in ${instance.zone}, the disk in ${zone}: they cannot come together.`, {
    next: 'Make a snapshot of the disk, and a new disk from it in the zone of the machine.',
    code: 'WrongZone',
  });
}

/** AWS recommends f to p for data disks; the others are for those who have more. */
const LETTERS = Array.from('fghijklmnopbcdeqrstuvwxyz');

/**
 * A device name that no disk of the machine has. Linux may name the disk otherwise (`/dev/nvme1n1`).
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html
 * @throws SkylabError when all are taken
 */
export function freeDevice(volumes: readonly Volume[], instanceId: string): string {
  const taken = new Set(
    volumes.flatMap(({ attachment }) => (attachment?.instanceId === instanceId ? [/(?:sd|xvd)([a-z])/.exec(attachment.device)?.[1]] : [])),
  );
  const letter = LETTERS.find((one) => !taken.has(one));
  if (letter !== undefined) return `/dev/sd${letter}`;
  throw new SkylabError('The machine has no device name left for another disk.', {
    next: 'Detach one of its disks first.',
    code: 'NoDevice',
  });
}

/** What a person calls a disk. */
export const labelOf = (volume: Volume): string => (volume.name === '' ? volume.id : volume.name);

/** @throws SkylabError for a machine without a cloud */
export function instanceOf(machine: Machine): Instance {
  if (machine.kind === 'instance') return machine.instance;
  throw new SkylabError(`${machine.name} was handed out to you: its disks and addresses are not yours to change.`, {
    next: 'Ask whoever runs it.',
    code: 'NoCloud',
  });
}
