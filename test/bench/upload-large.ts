import { UploadBench } from '../integration/support/uploadBench';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';
import { profiled, watched } from './watched';

/** One file of 1 GiB over loopback against `scp`; logins included. With `--profile` it says on what this thread spends its time. */
export default async function bench(): Promise<BenchResult> {
  const line = await UploadBench.start();
  try {
    const root = line.fill(1, 2 ** 30);
    const watch = watched();
    const figures = await interleave(
      5,
      () => {
        const name = line.next();
        return watch.run(() => line.sync(root, name)).finally(() => line.drop(name));
      },
      () => line.scp(root),
    );
    const bound = process.argv.includes('--profile') ? { profile: await profiled(() => line.ours(root)) } : {};
    return result({ bench: 'upload-large', unit: 'ms', ...figures, peerName: 'scp', limit: 1.2, ...watch.figures(), ...bound });
  } finally {
    await line.stop();
  }
}
