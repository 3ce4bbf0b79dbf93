import { randomUUID } from 'node:crypto';
import type { LaunchSpec } from '../../shared/launchSpec';
import { SkylabError, throwIfCancelled } from '../errors';
import type { CloudProvider } from './ports';

/** Asks the cloud whether it would launch this, and makes nothing. @throws SkylabError with the reason why not */
export async function tryLaunch(spec: LaunchSpec, cloud: CloudProvider, signal?: AbortSignal): Promise<void> {
  const image = await cloud.describeImage(spec.imageId);
  throwIfCancelled(signal);
  if (image === undefined) throw new SkylabError(`The image ${spec.imageId} does not exist there.`, { next: 'Choose another image.' });
  await cloud.checkRunInstances({
    clientToken: randomUUID(),
    imageId: spec.imageId,
    instanceType: spec.instanceType,
    keyName: spec.keyPair.kind === 'existing' ? spec.keyPair.name : '',
    securityGroupIds: spec.securityGroup.kind === 'existing' ? [spec.securityGroup.id] : [],
    rootDeviceName: image.rootDeviceName,
    diskGiB: spec.diskGiB,
    userData: spec.userData,
    count: spec.count,
    tags: {},
  });
}
