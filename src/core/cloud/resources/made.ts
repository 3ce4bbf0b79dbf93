import { SkylabError } from '../../errors';
import type { StepIo } from '../../operations/step';
import { TAG } from '../tags';
import { duration, waitFor } from '../waiting';
import type { CloudResources, ElasticAddress, Volume } from './ports';

const DETACH_MS = 5 * 60_000;

/** Removes whatever carries an act's tag: disks, snapshots, images, addresses, groups and key pairs. What is gone already is no failure. */
export async function removeMade(cloud: CloudResources, token: string, io: Pick<StepIo, 'signal' | 'log'>, pollMs: number): Promise<void> {
  const made = <T extends { readonly tags?: Readonly<Record<string, string>> }>(all: readonly T[]): readonly T[] =>
    all.filter(({ tags }) => tags?.[TAG.act] === token);
  const [volumes, snapshots, images, addresses, groups, keyPairs] = await Promise.all([
    cloud.listVolumes(io.signal).then(made),
    cloud.listSnapshots(io.signal).then(made),
    cloud.listOwnImages(io.signal).then(made),
    cloud.listAddresses(io.signal).then(made),
    cloud.listSecurityGroups(io.signal).then(made),
    cloud.listKeyPairs(io.signal).then(made),
  ]);
  const noting = async (what: string, act: Promise<void>, ...gone: readonly string[]): Promise<void> => {
    await unless(act, ...gone);
    io.log(`removed ${what}`);
  };
  // Images first: a snapshot that an image is made of cannot be deleted.
  for (const { id } of images) await noting(id, cloud.deregisterImage(id), 'NoSuchImage');
  for (const { id } of snapshots) await noting(id, cloud.deleteSnapshot(id), 'NoSuchSnapshot');
  for (const volume of volumes) await noting(volume.id, removeVolume(cloud, volume, io.signal, pollMs), 'NoSuchVolume');
  for (const address of addresses) await noting(address.publicIp, giveBack(cloud, address), 'NoSuchAddress');
  for (const { id } of groups) await noting(id, cloud.deleteSecurityGroup(id), 'NoSuchGroup');
  for (const { name } of keyPairs) await noting(name, cloud.deleteKeyPair(name), 'NoSuchKeyPair');
}

/** Deletes a disk, detached first where it is attached. */
async function removeVolume(cloud: CloudResources, volume: Volume, signal: AbortSignal, pollMs: number): Promise<void> {
  if (volume.attachment !== undefined) {
    await unless(cloud.detachVolume(volume.id), 'NotAttached');
    await waitForVolume(cloud, volume.id, 'available', { signal, pollMs });
  }
  await cloud.deleteVolume(volume.id);
}

/** Releases an address, taken from its machine first. */
export async function giveBack(cloud: CloudResources, address: ElasticAddress): Promise<void> {
  if (address.associationId !== undefined || address.instanceId !== undefined)
    await unless(cloud.disassociateAddress(address), 'NotAssociated');
  await cloud.releaseAddress(address);
}

/** Waits until a disk has come to a state. @throws SkylabError when it has failed, is gone, or takes longer than five minutes */
export async function waitForVolume(
  cloud: CloudResources,
  id: string,
  wanted: 'available' | 'in-use',
  { signal, pollMs }: { readonly signal: AbortSignal; readonly pollMs: number },
): Promise<Volume> {
  return waitFor(
    async (looks) => {
      const volume = await cloud.volume(id, signal);
      // A disk that was just made may not be listed at once.
      if (volume === undefined && looks < 5) return undefined;
      if (volume === undefined || volume.state === 'error' || volume.state === 'deleting')
        throw new SkylabError(`The disk ${id} is ${volume?.state === 'error' ? 'broken: the cloud could not make it' : 'gone'}.`, {
          next: 'Refresh the list, and make another one.',
          code: 'NoSuchVolume',
        });
      return volume.state === wanted ? volume : undefined;
    },
    {
      signal,
      everyMs: pollMs,
      timeoutMs: DETACH_MS,
      onTimeout: () =>
        new SkylabError(`The disk ${id} is not ${wanted} after ${duration(DETACH_MS)}.`, {
          next: wanted === 'available' ? 'It may still be mounted: unmount it on the machine, or stop the machine.' : 'Refresh the list.',
          code: 'NotYet',
        }),
    },
  );
}

/** Waits for an act; failures with these codes count as done. */
export async function unless(act: Promise<void>, ...codes: readonly string[]): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!(error instanceof SkylabError) || error.code === undefined || !codes.includes(error.code)) throw error;
  }
}
