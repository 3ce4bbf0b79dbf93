import assert from 'node:assert/strict';
import { jumpTarget } from '../../../../src/core/ssh/jumps';
import { renderHostEntries } from '../../../../src/core/ssh/hostEntries';

const gate = { hostName: 'gate.example.org', port: 22, user: 'cicf' };

describe('the machines on the way', () => {
  it('get entries of their own, the last one nearest to the machine', () => {
    const jump = jumpTarget([gate, { ...gate, hostName: '2001:db8::1', port: 2200 }], 'ada', []);
    assert.equal(jump?.alias, 'ada-jump-2');
    assert.equal(jump.hostKeyAlias, 'jump-2001_db8__1-2200');
    assert.equal(jump.jump?.alias, 'ada-jump');
    assert.equal(jump.jump.jump, undefined);
    assert.match(renderHostEntries([jump], '~/k'), /ProxyJump ada-jump\n/);
  });

  it('are shared by the machines behind them, so that a bastion is trusted once', () => {
    const first = jumpTarget([gate], 'ada', []);
    assert.ok(first);
    assert.deepEqual(jumpTarget([gate], 'grace', [{ ...first, identityFile: '/k' }]), { ...first, identityFile: '/k' });
    assert.equal(jumpTarget([{ ...gate, user: 'other' }], 'grace', [first])?.alias, 'grace-jump');
  });

  it('are none where there are none', () => {
    assert.equal(jumpTarget([], 'ada', []), undefined);
  });
});
