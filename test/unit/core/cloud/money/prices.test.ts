import assert from 'node:assert/strict';
import path from 'node:path';
import { readPriceTable } from '../../../../../src/adapters/files/priceFiles';
import { costSoFar, priceTag, PRICE_TAG, rateOf, sumOf } from '../../../../../src/core/cloud/money/cost';
import { diskCost } from '../../../../../src/core/cloud/money/disks';
import { PriceBook, type AskedPrices, type PriceList } from '../../../../../src/core/cloud/money/priceBook';
import { PriceTable } from '../../../../../src/core/cloud/money/priceTable';
import { storagePrice } from '../../../../../src/core/cloud/money/storagePrices';
import { instanceKey, type Instance, type Machine } from '../../../../../src/core/cloud/model';
import type { Volume } from '../../../../../src/core/cloud/resources/ports';
import { instance } from '../support';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const quiet = { info: () => undefined };

const table = new PriceTable({
  regions: ['us-east-1', 'eu-west-1'],
  days: { '2023-01-02': { 't3.small': [0.03, 0.0228] }, '2025-03-02': { 't3.small': [0.0208, 0], 'm5.large': [0.096, 0.107] } },
});

/** A price list that answers what it is told, and counts. */
class Answers implements PriceList {
  readonly asked: string[] = [];
  constructor(readonly answer: () => Promise<ReadonlyMap<string, number>>) {}
  ask(region: string, types: readonly string[]) {
    this.asked.push(`${region} ${types.join(' ')}`);
    return this.answer();
  }
}

/** A book, what it wrote, and a clock that is turned by hand. */
function bookOf(list: PriceList, asked: AskedPrices = {}) {
  const time = { now: Date.parse('2026-11-21T15:00:00Z') };
  const written: AskedPrices[] = [];
  const cache = { read: () => Promise.resolve({}), write: (prices: AskedPrices) => Promise.resolve(void written.push(prices)) };
  return { book: new PriceBook(table, asked, list, cache, quiet, () => time.now), written, time };
}
const nobody = new Answers(() => Promise.reject(new Error('nobody is asked')));

const machine = (change: Partial<Instance> = {}): Machine => {
  const one = instance('i-1', change);
  return { kind: 'instance', key: instanceKey('acc', one.id), name: one.name, instance: one };
};

describe('the prices that ship with Skylab', () => {
  it('say on which day they were read, and the newest counts', () => {
    assert.deepEqual(table.price('us-east-1', 't3.small'), { perHour: 0.0208, asOf: '2025-03-02' });
    assert.deepEqual(table.price('eu-west-1', 't3.small'), { perHour: 0.0228, asOf: '2023-01-02' });
  });

  it('leave out what is not known', () => {
    assert.equal(table.price('us-east-1', 'x99.huge'), undefined);
    assert.equal(table.price('mars-1', 't3.small'), undefined);
    assert.deepEqual(table.types('eu-west-1').toSorted(), ['m5.large', 't3.small']);
  });

  it('are those of the public price list for sizes that everybody knows', async () => {
    const shipped = await readPriceTable(path.resolve(__dirname, '../../../../../media/prices.json'));
    const price = (region: string, type: string) => shipped.price(region, type)?.perHour;
    assert.equal(price('us-east-1', 't2.micro'), 0.0116);
    assert.equal(price('us-east-1', 't3.micro'), 0.0104);
    assert.equal(price('us-east-1', 't3.medium'), 0.0416);
    assert.equal(price('us-west-2', 'm5.large'), 0.096);
    assert.equal(price('us-east-1', 'c5.xlarge'), 0.17);
    assert.equal(price('us-east-1', 'r5.large'), 0.126);
    assert.equal(price('eu-central-1', 't3.small'), 0.024);
    assert.equal(price('eu-west-1', 't4g.medium'), 0.0368);
    assert.equal(price('us-east-1', 'g4dn.xlarge'), 0.526);
    assert.ok(shipped.types('us-east-1').length > 200);
  });

  it('grow with the size within a family', async () => {
    const shipped = await readPriceTable(path.resolve(__dirname, '../../../../../media/prices.json'));
    for (const region of ['us-east-1', 'eu-central-1', 'ap-southeast-2'])
      for (const family of ['t3', 't4g', 'm5', 'c5', 'r5']) {
        const sizes = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge', '2xlarge', '4xlarge'];
        const prices = sizes.flatMap((size) => shipped.price(region, `${family}.${size}`)?.perHour ?? []);
        assert.ok(prices.length >= 3, `${region} ${family}`);
        assert.deepEqual(
          prices,
          prices.toSorted((a, b) => a - b),
          `${region} ${family}`,
        );
      }
  });

  it('have disks and addresses', () => {
    const { book } = bookOf(nobody);
    assert.equal(storagePrice('us-east-1', 'gp3')?.perGiBMonth, 0.08);
    assert.equal(storagePrice('eu-central-1', 'gp2')?.perGiBMonth, 0.119);
    assert.equal(storagePrice('eu-west-1', 'io2'), undefined);
    assert.equal(book.storage('us-east-1', 'snapshot')?.perGiBMonth, 0.05);
    assert.equal(book.address('eu-west-1')?.perHour, 0.005);
    assert.equal(book.address('cn-north-1'), undefined);
  });
});

describe('prices asked from the price list', () => {
  it('are kept on disk, count for thirty days, and go before those that ship', async () => {
    const list = new Answers(() =>
      Promise.resolve(
        new Map([
          ['t3.small', 0.021],
          ['ebs:gp3', 0.09],
        ]),
      ),
    );
    const { book, written, time } = bookOf(list);
    await book.refresh('us-east-1', ['t3.small']);
    assert.deepEqual(book.known('us-east-1', 't3.small'), { perHour: 0.021, asOf: '2026-11-21', source: 'cloud' });
    assert.deepEqual(book.storage('us-east-1', 'gp3'), { perGiBMonth: 0.09, asOf: '2026-11-21', source: 'cloud' });
    assert.equal(book.known('eu-west-1', 't3.small')?.source, 'table');
    assert.deepEqual([...book.knownTypes('us-east-1').keys()].toSorted(), ['m5.large', 't3.small']);
    await book.refresh('us-east-1', ['t3.small']);
    assert.equal(list.asked.length, 1);
    time.now += 31 * DAY;
    await book.refresh('us-east-1', ['t3.small']);
    assert.equal(list.asked.length, 2);
    const again = bookOf(nobody, written[0]);
    assert.equal(again.book.known('us-east-1', 't3.small')?.perHour, 0.021);
  });

  it('are asked once by two who ask at a time', async () => {
    const list = new Answers(() => Promise.resolve(new Map([['t3.small', 0.021]])));
    const { book } = bookOf(list);
    await Promise.all([book.refresh('us-east-1', ['t3.small']), book.refresh('us-east-1', ['t3.small'])]);
    assert.equal(list.asked.length, 1);
  });

  it('that cannot be had leave the table, and are not asked again for an hour', async () => {
    const list = new Answers(() => Promise.reject(new Error('AccessDenied')));
    const { book, time } = bookOf(list);
    await book.refresh('us-east-1', ['t3.small']);
    await book.refresh('us-east-1', ['t3.small', 'm5.large']);
    assert.equal(book.known('us-east-1', 't3.small')?.source, 'table');
    assert.equal(list.asked.length, 1);
    time.now += HOUR + 1;
    await book.refresh('us-east-1', ['t3.small']);
    assert.equal(list.asked.length, 2);
  });

  it('are not asked for partitions with a list of their own', async () => {
    const list = new Answers(() => Promise.resolve(new Map()));
    const { book } = bookOf(list);
    await book.refresh('us-gov-west-1', ['t3.small']);
    await book.refresh('cn-north-1', ['t3.small']);
    assert.deepEqual(list.asked, []);
  });
});

describe('what machines cost', () => {
  const { book } = bookOf(nobody);

  it('is the price of the size and that of the public address', () => {
    assert.equal(rateOf(machine(), 'us-east-1', book)?.perHour, 0.0208 + 0.005);
    const { publicAddress, ...hidden } = instance('i-1');
    assert.ok(publicAddress);
    assert.equal(rateOf({ ...machine(), instance: hidden } as Machine, 'us-east-1', book)?.perHour, 0.0208);
  });

  it('stays what it was at launch', () => {
    const tags = { [PRICE_TAG]: priceTag({ perHour: 0.5, asOf: '2026-01-01', source: 'table' }, instance('i-1').type) };
    assert.deepEqual(rateOf(machine({ tags }), 'us-east-1', book)?.machine, { perHour: 0.5, asOf: '2026-01-01', source: 'recorded' });
    // A record that names no size is of before sizes were noted.
    const old = { [PRICE_TAG]: '0.5 2026-01-01' };
    assert.equal(rateOf(machine({ tags: old }), 'us-east-1', book)?.machine.perHour, 0.5);
    const broken = { [PRICE_TAG]: 'free!' };
    assert.equal(rateOf(machine({ tags: broken }), 'us-east-1', book)?.machine.source, 'table');
  });

  it('is that of the new size after a resize', () => {
    const tags = { [PRICE_TAG]: priceTag({ perHour: 0.5, asOf: '2026-01-01', source: 'table' }, 't3.small') };
    assert.equal(rateOf(machine({ tags, type: 'm5.large' }), 'us-east-1', book)?.machine.perHour, 0.096);
  });

  it('since the last start grows by the hour, a minute at least, and ends with the machine', () => {
    const at = instance('i-1').launchedAt;
    const spent = (ms: number, change: Partial<Instance> = {}) => costSoFar(machine(change), 'us-east-1', book, at + ms);
    assert.ok(Math.abs((spent(10 * HOUR) ?? 0) - 0.258) < 1e-9);
    assert.equal(spent(0), spent(60_000));
    assert.equal(spent(HOUR, { state: 'stopped' }), undefined);
    assert.equal(spent(HOUR, { type: 'x99.huge' }), undefined);
  });

  it('adds up over those that run, and tells how many are not known', () => {
    const machines = [
      machine(),
      machine({ state: 'stopped' }),
      machine({ type: 'm5.large' }),
      machine({ type: 'x99.huge' }),
      { kind: 'given', name: 'g' } as Machine,
    ];
    const sum = sumOf(machines, () => 'us-east-1', book);
    assert.deepEqual({ ...sum, perHour: Number(sum.perHour.toFixed(4)) }, { running: 3, perHour: 0.1268, unknown: 1 });
  });

  it('goes on for the disks of a machine that is stopped', () => {
    const volume = (id: string, sizeGiB: number, type: string, instanceId = 'i-1'): Volume => ({
      ...{ id, name: '', sizeGiB, type, encrypted: true, zone: 'us-east-1a', state: 'in-use', createdAt: 0, tags: {} },
      attachment: { instanceId, device: '/dev/xvda', deleteOnTermination: true },
    });
    const disks = [volume('a', 20, 'gp3'), volume('b', 100, 'st1'), volume('c', 500, 'gp3', 'i-2')];
    const of = (...ids: readonly string[]) => new Set(ids);
    assert.deepEqual(diskCost(disks, of('i-1'), 'us-east-1', book), { sizeGiB: 120, perMonth: 20 * 0.08 + 100 * 0.045 });
    assert.deepEqual(diskCost([volume('a', 20, 'new-kind')], of('i-1'), 'us-east-1', book), { sizeGiB: 20, perMonth: undefined });
    assert.equal(diskCost(disks, of('i-1', 'i-2'), 'us-east-1', book).sizeGiB, 620);
  });
});
