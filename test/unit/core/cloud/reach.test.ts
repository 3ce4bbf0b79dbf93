import assert from 'node:assert/strict';
import fc from 'fast-check';
import { covers } from '../../../../src/core/cloud/resources/cidr';
import { canonicalCidr } from '../../../../src/shared/cidr';
import type { AclRule } from '../../../../src/core/cloud/life/ports';
import { diagnose, type ReachFacts } from '../../../../src/core/cloud/life/reach';
import type { IngressRule, SecurityGroup } from '../../../../src/core/cloud/model';

const ME = '203.0.113.10';
const group = (...rules: readonly IngressRule[]): SecurityGroup => ({
  id: 'sg-1',
  name: 'lab',
  description: '',
  vpcId: 'vpc-1',
  rules,
  tags: {},
});
const ssh = (...cidrs: readonly string[]): IngressRule => ({ protocol: 'tcp', fromPort: 22, toPort: 22, cidrs });
const acl = (number: number, allow: boolean, change: Partial<AclRule> = {}): AclRule => ({
  number,
  egress: false,
  allow,
  protocol: '-1',
  cidr: '0.0.0.0/0',
  fromPort: 0,
  toPort: 65_535,
  ...change,
});
const passing = [acl(100, true), acl(100, true, { egress: true }), acl(32_767, false), acl(32_767, false, { egress: true })];

/** A machine that everything lets through. */
const fine: ReachFacts = {
  name: 'ada',
  state: 'running',
  address: '198.51.100.4',
  port: 22,
  upMs: 3_600_000,
  mine: [ME],
  checks: { system: 'ok', instance: 'ok' },
  groups: [group(ssh(`${ME}/32`))],
  network: { internetRoutes: ['0.0.0.0/0'], aclRules: passing },
  answer: { kind: 'open', banner: 'SSH-2.0-OpenSSH_9.2' },
  hostKey: 'trusted',
  login: { user: 'admin', ok: true },
  setUp: 'done',
};
const silent: ReachFacts = { ...fine, answer: { kind: 'silent' } };
const why = (facts: ReachFacts): string[] => {
  const { cause, repair } = diagnose(facts);
  return [cause, ...(repair === undefined ? [] : [repair])];
};
const without = (facts: ReachFacts, ...keys: readonly (keyof ReachFacts)[]): ReachFacts =>
  Object.fromEntries(Object.entries(facts).filter(([key]) => !keys.some((one) => one === key))) as unknown as ReachFacts;

describe('why a machine cannot be reached', () => {
  it('is nothing when everything is fine', () => {
    assert.deepEqual(why(fine), ['fine', 'connect']);
    assert.ok(diagnose(fine).checks.every(({ result }) => result === 'ok'));
  });

  it('is its state before anything else', () => {
    assert.deepEqual(why({ ...fine, state: 'stopped' }), ['stopped', 'start']);
    assert.deepEqual(why({ ...fine, state: 'pending' }), ['inTransition', 'wait']);
    assert.deepEqual(why({ ...fine, state: 'terminated' }), ['gone']);
  });

  it('is a missing address', () => {
    assert.deepEqual(why(without(fine, 'address', 'answer')), ['noAddress']);
  });

  it('is a group that does not let my address in on the port', () => {
    for (const rules of [
      [],
      [ssh('198.51.100.0/24')],
      [{ ...ssh('0.0.0.0/0'), fromPort: 80, toPort: 443 }],
      [{ ...ssh('0.0.0.0/0'), protocol: 'udp' as const }],
    ])
      assert.deepEqual(why({ ...silent, groups: [group(...rules)] }), ['groupClosed', 'allowMyAddress']);
    assert.match(diagnose({ ...silent, groups: [group()] }).sentence, /\(lab\) does not let 203\.0\.113\.10 in on port 22/);
  });

  it('is not the group where one of several opens the port, to all or in a range', () => {
    for (const rule of [
      ssh('0.0.0.0/0'),
      ssh('203.0.113.0/24'),
      { ...ssh('0.0.0.0/0'), protocol: '-1' as const },
      { ...ssh(`${ME}/32`), fromPort: 1, toPort: 100 },
    ])
      assert.deepEqual(why({ ...silent, groups: [group(), group(rule)] }), ['silent', 'console']);
  });

  it('asks the group for my IPv6 address where the machine is reached by IPv6', () => {
    const six = { ...silent, address: '2001:db8::4', mine: [ME, '2001:db8:1::7'], network: { internetRoutes: ['::/0'], aclRules: [] } };
    assert.deepEqual(why(six), ['groupClosed', 'allowMyAddress']);
    assert.deepEqual(why({ ...six, groups: [group(ssh('2001:db8:1::/48'))] }), ['silent', 'console']);
  });

  it('is a network without a way to the internet, unless the machine is reached inside', () => {
    const shut = { internetRoutes: [], aclRules: passing };
    assert.deepEqual(why({ ...silent, network: shut }), ['noRoute']);
    assert.deepEqual(why({ ...silent, address: '10.0.0.4', network: shut }), ['silent', 'console']);
  });

  it('is a network ACL that drops the port or the answers, the lowest number deciding', () => {
    const network = (...rules: readonly AclRule[]) => ({ internetRoutes: ['0.0.0.0/0'], aclRules: [...rules, ...passing] });
    assert.deepEqual(why({ ...silent, network: network(acl(90, false, { protocol: '6', fromPort: 22, toPort: 22 })) }), ['acl']);
    assert.deepEqual(why({ ...silent, network: network(acl(110, false, { protocol: '6', fromPort: 22, toPort: 22 })) }), [
      'silent',
      'console',
    ]);
    const answers = diagnose({ ...silent, network: network(acl(90, false, { egress: true, cidr: '203.0.113.0/24' })) });
    assert.match(answers.sentence, /answers out \(rule 90\)/);
    assert.deepEqual(why({ ...silent, network: { internetRoutes: ['0.0.0.0/0'], aclRules: [acl(32_767, false)] } }), ['acl']);
  });

  it('is trouble that the status checks see', () => {
    assert.deepEqual(why({ ...silent, checks: { system: 'impaired', instance: 'ok' } }), ['hostImpaired']);
    assert.deepEqual(why({ ...silent, checks: { system: 'ok', instance: 'impaired' } }), ['machineImpaired', 'reboot']);
  });

  it('is booting, soon after the start', () => {
    const young: ReachFacts = { ...fine, upMs: 20_000, checks: { system: 'initializing', instance: 'initializing' } };
    assert.deepEqual(why({ ...young, answer: { kind: 'refused' } }), ['booting', 'wait']);
    assert.deepEqual(why({ ...young, answer: { kind: 'silent' } }), ['booting', 'wait']);
    assert.deepEqual(why({ ...young, upMs: 3_600_000, answer: { kind: 'refused' } }), ['sshdDown', 'reboot']);
  });

  it('is sshd that does not run, or something else on its port', () => {
    assert.deepEqual(why({ ...fine, answer: { kind: 'refused' } }), ['sshdDown', 'reboot']);
    assert.deepEqual(why({ ...fine, answer: { kind: 'open', banner: 'HTTP/1.1 400 Bad Request' } }), ['notSsh', 'console']);
    assert.deepEqual(why({ ...fine, answer: { kind: 'open' } }), ['notSsh', 'console']);
  });

  it('is this computer’s own network', () => {
    assert.deepEqual(why({ ...fine, answer: { kind: 'noWay', why: 'there is no way to it from this network' } }), ['thisComputer']);
  });

  it('is never the group or the route where the port answers', () => {
    assert.deepEqual(why({ ...fine, groups: [group()], network: { internetRoutes: [], aclRules: [acl(1, false)] } }), ['fine', 'connect']);
  });

  it('is the host key, the login key, or the set-up that is still at work', () => {
    const late = without(fine, 'login', 'setUp');
    assert.deepEqual(why({ ...late, hostKey: 'changed' }), ['hostKeyChanged', 'compareHostKey']);
    assert.deepEqual(why({ ...late, hostKey: 'revoked' }), ['hostKeyChanged', 'compareHostKey']);
    assert.deepEqual(why({ ...late, hostKey: 'unvouched' }), ['hostKeyUnvouched', 'connect']);
    assert.deepEqual(why({ ...fine, login: { user: 'admin', ok: false } }), ['loginRefused', 'chooseKey']);
    assert.deepEqual(why({ ...fine, setUp: 'running' }), ['settingUp', 'setUpLog']);
    assert.deepEqual(why({ ...fine, setUp: 'failed' }), ['setUpFailed', 'setUpLog']);
  });

  it('blames nothing that it could not ask', () => {
    assert.deepEqual(why({ ...without(silent, 'groups', 'network', 'checks'), mine: [] }), ['silent', 'console']);
    assert.deepEqual(why({ ...silent, mine: [] }), ['silent', 'console']);
    assert.deepEqual(why({ name: 'grace', port: 22, address: 'grace.example.edu', mine: [], answer: { kind: 'silent' } }), ['silent']);
  });
});

describe('an address block', () => {
  it('has the addresses that it has', () => {
    for (const [cidr, address, has] of [
      ['203.0.113.0/24', '203.0.113.255', true],
      ['203.0.113.0/24', '203.0.114.0', false],
      ['0.0.0.0/0', '8.8.8.8', true],
      ['::/0', '8.8.8.8', false],
      ['::/0', '::1', true],
      ['2001:db8::/32', '2001:db8:ffff::1', true],
      ['2001:db8::/32', '2001:db9::1', false],
      ['203.0.113.7', '203.0.113.7', true],
      ['203.0.113.7/33', '203.0.113.7', false],
      ['lab', '203.0.113.7', false],
      ['1::2::3/64', '1::2', false],
    ] as const)
      assert.equal(covers(cidr, address), has, `${cidr} ${address}`);
  });

  it('of one address has that address', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().filter((text) => !text.includes('.')),
        ),
        (address) => covers(canonicalCidr(address) ?? '', address),
      ),
    );
  });
});
