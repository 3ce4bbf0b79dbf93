import assert from 'node:assert/strict';
import type { RuleSpec } from '../../../src/shared/launchMore';
import { rulesToAdd, ruleWarning, ruleWords } from '../../../src/shared/launchRules';
import type { FormRule } from '../../../src/shared/messages';

const rule = (ports: string, from: string, protocol: RuleSpec['protocol'] = 'tcp'): RuleSpec => ({ protocol, ports, from });
const there: readonly FormRule[] = [
  { protocol: 'tcp', fromPort: 22, toPort: 22, from: '203.0.113.7/32' },
  { protocol: 'tcp', fromPort: 8000, toPort: 8100, from: '0.0.0.0/0' },
  { protocol: 'all', fromPort: -1, toPort: -1, from: 'sg-1' },
];
const added = (...rules: RuleSpec[]) => rulesToAdd(rules, there, ['203.0.113.7', '2001:db8::7']).map((one) => ruleWords(one));

describe('what a launch adds to a group that exists', () => {
  it('is nothing that the group lets in already', () => {
    assert.deepEqual(added(rule('8080', '0.0.0.0/0'), rule('5432', 'sg-1'), rule('', 'sg-1', 'icmp')), []);
  });

  it('is the address family that is missing, in the words of a person', () => {
    assert.deepEqual(added(rule('22', 'me')), ['22 from 2001:db8::7']);
    assert.deepEqual(added(rule('8080', 'anywhere')), ['8080 from anywhere (IPv6)']);
  });

  it('is each rule once, also where two ask for the same', () => {
    assert.deepEqual(added(rule('9000-9010', '10.1.2.3/8'), rule('9005', '10.0.0.0/8')), ['9000-9010 from 10.0.0.0/8']);
  });

  it('knows other protocols and groups by name', () => {
    const [one] = rulesToAdd([rule('60000-61000', 'sg-2', 'udp')], there, []);
    assert.ok(one);
    assert.equal(
      ruleWords(one, (id) => (id === 'sg-2' ? 'web' : undefined)),
      '60000-61000/udp from the group web',
    );
    assert.deepEqual(added(rule('', '198.51.100.9', 'all')), ['everything from 198.51.100.9']);
  });

  it('says “your address” while that is not known', () => {
    assert.deepEqual(
      rulesToAdd([rule('22', 'me')], [], []).map((one) => ruleWords(one)),
      ['22 from your address'],
    );
  });

  it('leaves out a rule that is half typed', () => {
    assert.deepEqual(added(rule('', 'me'), rule('80-', 'me')), []);
  });
});

describe('a rule that is open to the world', () => {
  it('is warned of for SSH and for all ports, and for nothing else', () => {
    assert.match(ruleWarning(rule('22', 'anywhere')) ?? '', /Opens SSH to the whole world/);
    assert.match(ruleWarning(rule('20-30', '0.0.0.0/0')) ?? '', /SSH/);
    assert.match(ruleWarning(rule('', '::/0', 'all')) ?? '', /every port/);
    assert.match(ruleWarning(rule('0-65535', 'anywhere')) ?? '', /every port/);
    for (const fine of [
      rule('443', 'anywhere'),
      rule('22', 'me'),
      rule('22', '10.0.0.0/8'),
      rule('', 'anywhere', 'icmp'),
      rule('', 'sg-1', 'all'),
    ])
      assert.equal(ruleWarning(fine), undefined);
  });
});
