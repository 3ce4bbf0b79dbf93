import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalCidr } from '../../../../../src/core/cloud/resources/cidr';
import { isEmptyDiff, ruleDiff, sameAccess, singleRules } from '../../../../../src/core/cloud/resources/rules';
import type { IngressRule } from '../../../../../src/core/cloud/model';

const tcp = (port: number, cidrs: readonly string[], more: Partial<IngressRule> = {}): IngressRule => ({
  protocol: 'tcp',
  fromPort: port,
  toPort: port,
  cidrs,
  ...more,
});

describe('a block of addresses', () => {
  const blocks: readonly (readonly [string, string | undefined])[] = [
    ['203.0.113.7', '203.0.113.7/32'],
    ['203.0.113.7/24', '203.0.113.0/24'],
    ['10.255.3.4/12', '10.240.0.0/12'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1/128'],
    ['2001:db8::ff00:42:8329/64', '2001:db8::/64'],
    ['2001:db8:1:2:3:4:5:6/33', '2001:db8::/33'],
    ['::ffff:192.0.2.128', '::ffff:c000:280/128'],
    ['1:0:2:3:4:5:6:7/128', '1:0:2:3:4:5:6:7/128'],
    ['10.0.0.0/33', undefined],
    ['10.0.0/8', undefined],
    ['fe80::1%eth0/64', undefined],
    ['sg-0123', undefined],
    ['10.0.0.0/8/8', undefined],
    ['10.0.0.0/', undefined],
    ['', undefined],
  ];
  for (const [text, written] of blocks)
    it(`${text === '' ? '(nothing)' : text} is ${written ?? 'none'}`, () => assert.equal(canonicalCidr(text), written));

  it('stays what it is when it is written anew', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4Extended(), fc.ipV6(), fc.ipV4()), fc.nat(32), (address, length) => {
        const once = canonicalCidr(`${address}/${length}`);
        assert.equal(once === undefined ? undefined : canonicalCidr(once), once);
      }),
    );
  });
});

describe('the difference between the rules that are and those that should be', () => {
  it('is nothing for the same access, however it is written and grouped', () => {
    const have = [tcp(22, ['203.0.113.7/32', '2001:db8::1/128']), tcp(80, ['0.0.0.0/0'])];
    const want = [tcp(80, ['0.0.0.0/0']), tcp(22, ['2001:DB8:0::1']), tcp(22, ['203.0.113.7'])];
    assert.ok(isEmptyDiff(ruleDiff(have, want)));
  });

  it('adds and removes single sources, of both families and of groups, together where ports and description are the same', () => {
    const have = [tcp(22, ['198.51.100.1/32', '203.0.113.7/32'], { groups: ['sg-1'] })];
    const want = [tcp(22, ['203.0.113.7/32', '::/0', '10.0.0.0/8'], { groups: ['sg-2', '123456789012/sg-3'] })];
    assert.deepEqual(ruleDiff(have, want), {
      add: [tcp(22, ['::/0', '10.0.0.0/8'], { groups: ['sg-2', '123456789012/sg-3'] })],
      remove: [tcp(22, ['198.51.100.1/32'], { groups: ['sg-1'] })],
      describe: [],
    });
  });

  it('tells ports, ranges and protocols apart', () => {
    const have: IngressRule[] = [{ protocol: 'tcp', fromPort: 8000, toPort: 8100, cidrs: ['0.0.0.0/0'] }];
    const want: IngressRule[] = [
      { protocol: 'tcp', fromPort: 8000, toPort: 8000, cidrs: ['0.0.0.0/0'] },
      { protocol: 'udp', fromPort: 8000, toPort: 8100, cidrs: ['0.0.0.0/0'] },
    ];
    const { add, remove } = ruleDiff(have, want);
    assert.deepEqual([add, remove], [want, have]);
  });

  it('takes "everything" for the same whatever ports it names', () => {
    const all = (fromPort: number, toPort: number): IngressRule => ({ protocol: '-1', fromPort, toPort, cidrs: [], groups: ['sg-1'] });
    assert.ok(sameAccess([all(0, 65535)], [all(-1, -1)]));
  });

  it('changes a description in place instead of closing the port for a moment', () => {
    const [have, want] = [[tcp(22, ['10.0.0.1/32'], { description: 'old' })], [tcp(22, ['10.0.0.1/32'], { description: 'Ada' })]];
    assert.deepEqual(ruleDiff(have, want), { add: [], remove: [], describe: want });
    assert.ok(sameAccess(have, want));
  });

  it('leads from any rules to any others, and back', () => {
    const source = fc.constantFrom('10.0.0.1/32', '10.0.0.0/8', '::/0', '2001:db8::/32', 'sg-1', 'sg-2');
    const rule = fc
      .record({ port: fc.constantFrom(22, 80), protocol: fc.constantFrom('tcp' as const, 'udp' as const), sources: fc.array(source) })
      .map(({ port, protocol, sources }): IngressRule => {
        const groups = sources.filter((one) => one.startsWith('sg-'));
        return { protocol, fromPort: port, toPort: port, cidrs: sources.filter((one) => !one.startsWith('sg-')), groups };
      });
    fc.assert(
      fc.property(fc.array(rule), fc.array(rule), (have, want) => {
        const { add, remove } = ruleDiff(have, want);
        const removed = new Set(singleRules(remove).map((one) => JSON.stringify(one)));
        const now = [...singleRules(have).filter((one) => !removed.has(JSON.stringify(one))), ...add];
        assert.deepEqual(singleRules(now), singleRules(want));
        // Nothing that both sides allow is ever taken away.
        const kept = new Set(singleRules(want).map((one) => JSON.stringify(one)));
        assert.ok(![...removed].some((one) => kept.has(one)));
      }),
    );
  });
});
