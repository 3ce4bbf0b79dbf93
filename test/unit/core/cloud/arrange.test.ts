import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseFilter } from '../../../../src/core/cloud/machineFilter';
import { groupMachines, readGrouping, tagNames, type Grouping } from '../../../../src/core/cloud/machineGroups';
import { givenKey, instanceKey, type Instance, type Machine } from '../../../../src/core/cloud/model';
import type { SshAlias } from '../../../../src/core/ssh/model';
import { ACCOUNT, instance } from './support';

const machine = (id: string, change: Partial<Instance> = {}): Machine => {
  const value = instance(id, change);
  return { kind: 'instance', key: instanceKey(value.accountId, id), name: value.name, instance: value };
};
const given: Machine = {
  kind: 'given',
  key: givenKey('g'),
  name: 'grace',
  given: {
    id: 'g',
    name: 'grace',
    target: { alias: 'grace' as SshAlias, hostName: 'grace.example.edu', port: 22, user: 'student', hostKeyAlias: 'g' },
  },
};

const lab = [
  machine('i-0a1', { name: 'ada', zone: 'us-east-1a', keyName: 'ada-key', tags: { Name: 'ada', course: 'phys201', Owner: 'Ada L.' } }),
  machine('i-0b2', {
    name: 'lab-01',
    state: 'stopped',
    type: 't3.micro',
    publicAddress: '198.51.100.4',
    tags: { course: 'chem101', Lab: 'week08' },
  }),
  machine('i-0c3', { name: 'lab-02', type: 'm7g.large', tags: { course: 'phys305', 'skylab:lab': 'week08', 'skylab:owner': 'grace' } }),
  given,
];
const shown = (text: string) => {
  const filter = parseFilter(text);
  return filter === undefined
    ? undefined
    : lab.filter((one) => filter(one, one.kind === 'given' ? undefined : ACCOUNT)).map(({ name }) => name);
};

describe('the filter of the tree', () => {
  it('finds a word anywhere in name, id, state, type, address, zone, owner, key, account or tag', () => {
    assert.deepEqual(shown('AD'), ['ada']);
    assert.deepEqual(shown('0b2'), ['lab-01']);
    assert.deepEqual(shown('stopped'), ['lab-01']);
    assert.deepEqual(shown('t3.'), ['ada', 'lab-01']);
    assert.deepEqual(shown('198.51'), ['lab-01']);
    assert.deepEqual(shown('us-east-1a'), ['ada']);
    assert.deepEqual(shown('grace'), ['lab-02', 'grace']);
    assert.deepEqual(shown('ada-key'), ['ada']);
    assert.deepEqual(shown('phys-dept'), ['ada', 'lab-01', 'lab-02']);
    assert.deepEqual(shown('week08'), ['lab-01', 'lab-02']);
    assert.deepEqual(shown('given'), ['grace']);
  });

  it('takes * and ? for whole values, and every word must fit', () => {
    assert.deepEqual(shown('lab-*'), ['lab-01', 'lab-02']);
    assert.deepEqual(shown('lab-?2'), ['lab-02']);
    assert.deepEqual(shown('ab-*'), []);
    assert.deepEqual(shown('lab-* running'), ['lab-02']);
    assert.deepEqual(shown('*.large'), ['lab-02']);
  });

  it('asks one tag by name=value, with wildcards', () => {
    assert.deepEqual(shown('course=phys*'), ['ada', 'lab-02']);
    assert.deepEqual(shown('COURSE=chem101'), ['lab-01']);
    assert.deepEqual(shown('course=chem'), []);
    assert.deepEqual(shown('lab='), ['lab-01']);
  });

  it('shows everything for nothing typed, and nothing of the tag’s own signs is a pattern', () => {
    assert.equal(shown('   '), undefined);
    assert.deepEqual(shown('a.a'), []);
    assert.deepEqual(shown('['), []);
  });

  it('never hangs or throws, whatever is typed', () => {
    fc.assert(fc.property(fc.string(), (text) => void shown(text)));
    const begun = Date.now();
    shown('*a*a*a*a*a*a*a*a*b');
    assert.ok(Date.now() - begun < 200);
  });
});

describe('grouping of the tree', () => {
  const groups = (by: Grouping) =>
    groupMachines(lab.slice(0, 3), by).map(({ value, machines }) => [value, machines.map(({ name }) => name)]);

  it('is by lab, whichever tag names it, with the rest last', () => {
    assert.deepEqual(groups({ by: 'lab' }), [
      ['week08', ['lab-01', 'lab-02']],
      ['', ['ada']],
    ]);
  });

  it('is by state in the order of a machine’s life', () => {
    assert.deepEqual(groups({ by: 'state' }), [
      ['running', ['ada', 'lab-02']],
      ['stopped', ['lab-01']],
    ]);
  });

  it('is by owner, zone, type or any tag', () => {
    assert.deepEqual(
      groups({ by: 'owner' }).map(([value]) => value),
      ['Ada L.', 'grace', ''],
    );
    assert.deepEqual(
      groups({ by: 'zone' }).map(([value]) => value),
      ['us-east-1a', ''],
    );
    assert.deepEqual(
      groups({ by: 'type' }).map(([value]) => value),
      ['m7g.large', 't3.micro', 't3.small'],
    );
    assert.deepEqual(
      groups({ by: 'tag', tag: 'course' }).map(([value]) => value),
      ['chem101', 'phys201', 'phys305'],
    );
  });

  it('offers the tags that there are, the most common first', () => {
    assert.deepEqual(tagNames(lab), ['course', 'Lab', 'Owner']);
  });

  it('is remembered, and unreadable memory is no grouping', () => {
    assert.deepEqual(readGrouping({ by: 'tag', tag: 'course' }), { by: 'tag', tag: 'course' });
    assert.deepEqual(readGrouping({ by: 'zone' }), { by: 'zone' });
    for (const other of [undefined, 'lab', { by: 'tag' }, { by: 'moon' }]) assert.deepEqual(readGrouping(other), { by: 'none' });
  });
});
