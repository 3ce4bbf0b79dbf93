import assert from 'node:assert/strict';
import { IMAGE_LISTS } from '../../../../src/core/recipes/imageLists';
import { withNames } from '../../../../src/core/recipes/nameList';

describe('a known list of images', () => {
  it('is added to a hub’s menu once, a label and an image a line, with what was there before', () => {
    const before = '# The menu\nMine = registry.example.org/mine:1\n';
    for (const { lines } of IMAGE_LISTS) {
      const after = withNames(before, lines);
      assert.ok(after.startsWith(before));
      assert.equal(withNames(after, lines), after);
      for (const line of lines) assert.match(line, /^[^=#]+ = [a-z0-9./-]+(:[A-Za-z0-9._-]+)?$/);
      assert.equal(new Set(lines.map((line) => line.split(' = ')[0])).size, lines.length);
    }
    assert.ok(IMAGE_LISTS.some(({ lines }) => lines.includes('Basic = cyberhubs/basichub:1.2.6')));
  });
});
