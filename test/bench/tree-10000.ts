import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { COUNT, paginatorAlone, startManyInstances, TreeBench, PER_REGION } from '../integration/support/treeBench';
import { interleave, longestBlock, median, result, type BenchResult } from './harness';

const ROUNDS = 3;
/** Milliseconds from the first page to the first rows. */
const FIRST_ROWS_MS = 300;
const MEMORY_MIB = 100;

/** 10,000 machines of four regions for the first time: until all are listed against the SDK's paginator alone; first rows, memory, blocks beside it. */
export default async function bench(): Promise<BenchResult> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const used = (): number => {
    gc();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const many = await startManyInstances(PER_REGION);
  const firstRows: number[] = [];
  const blocks: number[] = [];
  const grown: number[] = [];
  let calls = 0;
  const ours = async (): Promise<number> => {
    const before = used();
    const tree = await TreeBench.open(many);
    many.arm();
    let ms = 0;
    blocks.push(await longestBlock(async () => (ms = await tree.refresh())));
    firstRows.push(tree.firstRowsAt - many.firstSentAt());
    grown.push(used() - before);
    calls = tree.calls();
    tree.close();
    return ms;
  };
  try {
    // Both have loaded their code before anything is measured.
    await paginatorAlone(many);
    const figures = await interleave(ROUNDS, ours, () => paginatorAlone(many));
    const rows = Math.round(median(firstRows));
    const memory = Math.round(Math.max(...grown));
    const measured = result({
      bench: 'tree-10000',
      unit: 'ms',
      ...figures,
      peerName: 'paginator of the SDK alone',
      limit: 1.5,
      machines: COUNT,
      firstRowsMs: rows,
      firstRowsLimitMs: FIRST_ROWS_MS,
      memoryMiB: memory,
      memoryLimitMiB: MEMORY_MIB,
      longestBlockMs: Math.round(Math.max(...blocks)),
      calls,
    });
    return { ...measured, ok: measured.ok && rows < FIRST_ROWS_MS && memory < MEMORY_MIB };
  } finally {
    await many.stop();
  }
}
