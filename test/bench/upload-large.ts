import { UploadBench } from '../integration/support/uploadBench';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';

/** One file of 1 GiB over loopback against `scp`; logins included. */
export default async function bench(): Promise<BenchResult> {
  const line = await UploadBench.start();
  try {
    const root = line.fill(1, 2 ** 30);
    const figures = await interleave(
      3,
      () => line.ours(root),
      () => line.scp(root),
    );
    return result({ bench: 'upload-large', unit: 'ms', ...figures, peerName: 'scp', limit: 1.5 });
  } finally {
    await line.stop();
  }
}
