import assert from 'node:assert/strict';
import { interpolate, mentions } from '../../../../src/core/deploy/interpolation';

describe('variables in a Compose value', () => {
  const names = (text: string) => mentions(text).map((mention) => mention.name);

  it('are found in every form, nested defaults included', () => {
    assert.deepEqual(names('$A ${B} ${C:-x} ${D-y} ${E:?why} ${F?why} ${G:+z} ${H:-${I}}'), ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I']);
  });

  it('are not found in escaped dollars or lone ones', () => {
    assert.deepEqual(names("$$A $${B} $5 costs $ awk '{print $$1}'"), []);
  });

  it('carry their default and whether they are required', () => {
    assert.deepEqual(mentions('${A:-one two}${B:?set it}'), [
      { name: 'A', required: false, fallback: 'one two' },
      { name: 'B', required: true },
    ]);
  });

  it('are filled in as Compose does', () => {
    const values = new Map([
      ['A', 'a'],
      ['EMPTY', ''],
    ]);
    const fill = (text: string) => interpolate(text, (name) => values.get(name));
    assert.equal(fill('$A-${A}-${NONE}-${NONE:-d}-${EMPTY:-d}-${EMPTY-d}-${A:+set}-${NONE:+set}-$$A-${NONE:-${A}}'), 'a-a--d-d--set--$A-a');
  });
});
