import { SkylabError } from '../../errors';
import { capabilitiesOf } from '../capabilities';
import { checkLaunch } from '../launchSteps';
import type { LaunchRun } from '../launchRun';
import { planFirstBoot } from './planFirstBoot';
import { requestOf } from './request';

/** A launch that was put together and not made. */
export interface LaunchPreview {
  /** RunInstances as it would be sent; what a launch makes on the way stands in angle brackets. */
  readonly request: object;
  /** What the machine runs at its first boot, unpacked; empty for nothing. */
  readonly firstBoot: string;
  /** True where the first boot is done from here, as the cloud runs no user data. */
  readonly overSsh: boolean;
  /** Why the cloud would not launch it. */
  readonly refused?: SkylabError;
}

/** @throws SkylabError when the launch cannot even be put together, as with an image that is not there */
export async function previewLaunch(launch: LaunchRun): Promise<LaunchPreview> {
  let refused: SkylabError | undefined;
  try {
    await checkLaunch(launch);
  } catch (error) {
    // Without an image there is no request; the first boot may be what is wrong.
    if (!(error instanceof SkylabError) || launch.image === undefined) throw error;
    refused = error;
  }
  const firstBoot = await planFirstBoot(launch);
  const { securityGroup } = launch.spec;
  if (securityGroup.kind === 'new') launch.groupId = `<the new group ${securityGroup.name}>`;
  const request = (await launch.cloud()).runInstancesInput(requestOf(launch, 'real'));
  const overSsh = !capabilitiesOf(launch.account).userData;
  return { request, firstBoot, overSsh, ...(refused === undefined ? {} : { refused }) };
}
