import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AwsPriceList } from '../../../src/adapters/aws/prices';
import { AwsProviders } from '../../../src/adapters/aws/providers';
import { FilePriceCache } from '../../../src/adapters/files/priceFiles';
import type { Account } from '../../../src/core/cloud/model';
import type { SkylabError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import { MapVault } from '../../unit/core/cloud/support';

interface Asked {
  readonly target: string;
  readonly authorization: string;
  readonly body: {
    readonly ServiceCode: string;
    readonly NextToken?: string;
    readonly Filters: readonly { Field: string; Value: string }[];
  };
}

/** A product as GetProducts has it: JSON in a string (the shape of https://docs.aws.amazon.com/aws-cost-management/latest/APIReference). */
const product = (attributes: Record<string, string>, unit: string, usd: string, productFamily = 'Compute Instance'): string =>
  JSON.stringify({
    product: { productFamily, attributes: { servicecode: 'AmazonEC2', regionCode: 'us-east-1', ...attributes }, sku: 'ABC' },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        'ABC.JRTCKXETXF': {
          priceDimensions: {
            'ABC.JRTCKXETXF.6YS6EN2CT7': { unit, endRange: 'Inf', description: `$${usd}`, appliesTo: [], pricePerUnit: { USD: usd } },
          },
          sku: 'ABC',
          effectiveDate: '2026-11-01T00:00:00Z',
          offerTermCode: 'JRTCKXETXF',
          termAttributes: {},
        },
      },
    },
    version: '20261101000000',
    publicationDate: '2026-11-01T00:00:00Z',
  });

describe('the price list of AWS', () => {
  const account: Account = { kind: 'keys', id: 'acc', name: 'phys-dept', region: 'eu-west-1' };
  const asked: Asked[] = [];
  let endpoint: string;
  let server: Server;
  let answer: (asked: Asked) => { status?: number; body: object };
  let list: AwsPriceList;

  before(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (piece) => (text += String(piece)));
      request.on('end', () => {
        const one = {
          target: String(request.headers['x-amz-target']),
          authorization: String(request.headers.authorization),
          body: JSON.parse(text) as Asked['body'],
        };
        asked.push(one);
        const { status = 200, body } = answer(one);
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const vault = new MapVault();
    await vault.set('acc', { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: new Secret('secret') });
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const other: Account = { kind: 'endpoint', id: 'own', name: 'Own cloud', endpoint: 'http://127.0.0.1:1', region: 'x' };
    list = new AwsPriceList(() => [other, account], new AwsProviders(vault), endpoint);
  });
  beforeEach(() => (asked.length = 0));
  after(() => new Promise((resolve) => server.close(resolve)));

  const filtersOf = ({ body }: Asked) => Object.fromEntries(body.Filters.map(({ Field, Value }) => [Field, Value]));

  it('is asked for on-demand Linux in the region of the machines, with the first account at AWS', async () => {
    answer = (one) => {
      const { instanceType, productFamily } = filtersOf(one);
      if (instanceType !== undefined)
        return {
          body: {
            FormatVersion: 'aws_v1',
            PriceList: [
              product({ instanceType, usagetype: `Reservation:${instanceType}` }, 'Hrs', '0.0000000000'),
              product(
                { instanceType, usagetype: `BoxUsage:${instanceType}` },
                'Hrs',
                instanceType === 't3.small' ? '0.0208000000' : '0.0960000000',
              ),
            ],
          },
        };
      const disks = [product({ volumeApiName: 'gp3' }, 'GB-Mo', '0.0800000000', 'Storage'), 'no JSON', '{"product":{}}'];
      const snapshots = [
        product({ usagetype: 'EBS:SnapshotArchiveStorage' }, 'GB-Mo', '0.0125000000', 'Storage Snapshot'),
        product({ usagetype: 'EBS:SnapshotUsage' }, 'GB-Mo', '0.0500000000', 'Storage Snapshot'),
      ];
      return { body: { FormatVersion: 'aws_v1', PriceList: productFamily === 'Storage' ? disks : snapshots } };
    };
    const prices = await list.ask('us-east-1', ['t3.small', 'm5.large']);
    assert.deepEqual(Object.fromEntries([...prices].sort()), {
      'ebs:gp3': 0.08,
      'ebs:snapshot': 0.05,
      'm5.large': 0.096,
      't3.small': 0.0208,
    });
    assert.deepEqual(filtersOf(asked.find((one) => filtersOf(one)['instanceType'] === 't3.small') as Asked), {
      regionCode: 'us-east-1',
      instanceType: 't3.small',
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      preInstalledSw: 'NA',
      capacitystatus: 'Used',
    });
    assert.ok(asked.every(({ target, body }) => target === 'AWSPriceListService.GetProducts' && body.ServiceCode === 'AmazonEC2'));
    assert.ok(
      asked.every(
        ({ authorization }) => authorization.includes('Credential=AKIAEXAMPLE/') && authorization.includes('/us-east-1/pricing/'),
      ),
    );
  });

  it('gives a whole region page by page, where many types are wanted', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `t9.size${i}`);
    answer = (one) => {
      if (filtersOf(one)['productFamily'] !== undefined) return { body: { PriceList: [] } };
      const page = one.body.NextToken === undefined ? many.slice(0, 20) : many.slice(20);
      return {
        body: {
          PriceList: page.map((instanceType) => product({ instanceType }, 'Hrs', '0.5')),
          ...(one.body.NextToken === undefined ? { NextToken: 'more' } : {}),
        },
      };
    };
    const prices = await list.ask('us-east-1', many);
    assert.deepEqual([...prices.keys()], many);
    assert.equal(asked.length, 4);
  });

  it('says who is not allowed to ask', async () => {
    answer = () => ({
      status: 400,
      body: { __type: 'AccessDeniedException', Message: 'User: arn:aws:iam::1:user/ada is not authorized to perform: pricing:GetProducts' },
    });
    await assert.rejects(list.ask('us-east-1', ['t3.small']), (error: SkylabError) => {
      assert.equal(error.message, 'The account phys-dept is not allowed to read the price list (pricing:GetProducts).');
      return error.code === 'NoPermission';
    });
  });

  it('is not asked with the keys of another cloud, also where a profile names that cloud', async () => {
    const profile: Account = { kind: 'profile', id: 'p', name: 'practice', profile: 'practice', region: 'us-east-1' };
    const elsewhere = { settings: () => Promise.resolve({ endpoint: 'https://cloud.example.edu' }) };
    assert.equal((await new AwsPriceList(() => [profile], elsewhere, endpoint).ask('us-east-1', ['t3.micro'])).size, 0);
    assert.deepEqual(asked, []);
  });

  it('is not asked by those who have no account at AWS', async () => {
    const none = new AwsPriceList(() => [], new AwsProviders(new MapVault()));
    assert.equal((await none.ask('us-east-1', ['t3.small'])).size, 0);
  });
});

describe('the file of prices that were asked', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'skylab-prices-'))));
  after(() => rm(folder, { recursive: true }));

  it('is read as it was written; a damaged one counts as none', async () => {
    const file = path.join(folder, 'deep', 'prices.json');
    const cache = new FilePriceCache(file);
    assert.deepEqual(await cache.read(), {});
    const prices = { 'us-east-1': { 't3.small': { perHour: 0.0208, at: 5 } } };
    await cache.write(prices);
    assert.deepEqual(await cache.read(), prices);
    await writeFile(file, '{"us-east-1": 5}');
    assert.deepEqual(await cache.read(), {});
  });
});
