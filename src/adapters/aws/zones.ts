import { Route53Client } from '@aws-sdk/client-route-53';
import type { Account } from '../../core/cloud/model';
import type { DnsZones } from '../../core/cloud/names/ports';
import type { AwsProviders } from './providers';
import { Route53Zones } from './route53';

/** Milliseconds and attempts of each request. */
const LIMITS = { connectionTimeout: 5_000, requestTimeout: 30_000, maxAttempts: 5 };

/** One Route 53 client per account, with the keys and the endpoint of its EC2 client. */
export class AwsZones {
  readonly #made = new Map<string, { readonly account: Account; readonly zones: DnsZones; readonly client: Route53Client }>();

  constructor(private readonly providers: AwsProviders) {}

  async for(account: Account): Promise<DnsZones> {
    const kept = this.#made.get(account.id);
    if (kept !== undefined && JSON.stringify(kept.account) === JSON.stringify(account)) return kept.zones;
    kept?.client.destroy();
    const client = new Route53Client({
      region: account.region,
      maxAttempts: LIMITS.maxAttempts,
      requestHandler: { connectionTimeout: LIMITS.connectionTimeout, requestTimeout: LIMITS.requestTimeout, throwOnRequestTimeout: true },
      ...(await this.providers.settings(account)),
    });
    const zones = new Route53Zones(account, client);
    this.#made.set(account.id, { account, zones, client });
    return zones;
  }
}
