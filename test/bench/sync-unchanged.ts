import { UploadBench } from '../integration/support/uploadBench';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';
import { watched } from './watched';

/** 10,000 files of 2 KiB that are there already, over loopback, against `rsync -a`; logins included. */
export default async function bench(): Promise<BenchResult> {
  const line = await UploadBench.start();
  try {
    const root = line.fill(10_000, 2048);
    await line.sync(root, 'ours');
    await line.rsync(root, 'theirs');
    const watch = watched();
    const figures = await interleave(
      7,
      () => watch.run(() => line.sync(root, 'ours')),
      () => line.rsync(root, 'theirs'),
    );
    return result({ bench: 'sync-unchanged', unit: 'ms', ...figures, peerName: 'rsync -a', limit: 1, ...watch.figures() });
  } finally {
    await line.stop();
  }
}
