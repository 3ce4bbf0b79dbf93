import {
  CreateKeyPairCommand,
  DescribeAddressesCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  RebootInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type EC2Client,
  type Instance as SdkInstance,
  type InstanceStateChange,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { Account, Image, Instance, InstanceType, KeyPair, SecurityGroup } from '../../../core/cloud/model';
import type { CloudProvider, RunInstancesRequest } from '../../../core/cloud/ports';
import { SkylabError } from '../../../core/errors';
import { Secret } from '../../../core/secret';
import { present, toInstance, toKeyPair } from '../convert';
import { abortable, deleteKeyPair, OpenNebulaApi } from './openNebulaApi';

type Tags = Readonly<Record<string, string>>;

/**
 * OpenNebula's econe-server behind the core's port. It knows about thirty actions, ignores filters, pages and DryRun, tells addresses and
 * tags in lists of their own, and has neither groups, types, consoles nor imported keys.
 */
export class OpenNebulaProvider implements CloudProvider {
  /** Machines that this window has asked to stop: on their way they are told as "shutting-down", like those that end. */
  readonly #stopping = new Set<string>();

  readonly #api: OpenNebulaApi;

  constructor(
    private readonly account: Account,
    client: EC2Client,
  ) {
    this.#api = new OpenNebulaApi(account, () => Promise.resolve(client));
  }

  async check(signal?: AbortSignal): Promise<void> {
    await this.#api.do('check the account', (client) => client.send(new DescribeKeyPairsCommand({}), abortable(signal)));
  }

  async *listInstances(signal?: AbortSignal): AsyncIterable<readonly Instance[]> {
    yield await this.#instances('list the machines', signal);
  }

  async describeInstances(ids: readonly string[], signal?: AbortSignal): Promise<readonly Instance[]> {
    if (ids.length === 0) return [];
    // One unknown id would fail the request: all are listed, and the others left out here.
    return (await this.#instances('look at the machine', signal)).filter((instance) => ids.includes(instance.id));
  }

  async #instances(doing: string, signal: AbortSignal | undefined): Promise<readonly Instance[]> {
    const [found, addresses, tags] = await Promise.all([
      this.#api.do(doing, (client) => client.send(new DescribeInstancesCommand({}), abortable(signal))),
      this.#elastic(signal),
      this.#api.tags(signal),
    ]);
    const instances = (found.Reservations ?? []).flatMap((r) => r.Instances ?? []);
    return present(instances.map((sdk) => this.#instance(sdk, addresses, tags)));
  }

  #instance(sdk: SdkInstance, addresses: ReadonlyMap<string, string>, tags: ReadonlyMap<string, Tags>): Instance | undefined {
    const id = sdk.InstanceId ?? '';
    const elastic = addresses.get(id);
    const own = tags.get(id) ?? {};
    const { PublicDnsName, PrivateIpAddress, KeyName, ...rest } = sdk;
    const converted = toInstance(this.account.id, {
      ...rest,
      // Where there are several, the first is the one that elastic addresses lead to.
      PrivateIpAddress: (PrivateIpAddress ?? PublicDnsName ?? '').split(',')[0]?.trim(),
      ...(KeyName === 'none' ? {} : { KeyName }),
      ...(elastic === undefined ? {} : { PublicIpAddress: elastic }),
      SecurityGroups: [],
      Tags: Object.entries(own).map(([Key, Value]) => ({ Key, Value })),
    });
    return converted === undefined ? undefined : this.#named(converted);
  }

  /** Its state in words that tell stopping from ending. */
  #named(instance: Instance): Instance {
    if (instance.state !== 'shutting-down') {
      if (instance.state !== 'running') this.#stopping.delete(instance.id);
      return instance;
    }
    if (this.#stopping.has(instance.id)) return { ...instance, state: 'stopping' };
    return { ...instance, stateReason: 'OpenNebula says the same of a machine that is being stopped' };
  }

  /** Elastic addresses by instance; a cloud without a network for them has none. */
  async #elastic(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#api.orNothing('list the addresses', (client) =>
      client.send(new DescribeAddressesCommand({}), abortable(signal)),
    );
    const pairs = (answer?.Addresses ?? []).map(({ InstanceId, PublicIp }) => [InstanceId ?? '', PublicIp ?? ''] as const);
    return new Map(pairs.filter(([id, ip]) => id !== '' && ip !== ''));
  }

  async start(ids: readonly string[]): Promise<void> {
    const answer = await this.#api.do('start the machine', (client) => client.send(new StartInstancesCommand({ InstanceIds: [...ids] })));
    mustBeAll(ids, answer.StartingInstances, 'start the machine');
    for (const id of ids) this.#stopping.delete(id);
  }

  async stop(ids: readonly string[]): Promise<void> {
    const answer = await this.#api.do('stop the machine', (client) => client.send(new StopInstancesCommand({ InstanceIds: [...ids] })));
    mustBeAll(ids, answer.StoppingInstances, 'stop the machine');
    for (const id of ids) this.#stopping.add(id);
  }

  async reboot(ids: readonly string[]): Promise<void> {
    await this.#api.do('restart the machine', (client) => client.send(new RebootInstancesCommand({ InstanceIds: [...ids] })));
  }

  async terminate(ids: readonly string[]): Promise<void> {
    const answer = await this.#api.do('terminate the machine', (client) =>
      client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] })),
    );
    mustBeAll(ids, answer.TerminatingInstances, 'terminate the machine');
    for (const id of ids) this.#stopping.delete(id);
  }

  /** It has no console for the EC2 interface. */
  consoleOutput(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async listImages(signal?: AbortSignal): Promise<readonly Image[]> {
    const [answer, tags] = await Promise.all([
      this.#api.do('list the images', (client) => client.send(new DescribeImagesCommand({}), abortable(signal))),
      this.#api.tags(signal),
    ]);
    const images = (answer.Images ?? []).flatMap(({ ImageId, Name, ImageLocation, CreationDate }): Image[] => {
      if (ImageId === undefined) return [];
      const name = tags.get(ImageId)?.['Name'] ?? Name ?? ImageLocation ?? ImageId;
      return [
        {
          id: ImageId,
          name,
          label: name,
          // It says i386 of every image.
          architecture: '',
          createdAt: CreationDate ?? '',
          // OpenNebula's contextualization lets the key in as root.
          loginUser: 'root',
          featured: false,
          rootDeviceName: '',
          minDiskGiB: 1,
        },
      ];
    });
    return images.sort((a, b) => a.label.localeCompare(b.label));
  }

  async searchImages(text: string, signal?: AbortSignal): Promise<readonly Image[]> {
    const wanted = text.trim().toLowerCase();
    const images = await this.listImages(signal);
    return images.filter((image) => [image.id, image.name].some((one) => one.toLowerCase().includes(wanted)));
  }

  async describeImage(id: string): Promise<Image | undefined> {
    return (await this.listImages()).find((image) => image.id === id);
  }

  listInstanceTypes(): Promise<readonly InstanceType[]> {
    return Promise.resolve([]);
  }

  async listKeyPairs(): Promise<readonly KeyPair[]> {
    const answer = await this.#api.do('list the key pairs', (client) => client.send(new DescribeKeyPairsCommand({})));
    return present((answer.KeyPairs ?? []).map(toKeyPair)).sort((a, b) => a.name.localeCompare(b.name));
  }

  importKeyPair(): Promise<void> {
    return this.#api.lacks('import a public key');
  }

  async createKeyPair(name: string): Promise<Secret> {
    const answer = await this.#api.do(`make the key pair ${name}`, (client) => client.send(new CreateKeyPairCommand({ KeyName: name })));
    // Its line ends are carriage returns alone.
    const pem = (answer.KeyMaterial ?? '').replace(/\r\n?/g, '\n').trim();
    if (!pem.includes('PRIVATE KEY'))
      throw new SkylabError(`The cloud made the key pair ${name} and did not hand over its private key.`, {
        next: 'Delete the key pair and make another.',
        code: 'NoPrivateKey',
      });
    return new Secret(`${pem}\n`);
  }

  async deleteKeyPair(name: string): Promise<void> {
    await deleteKeyPair(this.#api, name, async () => (await this.listKeyPairs()).some((pair) => pair.name === name));
  }

  listSecurityGroups(): Promise<readonly SecurityGroup[]> {
    return Promise.resolve([]);
  }

  createSecurityGroup(): Promise<string> {
    return this.#api.lacks('make a security group');
  }

  addRules(): Promise<void> {
    return this.#api.lacks('open ports');
  }

  removeRules(): Promise<void> {
    return this.#api.lacks('close ports');
  }

  deleteSecurityGroup(): Promise<void> {
    return this.#api.lacks('delete a security group');
  }

  /** It knows no DryRun: asked for one, it would launch. */
  checkRunInstances(): Promise<void> {
    return Promise.resolve();
  }

  runInstancesInput(request: RunInstancesRequest): object {
    return runInput(request);
  }

  async runInstances(request: RunInstancesRequest): Promise<readonly Instance[]> {
    const answer = await this.#api.do('launch the machine', (client) => client.send(new RunInstancesCommand(runInput(request))));
    const made = present((answer.Instances ?? []).map((sdk) => this.#instance(sdk, new Map(), new Map())));
    const ids = made.map((instance) => instance.id);
    if (ids.length === 0) return made;
    try {
      await this.setTags(ids, request.tags);
    } catch {
      // The machines are there: without tags they are shown by their ids.
      return made;
    }
    const name = request.tags['Name'];
    return made.map((instance) => ({ ...instance, tags: request.tags, ...(name === undefined ? {} : { name }) }));
  }

  async setTags(ids: readonly string[], tags: Tags): Promise<void> {
    await this.#api.setTags('the machine', ids, tags);
  }

  disksDeletedWith(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** Ids that it does not know are left out of its answer without an error. */
function mustBeAll(ids: readonly string[], changed: readonly InstanceStateChange[] | undefined, doing: string): void {
  const missing = ids.filter((id) => !(changed ?? []).some((one) => one.InstanceId === id));
  if (missing.length > 0)
    throw new SkylabError(`Can't ${doing}. The cloud does not know ${missing.join(', ')}.`, {
      next: 'Refresh the list.',
      code: 'NoSuchInstance',
    });
}

/** What it reads of a launch; everything else would be ignored. */
function runInput(request: RunInstancesRequest): RunInstancesCommandInput {
  return {
    ClientToken: request.clientToken,
    ImageId: request.imageId,
    InstanceType: request.instanceType as NonNullable<RunInstancesCommandInput['InstanceType']>,
    MinCount: request.minCount ?? request.count,
    MaxCount: request.count,
    ...(request.keyName === '' ? {} : { KeyName: request.keyName }),
    ...(request.userData === '' ? {} : { UserData: Buffer.from(request.userData).toString('base64') }),
  };
}
