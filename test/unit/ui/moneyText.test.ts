import assert from 'node:assert/strict';
import { endNote, endSentence } from '../../../src/ui/model/endText';
import { dollars } from '../../../src/ui/model/moneyText';

const l10n = { t: (text: string, ...args: unknown[]) => text.replace(/\{(\d)\}/g, (_, n: string) => String(args[Number(n)])) };
const NOW = new Date(2026, 10, 21, 15, 0).getTime();
const HOUR = 3_600_000;

describe('money in words', () => {
  it('has cents, or as many digits as a small price needs', () => {
    assert.deepEqual([0, 0.0208, 1.116, 0.0052, 0.00326, 31, 188.34].map(dollars), [
      '$0.00',
      '$0.02',
      '$1.12',
      '$0.0052',
      '$0.0033',
      '$31.00',
      '$188',
    ]);
  });
});

describe('the end of a machine in words', () => {
  it('is short on the row', () => {
    assert.equal(endNote({ due: NOW + 3 * HOUR, action: 'stop' }, NOW, l10n), 'ends in 3 h');
    assert.equal(endNote({ idleMinutes: 30, action: 'stop' }, NOW, l10n), 'ends when idle');
    assert.equal(endNote({ due: NOW - 1, action: 'stop' }, NOW, l10n), 'should have ended');
  });

  it('is told in full in the hover: when, how long still, what happens then', () => {
    const at = endSentence({ due: NOW + 3 * HOUR, action: 'stop' }, NOW, l10n, 'en-GB');
    assert.equal(at, 'It stops at 18:00 (in 3 h).');
    const both = endSentence({ due: NOW + 30 * HOUR, idleMinutes: 90, action: 'terminate' }, NOW, l10n, 'en-GB');
    assert.equal(both, 'It is terminated at 22 Nov 2026, 21:00 (in 30 h), or after 90 min without use.');
    assert.equal(endSentence({ idleMinutes: 30, action: 'stop' }, NOW, l10n), 'It stops after 30 min without use.');
    assert.equal(endSentence({ due: NOW - HOUR, action: 'stop' }, NOW, l10n, 'en-GB'), 'It should have ended at 14:00.');
  });
});
