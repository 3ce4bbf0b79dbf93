import type { BlockDeviceMapping, InstanceNetworkInterfaceSpecification, RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import type { DiskType } from '../../shared/launchMore';
import type { RunInstancesRequest } from '../../core/cloud/ports';
import { tagged } from './convert';

/** What a launch asks EC2 for; see CloudProvider.runInstances. */
export function runInput(request: RunInstancesRequest): RunInstancesCommandInput {
  const { placementGroup, tenancy, zone, spot } = request;
  const kinds = ['instance', 'volume', 'network-interface', ...(spot === undefined ? [] : (['spot-instances-request'] as const))] as const;
  return {
    ClientToken: request.clientToken,
    ImageId: request.imageId,
    // The SDK's list of types is older than what a region may offer.
    InstanceType: request.instanceType as NonNullable<RunInstancesCommandInput['InstanceType']>,
    MinCount: request.minCount ?? request.count,
    MaxCount: request.count,
    InstanceInitiatedShutdownBehavior: request.onShutdown ?? 'stop',
    // Hop limit 1: containers on the machine cannot read its role's credentials.
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: disksOf(request),
    TagSpecifications: tagged(kinds, request.tags),
    ...networkOf(request),
    ...(request.keyName === '' ? {} : { KeyName: request.keyName }),
    ...(request.userData.length === 0 ? {} : { UserData: Buffer.from(request.userData).toString('base64') }),
    ...(request.instanceProfile === undefined ? {} : { IamInstanceProfile: { Name: request.instanceProfile } }),
    ...(request.protect === true ? { DisableApiTermination: true } : {}),
    ...(request.hibernation === true ? { HibernationOptions: { Configured: true } } : {}),
    ...(placementGroup === undefined && tenancy === undefined && zone === undefined
      ? {}
      : {
          Placement: {
            ...(placementGroup === undefined ? {} : { GroupName: placementGroup }),
            ...(tenancy === undefined ? {} : { Tenancy: tenancy }),
            ...(zone === undefined ? {} : { AvailabilityZone: zone }),
          },
        }),
    ...(spot === undefined
      ? {}
      : {
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: {
              SpotInstanceType: 'one-time',
              InstanceInterruptionBehavior: 'terminate',
              ...(spot.maxPricePerHour === undefined ? {} : { MaxPrice: String(spot.maxPricePerHour) }),
            },
          },
        }),
  };
}

function disksOf({ rootDeviceName, diskGiB, diskType = 'gp3', keepDisk, disks = [] }: RunInstancesRequest): BlockDeviceMapping[] {
  const root = { device: rootDeviceName, sizeGiB: diskGiB, type: diskType, encrypted: true, deleteOnTermination: keepDisk !== true };
  return [root, ...disks].map((disk) => ({
    DeviceName: disk.device,
    Ebs: {
      VolumeSize: disk.sizeGiB,
      VolumeType: disk.type,
      Encrypted: disk.encrypted,
      DeleteOnTermination: disk.deleteOnTermination,
      ...iopsOf(disk.type, disk.sizeGiB),
    },
  }));
}

/** io2 must be told; 3,000 is what gp3 has, and 500 per GiB the most that a small disk takes. */
function iopsOf(type: DiskType, sizeGiB: number): { Iops?: number } {
  return type === 'io2' ? { Iops: Math.min(3_000, 500 * sizeGiB) } : {};
}

/** Groups and subnet stand at the interface where it is described, and nowhere else: EC2 refuses both. */
function networkOf(request: RunInstancesRequest): Partial<RunInstancesCommandInput> {
  const { publicAddress, ipv6, subnetId } = request;
  const groups = [...request.securityGroupIds];
  const subnet = subnetId === undefined ? {} : { SubnetId: subnetId };
  if (publicAddress === undefined && ipv6 !== true) return { ...(groups.length === 0 ? {} : { SecurityGroupIds: groups }), ...subnet };
  const card: InstanceNetworkInterfaceSpecification = {
    DeviceIndex: 0,
    DeleteOnTermination: true,
    ...(publicAddress === undefined ? {} : { AssociatePublicIpAddress: publicAddress }),
    ...(ipv6 === true ? { Ipv6AddressCount: 1 } : {}),
    ...(groups.length === 0 ? {} : { Groups: groups }),
    ...subnet,
  };
  return { NetworkInterfaces: [card] };
}
