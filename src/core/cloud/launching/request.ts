import type { LaunchSpec } from '../../../shared/launchSpec';
import { capabilitiesOf } from '../capabilities';
import type { LaunchRun } from '../launchRun';
import type { RunInstancesRequest } from '../ports';
import { TAG } from '../tags';
import { deviceOf } from './firstBootPlan';

/** @param run a dry one goes without the key pair and group that are still to be made */
export function requestOf(launch: LaunchRun, run: 'dry' | 'real'): RunInstancesRequest {
  const { spec, image } = launch;
  if (image === undefined) throw new Error('The image is found by the first step.');
  const group = launch.groupId ?? (spec.securityGroup.kind === 'existing' ? spec.securityGroup.id : undefined);
  return {
    clientToken: launch.id,
    imageId: spec.imageId,
    instanceType: spec.instanceType,
    keyName: spec.keyPair.kind === 'existing' || run === 'real' ? spec.keyPair.name : '',
    securityGroupIds: [...(group === undefined ? [] : [group]), ...(spec.securityGroup.more ?? [])],
    rootDeviceName: image.rootDeviceName,
    diskGiB: spec.diskGiB,
    userData: launch.userData,
    count: spec.count,
    tags: tagsOf(launch),
    ...optionsOf(spec),
  };
}

/** Where the cloud makes the key pairs they bear no tags: then the machines tell that theirs was made for them. */
function tagsOf({ account, spec, tags }: LaunchRun): Readonly<Record<string, string>> {
  return spec.keyPair.kind === 'new' && !capabilitiesOf(account).importKeyPair ? { ...tags, [TAG.key]: 'new' } : tags;
}

/** What a request says beyond the first page of the form. */
function optionsOf(spec: LaunchSpec): Partial<RunInstancesRequest> {
  const { network = {}, placement = {}, disks } = spec;
  return {
    ...given('minCount', spec.minCount),
    ...given('subnetId', network.subnetId),
    // A subnet is in one zone.
    ...given('zone', network.subnetId === undefined ? network.zone : undefined),
    ...given('publicAddress', network.publicAddress === 'yes' ? true : network.publicAddress === 'no' ? false : undefined),
    ...given('ipv6', network.ipv6),
    ...given('instanceProfile', spec.instanceProfile),
    ...given('protect', spec.protect),
    onShutdown: shutdownOf(spec),
    ...given('hibernation', spec.hibernation),
    ...given('keepDisk', spec.keepDisk),
    ...given('diskType', spec.diskType),
    ...given(
      'disks',
      disks?.map((disk, i) => ({
        device: deviceOf(i),
        sizeGiB: disk.sizeGiB,
        type: disk.type ?? 'gp3',
        encrypted: disk.encrypted ?? true,
        deleteOnTermination: disk.deleteOnTermination ?? true,
      })),
    ),
    ...given('spot', spec.spot),
    ...given('placementGroup', placement.group),
    ...given('tenancy', placement.tenancy),
  };
}

/** A machine ends by a shutdown from inside; one-time spot machines know nothing but termination. */
function shutdownOf({ spot, expiry, onShutdown }: LaunchSpec): 'stop' | 'terminate' {
  return spot === undefined ? (expiry?.action ?? onShutdown ?? 'stop') : 'terminate';
}

function given<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  // A one-key literal with a computed key has the wider type of a record.
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, T>>);
}
