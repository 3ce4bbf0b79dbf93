import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  GetConsoleOutputCommand,
  ImportKeyPairCommand,
  paginateDescribeInstances,
  paginateDescribeInstanceTypes,
  paginateDescribeSecurityGroups,
  RebootInstancesCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type DescribeImagesCommandInput,
  type DescribeInstancesCommandInput,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { arrangeImages, FEATURED_QUERIES, imageOf, type RawImage } from '../../core/cloud/images';
import type { Account, Image, IngressRule, Instance, InstanceType, KeyPair, SecurityGroup } from '../../core/cloud/model';
import type { CloudProvider, RunInstancesRequest } from '../../core/cloud/ports';
import { TAG } from '../../core/cloud/tags';
import { SkylabError } from '../../core/errors';
import { fromRule, present, tagged, toInstance, toInstanceType, toKeyPair, toRawImage, toSecurityGroup, toTags } from './convert';
import { explainAwsError } from './errors';
import { runInput } from './runInput';

/** Images that a search answers at most: more than anyone reads, few enough to be drawn at once. */
const SEARCH_LIMIT = 200;
/**
 * Instances per answer; EC2 gives up to 1,000. Reading the XML of one takes a third of a millisecond, in one go for the whole answer,
 * and meanwhile the editor waits.
 */
const PAGE_SIZE = 100;
/** Ids per DescribeInstances; EC2 takes 1,000. */
const IDS_PER_REQUEST = 500;

/**
 * First letters of instance types that are asked for together. Asked for all at once, some 1,400 types come in pages one after
 * the other and as one large text to parse; in groups they come side by side and never hold up the thread for long.
 */
const TYPE_GROUPS = ['t', 'm', 'c', 'r', 'abdefgh', 'ijklnopq', 'suvwxyz'];

/** EC2 behind the core's port: one account in one region. */
export class AwsProvider implements CloudProvider {
  #defaultVpc: string | undefined;
  #types: Promise<readonly InstanceType[]> | undefined;

  constructor(
    private readonly account: Account,
    private readonly client: EC2Client,
  ) {}

  async check(signal?: AbortSignal): Promise<void> {
    // Key pairs: one small answer without pages, known to every EC2-compatible cloud, and refused without a valid key.
    await this.#do('check the account', () => this.client.send(new DescribeKeyPairsCommand({}), abortable(signal)));
  }

  async *listInstances(signal?: AbortSignal): AsyncIterable<readonly Instance[]> {
    yield* this.#instancePages({}, 'list the machines', signal);
  }

  async describeInstances(ids: readonly string[], signal?: AbortSignal): Promise<readonly Instance[]> {
    const found: Instance[] = [];
    for (let at = 0; at < ids.length; at += IDS_PER_REQUEST) {
      // As a filter, unknown ids are left out; as InstanceIds one unknown id would fail the whole request.
      const filter = { Filters: [{ Name: 'instance-id', Values: ids.slice(at, at + IDS_PER_REQUEST) }] };
      for await (const page of this.#instancePages(filter, 'look at the machine', signal)) found.push(...page);
    }
    // EC2-compatible clouds may ignore filters.
    return found.filter((instance) => ids.includes(instance.id));
  }

  async *#instancePages(
    input: DescribeInstancesCommandInput,
    doing: string,
    signal: AbortSignal | undefined,
  ): AsyncIterable<readonly Instance[]> {
    const pages = paginateDescribeInstances({ client: this.client, pageSize: PAGE_SIZE }, input, abortable(signal))[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#do(doing, () => pages.next());
      if (next.done === true) return;
      yield present((next.value.Reservations ?? []).flatMap((r) => (r.Instances ?? []).map((i) => toInstance(this.account.id, i))));
    }
  }

  async start(ids: readonly string[]): Promise<void> {
    await this.#do('start the machine', () => this.client.send(new StartInstancesCommand({ InstanceIds: [...ids] })));
  }

  async stop(ids: readonly string[]): Promise<void> {
    await this.#do('stop the machine', () => this.client.send(new StopInstancesCommand({ InstanceIds: [...ids] })));
  }

  async reboot(ids: readonly string[]): Promise<void> {
    await this.#do('restart the machine', () => this.client.send(new RebootInstancesCommand({ InstanceIds: [...ids] })));
  }

  async terminate(ids: readonly string[]): Promise<void> {
    await this.#do('terminate the machine', () => this.client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] })));
  }

  async setTags(ids: readonly string[], tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#do('tag the machine', () => this.client.send(new CreateTagsCommand({ Resources: [...ids], Tags: toTags(tags) })));
  }

  async consoleOutput(id: string, signal?: AbortSignal): Promise<string | undefined> {
    const read = async (latest: boolean) => {
      const answer = await this.#do('read the console', () =>
        this.client.send(new GetConsoleOutputCommand({ InstanceId: id, ...(latest ? { Latest: true } : {}) }), abortable(signal)),
      );
      const text = Buffer.from(answer.Output ?? '', 'base64').toString('utf8');
      return text.trim() === '' ? undefined : text;
    };
    try {
      return await read(true);
    } catch (error) {
      // Only Nitro instances know `Latest`; the others answer what they printed at the last change of state.
      if (error instanceof SkylabError && error.code === 'Unsupported') return read(false);
      throw error;
    }
  }

  async disksDeletedWith(id: string): Promise<number | undefined> {
    const answer = await this.#do('look at the disks', () =>
      this.client.send(new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] })),
    );
    const deleted = (answer.Volumes ?? []).filter((v) => v.Attachments?.some((a) => a.InstanceId === id && a.DeleteOnTermination === true));
    return deleted.length === 0 ? undefined : deleted.reduce((sum, v) => sum + (v.Size ?? 0), 0);
  }

  async listImages(signal?: AbortSignal): Promise<readonly Image[]> {
    const featured = FEATURED_QUERIES.map(({ owner, patterns }) =>
      this.#images({ Owners: [owner], Filters: [{ Name: 'name', Values: [...patterns] }, ...AVAILABLE] }, signal),
    );
    const own = this.#images({ Owners: ['self'], Filters: AVAILABLE }, signal);
    return arrangeImages((await Promise.all([...featured, own])).flat());
  }

  async searchImages(text: string, signal?: AbortSignal): Promise<readonly Image[]> {
    const wanted = text.trim();
    if (wanted === '') return this.listImages(signal);
    if (/^ami-\w+$/i.test(wanted)) {
      const image = await this.describeImage(wanted);
      return image === undefined ? [] : [image];
    }
    // `*` and `?` are the filter's wildcards, `\` escapes them.
    const pattern = `*${wanted.replace(/[\\*?]/g, '\\$&')}*`;
    const raws = await this.#images({ MaxResults: SEARCH_LIMIT, Filters: [{ Name: 'name', Values: [pattern] }, ...AVAILABLE] }, signal);
    const fit = raws.filter((raw) => raw.name.toLowerCase().includes(wanted.toLowerCase()));
    return fit
      .map(imageOf)
      .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
      .slice(0, SEARCH_LIMIT);
  }

  async describeImage(id: string): Promise<Image | undefined> {
    try {
      const raws = await this.#images({ ImageIds: [id] });
      const raw = raws.find((r) => r.id === id);
      return raw === undefined ? undefined : imageOf(raw);
    } catch (error) {
      if (error instanceof SkylabError && error.code === 'NoSuchImage') return undefined;
      throw error;
    }
  }

  async #images(input: DescribeImagesCommandInput, signal?: AbortSignal): Promise<RawImage[]> {
    const answer = await this.#do('list the images', () => this.client.send(new DescribeImagesCommand(input), abortable(signal)));
    return present((answer.Images ?? []).map(toRawImage));
  }

  async listInstanceTypes(signal?: AbortSignal): Promise<readonly InstanceType[]> {
    // The offer does not change while a window is open, and asking takes ten pages.
    this.#types ??= this.#listTypes(signal).catch((error: unknown) => {
      this.#types = undefined;
      throw error;
    });
    return this.#types;
  }

  async #listTypes(signal: AbortSignal | undefined): Promise<readonly InstanceType[]> {
    return this.#do('list the sizes', async () => {
      const groups = await Promise.all(
        TYPE_GROUPS.map(async (letters) => {
          const types: InstanceType[] = [];
          const input = { Filters: [{ Name: 'instance-type', Values: Array.from(letters, (letter) => `${letter}*`) }] };
          for await (const page of paginateDescribeInstanceTypes({ client: this.client, pageSize: 100 }, input, abortable(signal)))
            types.push(...present((page.InstanceTypes ?? []).map(toInstanceType)));
          return types;
        }),
      );
      // A cloud that ignores filters answers everything each time.
      const unique = [...new Map(groups.flat().map((type) => [type.name, type])).values()];
      return unique.sort((a, b) => a.memoryMiB - b.memoryMiB || a.vcpus - b.vcpus || a.name.localeCompare(b.name));
    });
  }

  async listKeyPairs(): Promise<readonly KeyPair[]> {
    const answer = await this.#do('list the key pairs', () => this.client.send(new DescribeKeyPairsCommand({})));
    return present((answer.KeyPairs ?? []).map(toKeyPair)).sort((a, b) => a.name.localeCompare(b.name));
  }

  async importKeyPair(name: string, publicKey: string, tags: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#do(`import the key pair ${name}`, () =>
        this.client.send(
          new ImportKeyPairCommand({
            KeyName: name,
            PublicKeyMaterial: Buffer.from(publicKey, 'utf8'),
            TagSpecifications: tagged(['key-pair'], tags),
          }),
        ),
      );
    } catch (error) {
      if (!isCode(error, 'KeyPairExists')) throw error;
      if (!(await this.listKeyPairs()).some((pair) => pair.name === name && ofOneLaunch(pair.tags, tags))) throw error;
    }
  }

  async deleteKeyPair(name: string): Promise<void> {
    await this.#do(`delete the key pair ${name}`, () => this.client.send(new DeleteKeyPairCommand({ KeyName: name })));
  }

  async listSecurityGroups(): Promise<readonly SecurityGroup[]> {
    return this.#do('list the security groups', async () => {
      const groups: SecurityGroup[] = [];
      for await (const page of paginateDescribeSecurityGroups({ client: this.client, pageSize: PAGE_SIZE }, {}))
        groups.push(...present((page.SecurityGroups ?? []).map(toSecurityGroup)));
      return groups.sort((a, b) => a.name.localeCompare(b.name));
    });
  }

  async createSecurityGroup(
    name: string,
    description: string,
    rules: readonly IngressRule[],
    tags: Readonly<Record<string, string>>,
    subnetId?: string,
  ): Promise<string> {
    const VpcId = subnetId === undefined ? await this.#vpc() : await this.#vpcOf(subnetId);
    const id = await this.#do(`create the security group ${name}`, async () => {
      const input = { GroupName: name, Description: description, VpcId, TagSpecifications: tagged(['security-group'], tags) };
      return (await this.client.send(new CreateSecurityGroupCommand(input))).GroupId;
    }).catch(async (error: unknown) => {
      const made = isCode(error, 'GroupExists') ? await this.listSecurityGroups() : [];
      const own = made.find((group) => group.name === name && group.vpcId === VpcId && ofOneLaunch(group.tags, tags));
      if (own === undefined) throw error;
      return own.id;
    });
    if (id === undefined) throw new SkylabError(`The cloud gave no id for the security group ${name}.`, { next: 'Look in its console.' });
    try {
      await this.addRules(id, rules);
    } catch (error) {
      await this.deleteSecurityGroup(id);
      throw error;
    }
    return id;
  }

  async addRules(groupId: string, rules: readonly IngressRule[]): Promise<void> {
    if (rules.length === 0) return;
    const input = { GroupId: groupId, IpPermissions: rules.map(fromRule) };
    try {
      await this.#do('open the ports', () => this.client.send(new AuthorizeSecurityGroupIngressCommand(input)));
    } catch (error) {
      // an attempt before may have opened them, and its answer got lost
      if (!isCode(error, 'RuleExists') || !(await this.#hasRules(groupId, rules))) throw error;
    }
  }

  async #hasRules(groupId: string, rules: readonly IngressRule[]): Promise<boolean> {
    const group = (await this.listSecurityGroups()).find((one) => one.id === groupId);
    return rules.every((rule) =>
      rule.cidrs.every((cidr) =>
        group?.rules.some(
          (there) =>
            there.protocol === rule.protocol &&
            there.fromPort === rule.fromPort &&
            there.toPort === rule.toPort &&
            there.cidrs.includes(cidr),
        ),
      ),
    );
  }

  async removeRules(groupId: string, rules: readonly IngressRule[]): Promise<void> {
    if (rules.length === 0) return;
    const input = { GroupId: groupId, IpPermissions: rules.map(fromRule) };
    await this.#do('close the ports', () => this.client.send(new RevokeSecurityGroupIngressCommand(input)));
  }

  async deleteSecurityGroup(id: string): Promise<void> {
    await this.#do('delete the security group', () => this.client.send(new DeleteSecurityGroupCommand({ GroupId: id })));
  }

  async checkRunInstances(request: RunInstancesRequest): Promise<void> {
    try {
      await this.client.send(new RunInstancesCommand({ ...runInput(request), ClientToken: `${request.clientToken}-dry`, DryRun: true }));
    } catch (error) {
      // The answer to a dry run that would have succeeded.
      if (error instanceof Error && error.name === 'DryRunOperation') return;
      throw explainAwsError(error, { account: this.account, doing: 'launch the machine' });
    }
  }

  runInstancesInput(request: RunInstancesRequest): object {
    return runInput(request);
  }

  async runInstances(request: RunInstancesRequest): Promise<readonly Instance[]> {
    const answer = await this.#do('launch the machine', () => this.client.send(new RunInstancesCommand(runInput(request))));
    return present((answer.Instances ?? []).map((i) => toInstance(this.account.id, i)));
  }

  async #vpcOf(subnetId: string): Promise<string> {
    const answer = await this.#do('find the network of the subnet', () =>
      this.client.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] })),
    );
    const id = answer.Subnets?.find((subnet) => subnet.SubnetId === subnetId)?.VpcId;
    if (id === undefined) throw new SkylabError(`The subnet ${subnetId} does not exist.`, { next: 'Choose another one.' });
    return id;
  }

  /** The default VPC's id, remembered once there is one. @throws SkylabError `NoDefaultVpc` */
  async #vpc(): Promise<string> {
    this.#defaultVpc ??= await this.#do('find the default network', async () => {
      const answer = await this.client.send(new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }));
      const id = answer.Vpcs?.find((v) => v.IsDefault === true)?.VpcId;
      // The name by which RunInstances says the same.
      if (id === undefined) throw Object.assign(new Error('No default VPC for this user'), { name: 'VPCIdNotSpecified' });
      return id;
    });
    return this.#defaultVpc;
  }

  async #do<T>(doing: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw explainAwsError(error, { account: this.account, doing });
    }
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof SkylabError && error.code === code;
}

/** What an attempt whose answer got lost has made carries the tag of the same launch. */
function ofOneLaunch(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>>): boolean {
  return b[TAG.launch] !== undefined && a?.[TAG.launch] === b[TAG.launch];
}

const AVAILABLE: DescribeImagesCommandInput['Filters'] & object = [
  { Name: 'state', Values: ['available'] },
  { Name: 'image-type', Values: ['machine'] },
];

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
