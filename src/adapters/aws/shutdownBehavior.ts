import { ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import type { Account } from '../../core/cloud/model';
import type { ShutdownBehavior } from '../../core/cloud/money/endings';
import { explainAwsError } from './errors';
import type { AwsProviders } from './providers';

/** Tells EC2 what a power-off from inside the machine does. */
export class AwsShutdownBehavior implements ShutdownBehavior {
  constructor(private readonly aws: AwsProviders) {}

  async set(account: Account, instanceId: string, behavior: 'stop' | 'terminate'): Promise<void> {
    const client = await this.aws.client(account);
    const request = { InstanceId: instanceId, InstanceInitiatedShutdownBehavior: { Value: behavior } };
    try {
      await client.send(new ModifyInstanceAttributeCommand(request));
    } catch (error) {
      throw explainAwsError(error, { account, doing: `make the machine's power-off ${behavior} it` });
    }
  }
}
