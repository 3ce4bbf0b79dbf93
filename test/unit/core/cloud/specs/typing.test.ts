import assert from 'node:assert/strict';
import { whereAt } from '../../../../../src/core/cloud/specs/typing';

/** The place at the mark `|` in a text. */
function at(text: string) {
  const lines = text.split('\n');
  const line = lines.findIndex((one) => one.includes('¦'));
  const column = lines[line]?.indexOf('¦') ?? 0;
  return whereAt(
    lines.map((one) => one.replace('¦', '')),
    line,
    column,
  );
}

describe('where in a spec file somebody types', () => {
  it('keys of the file, without those that are there', () => {
    assert.deepEqual(at('name: ada\n¦\nimage: ami-1'), { kind: 'key', path: [], present: ['name', 'image'] });
    assert.deepEqual(at('na¦'), { kind: 'key', path: [], present: [] });
  });
  it('values behind a key, at any depth', () => {
    assert.deepEqual(at('onShutdown: ¦'), { kind: 'value', path: ['onShutdown'] });
    assert.deepEqual(at('network:\n  zone: x\n  publicAddress: e¦'), { kind: 'value', path: ['network', 'publicAddress'] });
  });
  it('keys of a group', () => {
    assert.deepEqual(at('network:\n  zone: x\n  ¦'), { kind: 'key', path: ['network'], present: ['zone'] });
  });
  it('keys of an entry of a list, whether its dash is indented or not', () => {
    assert.deepEqual(at('disks:\n  - sizeGiB: 5\n    type: gp3\n  - sizeGiB: 8\n    ¦\nname: a'), {
      kind: 'key',
      path: ['disks', 0],
      present: ['sizeGiB'],
    });
    assert.deepEqual(at('disks:\n- sizeGiB: 5\n  ¦'), { kind: 'key', path: ['disks', 0], present: ['sizeGiB'] });
    assert.deepEqual(at('disks:\n  - ¦'), { kind: 'key', path: ['disks', 0], present: [] });
    assert.deepEqual(at('disks:\n  - type: ¦'), { kind: 'value', path: ['disks', 0, 'type'] });
    assert.deepEqual(at('securityGroup:\n  new: a\n  rules:\n    - protocol: tcp\n      from: ¦'), {
      kind: 'value',
      path: ['securityGroup', 'rules', 0, 'from'],
    });
  });
  it('nothing in comments and in texts', () => {
    assert.equal(at('# na¦'), undefined);
    assert.equal(at('name: ada # who¦'), undefined);
    assert.equal(at('userData: |\n  #!/bin/sh\n  apt¦\n'), undefined);
    assert.deepEqual(at('userData: |\n  #!/bin/sh\n  apt\n¦'), undefined);
    assert.deepEqual(at('userData: |\n  #!/bin/sh\nna¦'), { kind: 'key', path: [], present: ['userData'] });
  });
});
