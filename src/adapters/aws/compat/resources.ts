import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeAddressesCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { Account, KeyPair } from '../../../core/cloud/model';
import type {
  CloudResources,
  ElasticAddress,
  NetworkInterface,
  OwnGroup,
  OwnImage,
  Snapshot,
  TemplateUse,
  Volume,
} from '../../../core/cloud/resources/ports';
import { SkylabError } from '../../../core/errors';
import { present, toKeyPair, toTags } from '../convert';
import { toAddress, toOwnImage, toSnapshot, toVolume } from '../resourceConvert';
import { abortable, deleteKeyPair, OpenNebulaApi } from './openNebulaApi';
import { writtenName } from './openNebulaTags';

type Tags = Readonly<Record<string, string>>;

/** The zone that it gives its machines; its disks have none. */
const ZONE = 'default';

/**
 * What an OpenNebula has besides machines, behind the core's port. Its answers are not always true: what was asked for may be done although
 * the answer is an error, so that the state is looked at before a failure is told.
 */
export class OpenNebulaResources implements CloudResources {
  readonly #api: OpenNebulaApi;
  readonly #attachedTo: Map<string, string>;

  /**
   * @param client asked for at each request: it is made anew when the account's settings change
   * @param attachedTo which machine a disk was attached to from here: versions from 5.6 on forget it
   */
  constructor(account: Account, client: () => Promise<EC2Client>, attachedTo: Map<string, string>) {
    this.#attachedTo = attachedTo;
    this.#api = new OpenNebulaApi(account, client);
  }

  async listVolumes(signal?: AbortSignal): Promise<readonly Volume[]> {
    const [answer, tags] = await Promise.all([
      this.#api.do('list the disks', (client) => client.send(new DescribeVolumesCommand({}), abortable(signal))),
      this.#api.tags(signal),
    ]);
    const volumes = present((answer.Volumes ?? []).map((sdk) => toVolume({ ...sdk, ...tagged(tags, sdk.VolumeId) })));
    return volumes.map((volume) => ({ ...volume, zone: ZONE, ...this.#remembered(volume) }));
  }

  #remembered({ id, state, attachment }: Volume): Pick<Volume, 'attachment'> {
    if (state !== 'in-use') this.#attachedTo.delete(id);
    const instanceId = this.#attachedTo.get(id);
    return attachment !== undefined || instanceId === undefined
      ? {}
      : { attachment: { instanceId, device: '', deleteOnTermination: false } };
  }

  async volume(id: string, signal?: AbortSignal): Promise<Volume | undefined> {
    return (await this.listVolumes(signal)).find((one) => one.id === id);
  }

  async createVolume(wanted: { readonly sizeGiB: number; readonly snapshotId?: string }, tags: Tags): Promise<Volume> {
    const { sizeGiB, snapshotId } = wanted;
    const answer = await this.#api.do('make the disk', (client) =>
      client.send(
        new CreateVolumeCommand({
          AvailabilityZone: ZONE,
          ...(snapshotId === undefined ? { Size: sizeGiB } : { SnapshotId: snapshotId }),
        }),
      ),
    );
    const made = toVolume(answer);
    if (made === undefined) throw withoutId('disk');
    await this.#tagMade('the disk', made.id, tags);
    return { ...made, zone: ZONE };
  }

  async deleteVolume(id: string): Promise<void> {
    await this.#api.do('delete the disk', (client) => client.send(new DeleteVolumeCommand({ VolumeId: id })));
  }

  async attachVolume(id: string, instanceId: string, device: string): Promise<void> {
    const isDone = async () => {
      const now = await this.volume(id);
      return now?.state === 'in-use' && (now.attachment === undefined || now.attachment.instanceId === instanceId);
    };
    const before = await this.volume(id);
    if (before?.state === 'in-use' && before.attachment?.instanceId !== instanceId)
      throw new SkylabError(`The disk ${id} is in use by another machine.`, { next: 'Detach it there first.', code: 'InUse' });
    await this.#unless(isDone, 'attach the disk', (client) =>
      client.send(new AttachVolumeCommand({ VolumeId: id, InstanceId: instanceId, Device: device })),
    );
    this.#attachedTo.set(id, instanceId);
  }

  async detachVolume(id: string): Promise<void> {
    const before = await this.volume(id);
    if (before?.state === 'available')
      throw new SkylabError(`The disk ${id} is attached to no machine.`, { next: 'Nothing has to be done.', code: 'NotAttached' });
    const isDone = async () => (await this.volume(id))?.state === 'available';
    const known = before?.attachment?.instanceId;
    // Where the cloud has forgotten which, all that run are asked: one that does not have the disk does nothing.
    const candidates = known === undefined ? await this.#running() : [known];
    let refusal: Error | undefined;
    for (const InstanceId of candidates)
      try {
        await this.#unless(isDone, 'detach the disk', (client) => client.send(new DetachVolumeCommand({ VolumeId: id, InstanceId })));
        this.#attachedTo.delete(id);
        return;
      } catch (error) {
        refusal ??= error instanceof Error ? error : new Error(String(error));
      }
    throw (
      refusal ?? new SkylabError(`Nothing tells which machine has the disk ${id}.`, { next: 'Detach it in Sunstone.', code: 'NotAttached' })
    );
  }

  async #running(): Promise<readonly string[]> {
    const answer = await this.#api.do('list the machines', (client) => client.send(new DescribeInstancesCommand({})));
    const all = (answer.Reservations ?? []).flatMap((r) => r.Instances ?? []);
    return present(all.filter((one) => one.State?.Name === 'running').map((one) => one.InstanceId));
  }

  modifyVolume(): Promise<void> {
    return this.#api.lacks('change the size of a disk');
  }

  volumeChange(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async listSnapshots(signal?: AbortSignal): Promise<readonly Snapshot[]> {
    const [answer, tags] = await Promise.all([
      this.#api.orNothing('list the snapshots', (client) => client.send(new DescribeSnapshotsCommand({}), abortable(signal))),
      this.#api.tags(signal),
    ]);
    return present((answer?.Snapshots ?? []).map((sdk) => toSnapshot({ ...sdk, ...tagged(tags, sdk.SnapshotId) })));
  }

  async snapshot(id: string, signal?: AbortSignal): Promise<Snapshot | undefined> {
    return (await this.listSnapshots(signal)).find((one) => one.id === id);
  }

  async createSnapshot(volumeId: string, description: string, tags: Tags): Promise<Snapshot> {
    const answer = await this.#api.do('make the snapshot', (client) =>
      client.send(new CreateSnapshotCommand({ VolumeId: volumeId, Description: description })),
    );
    const made = toSnapshot(answer);
    if (made === undefined) throw withoutId('snapshot');
    await this.#tagMade('the snapshot', made.id, tags);
    return made;
  }

  async deleteSnapshot(id: string): Promise<void> {
    await this.#api.do('delete the snapshot', (client) => client.send(new DeleteSnapshotCommand({ SnapshotId: id })));
  }

  async listOwnImages(signal?: AbortSignal): Promise<readonly OwnImage[]> {
    const [answer, tags] = await Promise.all([
      this.#api.do('list the images', (client) => client.send(new DescribeImagesCommand({}), abortable(signal))),
      this.#api.tags(signal),
    ]);
    return present(
      (answer.Images ?? []).map((sdk) => {
        const own = tags.get(sdk.ImageId ?? '') ?? {};
        const Name = own['Name'] ?? sdk.Name ?? sdk.ImageLocation;
        // It says i386 of every image.
        return toOwnImage({ ...sdk, Architecture: undefined, ...(Name !== undefined && { Name }), Tags: toTags(own) });
      }),
    );
  }

  async ownImage(id: string, signal?: AbortSignal): Promise<OwnImage | undefined> {
    return (await this.listOwnImages(signal)).find((one) => one.id === id);
  }

  isShared(): Promise<boolean> {
    return Promise.resolve(false);
  }

  createImage(): Promise<string> {
    return this.#api.lacks('make an image of a machine');
  }

  deregisterImage(): Promise<void> {
    return this.#api.lacks('take an image away');
  }

  async listAddresses(signal?: AbortSignal): Promise<readonly ElasticAddress[]> {
    const answer = await this.#api.orNothing('list the addresses', (client) =>
      client.send(new DescribeAddressesCommand({}), abortable(signal)),
    );
    return present((answer?.Addresses ?? []).map(toAddress));
  }

  async allocateAddress(): Promise<ElasticAddress> {
    try {
      const answer = await this.#api.do('get an elastic address', (client) => client.send(new AllocateAddressCommand({})));
      const made = toAddress(answer);
      if (made === undefined) throw withoutId('address');
      return made;
    } catch (error) {
      if (!(error instanceof SkylabError) || error.code !== 'OpenNebulaFault') throw error;
      throw new SkylabError(`${error.message} It took an address out of its pool, and gave it to nobody.`, {
        next: 'Ask whoever runs the cloud to give it back to the pool; versions up to 5.4 do this right.',
        code: 'OpenNebulaFault',
        cause: error.cause,
      });
    }
  }

  async associateAddress({ publicIp }: ElasticAddress, instanceId: string): Promise<void> {
    const isDone = async () => (await this.#address(publicIp))?.instanceId === instanceId;
    await this.#unless(isDone, `give the address ${publicIp} to the machine`, (client) =>
      client.send(new AssociateAddressCommand({ PublicIp: publicIp, InstanceId: instanceId })),
    );
  }

  async disassociateAddress({ publicIp }: ElasticAddress): Promise<void> {
    const isDone = async () => {
      const now = await this.#address(publicIp);
      return now !== undefined && now.instanceId === undefined;
    };
    await this.#unless(isDone, `take the address ${publicIp} from the machine`, (client) =>
      client.send(new DisassociateAddressCommand({ PublicIp: publicIp })),
    );
  }

  async releaseAddress({ publicIp }: ElasticAddress): Promise<void> {
    const isDone = async () => (await this.#address(publicIp)) === undefined;
    await this.#unless(isDone, `give back the address ${publicIp}`, (client) =>
      client.send(new ReleaseAddressCommand({ PublicIp: publicIp })),
    );
  }

  async #address(publicIp: string): Promise<ElasticAddress | undefined> {
    return (await this.listAddresses()).find((one) => one.publicIp === publicIp);
  }

  async listKeyPairs(signal?: AbortSignal): Promise<readonly KeyPair[]> {
    const answer = await this.#api.do('list the key pairs', (client) => client.send(new DescribeKeyPairsCommand({}), abortable(signal)));
    return present((answer.KeyPairs ?? []).map(toKeyPair));
  }

  async deleteKeyPair(name: string): Promise<void> {
    await deleteKeyPair(this.#api, name, async () => (await this.listKeyPairs()).some((pair) => pair.name === name));
  }

  listSecurityGroups(): Promise<readonly OwnGroup[]> {
    return Promise.resolve([]);
  }

  createSecurityGroup(): Promise<string> {
    return this.#api.lacks('make a security group');
  }

  deleteSecurityGroup(): Promise<void> {
    return this.#api.lacks('delete a security group');
  }

  addRules(): Promise<void> {
    return this.#api.lacks('open ports');
  }

  removeRules(): Promise<void> {
    return this.#api.lacks('close ports');
  }

  describeRules(): Promise<void> {
    return this.#api.lacks('describe rules');
  }

  listInterfaces(): Promise<readonly NetworkInterface[]> {
    return Promise.resolve([]);
  }

  listTemplates(): Promise<readonly TemplateUse[]> {
    return Promise.resolve([]);
  }

  listZones(): Promise<readonly string[]> {
    return Promise.resolve([ZONE]);
  }

  async setTags(ids: readonly string[], tags: Tags): Promise<void> {
    await this.#api.setTags('it', ids, tags);
  }

  async removeTags(ids: readonly string[], names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const Tags = names.map((name) => ({ Key: writtenName(name) }));
    await this.#api.do('remove the tags', (client) => client.send(new DeleteTagsCommand({ Resources: [...ids], Tags })));
  }

  /** What was made is there, with or without its tags. */
  async #tagMade(what: string, id: string, tags: Tags): Promise<void> {
    await this.#api.setTags(what, [id], tags).catch((error: unknown) => {
      if (!(error instanceof SkylabError)) throw error;
    });
  }

  /** Tells a failure only when what was asked for is not there afterwards. */
  async #unless(isDone: () => Promise<boolean>, doing: string, act: (client: EC2Client) => Promise<unknown>): Promise<void> {
    try {
      await this.#api.do(doing, act);
    } catch (error) {
      const misleading = error instanceof SkylabError && MISLEADING.includes(error.code ?? '');
      if (!misleading || !(await isDone().catch(() => false))) throw error;
    }
  }
}

/** Errors that come although the work may be done: the fault of 5.6 to 5.12, the octal ids, and an answer that cannot be read. */
const MISLEADING = ['OpenNebulaFault', 'CloudFailure', 'EndpointUnreachable'];

function tagged(tags: ReadonlyMap<string, Tags>, id: string | undefined): { Tags: { Key: string; Value: string }[] } {
  return { Tags: toTags(tags.get(id ?? '') ?? {}).map(({ Key = '', Value = '' }) => ({ Key, Value })) };
}

function withoutId(what: string): SkylabError {
  return new SkylabError(`The cloud gave no id for the ${what}.`, {
    next: 'Look in its own web interface whether it was made.',
    code: 'NoId',
  });
}
