import { SkylabError } from '../../errors';
import type { Operation } from '../../operations/operations';
import type { Step } from '../../operations/step';
import type { Account, Machine } from '../model';
import { duration, waitFor } from '../waiting';
import { makingStep, type Act, type Acts } from './act';
import { unless } from './made';
import type { OwnImage, Snapshot } from './ports';
import { instanceOf } from './volumes';

const IMAGE_MS = 6 * 60 * 60_000;

/** What can be done with images of the account's own, and with snapshots. */
export class ImageActs {
  constructor(private readonly acts: Acts) {}

  /** @param reboot the machine is restarted, so that its disks are copied in one consistent state */
  create(account: Account, machine: Machine, name: string, reboot: boolean): Operation {
    const instance = instanceOf(machine);
    let id = '';
    const steps: Step<Act>[] = [
      makingStep({
        name: 'image',
        title: `Make the image ${name}`,
        run: async (act, io) => {
          id = await (await act.cloud()).createImage(instance.id, name, { reboot }, act.tags(name));
          io.log(id);
        },
      }),
      {
        name: 'available',
        title: 'Wait until its disks are copied',
        onFailure: 'keep',
        run: async (act, io) => {
          const cloud = await act.cloud();
          await waitFor(
            async () => {
              const image = await cloud.ownImage(id, io.signal);
              if (image?.state === 'failed' || image?.state === 'error')
                throw new SkylabError(`The image ${name} could not be made.`, {
                  next: 'Deregister it and try again.',
                  code: 'ImageFailed',
                });
              return image?.state === 'available' ? true : undefined;
            },
            {
              signal: io.signal,
              everyMs: (looks) => Math.min(act.pollMs * (looks + 1), 30_000),
              timeoutMs: IMAGE_MS,
              onTimeout: () =>
                new SkylabError(`The image ${name} is not ready after ${duration(IMAGE_MS)}.`, {
                  next: 'The cloud goes on with it: look again later.',
                  code: 'NotYet',
                }),
            },
          );
        },
      },
    ];
    return this.acts.start(account, `Image of ${machine.name}`, steps, machine.key);
  }

  /** @param withSnapshots the copies of their disks go, too: an image without them is nothing, they without an image still cost */
  deregister(account: Account, images: readonly OwnImage[], withSnapshots: boolean): Operation {
    const steps = images.flatMap((image): Step<Act>[] => [
      {
        name: image.id,
        title: `Deregister ${image.name}`,
        onFailure: 'keep',
        run: async (act) => unless((await act.cloud()).deregisterImage(image.id), 'NoSuchImage'),
      },
      ...(withSnapshots ? image.snapshotIds.map((id) => deleteStep(id, id)) : []),
    ]);
    const only = images.length === 1 ? images[0] : undefined;
    return this.acts.start(account, only === undefined ? `Deregister ${images.length} images` : `Deregister ${only.name}`, steps);
  }

  deleteSnapshots(account: Account, snapshots: readonly Snapshot[]): Operation {
    const steps = snapshots.map(({ id, name }) => deleteStep(id, name === '' ? id : name));
    const only = snapshots.length === 1 ? snapshots[0] : undefined;
    return this.acts.start(account, only === undefined ? `Delete ${snapshots.length} snapshots` : `Delete ${only.id}`, steps);
  }
}

function deleteStep(id: string, label: string): Step<Act> {
  return {
    name: id,
    title: `Delete the snapshot ${label}`,
    onFailure: 'keep',
    run: async (act) => unless((await act.cloud()).deleteSnapshot(id), 'NoSuchSnapshot'),
  };
}
