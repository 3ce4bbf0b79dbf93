import { REGIONS } from '../integration/support/manyInstances';
import { paginatorAlone, PER_REGION, startManyInstances, TreeBench } from '../integration/support/treeBench';
import { interleave, longestBlock, result, type BenchResult } from './harness';

const ROUNDS = 3;

/** 10,000 known machines listed anew against the SDK's paginator alone: nothing changed paints nothing, one change paints one row. */
export default async function bench(): Promise<BenchResult> {
  const many = await startManyInstances(PER_REGION);
  const tree = await TreeBench.open(many);
  try {
    await tree.refresh();
    await paginatorAlone(many);
    const blocks: number[] = [];
    const before = tree.paintedParents + tree.paintedRows.length;
    const unchanged = async (): Promise<number> => {
      let ms = 0;
      blocks.push(await longestBlock(async () => (ms = await tree.refresh())));
      return ms;
    };
    const figures = await interleave(ROUNDS, unchanged, () => paginatorAlone(many));
    const idle = tree.paintedParents + tree.paintedRows.length - before;
    await many.changeOne(REGIONS[1], 't3.large');
    const parents = tree.paintedParents;
    await tree.refresh();
    const rows = tree.paintedRows.length;
    const others = tree.paintedParents - parents;
    const measured = result({
      bench: 'refresh-10000',
      unit: 'ms',
      ...figures,
      peerName: 'paginator of the SDK alone',
      limit: 1.5,
      paintedWhenNothingChanged: idle,
      rowsPaintedForOneChange: rows,
      othersPaintedForOneChange: others,
      longestBlockMs: Math.round(Math.max(...blocks)),
      calls: tree.calls(),
    });
    return { ...measured, ok: measured.ok && idle === 0 && rows === 1 && others === 0 };
  } finally {
    tree.close();
    await many.stop();
  }
}
