import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateImageCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  DescribeVpcsCommand,
  DetachVolumeCommand,
  DisassociateAddressCommand,
  ModifyVolumeCommand,
  paginateDescribeImages,
  paginateDescribeLaunchTemplates,
  paginateDescribeLaunchTemplateVersions,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
  ReleaseAddressCommand,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
  type EC2Client,
  type ResourceType,
  type TagSpecification,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import type { Account, IngressRule, KeyPair } from '../../core/cloud/model';
import type {
  CloudResources,
  ElasticAddress,
  NetworkInterface,
  OwnGroup,
  OwnImage,
  Snapshot,
  TemplateUse,
  Volume,
} from '../../core/cloud/resources/ports';
import { TAG } from '../../core/cloud/tags';
import { SkylabError } from '../../core/errors';
import { present, toKeyPair, toTags } from './convert';
import { explainAwsError } from './errors';
import { makeOnce } from './madeOnce';
import { toAddress, toInterface, toOwnGroup, toOwnImage, toPermission, toSnapshot, toTemplateUse, toVolume } from './resourceConvert';

type Tags = Readonly<Record<string, string>>;

/** Rows per answer: reading the XML holds up the thread for the whole of one. */
const PAGE_SIZE = 500;

/** What an account has besides instances, behind the core's port: one account in one region. */
export class AwsResources implements CloudResources {
  /** @param client asked for at each request: it is made anew when the account's settings change */
  constructor(
    private readonly account: Account,
    private readonly client: () => Promise<EC2Client>,
  ) {}

  async listVolumes(signal?: AbortSignal): Promise<readonly Volume[]> {
    return this.#do('list the disks', async (client) => {
      const found: Volume[] = [];
      for await (const page of paginateDescribeVolumes({ client, pageSize: PAGE_SIZE }, {}, abortable(signal)))
        found.push(...present((page.Volumes ?? []).map(toVolume)));
      return found;
    });
  }

  async volume(id: string, signal?: AbortSignal): Promise<Volume | undefined> {
    const volumes = await this.#do('look at the disk', async (client) => {
      const answer = await client.send(new DescribeVolumesCommand({ Filters: [{ Name: 'volume-id', Values: [id] }] }), abortable(signal));
      return present((answer.Volumes ?? []).map(toVolume));
    });
    return volumes.find((volume) => volume.id === id && volume.state !== 'deleted');
  }

  async createVolume(wanted: Parameters<CloudResources['createVolume']>[0], tags: Tags): Promise<Volume> {
    const input = {
      AvailabilityZone: wanted.zone,
      Size: wanted.sizeGiB,
      VolumeType: volumeType(wanted.type),
      Encrypted: wanted.encrypted,
      ClientToken: wanted.clientToken,
      TagSpecifications: tagged('volume', tags),
      ...(wanted.snapshotId === undefined ? {} : { SnapshotId: wanted.snapshotId }),
    };
    const command = new CreateVolumeCommand(input);
    const send = async (client: EC2Client) => this.#given(toVolume(await client.send(command)), 'disk');
    return this.#once('create the disk', command, send, () => this.listVolumes(), tags);
  }

  async deleteVolume(id: string): Promise<void> {
    await this.#do(`delete the disk ${id}`, (client) => client.send(new DeleteVolumeCommand({ VolumeId: id })));
  }

  async attachVolume(id: string, instanceId: string, device: string): Promise<void> {
    const input = { VolumeId: id, InstanceId: instanceId, Device: device };
    await this.#do(`attach the disk ${id}`, (client) => client.send(new AttachVolumeCommand(input)));
  }

  async detachVolume(id: string, force = false): Promise<void> {
    const input = { VolumeId: id, ...(force ? { Force: true } : {}) };
    await this.#do(`detach the disk ${id}`, (client) => client.send(new DetachVolumeCommand(input)));
  }

  async modifyVolume(id: string, change: { readonly sizeGiB?: number; readonly type?: string }): Promise<void> {
    const input = {
      VolumeId: id,
      ...(change.sizeGiB === undefined ? {} : { Size: change.sizeGiB }),
      ...(change.type === undefined ? {} : { VolumeType: volumeType(change.type) }),
    };
    await this.#do(`change the disk ${id}`, (client) => client.send(new ModifyVolumeCommand(input)));
  }

  async volumeChange(id: string, signal?: AbortSignal): ReturnType<CloudResources['volumeChange']> {
    const input = { Filters: [{ Name: 'volume-id', Values: [id] }] };
    const answer = await this.#do('look at the disk', (client) =>
      client.send(new DescribeVolumesModificationsCommand(input), abortable(signal)),
    );
    const changes = (answer.VolumesModifications ?? []).filter((change) => change.VolumeId === id);
    const newest = changes.sort((a, b) => (b.StartTime?.getTime() ?? 0) - (a.StartTime?.getTime() ?? 0))[0];
    return newest?.ModificationState;
  }

  async listSnapshots(signal?: AbortSignal): Promise<readonly Snapshot[]> {
    return this.#do('list the snapshots', async (client) => {
      const found: Snapshot[] = [];
      const pages = paginateDescribeSnapshots({ client, pageSize: PAGE_SIZE }, { OwnerIds: ['self'] }, abortable(signal));
      for await (const page of pages) found.push(...present((page.Snapshots ?? []).map(toSnapshot)));
      return found;
    });
  }

  async snapshot(id: string, signal?: AbortSignal): Promise<Snapshot | undefined> {
    const input = { OwnerIds: ['self'], Filters: [{ Name: 'snapshot-id', Values: [id] }] };
    const answer = await this.#do('look at the snapshot', (client) => client.send(new DescribeSnapshotsCommand(input), abortable(signal)));
    return present((answer.Snapshots ?? []).map(toSnapshot)).find((snapshot) => snapshot.id === id);
  }

  async createSnapshot(volumeId: string, description: string, tags: Tags): Promise<Snapshot> {
    const input = { VolumeId: volumeId, Description: description, TagSpecifications: tagged('snapshot', tags) };
    const command = new CreateSnapshotCommand(input);
    const send = async (client: EC2Client) => this.#given(toSnapshot(await client.send(command)), 'snapshot');
    return this.#once(`copy the disk ${volumeId}`, command, send, () => this.listSnapshots(), tags);
  }

  async deleteSnapshot(id: string): Promise<void> {
    await this.#do(`delete the snapshot ${id}`, (client) => client.send(new DeleteSnapshotCommand({ SnapshotId: id })));
  }

  async listOwnImages(signal?: AbortSignal): Promise<readonly OwnImage[]> {
    return this.#do('list the images', async (client) => {
      const found: OwnImage[] = [];
      for await (const page of paginateDescribeImages({ client, pageSize: PAGE_SIZE }, { Owners: ['self'] }, abortable(signal)))
        found.push(...present((page.Images ?? []).map(toOwnImage)));
      return found;
    });
  }

  async ownImage(id: string, signal?: AbortSignal): Promise<OwnImage | undefined> {
    const input = { Owners: ['self'], Filters: [{ Name: 'image-id', Values: [id] }] };
    const answer = await this.#do('look at the image', (client) => client.send(new DescribeImagesCommand(input), abortable(signal)));
    return present((answer.Images ?? []).map(toOwnImage)).find((image) => image.id === id);
  }

  async isShared(imageId: string, signal?: AbortSignal): Promise<boolean> {
    const input = { ImageId: imageId, Attribute: 'launchPermission' as const };
    const answer = await this.#do(`see who may launch from ${imageId}`, (client) =>
      client.send(new DescribeImageAttributeCommand(input), abortable(signal)),
    );
    return (answer.LaunchPermissions ?? []).length > 0;
  }

  async createImage(instanceId: string, name: string, { reboot }: { readonly reboot: boolean }, tags: Tags): Promise<string> {
    const TagSpecifications = [...tagged('image', tags), ...tagged('snapshot', tags)];
    const input = { InstanceId: instanceId, Name: name, NoReboot: !reboot, TagSpecifications };
    const command = new CreateImageCommand(input);
    const send = async (client: EC2Client) => ({ id: this.#given((await client.send(command)).ImageId, 'image') });
    return (await this.#once(`create the image ${name}`, command, send, () => this.listOwnImages(), tags)).id;
  }

  async deregisterImage(id: string): Promise<void> {
    await this.#do(`deregister the image ${id}`, (client) => client.send(new DeregisterImageCommand({ ImageId: id })));
  }

  async listAddresses(signal?: AbortSignal): Promise<readonly ElasticAddress[]> {
    const answer = await this.#do('list the addresses', (client) => client.send(new DescribeAddressesCommand({}), abortable(signal)));
    return present((answer.Addresses ?? []).map(toAddress));
  }

  async allocateAddress(tags: Tags): Promise<ElasticAddress> {
    const input = { Domain: 'vpc' as const, TagSpecifications: tagged('elastic-ip', tags) };
    const command = new AllocateAddressCommand(input);
    const send = async (client: EC2Client) => this.#given(toAddress({ ...(await client.send(command)), Tags: toTags(tags) }), 'address');
    return this.#once('allocate an address', command, send, () => this.listAddresses(), tags);
  }

  async associateAddress(address: ElasticAddress, instanceId: string): Promise<void> {
    const input = { InstanceId: instanceId, ...named(address), ...(address.allocationId === '' ? {} : { AllowReassociation: true }) };
    await this.#do(`give the machine ${address.publicIp}`, (client) => client.send(new AssociateAddressCommand(input)));
  }

  async disassociateAddress(address: ElasticAddress): Promise<void> {
    const { associationId, publicIp } = address;
    const input = associationId === undefined ? { PublicIp: publicIp } : { AssociationId: associationId };
    await this.#do(`take ${publicIp} from the machine`, (client) => client.send(new DisassociateAddressCommand(input)));
  }

  async releaseAddress(address: ElasticAddress): Promise<void> {
    await this.#do(`release ${address.publicIp}`, (client) => client.send(new ReleaseAddressCommand(named(address))));
  }

  async listKeyPairs(signal?: AbortSignal): Promise<readonly KeyPair[]> {
    const answer = await this.#do('list the key pairs', (client) => client.send(new DescribeKeyPairsCommand({}), abortable(signal)));
    return present((answer.KeyPairs ?? []).map(toKeyPair));
  }

  async deleteKeyPair(name: string): Promise<void> {
    await this.#do(`delete the key pair ${name}`, (client) => client.send(new DeleteKeyPairCommand({ KeyName: name })));
  }

  async listSecurityGroups(signal?: AbortSignal): Promise<readonly OwnGroup[]> {
    return this.#do('list the security groups', async (client) => {
      const found: OwnGroup[] = [];
      for await (const page of paginateDescribeSecurityGroups({ client, pageSize: PAGE_SIZE }, {}, abortable(signal)))
        found.push(...present((page.SecurityGroups ?? []).map(toOwnGroup)));
      return found;
    });
  }

  async createSecurityGroup(name: string, description: string, vpcId: string | undefined, tags: Tags): Promise<string> {
    return this.#do(`create the security group ${name}`, async (client) => {
      const VpcId = vpcId ?? (await defaultVpc(client));
      const input = { GroupName: name, Description: description, VpcId, TagSpecifications: tagged('security-group', tags) };
      return this.#given((await client.send(new CreateSecurityGroupCommand(input))).GroupId, 'security group');
    });
  }

  async deleteSecurityGroup(id: string): Promise<void> {
    await this.#do(`delete the security group ${id}`, (client) => client.send(new DeleteSecurityGroupCommand({ GroupId: id })));
  }

  async addRules(groupId: string, rules: readonly IngressRule[]): Promise<void> {
    if (rules.length === 0) return;
    const input = { GroupId: groupId, IpPermissions: rules.map(toPermission) };
    await this.#do('open the ports', (client) => client.send(new AuthorizeSecurityGroupIngressCommand(input)));
  }

  async removeRules(groupId: string, rules: readonly IngressRule[]): Promise<void> {
    if (rules.length === 0) return;
    const input = { GroupId: groupId, IpPermissions: rules.map(toPermission) };
    await this.#do('close the ports', (client) => client.send(new RevokeSecurityGroupIngressCommand(input)));
  }

  async describeRules(groupId: string, rules: readonly IngressRule[]): Promise<void> {
    if (rules.length === 0) return;
    const input = { GroupId: groupId, IpPermissions: rules.map(toPermission) };
    await this.#do('describe the rules', (client) => client.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand(input)));
  }

  async listInterfaces(signal?: AbortSignal): Promise<readonly NetworkInterface[]> {
    return this.#do('list the network interfaces', async (client) => {
      const found: NetworkInterface[] = [];
      for await (const page of paginateDescribeNetworkInterfaces({ client, pageSize: PAGE_SIZE }, {}, abortable(signal)))
        found.push(...present((page.NetworkInterfaces ?? []).map(toInterface)));
      return found;
    });
  }

  async listTemplates(signal?: AbortSignal): Promise<readonly TemplateUse[]> {
    return this.#do('list the launch templates', async (client) => {
      // Most accounts have none: then the longer question is spared.
      const some = paginateDescribeLaunchTemplates({ client, pageSize: 5 }, {}, abortable(signal));
      const first = await some[Symbol.asyncIterator]().next();
      if (first.done === true || (first.value.LaunchTemplates ?? []).length === 0) return [];
      const found: TemplateUse[] = [];
      const input = { Versions: ['$Latest', '$Default'] };
      for await (const page of paginateDescribeLaunchTemplateVersions({ client, pageSize: 200 }, input, abortable(signal)))
        found.push(...(page.LaunchTemplateVersions ?? []).map(toTemplateUse));
      return found;
    });
  }

  async listZones(signal?: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#do('list the zones', (client) => client.send(new DescribeAvailabilityZonesCommand({}), abortable(signal)));
    const open = (answer.AvailabilityZones ?? []).filter((zone) => zone.State === undefined || zone.State === 'available');
    return present(open.map((zone) => zone.ZoneName)).sort();
  }

  async setTags(ids: readonly string[], tags: Tags): Promise<void> {
    await this.#do('set the tags', (client) => client.send(new CreateTagsCommand({ Resources: [...ids], Tags: toTags(tags) })));
  }

  async removeTags(ids: readonly string[], names: readonly string[]): Promise<void> {
    const input = { Resources: [...ids], Tags: names.map((Key) => ({ Key })) };
    await this.#do('remove the tags', (client) => client.send(new DeleteTagsCommand(input)));
  }

  #given<T>(value: T | undefined, what: string): T {
    if (value !== undefined) return value;
    throw new SkylabError(`The cloud did not say which ${what} it made.`, { next: 'Refresh the list and look for it.', code: 'NoId' });
  }

  /** Makes something whose act tag nothing else bears, and no second one where the answer was lost. @param all of its kind */
  async #once<T>(
    doing: string,
    command: Parameters<typeof makeOnce>[0],
    send: (client: EC2Client) => Promise<T>,
    all: () => Promise<readonly (T & { readonly tags: Tags })[]>,
    tags: Tags,
  ): Promise<T> {
    const token = tags[TAG.act];
    const find = async () => (token === undefined ? undefined : (await all()).find((one) => one.tags[TAG.act] === token));
    return this.#do(doing, (client) => makeOnce<T>(command, () => send(client), find));
  }

  async #do<T>(doing: string, act: (client: EC2Client) => Promise<T>): Promise<T> {
    try {
      return await act(await this.client());
    } catch (error) {
      throw explainAwsError(error, { account: this.account, doing });
    }
  }
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function tagged(type: ResourceType, tags: Tags): TagSpecification[] {
  return [{ ResourceType: type, Tags: toTags(tags) }];
}

/** The SDK's list of types is older than what a region may offer. */
const volumeType = (type: string): VolumeType => type as VolumeType;

/** Clouds without allocations know an address by itself. */
function named({ allocationId, publicIp }: ElasticAddress): { AllocationId: string } | { PublicIp: string } {
  return allocationId === '' ? { PublicIp: publicIp } : { AllocationId: allocationId };
}

async function defaultVpc(client: EC2Client): Promise<string> {
  const answer = await client.send(new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }));
  const id = answer.Vpcs?.find((vpc) => vpc.IsDefault === true)?.VpcId;
  // The name by which RunInstances says the same.
  if (id === undefined) throw Object.assign(new Error('No default VPC for this user'), { name: 'VPCIdNotSpecified' });
  return id;
}
