import { DeployBench } from '../integration/support/deployBench';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';

/** Commands that a redeployment may open beyond the one of `ssh host docker compose up -d`. */
const MORE_COMMANDS = 4;
const BUDGET_MS = 1500;

/** The sample lab deployed again with nothing changed, from opening the page to "nothing to do" proved here and there. */
export default async function bench(): Promise<BenchResult> {
  const line = await DeployBench.start();
  try {
    await line.deploy();
    let commands = 0;
    const figures = await interleave(
      7,
      async () => {
        line.count();
        const ms = await line.deploy();
        commands = Math.max(commands, line.count());
        return ms;
      },
      () => line.composeUp(),
    );
    const more = { commands, commandsMore: commands - 1, withinBudget: figures.ours < BUDGET_MS, budgetMs: BUDGET_MS };
    const measured = result({
      bench: 'redeploy-unchanged',
      unit: 'ms',
      ...figures,
      peerName: 'ssh docker compose up -d',
      limit: 1.5,
      ...more,
    });
    return { ...measured, ok: measured.ok && commands - 1 <= MORE_COMMANDS };
  } finally {
    await line.stop();
  }
}
