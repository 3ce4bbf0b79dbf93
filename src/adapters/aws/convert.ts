import type {
  Image as SdkImage,
  Instance as SdkInstance,
  InstanceTypeInfo,
  IpPermission,
  KeyPairInfo,
  ResourceType,
  SecurityGroup as SdkGroup,
  Tag,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import type { RawImage } from '../../core/cloud/images';
import type { IngressRule, Instance, InstanceState, InstanceType, KeyPair, SecurityGroup } from '../../core/cloud/model';
import { TAG } from '../../core/cloud/tags';

const STATES: readonly InstanceState[] = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'];

export function tagsOf(tags: readonly Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])));
}

export function toTags(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function tagged(types: readonly ResourceType[], tags: Readonly<Record<string, string>>): TagSpecification[] {
  return types.map((ResourceType) => ({ ResourceType, Tags: toTags(tags) }));
}

/** Keeps only what is there and not empty: EC2 answers `''` for a missing address or name. */
function some<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  // A one-key literal with a computed key has the wider type of a record.
  return value === undefined || value === '' ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}

/** @returns undefined for an instance without id or with a state that EC2 does not document */
export function toInstance(accountId: string, sdk: SdkInstance): Instance | undefined {
  const state = STATES.find((s) => s === sdk.State?.Name);
  const id = sdk.InstanceId;
  if (id === undefined || state === undefined) return undefined;
  const tags = tagsOf(sdk.Tags);
  const name = tags[TAG.name] ?? '';
  return {
    accountId,
    id,
    name: name === '' ? id : name,
    state,
    type: sdk.InstanceType ?? '',
    imageId: sdk.ImageId ?? '',
    launchedAt: sdk.LaunchTime?.getTime() ?? 0,
    securityGroups: (sdk.SecurityGroups ?? []).map((g) => ({ id: g.GroupId ?? '', name: g.GroupName ?? '' })),
    tags,
    ...some('publicAddress', sdk.PublicIpAddress),
    ...some('publicDnsName', sdk.PublicDnsName),
    ...some('privateAddress', sdk.PrivateIpAddress),
    ...some('privateDnsName', sdk.PrivateDnsName),
    ...some('ipv6Address', sdk.Ipv6Address ?? sdk.NetworkInterfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address),
    ...some('vpcId', sdk.VpcId),
    ...some('subnetId', sdk.SubnetId),
    ...(sdk.HibernationOptions?.Configured === true ? { hibernation: true } : {}),
    ...some('keyName', sdk.KeyName),
    ...some('zone', sdk.Placement?.AvailabilityZone),
    ...some('architecture', sdk.Architecture),
    ...some('stateReason', sdk.StateReason?.Message),
  };
}

export function toRawImage(sdk: SdkImage): RawImage | undefined {
  if (sdk.ImageId === undefined) return undefined;
  const rootDeviceName = sdk.RootDeviceName ?? '/dev/xvda';
  const root = sdk.BlockDeviceMappings?.find((m) => m.DeviceName === rootDeviceName);
  return {
    id: sdk.ImageId,
    name: sdk.Name ?? sdk.ImageLocation ?? sdk.ImageId,
    architecture: sdk.Architecture ?? 'x86_64',
    createdAt: sdk.CreationDate ?? '',
    rootDeviceName,
    minDiskGiB: root?.Ebs?.VolumeSize ?? 8,
    ...some('description', sdk.Description),
    ...some('ownerId', sdk.OwnerId),
  };
}

export function toInstanceType(sdk: InstanceTypeInfo): InstanceType | undefined {
  if (sdk.InstanceType === undefined) return undefined;
  return {
    name: sdk.InstanceType,
    vcpus: sdk.VCpuInfo?.DefaultVCpus ?? 0,
    memoryMiB: sdk.MemoryInfo?.SizeInMiB ?? 0,
    architectures: sdk.ProcessorInfo?.SupportedArchitectures ?? [],
    freeTier: sdk.FreeTierEligible === true,
  };
}

export function toKeyPair(sdk: KeyPairInfo): KeyPair | undefined {
  if (sdk.KeyName === undefined) return undefined;
  return { name: sdk.KeyName, type: sdk.KeyType ?? '', fingerprint: sdk.KeyFingerprint ?? '', tags: tagsOf(sdk.Tags) };
}

export function toSecurityGroup(sdk: SdkGroup): SecurityGroup | undefined {
  if (sdk.GroupId === undefined) return undefined;
  return {
    id: sdk.GroupId,
    name: sdk.GroupName ?? sdk.GroupId,
    description: sdk.Description ?? '',
    vpcId: sdk.VpcId ?? '',
    rules: (sdk.IpPermissions ?? []).flatMap(toRule),
    tags: tagsOf(sdk.Tags),
  };
}

const PROTOCOLS: readonly IngressRule['protocol'][] = ['tcp', 'udp', 'icmp', '-1'];

/** Rules of protocols outside the model, and those that name prefix lists only, are left out. */
function toRule(sdk: IpPermission): IngressRule[] {
  const protocol = PROTOCOLS.find((p) => p === sdk.IpProtocol);
  const cidrs = present([...(sdk.IpRanges ?? []).map((r) => r.CidrIp), ...(sdk.Ipv6Ranges ?? []).map((r) => r.CidrIpv6)]);
  const groups = present((sdk.UserIdGroupPairs ?? []).map((pair) => pair.GroupId));
  if (protocol === undefined || (cidrs.length === 0 && groups.length === 0)) return [];
  const sources = [...(sdk.IpRanges ?? []), ...(sdk.Ipv6Ranges ?? []), ...(sdk.UserIdGroupPairs ?? [])];
  return [
    {
      protocol,
      fromPort: sdk.FromPort ?? 0,
      toPort: sdk.ToPort ?? 65535,
      cidrs,
      ...(groups.length === 0 ? {} : { groups }),
      ...some('description', sources.find((source) => source.Description !== undefined)?.Description),
    },
  ];
}

export function fromRule(rule: IngressRule): IpPermission {
  const described = rule.description === undefined ? {} : { Description: rule.description };
  const v6 = rule.cidrs.filter((c) => c.includes(':'));
  const v4 = rule.cidrs.filter((c) => !c.includes(':'));
  const groups = rule.groups ?? [];
  return {
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...(v4.length === 0 ? {} : { IpRanges: v4.map((CidrIp) => ({ CidrIp, ...described })) }),
    ...(v6.length === 0 ? {} : { Ipv6Ranges: v6.map((CidrIpv6) => ({ CidrIpv6, ...described })) }),
    ...(groups.length === 0 ? {} : { UserIdGroupPairs: groups.map((GroupId) => ({ GroupId, ...described })) }),
  };
}

/** Drops what could not be converted. */
export function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((v): v is T => v !== undefined);
}
