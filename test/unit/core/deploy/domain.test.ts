import assert from 'node:assert/strict';
import type { Whereabouts } from '../../../../src/core/deploy/domain';
import { adviseDomain, domainProblem, mendDomain, sslipName } from '../../../../src/core/deploy/domain';

const at = (address: string, resolved: Record<string, readonly string[]> = {}, more: Partial<Whereabouts> = {}): Whereabouts => ({
  alias: 'ada',
  address,
  resolved: new Map(Object.entries(resolved)),
  ...more,
});

describe('the name of a site', () => {
  it('that repeats the variable and holds a placeholder is mended with the machine’s name', () => {
    assert.equal(mendDomain('DOMAIN=YOUR-FIRST-NAME.cicf.cloud', 'DOMAIN', 'ada'), 'ada.cicf.cloud');
    assert.equal(mendDomain("'https://Lab.Example.net/lab'", 'DOMAIN', 'ada'), 'lab.example.net');
  });

  it('is filled with the mended name where that points to the machine', () => {
    const advice = adviseDomain('DOMAIN=YOUR-FIRST-NAME.cicf.cloud', 'DOMAIN', at('203.0.113.7', { 'ada.cicf.cloud': ['203.0.113.7'] }));
    assert.equal(advice.value, 'ada.cicf.cloud');
    assert.match(advice.problem ?? '', /repeats a variable’s name.*Filled in instead: ada\.cicf\.cloud/);
    assert.deepEqual(
      advice.suggestions.map((suggestion) => suggestion.value),
      ['ada.cicf.cloud', '203-0-113-7.sslip.io'],
    );
  });

  it('is a name that spells the address where nothing else points to the machine', () => {
    const advice = adviseDomain('', 'DOMAIN', at('203.0.113.7'));
    assert.equal(advice.value, '203-0-113-7.sslip.io');
    assert.equal(advice.problem, undefined);
    assert.match(advice.suggestions[0]?.label ?? '', /so that a certificate can be had/);
  });

  it('is under localhost for a practice machine on a loopback address', () => {
    assert.equal(adviseDomain('', 'DOMAIN', at('127.10.0.5')).value, 'ada.localhost');
    assert.equal(adviseDomain('', 'DOMAIN', at('127.10.0.5', {}, { alias: 'ada_2' })).value, 'ada-2.localhost');
  });

  it('stays the file’s own where that is sane, and says when it leads elsewhere', () => {
    const good = adviseDomain('lab.uni.edu', 'DOMAIN', at('203.0.113.7', { 'lab.uni.edu': ['203.0.113.7'] }));
    assert.deepEqual([good.value, good.problem], ['lab.uni.edu', undefined]);
    const astray = adviseDomain('lab.uni.edu', 'DOMAIN', at('203.0.113.7', { 'lab.uni.edu': ['198.51.100.1'] }));
    assert.equal(astray.value, 'lab.uni.edu');
    assert.match(astray.problem ?? '', /does not point to 203\.0\.113\.7: it resolves to 198\.51\.100\.1.*A record/);
  });

  it('is the handed-out machine’s own name', () => {
    const where = at('203.0.113.7', { 'ada.cicf.cloud': ['203.0.113.7'] }, { hostName: 'ada.cicf.cloud' });
    assert.equal(adviseDomain('', 'DOMAIN', where).value, 'ada.cicf.cloud');
  });

  it('is what serves now when the lab is deployed again', () => {
    assert.equal(adviseDomain('DOMAIN=x', 'DOMAIN', at('127.10.0.5'), 'other.localhost').value, 'other.localhost');
  });

  it('is refused with a reason where it cannot work', () => {
    const problem = (value: string, address = '203.0.113.7') => domainProblem(value, address) ?? '';
    assert.match(problem('203.0.113.7'), /bare address gets no certificate/);
    assert.match(problem('2001:db8::1'), /bare address/);
    assert.match(problem('ec2-3-91-7-20.compute-1.amazonaws.com'), /Let’s Encrypt/);
    assert.match(problem('YOUR-FIRST-NAME.cicf.cloud'), /placeholder/);
    assert.match(problem('lab.example.com'), /placeholder/);
    assert.match(problem('DOMAIN=ada.cicf.cloud'), /repeats/);
    assert.match(problem('ada.localhost'), /computer that asks/);
    assert.match(problem(''), /Give the name/);
    for (const name of [
      'a b.org',
      'http://a.org',
      'a.org/lab',
      '-a.org',
      `${'a'.repeat(64)}.org`,
      'a..org',
      '$(id).org',
      '{$X}',
      'ä.org',
      '🚀.org',
    ]) {
      assert.match(problem(name), /not a host name/, name);
    }
    assert.equal(domainProblem('ada.localhost', '127.10.0.5'), undefined);
    assert.equal(domainProblem('ada.cicf.cloud', '203.0.113.7'), undefined);
  });

  it('under sslip.io is a valid name for every kind of address', () => {
    assert.equal(sslipName('203.0.113.7'), '203-0-113-7.sslip.io');
    assert.equal(sslipName('2001:db8::1'), '2001-db8--1.sslip.io');
    assert.equal(sslipName('::1'), '0--1.sslip.io');
  });
});
