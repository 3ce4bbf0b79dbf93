import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import fc from 'fast-check';
import { canonicalCidr } from '../../../src/shared/cidr';

describe('an address block', () => {
  it('is written as EC2 writes it, and a bare address is a block of one', () => {
    for (const [given, written] of [
      ['203.0.113.7', '203.0.113.7/32'],
      [' 10.0.0.5/8 ', '10.0.0.0/8'],
      ['0.0.0.0/0', '0.0.0.0/0'],
      ['2001:DB8:0:0:0:0:0:1', '2001:db8::1/128'],
      ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
      ['::/0', '::/0'],
      ['1:0:0:2:0:0:0:3/128', '1:0:0:2::3/128'],
    ])
      assert.equal(canonicalCidr(given!), written);
  });

  it('is refused when it is none', () => {
    for (const bad of [
      '',
      'me',
      '10.0.0',
      '10.0.0.256',
      '010.0.0.1',
      '10.0.0.1/33',
      '10.0.0.1/',
      '10.0.0.1/8/8',
      '1::2::3',
      '::/129',
      'g::',
      '1:2:3:4:5:6:7',
    ])
      assert.equal(canonicalCidr(bad), undefined, bad);
  });

  it('agrees with the system on what an address is, and is the same when written again', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().filter((address) => !address.includes('.')),
        ),
        (address) => {
          const block = canonicalCidr(address);
          assert.ok(block !== undefined && isIP(block.split('/')[0]!) !== 0, address);
          assert.equal(canonicalCidr(block), block);
        },
      ),
    );
  });
});
