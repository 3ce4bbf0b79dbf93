import {
  DeleteTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  GetConsoleScreenshotCommand,
  ModifyInstanceAttributeCommand,
  StopInstancesCommand,
  type EC2Client,
  type ModifyInstanceAttributeCommandInput,
  type NetworkAclEntry,
  type RouteTable,
} from '@aws-sdk/client-ec2';
import type { AclRule, CheckState, InstanceActs, InstanceActsSource, InstanceAttributes } from '../../core/cloud/life/ports';
import type { StatusChecks, SubnetNetwork } from '../../core/cloud/life/ports';
import type { Account } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import { explainAwsError } from './errors';
import type { AwsProviders } from './providers';

/** Acts on single instances, by the client that lists them. */
export class AwsInstanceActs implements InstanceActsSource {
  constructor(private readonly providers: AwsProviders) {}

  async for(account: Account): Promise<InstanceActs> {
    return new Ec2InstanceActs(account, await this.providers.client(account));
  }
}

class Ec2InstanceActs implements InstanceActs {
  constructor(
    private readonly account: Account,
    private readonly client: EC2Client,
  ) {}

  async attributes(id: string, signal?: AbortSignal): Promise<InstanceAttributes> {
    // One attribute a call is all that EC2 answers.
    const [termination, shutdown] = await this.#do('look at the protection', () =>
      Promise.all([
        this.client.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'disableApiTermination' }), abortable(signal)),
        this.client.send(
          new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'instanceInitiatedShutdownBehavior' }),
          abortable(signal),
        ),
      ]),
    );
    return {
      protected: termination.DisableApiTermination?.Value === true,
      onShutdown: shutdown.InstanceInitiatedShutdownBehavior?.Value === 'terminate' ? 'terminate' : 'stop',
    };
  }

  setProtection(id: string, on: boolean): Promise<void> {
    return this.#modify('change the protection', { InstanceId: id, DisableApiTermination: { Value: on } });
  }

  setShutdownBehavior(id: string, what: 'stop' | 'terminate'): Promise<void> {
    return this.#modify('change what a shutdown does', { InstanceId: id, InstanceInitiatedShutdownBehavior: { Value: what } });
  }

  setType(id: string, type: string): Promise<void> {
    return this.#modify('change the size', { InstanceId: id, InstanceType: { Value: type } });
  }

  setGroups(id: string, groupIds: readonly string[]): Promise<void> {
    return this.#modify('change the security groups', { InstanceId: id, Groups: [...groupIds] });
  }

  async hibernate(ids: readonly string[]): Promise<void> {
    const command = new StopInstancesCommand({ InstanceIds: [...ids], Hibernate: true });
    await this.#do('hibernate the machine', () => this.client.send(command));
  }

  async removeTags(ids: readonly string[], names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const command = new DeleteTagsCommand({ Resources: [...ids], Tags: names.map((Key) => ({ Key })) });
    await this.#do('remove the tags', () => this.client.send(command));
  }

  async screenshot(id: string, signal?: AbortSignal): Promise<Uint8Array> {
    const command = new GetConsoleScreenshotCommand({ InstanceId: id, WakeUp: true });
    const answer = await this.#do('take a picture of the screen', () => this.client.send(command, abortable(signal)));
    const image = Buffer.from(answer.ImageData ?? '', 'base64');
    if (image.length > 0) return image;
    throw new SkylabError('The cloud has no picture of this machine’s screen.', { next: 'Read its console output instead.' });
  }

  async statusChecks(id: string, signal?: AbortSignal): Promise<StatusChecks> {
    const command = new DescribeInstanceStatusCommand({ InstanceIds: [id] });
    const answer = await this.#do('look at the status checks', () => this.client.send(command, abortable(signal)));
    const status = answer.InstanceStatuses?.find((one) => one.InstanceId === id);
    return { system: checkState(status?.SystemStatus?.Status), instance: checkState(status?.InstanceStatus?.Status) };
  }

  async subnetNetwork(vpcId: string, subnetId: string, signal?: AbortSignal): Promise<SubnetNetwork> {
    const inVpc = [{ Name: 'vpc-id', Values: [vpcId] }];
    const [tables, acls] = await this.#do('look at the network', () =>
      Promise.all([
        this.client.send(new DescribeRouteTablesCommand({ Filters: inVpc }), abortable(signal)),
        this.client.send(new DescribeNetworkAclsCommand({ Filters: inVpc }), abortable(signal)),
      ]),
    );
    const table = tableOf(tables.RouteTables ?? [], subnetId);
    const acl = (acls.NetworkAcls ?? []).find((one) => one.Associations?.some((a) => a.SubnetId === subnetId) === true);
    const internet = (table?.Routes ?? []).filter((route) => route.GatewayId?.startsWith('igw-') === true && route.State !== 'blackhole');
    return {
      internetRoutes: internet.flatMap((route) => route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? []),
      aclRules: (acl?.Entries ?? []).map(toAclRule),
    };
  }

  async #modify(doing: string, input: ModifyInstanceAttributeCommandInput): Promise<void> {
    await this.#do(doing, () => this.client.send(new ModifyInstanceAttributeCommand(input)));
  }

  async #do<T>(doing: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw explainAwsError(error, { account: this.account, doing });
    }
  }
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function checkState(status: string | undefined): CheckState {
  if (status === 'ok' || status === 'impaired' || status === 'initializing') return status;
  return 'unknown';
}

/** The subnet's own table, or the network's main one. */
function tableOf(tables: readonly RouteTable[], subnetId: string): RouteTable | undefined {
  const own = tables.find((table) => table.Associations?.some((a) => a.SubnetId === subnetId) === true);
  return own ?? tables.find((table) => table.Associations?.some((a) => a.Main === true) === true);
}

function toAclRule(entry: NetworkAclEntry): AclRule {
  return {
    number: entry.RuleNumber ?? 32767,
    egress: entry.Egress === true,
    allow: entry.RuleAction === 'allow',
    protocol: entry.Protocol ?? '-1',
    cidr: entry.CidrBlock ?? entry.Ipv6CidrBlock ?? '',
    fromPort: entry.PortRange?.From ?? 0,
    toPort: entry.PortRange?.To ?? 65_535,
  };
}
