import assert from 'node:assert/strict';
import { dollars, endOf, launchCost } from '../../../src/shared/launchCost';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import type { FormPrices } from '../../../src/shared/messages';

const spec: LaunchSpec = {
  accountId: 'a',
  name: 'ada',
  imageId: 'ami-1',
  instanceType: 't3.small',
  keyPair: { kind: 'new', name: 'k' },
  securityGroup: { kind: 'new', name: 'g', ssh: true, http: true, https: true },
  diskGiB: 20,
  userData: '',
  count: 1,
};
const prices: FormPrices = {
  types: { 't3.small': { perHour: 0.02, asOf: '2026-11-01' } },
  disks: { gp3: 0.073, st1: 0.0365 },
  addressPerHour: 0.005,
};

describe('what a launch costs', () => {
  it('is size, disks and public address, for all machines', () => {
    const one = launchCost(spec, prices);
    // 20 GiB at 0.073 a month are 0.002 an hour.
    assert.equal(one.perHour?.toFixed(6), '0.027000');
    assert.equal(one.stoppedPerMonth?.toFixed(2), '1.46');
    assert.equal(one.asOf, '2026-11-01');
    assert.equal(launchCost({ ...spec, count: 10 }, prices).perHour?.toFixed(6), '0.270000');
    const disks = [{ sizeGiB: 20 }, { sizeGiB: 200, type: 'st1' as const }];
    assert.equal(launchCost({ ...spec, disks }, prices).perHour?.toFixed(6), '0.039000');
  });

  it('has no address where none is asked for, and keeps paying for an elastic one while stopped', () => {
    assert.equal(launchCost({ ...spec, network: { publicAddress: 'no' } }, prices).perHour?.toFixed(6), '0.022000');
    assert.equal(launchCost({ ...spec, network: { publicAddress: 'elastic' } }, prices).stoppedPerMonth?.toFixed(2), '5.11');
  });

  it('is unknown without the price of the size, and says which part is unknown', () => {
    assert.equal(launchCost({ ...spec, instanceType: 'x9.huge' }, prices).perHour, undefined);
    const part = launchCost({ ...spec, diskType: 'io2' }, prices);
    assert.equal(part.perHour?.toFixed(6), '0.025000');
    assert.deepEqual(
      part.parts.filter(({ perHour }) => perHour === undefined).map(({ what }) => what),
      ['20 GiB of disk'],
    );
    assert.equal(part.stoppedPerMonth, undefined);
    assert.equal(launchCost(spec, { types: {}, disks: {} }).perHour, undefined);
  });

  it('survives half-typed numbers', () => {
    assert.equal(launchCost({ ...spec, count: Number.NaN }, prices).perHour?.toFixed(6), '0.027000');
    assert.equal(launchCost({ ...spec, diskGiB: Number.NaN }, prices).perHour?.toFixed(6), '0.025000');
  });

  it('is written with two digits after the point, four for small amounts', () => {
    assert.deepEqual([0.0208, 0.028, 1.5, 33.434, 1234.5].map(dollars), ['$0.0208', '$0.028', '$1.50', '$33.43', '$1,234.50']);
  });
});

describe('when a launch ends by the clock', () => {
  it('is hours from now, or its date, or never', () => {
    assert.equal(endOf({ hours: 8, action: 'stop' }, 1000), 1000 + 8 * 3_600_000);
    assert.equal(endOf({ at: '2026-11-27T18:00:00Z', action: 'stop' }, 0), Date.UTC(2026, 10, 27, 18));
    for (const expiry of [
      undefined,
      { idleMinutes: 60, action: 'stop' },
      { at: 'not a time', action: 'stop' },
      { hours: Number.NaN, action: 'stop' },
    ] as const)
      assert.equal(endOf(expiry, 0), undefined);
  });
});
