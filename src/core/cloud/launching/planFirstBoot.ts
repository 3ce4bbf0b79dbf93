import { SkylabError } from '../../errors';
import { capabilitiesOf } from '../capabilities';
import type { LaunchRun } from '../launchRun';
import { firstBootPlan } from './firstBootPlan';

/**
 * Settles what the machines do at first boot, and checks it as far as it can be before anything is made.
 * @returns what the machine is given, unpacked
 * @throws SkylabError `BadCloudConfig`, `UserDataTooLarge`, `NoPrimary`, `NoUserData`
 */
export async function planFirstBoot(launch: LaunchRun): Promise<string> {
  const { spec, account } = launch;
  const loginUser = launch.image?.loginUser ?? 'ec2-user';
  const primaryAddress = primaryOf(launch);
  const presetScripts = spec.preset === undefined ? [] : await launch.ports.recipeScripts('graphterm');
  const now = Date.now();
  const plan = firstBootPlan(spec, { now, loginUser, presetScripts, ...(primaryAddress === undefined ? {} : { primaryAddress }) });
  launch.plan = plan;
  if (!capabilitiesOf(account).userData) {
    const { setUpScript } = await import('./setUpScript');
    if (spec.userData !== '' && !spec.userData.startsWith('#!'))
      throw new SkylabError('This cloud does not run user data, so only a script (#!) can be run, by SSH.', {
        next: 'Start the set-up with #! and an interpreter, such as #!/bin/sh.',
        code: 'NoUserData',
      });
    return setUpScript(plan, loginUser);
  }
  const [{ userDataOf }, { checkCloudConfig }] = await Promise.all([import('./userData'), import('./checkCloudConfig')]);
  const made = userDataOf(plan, loginUser);
  await checkCloudConfig(made.configs);
  launch.userData = made.sent;
  return made.text;
}

/** A GraphTerm host joins its primary where both are at home: by the private address. */
function primaryOf(launch: LaunchRun): string | undefined {
  const key = launch.spec.preset?.primary;
  if (key === undefined || launch.spec.preset?.role !== 'host') return undefined;
  const primary = launch.machine(key);
  const address = primary?.kind === 'instance' ? primary.instance.privateAddress : undefined;
  if (address === undefined)
    throw new SkylabError(
      `The machine to join${primary === undefined ? '' : `, ${primary.name},`} is not there or has no private address.`,
      {
        next: 'Start it and refresh the list, or choose another primary.',
        code: 'NoPrimary',
      },
    );
  return address;
}
