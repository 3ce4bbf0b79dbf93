import {
  DescribeAvailabilityZonesCommand,
  DescribePlacementGroupsCommand,
  paginateDescribeIamInstanceProfileAssociations,
  paginateDescribeInstanceTypeOfferings,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
  type EC2Client,
  type Subnet as SdkSubnet,
} from '@aws-sdk/client-ec2';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { Account } from '../../core/cloud/model';
import type { LaunchOffers, Network, OffersSource, Subnet } from '../../core/cloud/offers/ports';
import { TAG } from '../../core/cloud/tags';
import { causeChain, isCancelled } from '../../core/errors';
import type { Log } from '../../core/log';
import { present, tagsOf } from './convert';
import { explainAwsError } from './errors';

/** What EC2 offers a launch: networks, zones, sizes by zone, placement groups, profiles. */
export class AwsOffers implements OffersSource {
  /** Sizes by zone take several pages and do not change while a window is open; by account and region. */
  readonly #sizes = new Map<string, Promise<LaunchOffers['notOfferedIn']>>();

  /** @param client asked for at each request: it is made anew when the account's settings change */
  constructor(
    private readonly client: (account: Account) => Promise<EC2Client>,
    private readonly log: Log,
  ) {}

  async read(account: Account, signal?: AbortSignal): Promise<LaunchOffers> {
    const can = capabilitiesOf(account);
    const part = async <T>(what: string, offered: boolean, ask: (client: EC2Client) => Promise<T>, without: T): Promise<T> => {
      if (!offered) return without;
      try {
        return await ask(await this.client(account));
      } catch (error) {
        const explained = explainAwsError(error, { account, doing: `list the ${what}` });
        if (isCancelled(explained)) throw explained;
        this.log.warn(`The launch form goes without ${what}: ${causeChain(explained)}`);
        return without;
      }
    };
    const [networks, zones, notOfferedIn, placementGroups, instanceProfiles] = await Promise.all([
      part('networks', can.networks, (client) => listNetworks(client, signal), []),
      part('zones', can.networks, (client) => listZones(client, signal), []),
      part('sizes by zone', can.instanceTypes && can.networks, (client) => this.#notOfferedIn(account, client), {}),
      part('placement groups', can.networks, (client) => listPlacementGroups(client, signal), []),
      part('instance profiles', can.networks, (client) => listProfiles(client, signal), []),
    ]);
    return { networks, zones, notOfferedIn, placementGroups, instanceProfiles };
  }

  #notOfferedIn(account: Account, client: EC2Client): Promise<LaunchOffers['notOfferedIn']> {
    const key = `${account.id} ${account.region}`;
    const kept = this.#sizes.get(key);
    if (kept !== undefined) return kept;
    const asked = listNotOffered(client).catch((error: unknown) => {
      this.#sizes.delete(key);
      throw error;
    });
    this.#sizes.set(key, asked);
    return asked;
  }
}

async function listNetworks(client: EC2Client, signal: AbortSignal | undefined): Promise<readonly Network[]> {
  const subnets: Subnet[] = [];
  for await (const page of paginateDescribeSubnets({ client, pageSize: 200 }, {}, abortable(signal)))
    subnets.push(...present((page.Subnets ?? []).map(toSubnet)));
  subnets.sort((a, b) => a.zone.localeCompare(b.zone) || a.cidr.localeCompare(b.cidr));
  const networks: Network[] = [];
  for await (const page of paginateDescribeVpcs({ client, pageSize: 200 }, {}, abortable(signal)))
    for (const { VpcId, CidrBlock, IsDefault, Tags } of page.Vpcs ?? [])
      if (VpcId !== undefined)
        networks.push({
          id: VpcId,
          name: tagsOf(Tags)[TAG.name] ?? '',
          cidr: CidrBlock ?? '',
          isDefault: IsDefault === true,
          subnets: subnets.filter((subnet) => subnet.vpcId === VpcId),
        });
  return networks.sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || a.name.localeCompare(b.name));
}

function toSubnet(sdk: SdkSubnet): Subnet | undefined {
  const { SubnetId, VpcId, AvailabilityZone } = sdk;
  if (SubnetId === undefined || VpcId === undefined || AvailabilityZone === undefined) return undefined;
  return {
    id: SubnetId,
    name: tagsOf(sdk.Tags)[TAG.name] ?? '',
    vpcId: VpcId,
    zone: AvailabilityZone,
    cidr: sdk.CidrBlock ?? '',
    ipv6: (sdk.Ipv6CidrBlockAssociationSet ?? []).some((block) => block.Ipv6CidrBlockState?.State === 'associated'),
    freeAddresses: sdk.AvailableIpAddressCount ?? 0,
    publicByDefault: sdk.MapPublicIpOnLaunch === true,
    defaultForZone: sdk.DefaultForAz === true,
  };
}

async function listZones(client: EC2Client, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const answer = await client.send(new DescribeAvailabilityZonesCommand({}), abortable(signal));
  // Local and wavelength zones are for those who have opted in, and answered only then.
  return present((answer.AvailabilityZones ?? []).filter((z) => z.State === 'available').map((z) => z.ZoneName)).sort();
}

async function listNotOffered(client: EC2Client): Promise<LaunchOffers['notOfferedIn']> {
  const byType = new Map<string, Set<string>>();
  const zones = new Set<string>();
  const input = { LocationType: 'availability-zone' } as const;
  for await (const page of paginateDescribeInstanceTypeOfferings({ client, pageSize: 1000 }, input))
    for (const { InstanceType, Location } of page.InstanceTypeOfferings ?? []) {
      if (InstanceType === undefined || Location === undefined) continue;
      zones.add(Location);
      const has = byType.get(InstanceType) ?? new Set<string>();
      has.add(Location);
      byType.set(InstanceType, has);
    }
  const all = [...zones].sort();
  return Object.fromEntries(
    [...byType].flatMap(([type, has]) => (has.size === all.length ? [] : [[type, all.filter((zone) => !has.has(zone))]])),
  );
}

async function listPlacementGroups(client: EC2Client, signal: AbortSignal | undefined): Promise<LaunchOffers['placementGroups']> {
  const answer = await client.send(new DescribePlacementGroupsCommand({}), abortable(signal));
  return (answer.PlacementGroups ?? []).flatMap(({ GroupName, Strategy, State }) =>
    GroupName === undefined || (State !== undefined && State !== 'available') ? [] : [{ name: GroupName, strategy: Strategy ?? '' }],
  );
}

async function listProfiles(client: EC2Client, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const page of paginateDescribeIamInstanceProfileAssociations({ client, pageSize: 200 }, {}, abortable(signal)))
    for (const { IamInstanceProfile } of page.IamInstanceProfileAssociations ?? []) {
      const name = IamInstanceProfile?.Arn?.split('/').at(-1);
      if (name !== undefined) names.add(name);
    }
  return [...names].sort();
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
