import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  dnsName,
  launchNames,
  namesOf,
  notedName,
  pointsAt,
  recordsOf,
  tagsOfName,
  targetOf,
  zoneFor,
  zoneToCreate,
} from '../../../../../src/core/cloud/names/name';
import { instance } from '../support';

const zone = (name: string, isPrivate = false) => ({ id: name, name, private: isPrivate });

describe('the DNS name of a machine', () => {
  it('is a name with a dot whose parts are labels, and neither an address nor a version', () => {
    assert.equal(dnsName(' Lab.Example.EDU. '), 'lab.example.edu');
    for (const text of [
      'lab',
      '203.0.113.7',
      'python3.11',
      'a..b',
      '-a.edu',
      'my lab.edu',
      'lab.e',
      `${'a'.repeat(64)}.edu`,
      'läb.edu',
      '',
    ])
      assert.equal(dnsName(text), undefined, text);
  });

  it('is numbered before its first dot where several are launched', () => {
    assert.deepEqual(launchNames('lab.example.edu', 2), ['lab-1.example.edu', 'lab-2.example.edu']);
    assert.deepEqual(launchNames('lab.example.edu', 1), ['lab.example.edu']);
    assert.equal(launchNames('lab', 2), undefined);
  });

  it('stands in the longest public zone that holds it', () => {
    const zones = ['edu', 'example.edu', 'labs.example.edu', 'ample.edu', 'other.org'].map((name) => zone(name));
    assert.equal(zoneFor('a.labs.example.edu', zones)?.name, 'labs.example.edu');
    assert.equal(zoneFor('labs.example.edu', zones)?.name, 'labs.example.edu');
    assert.equal(zoneFor('a.example.edu', [...zones, zone('a.example.edu', true)])?.name, 'example.edu');
    assert.equal(zoneFor('example.com', zones), undefined);
    const label = fc.stringMatching(/^[a-z]{1,6}$/);
    fc.assert(
      fc.property(
        fc.array(label, { minLength: 2, maxLength: 5 }),
        fc.array(fc.array(label, { minLength: 1, maxLength: 5 })),
        (name, all) => {
          const full = name.join('.');
          const found = zoneFor(
            full,
            all.map((labels) => zone(labels.join('.'))),
          );
          const parents = name.map((_, i) => name.slice(i).join('.'));
          const expected = parents.find((parent) => all.some((labels) => labels.join('.') === parent));
          assert.equal(found?.name, expected);
        },
      ),
    );
  });

  it('needs a zone of what follows its first dot', () => {
    assert.equal(zoneToCreate('lab.example.edu'), 'example.edu');
    assert.equal(zoneToCreate('a.labs.example.edu'), 'labs.example.edu');
    assert.equal(zoneToCreate('example.edu'), 'example.edu');
  });

  it('leads to the public address and IPv6, and to the private one only where there is no other', () => {
    assert.deepEqual(targetOf(instance('i-1', { ipv6Address: '2001:db8::1' }), false), {
      kind: 'address',
      v4: ['203.0.113.7'],
      v6: ['2001:db8::1'],
    });
    const inside = instance('i-1', { privateAddress: '10.0.0.4' });
    Reflect.deleteProperty(inside, 'publicAddress');
    assert.deepEqual(targetOf(inside, false), { kind: 'address', v4: ['10.0.0.4'], v6: [] });
    assert.equal(targetOf(inside, true), undefined);
    assert.deepEqual(
      recordsOf('lab.example.edu', { kind: 'address', v4: ['203.0.113.7'], v6: ['2001:db8::1'] }, true).map(
        (r) => `${r.type} ${r.name} ${String(r.ttl)}`,
      ),
      ['A lab.example.edu 60', 'AAAA lab.example.edu 60', 'CNAME *.lab.example.edu 60'],
    );
  });

  it('is noted on the machine, and read back', () => {
    const note = { name: 'lab.example.edu', target: ['203.0.113.7', '2001:db8::a'], wildcard: true };
    assert.deepEqual(notedName(tagsOfName(note)), note);
    assert.equal(notedName(tagsOfName(undefined)), undefined);
  });

  it('is looked for under the name tag and the keys that ec2launch made, too', () => {
    const machine = instance('i-1', { name: 'Lab.example.edu', tags: { 'gterm.example.edu': '', Name: 'Lab.example.edu', 'a.b': 'x' } });
    assert.deepEqual(namesOf(machine), ['lab.example.edu', 'gterm.example.edu']);
  });

  it('is the machine’s own only when every value of the record is', () => {
    const machine = instance('i-1', {
      publicDnsName: 'ec2-203-0-113-7.compute.amazonaws.com',
      tags: { 'skylab:dns': 'lab.edu', 'skylab:dns-target': '198.51.100.1' },
    });
    const record = (type: string, ...values: string[]) => ({ name: 'lab.edu', type, ttl: 60, values });
    assert.ok(pointsAt(record('A', '203.0.113.7'), machine, []));
    assert.ok(pointsAt(record('A', '198.51.100.1'), machine, []), 'the address that it had before');
    assert.ok(pointsAt(record('CNAME', 'ec2-203-0-113-7.compute.amazonaws.com'), machine, []));
    assert.ok(!pointsAt(record('A', '203.0.113.7', '192.0.2.1'), machine, []));
    assert.ok(!pointsAt(record('TXT', '203.0.113.7'), machine, []));
    assert.ok(!pointsAt({ ...record('A', '203.0.113.7'), special: true }, machine, []));
    assert.ok(pointsAt({ name: '*.lab.edu', type: 'CNAME', values: ['lab.edu'] }, machine, ['lab.edu']));
    assert.ok(!pointsAt({ name: 'www.lab.edu', type: 'CNAME', values: ['lab.edu'] }, machine, ['lab.edu']));
  });
});
