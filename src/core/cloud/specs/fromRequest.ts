import type { DiskType, ExtraDisk, LaunchMore } from '../../../shared/launchMore';
import { TAG } from '../tags';
import { plainText, type ApiValue } from './shorthand';
import type { FileSpec } from './specFile';

type Fields = Readonly<Record<string, ApiValue>>;

/** A RunInstances request as a spec. What a spec has no place for is listed. */
export function fromRequest(request: Fields): {
  readonly spec: Partial<FileSpec> & { readonly name: string };
  readonly left: readonly string[];
} {
  const left: string[] = [];
  const rest = new Rest(request, '', left);
  const [tags, name] = tagsOf(rest.list('TagSpecifications'), left);
  const disks = disksOf(rest.list('BlockDeviceMappings'), left);
  const network = networkOf(rest, left);
  const placement = rest.group('Placement');
  const zone = placement.text('AvailabilityZone');
  const [group, tenancy] = [placement.text('GroupName'), placement.text('Tenancy')];
  placement.end();
  const profile = rest.group('IamInstanceProfile');
  const instanceProfile = profile.text('Name') ?? profile.text('Arn')?.replace(/^.*:instance-profile\/(?:.*\/)?/, '');
  profile.end();
  const groups = [...rest.texts('SecurityGroupIds'), ...rest.texts('SecurityGroups'), ...network.groups];
  const [firstGroup, ...more] = groups;
  const keyName = rest.text('KeyName');
  const shutdown = rest.text('InstanceInitiatedShutdownBehavior');
  const hibernation = rest.group('HibernationOptions');
  const hibernates = isTrue(hibernation.take('Configured'));
  hibernation.end();
  rest.metadata();
  const [least, most] = [rest.number('MinCount'), rest.number('MaxCount')];
  const count = most ?? least ?? 1;
  const spec = {
    name: name ?? 'machine',
    ...some('image', rest.text('ImageId')),
    ...some('instanceType', rest.text('InstanceType')),
    ...(count === 1 ? {} : { count }),
    ...(least === undefined || least >= count ? {} : { minCount: least }),
    ...disks,
    ...(keyName === undefined ? {} : { keyPair: { existing: keyName } }),
    ...(firstGroup === undefined ? {} : { securityGroup: { existing: firstGroup, ...(more.length === 0 ? {} : { more }) } }),
    ...some('userData', rest.text('UserData')),
    ...(network.spec === undefined && zone === undefined ? {} : { network: { ...(zone === undefined ? {} : { zone }), ...network.spec } }),
    ...some('instanceProfile', instanceProfile),
    ...(isTrue(rest.take('DisableApiTermination')) ? { protect: true } : {}),
    ...(shutdown === 'terminate' ? { onShutdown: 'terminate' as const } : {}),
    ...(hibernates ? { hibernation: true } : {}),
    ...some('spot', spotOf(rest)),
    ...placementOf(group, tenancy, left),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
  rest.end();
  return { spec, left };
}

/** Takes fields out of a structure; what nobody took is listed at the end. */
class Rest {
  readonly #fields: Map<string, ApiValue>;

  constructor(
    fields: Fields,
    private readonly path: string,
    private readonly left: string[],
  ) {
    this.#fields = new Map(Object.entries(fields));
  }

  take(name: string): ApiValue | undefined {
    const value = this.#fields.get(name);
    this.#fields.delete(name);
    return value;
  }

  text(name: string): string | undefined {
    const value = this.take(name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }

  number(name: string): number | undefined {
    const value = Number(this.text(name) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  }

  list(name: string): readonly Fields[] {
    const value = this.take(name);
    return (Array.isArray(value) ? (value as readonly ApiValue[]) : value === undefined ? [] : [value]).flatMap((one) =>
      isGroup(one) ? [one] : [],
    );
  }

  texts(name: string): readonly string[] {
    const value = this.take(name);
    return (Array.isArray(value) ? (value as readonly ApiValue[]) : value === undefined ? [] : [value]).map(plainText);
  }

  group(name: string): Rest {
    const value = this.take(name);
    return new Rest(isGroup(value) ? value : {}, `${this.path}${name}.`, this.left);
  }

  /** Takes a field and lists it where it is not what Skylab asks for anyhow. */
  unless(name: string, usual: string): void {
    const value = this.text(name);
    if (value !== undefined && value !== usual) this.left.push(`${this.path}${name}=${value}`);
  }

  /** Skylab's own choice (IMDSv2, one hop) is no loss. */
  metadata(): void {
    const options = this.group('MetadataOptions');
    const [tokens, hops] = [options.text('HttpTokens'), options.text('HttpPutResponseHopLimit')];
    options.take('HttpEndpoint');
    if (tokens === 'optional') this.left.push('MetadataOptions.HttpTokens=optional (Skylab requires tokens)');
    if (hops !== undefined && hops !== '1') this.left.push(`MetadataOptions.HttpPutResponseHopLimit=${hops} (Skylab sets 1)`);
    options.end();
  }

  end(): void {
    for (const [name, value] of this.#fields) this.left.push(`${this.path}${name}=${plainText(value)}`);
  }
}

const isGroup = (value: ApiValue | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTrue = (value: ApiValue | undefined): boolean => value === true || plainText(value).toLowerCase() === 'true';

function some<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  // A one-key literal with a computed key has the wider type of a record.
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, T>>);
}

/** Tags of the instances; Skylab's own are made anew. */
function tagsOf(specifications: readonly Fields[], left: string[]): readonly [Readonly<Record<string, string>>, string | undefined] {
  const tags: Record<string, string> = {};
  const own: readonly string[] = Object.values(TAG);
  const isInstance = (one: Fields) => one['ResourceType'] === 'instance';
  for (const specification of [...specifications.filter(isInstance), ...specifications.filter((one) => !isInstance(one))]) {
    const rest = new Rest(specification, 'TagSpecifications.', left);
    const kind = rest.text('ResourceType') ?? '';
    for (const tag of rest.list('Tags')) {
      const [key, value] = [plainText(tag['Key']), plainText(tag['Value'])];
      if (kind === 'instance') tags[key] = value;
      else if (tags[key] !== value && !own.includes(key)) left.push(`tag ${key}=${value} of the ${kind} alone`);
    }
    rest.end();
  }
  const name = tags[TAG.name];
  for (const key of Object.values(TAG)) Reflect.deleteProperty(tags, key);
  return [tags, name];
}

const TYPES: readonly string[] = ['gp3', 'gp2', 'io2', 'st1', 'sc1', 'standard'];
/** Names that images give to their root disk. */
const ROOTS = ['/dev/xvda', '/dev/sda1', '/dev/sda'];

function disksOf(mappings: readonly Fields[], left: string[]): Partial<FileSpec> {
  const made: { root?: Partial<FileSpec>; disks: ExtraDisk[] } = { disks: [] };
  const rootAt = Math.max(
    0,
    mappings.findIndex((mapping) => ROOTS.includes(plainText(mapping['DeviceName']))),
  );
  mappings.forEach((mapping, i) => {
    const rest = new Rest(mapping, 'BlockDeviceMappings.', left);
    const device = rest.text('DeviceName') ?? '';
    const ebs = rest.group('Ebs');
    const [size, type] = [ebs.number('VolumeSize'), ebs.text('VolumeType')];
    const [kept, encrypted] = [ebs.take('DeleteOnTermination'), ebs.take('Encrypted')];
    if (type !== undefined && !TYPES.includes(type)) left.push(`VolumeType=${type} of ${device}`);
    const diskType = type === undefined || !TYPES.includes(type) ? undefined : (type as DiskType);
    if (i === rootAt) {
      if (encrypted !== undefined && !isTrue(encrypted)) left.push(`Encrypted=false of ${device} (Skylab encrypts root disks)`);
      const keep = kept !== undefined && !isTrue(kept);
      made.root = { ...some('diskGiB', size), ...some('diskType', diskType), ...(keep ? { keepDisk: true } : {}) };
    } else if (size === undefined) left.push(`${device} without a size`);
    else
      made.disks.push({
        sizeGiB: size,
        ...some('type', diskType),
        ...(encrypted === undefined ? {} : { encrypted: isTrue(encrypted) }),
        ...(kept === undefined ? {} : { deleteOnTermination: isTrue(kept) }),
      });
    ebs.end();
    rest.end();
  });
  return { ...made.root, ...(made.disks.length === 0 ? {} : { disks: made.disks }) };
}

function networkOf(rest: Rest, left: string[]): { readonly spec: LaunchMore['network']; readonly groups: readonly string[] } {
  const [card, ...others] = rest.list('NetworkInterfaces');
  if (others.length > 0) left.push(`${others.length} further network interfaces`);
  const inner = new Rest(card ?? {}, 'NetworkInterfaces.', left);
  inner.take('DeviceIndex');
  inner.take('DeleteOnTermination');
  const groups = inner.texts('Groups');
  const subnetId = inner.text('SubnetId') ?? rest.text('SubnetId');
  const publicIp = inner.take('AssociatePublicIpAddress') ?? rest.take('AssociatePublicIpAddress');
  const ipv6 = Number(inner.text('Ipv6AddressCount') ?? rest.text('Ipv6AddressCount') ?? 0);
  if (ipv6 > 1) left.push(`${ipv6} IPv6 addresses: one is asked for`);
  inner.end();
  const spec = {
    ...some('subnetId', subnetId),
    ...(publicIp === undefined ? {} : { publicAddress: isTrue(publicIp) ? ('yes' as const) : ('no' as const) }),
    ...(ipv6 > 0 ? { ipv6: true } : {}),
  };
  return { spec: Object.keys(spec).length === 0 ? undefined : spec, groups };
}

function spotOf(rest: Rest): LaunchMore['spot'] {
  const market = rest.group('InstanceMarketOptions');
  const kind = market.text('MarketType');
  const options = market.group('SpotOptions');
  const price = options.number('MaxPrice');
  // One-time and terminated is what Skylab asks for.
  for (const [name, usual] of [
    ['SpotInstanceType', 'one-time'],
    ['InstanceInterruptionBehavior', 'terminate'],
  ] as const)
    options.unless(name, usual);
  options.end();
  market.end();
  if (kind !== 'spot') return undefined;
  return price === undefined ? {} : { maxPricePerHour: price };
}

function placementOf(group: string | undefined, tenancy: string | undefined, left: string[]): Pick<LaunchMore, 'placement'> {
  if (tenancy === 'host') left.push('Placement.Tenancy=host');
  const known = tenancy === 'default' || tenancy === 'dedicated' ? tenancy : undefined;
  if (group === undefined && known === undefined) return {};
  return { placement: { ...some('group', group), ...(known === undefined ? {} : { tenancy: known }) } };
}
