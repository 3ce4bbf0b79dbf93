import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import { paginateGetProducts, PricingClient, type Filter } from '@aws-sdk/client-pricing';
import * as v from 'valibot';
import type { Account } from '../../core/cloud/model';
import type { PriceList } from '../../core/cloud/money/priceBook';
import { explainAwsError } from './errors';
import type { AwsProviders } from './providers';

/** More types than this are asked for as the whole region: some nine pages. */
const ONE_BY_ONE = 8;

/** A product as it stands, as JSON in a string, in the PriceList of GetProducts. */
const Product = v.object({
  product: v.object({
    productFamily: v.optional(v.string(), ''),
    attributes: v.record(v.string(), v.string()),
  }),
  terms: v.object({
    OnDemand: v.record(
      v.string(),
      v.object({ priceDimensions: v.record(v.string(), v.object({ unit: v.string(), pricePerUnit: v.record(v.string(), v.string()) })) }),
    ),
  }),
});
type Product = v.InferOutput<typeof Product>;

/** The price list is served in three regions, each with the prices of all. */
const LIST_REGION = 'us-east-1';

const LINUX_ON_DEMAND = { operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used' };

/** AWS's price list (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html, GetProducts), filtered. */
export class AwsPriceList implements PriceList {
  /** @param endpoint in tests, instead of AWS's own */
  constructor(
    private readonly accounts: () => readonly Account[],
    private readonly aws: Pick<AwsProviders, 'settings'>,
    private readonly endpoint?: string,
  ) {}

  async ask(region: string, instanceTypes: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    const asking = await this.#atAws();
    if (asking === undefined) return found;
    const { account, credentials } = asking;
    const client = new PricingClient({
      region: LIST_REGION,
      ...(credentials === undefined ? {} : { credentials }),
      maxAttempts: 2,
      ...(this.endpoint === undefined ? {} : { endpoint: this.endpoint }),
    });
    const types = instanceTypes.length > ONE_BY_ONE ? [{}] : instanceTypes.map((instanceType) => ({ instanceType }));
    const questions = [
      ...types.map((type) => ({ ...LINUX_ON_DEMAND, ...type })),
      { productFamily: 'Storage' },
      { productFamily: 'Storage Snapshot' },
    ];
    try {
      await Promise.all(
        questions.map(async (question) => {
          const Filters = Object.entries({ regionCode: region, ...question }).map(([Field, Value]): Filter => ({
            Type: 'TERM_MATCH',
            Field,
            Value,
          }));
          const pages = paginateGetProducts({ client }, { ServiceCode: 'AmazonEC2', Filters }, { abortSignal: signal });
          for await (const { PriceList = [] } of pages) for (const text of PriceList) note(found, String(text));
        }),
      );
    } catch (error) {
      throw explainAwsError(error, { account, doing: 'read the price list' });
    } finally {
      client.destroy();
    }
    return found;
  }

  /** Whoever has an account at AWS may ask. Other clouds have no price list, and their keys are no business of AWS's. */
  async #atAws(): Promise<{ readonly account: Account; readonly credentials: EC2ClientConfig['credentials'] } | undefined> {
    for (const account of this.accounts()) {
      if (account.kind === 'endpoint') continue;
      const { endpoint, credentials } = await this.aws.settings(account);
      if (endpoint === undefined) return { account, credentials };
    }
    return undefined;
  }
}

/** Takes a product's price, where it is one of those looked for. */
function note(found: Map<string, number>, text: string): void {
  const product = productOf(text);
  if (product === undefined) return;
  const { instanceType, volumeApiName, usagetype = '' } = product.product.attributes;
  const name =
    instanceType ??
    (volumeApiName === undefined ? (usagetype.endsWith('EBS:SnapshotUsage') ? 'ebs:snapshot' : undefined) : `ebs:${volumeApiName}`);
  const price = priceOf(product, instanceType === undefined ? 'GB-Mo' : 'Hrs');
  if (name !== undefined && price !== undefined) found.set(name, price);
}

function productOf(text: string): Product | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(Product, value);
  return parsed.success ? parsed.output : undefined;
}

/** The price per unit; reservations of capacity are listed as well, and cost nothing. */
function priceOf({ terms }: Product, unit: string): number | undefined {
  const prices = Object.values(terms.OnDemand).flatMap(({ priceDimensions }) =>
    Object.values(priceDimensions).flatMap((one) => (one.unit === unit ? [Number(one.pricePerUnit['USD'])] : [])),
  );
  return prices.find((price) => price > 0);
}
