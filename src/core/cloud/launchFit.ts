import type { LaunchSpec } from '../../shared/launchSpec';
import { SkylabError } from '../errors';
import type { Step } from '../operations/step';
import { capabilitiesOf } from './capabilities';
import type { LaunchRun } from './launchRun';
import { noteKey } from './launchSteps';
import type { Account } from './model';

/** The steps of a launch as the account's cloud can go them: some are left out, some done in its own way. */
export function fitToCloud(account: Account, spec: LaunchSpec, steps: readonly Step<LaunchRun>[]): readonly Step<LaunchRun>[] {
  const can = capabilitiesOf(account);
  return steps.flatMap((step) => {
    switch (step.name) {
      case 'check':
        return { ...step, run: (launch, io) => mustBeHeeded(account, spec).then(() => step.run(launch, io)) };
      case 'securityGroup':
        return can.securityGroups ? step : [];
      case 'keyPair':
        return can.importKeyPair ? step : keyPairOfCloud(spec, step);
      case 'hostKey':
        return can.console ? step : { ...step, title: 'Get to know the host key' };
      default:
        return step;
    }
  });
}

/** @throws SkylabError `Unsupported` for what the cloud would pass over without a word, so that the person would believe to have it */
function mustBeHeeded(account: Account, spec: LaunchSpec): Promise<void> {
  const can = capabilitiesOf(account);
  const { network = {}, securityGroup } = spec;
  const ends = spec.expiry?.action ?? spec.onShutdown;
  const asked: readonly (readonly [boolean, unknown, string])[] = [
    [can.disksOnLaunch, spec.disks ?? spec.keepDisk ?? spec.diskType, 'disks in a launch'],
    [can.networks, network.subnetId ?? network.zone ?? network.ipv6 ?? spec.placement, 'a choice of network or placement'],
    [can.securityGroups, securityGroup.rules ?? securityGroup.more, 'security groups'],
    [can.attributes, spec.protect ?? spec.instanceProfile, 'termination protection and roles'],
    [can.attributes, ends === 'terminate' ? ends : undefined, 'machines that terminate themselves'],
    [can.spot, spec.spot, 'spot machines'],
    [can.hibernation, spec.hibernation, 'hibernation'],
  ];
  const ignored = asked.flatMap(([has, value, what]) => (has || value === undefined ? [] : [what]));
  if (ignored.length === 0) return Promise.resolve();
  return Promise.reject(
    new SkylabError(`${account.name} has no ${ignored.join(', no ')}.`, {
      next: 'Take that out of the launch: this cloud would pass over it without a word.',
      code: 'Unsupported',
    }),
  );
}

/** The cloud makes the key pair, and hands out the private key once. @param usual the step for clouds that take public keys */
function keyPairOfCloud({ keyPair }: LaunchSpec, usual: Step<LaunchRun>): Step<LaunchRun> {
  switch (keyPair.kind) {
    case 'existing':
      return usual;
    case 'import':
      return {
        name: usual.name,
        title: usual.title,
        run: ({ account }) => {
          throw new SkylabError(`${account.name} does not take public keys: it makes its key pairs itself.`, {
            next: 'Choose a new key pair, or one that is there.',
            code: 'Unsupported',
          });
        },
      };
    case 'new':
      return {
        ...usual,
        run: async (launch, io) => {
          const { identities } = launch.ports;
          const cloud = await launch.cloud();
          if (cloud.createKeyPair === undefined) throw new Error('A cloud that imports no keys makes them.');
          const label = `key pair ${keyPair.name}`;
          // Noted before it is asked for: the answer may be lost.
          await io.created({ kind: 'keyPair', id: keyPair.name, accountId: launch.account.id, label });
          const secret = await cloud.createKeyPair(keyPair.name);
          await identities.keep(keyPair.name, secret, noteKey(launch, io));
        },
      };
  }
}
