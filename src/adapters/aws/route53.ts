import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  DeleteHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  paginateListHostedZones,
  type Change,
  type HostedZone,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import type { Account } from '../../core/cloud/model';
import type { DnsZones, RecordSet, Zone, ZoneChange } from '../../core/cloud/names/ports';
import { SkylabError } from '../../core/errors';
import { explainAwsError } from './errors';

/** Route 53 behind the core's port. */
export class Route53Zones implements DnsZones {
  constructor(
    private readonly account: Account,
    private readonly client: Route53Client,
  ) {}

  async listZones(signal?: AbortSignal): Promise<readonly Zone[]> {
    return this.#do('list the DNS zones', async () => {
      const zones: Zone[] = [];
      for await (const page of paginateListHostedZones({ client: this.client }, {}, abortable(signal)))
        zones.push(...(page.HostedZones ?? []).flatMap(toZone));
      return zones;
    });
  }

  async createZone(name: string, token: string): Promise<Zone> {
    const zone = await this.#do(`create the DNS zone ${name}`, async () => {
      const HostedZoneConfig = { Comment: 'Made by Skylab', PrivateZone: false };
      return (await this.client.send(new CreateHostedZoneCommand({ Name: name, CallerReference: token, HostedZoneConfig }))).HostedZone;
    });
    const made = zone === undefined ? [] : toZone(zone);
    if (made[0] === undefined) throw new SkylabError(`The cloud gave no id for the DNS zone ${name}.`, { next: 'Look in its console.' });
    return made[0];
  }

  async deleteZone(id: string): Promise<void> {
    await this.#do('delete the DNS zone', () => this.client.send(new DeleteHostedZoneCommand({ Id: id })));
  }

  async nameServers(id: string, signal?: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#do('read the DNS zone', () => this.client.send(new GetHostedZoneCommand({ Id: id }), abortable(signal)));
    return (answer.DelegationSet?.NameServers ?? []).map(plain);
  }

  async records(id: string, names: readonly string[], signal?: AbortSignal): Promise<readonly RecordSet[]> {
    const found: RecordSet[] = [];
    for (const name of names) found.push(...(await this.#recordsOf(id, name, signal)));
    return found;
  }

  /** The listing begins at the name, in the zone's own order, and goes on with the names after it. */
  async #recordsOf(id: string, name: string, signal?: AbortSignal): Promise<readonly RecordSet[]> {
    return this.#do(`look up ${name}`, async () => {
      const found: RecordSet[] = [];
      let start: { StartRecordName: string; StartRecordType?: ResourceRecordSet['Type']; StartRecordIdentifier?: string } = {
        StartRecordName: wire(name),
      };
      for (;;) {
        const page = await this.client.send(new ListResourceRecordSetsCommand({ HostedZoneId: id, ...start }), abortable(signal));
        const sets = (page.ResourceRecordSets ?? []).map(toRecordSet);
        found.push(...sets.filter((set) => set.name === name));
        const next = page.NextRecordName;
        if (page.IsTruncated !== true || next === undefined || plain(next) !== name) return found;
        start = {
          StartRecordName: next,
          ...(page.NextRecordType === undefined ? {} : { StartRecordType: page.NextRecordType }),
          ...(page.NextRecordIdentifier === undefined ? {} : { StartRecordIdentifier: page.NextRecordIdentifier }),
        };
      }
    });
  }

  async change(id: string, changes: readonly ZoneChange[], comment: string): Promise<string> {
    const names = [...new Set(changes.map(({ record }) => record.name))].join(', ');
    const answer = await this.#do(`change ${names}`, () =>
      this.client.send(
        new ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch: { Comment: comment, Changes: changes.map(fromChange) } }),
      ),
    );
    return answer.ChangeInfo?.Id?.replace(/^\/change\//, '') ?? '';
  }

  async isInSync(changeId: string, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.#do('see how far the name servers are', () =>
      this.client.send(new GetChangeCommand({ Id: changeId }), abortable(signal)),
    );
    return answer.ChangeInfo?.Status === 'INSYNC';
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

/** Route 53 writes `*` and others as octal numbers (Developer Guide, "DNS domain name format"). */
function plain(name: string): string {
  return name
    .replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
    .replace(/\.$/, '')
    .toLowerCase();
}

const wire = (name: string): string => `${name}.`;

function toZone({ Id, Name, Config }: HostedZone): readonly Zone[] {
  if (Id === undefined || Name === undefined) return [];
  return [{ id: Id.replace(/^\/hostedzone\//, ''), name: plain(Name), private: Config?.PrivateZone === true }];
}

const isName = (type: string): boolean => type === 'CNAME' || type === 'NS';

function toRecordSet(set: ResourceRecordSet): RecordSet {
  const type: string = set.Type ?? '';
  const alias = set.AliasTarget?.DNSName;
  const values = (set.ResourceRecords ?? []).flatMap(({ Value }) => (Value === undefined ? [] : [isName(type) ? plain(Value) : Value]));
  return {
    name: plain(set.Name ?? ''),
    type,
    values: alias === undefined ? values : [plain(alias)],
    ...(set.TTL === undefined ? {} : { ttl: set.TTL }),
    ...(alias !== undefined || set.SetIdentifier !== undefined ? { special: true } : {}),
  };
}

function fromChange({ action, record }: ZoneChange): Change {
  return {
    Action: action === 'upsert' ? 'UPSERT' : 'DELETE',
    ResourceRecordSet: {
      Name: wire(record.name),
      // The zone knows types that the SDK's list may not have.
      Type: record.type as NonNullable<ResourceRecordSet['Type']>,
      ...(record.ttl === undefined ? {} : { TTL: record.ttl }),
      ResourceRecords: record.values.map((value) => ({ Value: isName(record.type) ? wire(value) : value })),
    },
  };
}
