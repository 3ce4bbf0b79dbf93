import type {
  Address,
  Image as SdkImage,
  IpPermission,
  LaunchTemplateVersion,
  NetworkInterface as SdkInterface,
  SecurityGroup as SdkGroup,
  Snapshot as SdkSnapshot,
  Volume as SdkVolume,
} from '@aws-sdk/client-ec2';
import type { IngressRule } from '../../core/cloud/model';
import type { ElasticAddress, NetworkInterface, OwnGroup, OwnImage, Snapshot, TemplateUse, Volume } from '../../core/cloud/resources/ports';
import { TAG } from '../../core/cloud/tags';
import { present, tagsOf } from './convert';

/** A property that is left out where EC2 answered nothing, or an empty text. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  // A one-key literal with a computed key has the wider type of a record.
  return value === undefined || value === '' ? {} : ({ [key]: value } as Partial<Record<K, V>>);
}

const VOLUME_STATES = ['creating', 'available', 'in-use', 'deleting', 'deleted', 'error'] as const;

/** @returns undefined without an id. A state that is not documented counts as an error: such a disk is not touched */
export function toVolume(sdk: SdkVolume): Volume | undefined {
  if (sdk.VolumeId === undefined) return undefined;
  const tags = tagsOf(sdk.Tags);
  const attached = sdk.Attachments?.find((a) => a.InstanceId !== undefined && a.State !== 'detached');
  return {
    id: sdk.VolumeId,
    name: tags[TAG.name] ?? '',
    sizeGiB: sdk.Size ?? 0,
    type: sdk.VolumeType ?? 'standard',
    encrypted: sdk.Encrypted === true,
    zone: sdk.AvailabilityZone ?? '',
    state: VOLUME_STATES.find((s) => s === sdk.State) ?? 'error',
    createdAt: sdk.CreateTime?.getTime() ?? 0,
    tags,
    ...given('iops', sdk.Iops),
    ...given('throughput', sdk.Throughput),
    ...given('snapshotId', sdk.SnapshotId),
    ...(attached?.InstanceId === undefined
      ? {}
      : {
          attachment: {
            instanceId: attached.InstanceId,
            device: attached.Device ?? '',
            deleteOnTermination: attached.DeleteOnTermination === true,
          },
        }),
  };
}

const SNAPSHOT_STATES = ['pending', 'completed', 'error', 'recoverable', 'recovering'] as const;

export function toSnapshot(sdk: SdkSnapshot): Snapshot | undefined {
  if (sdk.SnapshotId === undefined) return undefined;
  const tags = tagsOf(sdk.Tags);
  const percent = Number.parseInt(sdk.Progress ?? '', 10);
  return {
    id: sdk.SnapshotId,
    name: tags[TAG.name] ?? '',
    description: sdk.Description ?? '',
    volumeId: sdk.VolumeId ?? '',
    sizeGiB: sdk.VolumeSize ?? 0,
    state: SNAPSHOT_STATES.find((s) => s === sdk.State) ?? 'error',
    progress: Number.isNaN(percent) ? 0 : percent / 100,
    createdAt: sdk.StartTime?.getTime() ?? 0,
    tags,
  };
}

export function toOwnImage(sdk: SdkImage): OwnImage | undefined {
  if (sdk.ImageId === undefined) return undefined;
  const disks = present((sdk.BlockDeviceMappings ?? []).map((mapping) => mapping.Ebs));
  const createdAt = Date.parse(sdk.CreationDate ?? '');
  return {
    id: sdk.ImageId,
    name: sdk.Name ?? sdk.ImageId,
    state: sdk.State ?? 'available',
    architecture: sdk.Architecture ?? '',
    createdAt: Number.isNaN(createdAt) ? 0 : createdAt,
    snapshotIds: present(disks.map((disk) => disk.SnapshotId)),
    sizeGiB: disks.reduce((sum, disk) => sum + (disk.VolumeSize ?? 0), 0),
    isPublic: sdk.Public === true,
    tags: tagsOf(sdk.Tags),
  };
}

export function toAddress(sdk: Address): ElasticAddress | undefined {
  if (sdk.PublicIp === undefined) return undefined;
  return {
    allocationId: sdk.AllocationId ?? '',
    publicIp: sdk.PublicIp,
    tags: tagsOf(sdk.Tags),
    ...given('associationId', sdk.AssociationId),
    ...given('instanceId', sdk.InstanceId),
    ...given('networkInterfaceId', sdk.NetworkInterfaceId),
    ...(sdk.ServiceManaged === undefined ? {} : { managed: true }),
  };
}

export function toInterface(sdk: SdkInterface): NetworkInterface | undefined {
  if (sdk.NetworkInterfaceId === undefined) return undefined;
  return {
    id: sdk.NetworkInterfaceId,
    description: sdk.Description ?? '',
    groupIds: present((sdk.Groups ?? []).map((group) => group.GroupId)),
    ...given('instanceId', sdk.Attachment?.InstanceId),
  };
}

export function toTemplateUse(sdk: LaunchTemplateVersion): TemplateUse {
  const data = sdk.LaunchTemplateData ?? {};
  const ofInterfaces = (data.NetworkInterfaces ?? []).flatMap((one) => one.Groups ?? []);
  return {
    name: sdk.LaunchTemplateName ?? sdk.LaunchTemplateId ?? '',
    groups: [...(data.SecurityGroupIds ?? []), ...(data.SecurityGroups ?? []), ...ofInterfaces],
    snapshotIds: present((data.BlockDeviceMappings ?? []).map((mapping) => mapping.Ebs?.SnapshotId)),
    ...given('imageId', data.ImageId),
    ...given('keyName', data.KeyName),
  };
}

export function toOwnGroup(sdk: SdkGroup): OwnGroup | undefined {
  if (sdk.GroupId === undefined) return undefined;
  const inbound = sdk.IpPermissions ?? [];
  const owner = sdk.OwnerId ?? '';
  const rules = inbound.flatMap((permission) => toRules(permission, owner));
  const named = [...inbound, ...(sdk.IpPermissionsEgress ?? [])].flatMap((p) => (p.UserIdGroupPairs ?? []).map((pair) => pair.GroupId));
  return {
    id: sdk.GroupId,
    name: sdk.GroupName ?? sdk.GroupId,
    description: sdk.Description ?? '',
    vpcId: sdk.VpcId ?? '',
    rules,
    tags: tagsOf(sdk.Tags),
    refersTo: [...new Set(present(named))],
    furtherRules: inbound.reduce((sum, permission) => sum + beyondModel(permission), 0),
  };
}

const PROTOCOLS: readonly IngressRule['protocol'][] = ['tcp', 'udp', 'icmp', '-1'];

/** Each source has a description of its own: those that share it make one rule. */
function toRules(sdk: IpPermission, ownerId: string): IngressRule[] {
  const protocol = PROTOCOLS.find((p) => p === sdk.IpProtocol);
  if (protocol === undefined) return [];
  const sources = [
    ...(sdk.IpRanges ?? []).map((r) => ({ cidr: r.CidrIp, group: undefined, description: r.Description ?? '' })),
    ...(sdk.Ipv6Ranges ?? []).map((r) => ({ cidr: r.CidrIpv6, group: undefined, description: r.Description ?? '' })),
    ...(sdk.UserIdGroupPairs ?? []).map((pair) => ({
      cidr: undefined,
      group: groupName(pair.GroupId, pair.UserId, ownerId),
      description: pair.Description ?? '',
    })),
  ];
  return [...new Set(sources.map((source) => source.description))].flatMap((description) => {
    const mine = sources.filter((source) => source.description === description);
    const cidrs = present(mine.map((source) => source.cidr));
    const groups = present(mine.map((source) => source.group));
    if (cidrs.length + groups.length === 0) return [];
    return [
      {
        protocol,
        ...portsOf(sdk, protocol),
        cidrs,
        ...(groups.length === 0 ? {} : { groups }),
        ...given('description', description),
      },
    ];
  });
}

function portsOf(sdk: IpPermission, protocol: IngressRule['protocol']): { fromPort: number; toPort: number } {
  if (protocol === '-1') return { fromPort: 0, toPort: 65535 };
  const all = protocol === 'icmp' ? { fromPort: -1, toPort: -1 } : { fromPort: 0, toPort: 65535 };
  return { fromPort: sdk.FromPort ?? all.fromPort, toPort: sdk.ToPort ?? all.toPort };
}

/** A group of another account is written `account/group`, as the AWS command line does. */
function groupName(id: string | undefined, account: string | undefined, ownerId: string): string | undefined {
  return id === undefined || account === undefined || account === ownerId || ownerId === '' ? id : `${account}/${id}`;
}

function beyondModel(sdk: IpPermission): number {
  const lists = sdk.PrefixListIds?.length ?? 0;
  if (PROTOCOLS.some((p) => p === sdk.IpProtocol)) return lists;
  return lists + (sdk.IpRanges?.length ?? 0) + (sdk.Ipv6Ranges?.length ?? 0) + (sdk.UserIdGroupPairs?.length ?? 0);
}

/** A rule as EC2 takes it; all protocols have no ports. */
export function toPermission(rule: IngressRule): IpPermission {
  const described = given('Description', rule.description);
  const v6 = rule.cidrs.filter((cidr) => cidr.includes(':'));
  const v4 = rule.cidrs.filter((cidr) => !cidr.includes(':'));
  const pairs = (rule.groups ?? []).map((group) => {
    const [id = '', account] = group.split('/').reverse();
    return { GroupId: id, ...given('UserId', account), ...described };
  });
  return {
    IpProtocol: rule.protocol,
    ...(rule.protocol === '-1' ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort }),
    ...(v4.length === 0 ? {} : { IpRanges: v4.map((CidrIp) => ({ CidrIp, ...described })) }),
    ...(v6.length === 0 ? {} : { Ipv6Ranges: v6.map((CidrIpv6) => ({ CidrIpv6, ...described })) }),
    ...(pairs.length === 0 ? {} : { UserIdGroupPairs: pairs }),
  };
}
