import assert from 'node:assert/strict';
import type { DeployField } from '../../../src/shared/deployModel';
import { matches, visibleRange } from '../../../webview-ui/components/listMath';
import { fieldNote, openSuggestions, sortedFindings, startingAnswers } from '../../../webview-ui/deploy/model';
import { count, duration, memory } from '../../../webview-ui/lib/format';

describe('times, sizes and numbers on the pages', () => {
  it('are short', () => {
    assert.deepEqual([-5, 400, 9_949, 12_400, 59_600, 185_000].map(duration), [
      '0.0 s',
      '0.4 s',
      '9.9 s',
      '12 s',
      '1 min 0 s',
      '3 min 5 s',
    ]);
    assert.deepEqual([512, 1024, 7680, 1_048_576].map(memory), ['512 MiB', '1 GiB', '7.5 GiB', '1,024 GiB']);
    assert.deepEqual([count(1, 'machine'), count(1373, 'machine')], ['1 machine', '1,373 machines']);
  });
});

describe('a long list', () => {
  it('finds rows that have every word, in any order', () => {
    assert.ok(matches('t3.small 2 vcpu · 2 gib', '2 GiB t3'));
    assert.ok(!matches('t3.small 2 vcpu · 2 gib', 't3 arm'));
    assert.ok(matches('anything', '  '));
  });

  it('draws the rows in sight and a few around them', () => {
    assert.deepEqual(visibleRange(0, 224, 28, 1373), [0, 14]);
    assert.deepEqual(visibleRange(2800, 224, 28, 1373), [94, 114]);
    assert.deepEqual(visibleRange(0, 56, 28, 2), [0, 2]);
    assert.deepEqual(visibleRange(0, 0, 28, 0), [0, 0]);
  });
});

describe('a field of the deploy page', () => {
  const domain: DeployField = {
    key: 'DOMAIN',
    label: 'DOMAIN',
    kind: 'domain',
    value: 'DOMAIN=x',
    help: '',
    required: true,
    problem: 'Repeats its own name.',
    suggestions: [{ label: 'ada.localhost', value: 'ada.localhost' }],
  };
  const password: DeployField = { key: 'P', label: 'P', kind: 'password', value: '', help: '', required: true };
  const plan = { problems: { DOMAIN: 'No domain name.', P: 'Type a password.' } };

  it('says at once what is wrong in the file, and after a change what is wrong with the change', () => {
    assert.deepEqual(fieldNote(domain, 'DOMAIN=x', false, plan), { problem: 'Repeats its own name.' });
    assert.deepEqual(fieldNote(domain, 'y', true, plan), { problem: 'No domain name.' });
    assert.deepEqual(fieldNote(domain, 'y', true, { problems: {} }), {});
  });

  it('only remarks on what the file says where a value that works was filled in', () => {
    const mended = { ...domain, value: 'ada.localhost' };
    assert.deepEqual(fieldNote(mended, 'ada.localhost', false, { problems: {} }), { remark: 'Repeats its own name.' });
    assert.deepEqual(fieldNote({ ...domain, value: '' }, '', false, { problems: {} }), { problem: 'Repeats its own name.' });
  });

  it('says nothing about an empty password before the person was there', () => {
    assert.deepEqual(fieldNote(password, '', false, plan), {});
    assert.deepEqual(fieldNote(password, '', true, plan), { problem: 'Type a password.' });
    assert.match(fieldNote(password, 'x'.repeat(73), true, { problems: {} }).problem ?? '', /73 bytes/);
  });

  it('offers only suggestions that change something', () => {
    assert.equal(openSuggestions(domain, 'DOMAIN=x').length, 1);
    assert.equal(openSuggestions(domain, 'ada.localhost').length, 0);
  });

  it('begins with the values found and the fixes that are on by default', () => {
    const fix = (onByDefault: boolean) => ({ label: '', changes: [], onByDefault });
    const form = {
      folderName: '',
      machineName: '',
      found: [],
      services: [],
      fields: [domain, password],
      findings: [
        { id: 'a', severity: 'info' as const, message: '', fix: fix(true) },
        { id: 'b', severity: 'error' as const, message: '', fix: fix(false) },
        { id: 'c', severity: 'warning' as const, message: '' },
      ],
    };
    assert.deepEqual(startingAnswers(form), { values: { DOMAIN: 'DOMAIN=x', P: '' }, fixes: ['a'] });
    assert.deepEqual(
      sortedFindings(form.findings).map(({ id }) => id),
      ['b', 'c', 'a'],
    );
  });
});
