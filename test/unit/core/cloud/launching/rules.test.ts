import assert from 'node:assert/strict';
import { ingressRules, missingRules, ruleText } from '../../../../../src/core/cloud/launching/rules';
import type { IngressRule } from '../../../../../src/core/cloud/model';

const tcp = (fromPort: number, toPort: number, cidrs: string[], more: Partial<IngressRule> = {}): IngressRule => ({
  protocol: 'tcp',
  fromPort,
  toPort,
  cidrs,
  ...more,
});

describe('the rules of a launch', () => {
  it('become what EC2 takes: my addresses, both worlds, blocks, groups, ranges', () => {
    const rules = ingressRules(
      [
        { protocol: 'tcp', ports: '22', from: 'me', description: 'SSH' },
        { protocol: 'tcp', ports: '8000-8100', from: 'anywhere' },
        { protocol: 'udp', ports: '53', from: '10.1.2.3/16' },
        { protocol: 'tcp', ports: '8899', from: 'sg-1' },
        { protocol: 'icmp', ports: '', from: '2001:DB8::1' },
        { protocol: 'all', ports: '', from: 'sg-2' },
      ],
      ['203.0.113.7', '2001:db8::7'],
    );
    assert.deepEqual(rules, [
      tcp(22, 22, ['203.0.113.7/32', '2001:db8::7/128'], { description: 'SSH' }),
      tcp(8000, 8100, ['0.0.0.0/0', '::/0']),
      { protocol: 'udp', fromPort: 53, toPort: 53, cidrs: ['10.1.0.0/16'] },
      tcp(8899, 8899, [], { groups: ['sg-1'] }),
      { protocol: 'icmp', fromPort: -1, toPort: -1, cidrs: ['2001:db8::1/128'] },
      { protocol: '-1', fromPort: 0, toPort: 65535, cidrs: [], groups: ['sg-2'] },
    ]);
  });

  it('name the same source for the same ports once: EC2 refuses doubles', () => {
    const rules = ingressRules(
      [
        { protocol: 'tcp', ports: '22', from: '10.0.0.1' },
        { protocol: 'tcp', ports: '22', from: '10.0.0.1/32', description: 'again' },
        { protocol: 'tcp', ports: '22', from: '10.0.0.2' },
      ],
      [],
    );
    assert.deepEqual(rules, [tcp(22, 22, ['10.0.0.1/32', '10.0.0.2/32'])]);
  });

  it('say when “me” is nobody', () => {
    assert.throws(() => ingressRules([{ protocol: 'tcp', ports: '22', from: 'me' }], []), /tcp 22 from me lets in nothing/);
  });

  it('are added to a group only where it lacks them', () => {
    const have = [
      tcp(22, 22, ['203.0.113.7/32']),
      tcp(8000, 9000, ['0.0.0.0/0']),
      { ...tcp(0, 65535, [], { groups: ['sg-1'] }), protocol: '-1' as const },
    ];
    const want = [
      tcp(22, 22, ['203.0.113.7/32', '203.0.113.8/32'], { description: 'SSH' }),
      tcp(8888, 8888, ['10.0.0.0/8', '::/0']),
      tcp(8899, 8899, [], { groups: ['sg-1', 'sg-2'] }),
      tcp(7999, 8001, ['0.0.0.0/0']),
    ];
    assert.deepEqual(missingRules(have, want), [
      tcp(22, 22, ['203.0.113.8/32'], { description: 'SSH' }),
      tcp(8888, 8888, ['::/0']),
      tcp(8899, 8899, [], { groups: ['sg-2'] }),
      tcp(7999, 8001, ['0.0.0.0/0']),
    ]);
    assert.deepEqual(missingRules([...have, ...missingRules(have, want)], want), []);
  });

  it('let the world in only by an opening for the world', () => {
    assert.equal(missingRules([tcp(22, 22, ['0.0.0.0/0'])], [tcp(22, 22, [], { groups: ['sg-1'] })]).length, 1);
    assert.equal(missingRules([tcp(22, 22, ['10.0.0.0/8'])], [tcp(22, 22, ['0.0.0.0/0'])]).length, 1);
  });

  it('read as a person would say them', () => {
    assert.equal(ruleText(tcp(22, 22, ['10.0.0.1/32'], { groups: ['sg-1'] })), 'tcp 22 from 10.0.0.1/32 and sg-1');
    assert.equal(ruleText({ protocol: '-1', fromPort: 0, toPort: 65535, cidrs: ['::/0'] }), 'everything from ::/0');
  });
});
