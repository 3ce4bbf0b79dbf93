import assert from 'node:assert/strict';
import { cutOffRelease } from '../../../../../src/core/deploy/stacks/cutOff';

describe('the release that a cut-off deployment left', () => {
  it('is known by its path', () => {
    const path = '/home/admin/skylab/lab/releases/20261121-093000-4f2a';
    const created = [
      { kind: 'instance' as const, id: 'i-1', label: 'ada' },
      { kind: 'remoteFolder' as const, id: path, label: path },
    ];
    assert.deepEqual(cutOffRelease({ created }), { stack: 'lab', path });
  });

  it('is none where an operation left only something else, or a folder elsewhere', () => {
    assert.equal(cutOffRelease({ created: [{ kind: 'instance', id: 'i-1', label: 'ada' }] }), undefined);
    assert.equal(cutOffRelease({ created: [{ kind: 'remoteFolder', id: '/home/admin/lab', label: 'lab' }] }), undefined);
  });
});
