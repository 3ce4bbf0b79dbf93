import assert from 'node:assert/strict';
import { EndWatch } from '../../../../../src/core/cloud/money/endWatch';
import { instanceKey, type Machine } from '../../../../../src/core/cloud/model';
import { instance } from '../support';

const MINUTE = 60_000;

describe('the warning before a machine ends', () => {
  const machine: Machine = { kind: 'instance', key: instanceKey('acc', 'i-1'), name: 'ada', instance: instance('i-1') };
  const due = 1_800_000_000_000;
  /** Which of these minutes before the end have a warning. */
  const told = (watch: EndWatch, minutes: readonly number[], at = due) =>
    minutes.filter((before) => watch.look([machine], () => ({ due: at, action: 'stop' }), due - before * MINUTE).length > 0);

  it('comes half an hour and ten minutes before, once each', () => {
    assert.deepEqual(told(new EndWatch(), [60, 31, 30, 29, 15, 10, 9, 1, 0, -5]), [30, 10]);
  });

  it('comes once where the editor is opened late', () => assert.deepEqual(told(new EndWatch(), [5, 4, 3]), [5]));

  it('comes anew after more time was given', () => {
    const watch = new EndWatch();
    assert.deepEqual(told(watch, [30, 20]), [30]);
    assert.deepEqual(told(watch, [19, 5], due + 60 * MINUTE), []);
    assert.deepEqual(told(watch, [-30], due + 60 * MINUTE), [-30]);
  });

  it('never comes for a machine that ends only when nobody uses it', () => {
    assert.deepEqual(
      new EndWatch().look([machine], () => ({ idleMinutes: 30, action: 'stop' }), due),
      [],
    );
  });
});
