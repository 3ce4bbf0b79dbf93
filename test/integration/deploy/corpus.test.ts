import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findCompose, skipWithoutCompose } from '../support/compose';
import type { Stack } from '../support/composeCorpus';
import { collectionsIn, writeOwnStacks } from '../support/composeCorpus';
import { REFUSED, STACKS } from '../support/composeStacks';
import { CorpusTally } from '../support/corpusTally';

describe('a collection of Compose stacks', function () {
  this.timeout(300_000);
  const compose = findCompose() ?? '';
  let root = '';

  before(function () {
    skipWithoutCompose(this);
    root = mkdtempSync(path.join(tmpdir(), 'skylab-corpus-'));
  });
  after(() => {
    if (root !== '') rmSync(root, { recursive: true });
  });

  const judged = async (collections: ReadonlyMap<string, readonly Stack[]>) => {
    const { agreed, refusedByBoth, disagreed, composeAlone, threw } = await CorpusTally.of(compose, [...collections.values()].flat());
    assert.deepEqual({ disagreed, composeAlone, threw }, { disagreed: [], composeAlone: [], threw: [] });
    return { agreed, refusedByBoth };
  };

  it('is read, reviewed and planned, and Docker Compose sees the same in each: the project’s own, and its recipes', async () => {
    writeOwnStacks(root);
    const collections = collectionsIn(root);
    assert.deepEqual([...collections.keys()], ['own', 'recipes']);
    const { agreed, refusedByBoth } = await judged(collections);
    const counts = { agreed, refusedByBoth };
    assert.ok(agreed > Object.keys(STACKS).length && refusedByBoth >= Object.keys(REFUSED).length, JSON.stringify(counts));
  });

  const corpus = process.env['SKYLAB_COMPOSE_CORPUS'];
  if (corpus !== undefined)
    it('is read, reviewed and planned, and Docker Compose sees the same in each: public ones', async () => {
      const { agreed } = await judged(collectionsIn(corpus));
      assert.ok(agreed > 0, 'there are stacks in it');
    });
});
