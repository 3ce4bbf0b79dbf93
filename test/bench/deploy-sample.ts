import { DeployBench } from '../integration/support/deployBench';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';

/** The sample lab onto a machine that has Docker and the images, against the same steps typed with scp and ssh. */
export default async function bench(): Promise<BenchResult> {
  const line = await DeployBench.start();
  try {
    await line.prepareHand();
    const figures = await interleave(
      3,
      () => line.deployFresh(),
      () => line.byHand(),
    );
    return result({ bench: 'deploy-sample', unit: 'ms', ...figures, peerName: 'scp and ssh by hand', limit: 1.2 });
  } finally {
    await line.stop();
  }
}
