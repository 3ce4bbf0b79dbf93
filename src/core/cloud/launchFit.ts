import type { LaunchSpec } from '../../shared/launchSpec';
import { SkylabError } from '../errors';
import type { Step } from '../operations/step';
import { capabilitiesOf } from './capabilities';
import type { LaunchRun } from './launchRun';
import type { Account } from './model';

/** The steps of a launch as the account's cloud can go them: some are left out, some done in its own way. */
export function fitToCloud(account: Account, spec: LaunchSpec, steps: readonly Step<LaunchRun>[]): readonly Step<LaunchRun>[] {
  const can = capabilitiesOf(account);
  return steps.flatMap((step) => {
    switch (step.name) {
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
          launch.identityFile = await identities.keep(keyPair.name, secret);
          await io.created({ kind: 'identityFile', id: launch.identityFile, label: `private key ${launch.identityFile}` });
        },
      };
  }
}
