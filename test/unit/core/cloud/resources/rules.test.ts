import assert from 'node:assert/strict';
import fc from 'fast-check';
import { covers } from '../../../../../src/core/cloud/resources/cidr';
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
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['0.0.0.0/0', '203.0.113.7/32', true],
    ['203.0.113.0/24', '203.0.113.7', true],
    ['203.0.113.0/24', '203.0.114.7', false],
    ['203.0.113.7/32', '203.0.113.0/24', false],
    ['::/0', '203.0.113.7', false],
    ['2001:db8::/33', '2001:DB8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['sg-1', '203.0.113.7', false],
  ];
  for (const [wide, narrow, covered] of pairs)
    it(`${wide} ${covered ? 'has' : 'has not'} ${narrow} in it`, () => assert.equal(covers(wide, narrow), covered));
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
