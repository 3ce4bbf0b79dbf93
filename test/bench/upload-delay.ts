import { UploadBench, delayed } from '../integration/support/uploadBench';
import type { BenchResult } from './harness';
import { interleave, median, result } from './harness';

/** Milliseconds added to each direction, 50 for the way there and back. */
const DELAY = 25;

/** 1,000 files of 2 KiB over a line with 50 ms more of round trip against `tar | ssh`; 10,000 files beside it; logins included. */
export default async function bench(): Promise<BenchResult> {
  const line = await UploadBench.start();
  const far = await delayed(line.sshd.port, DELAY);
  try {
    const root = line.fill(1000, 2048);
    const many = line.fill(10_000, 2048);
    const figures = await interleave(
      3,
      () => line.ours(root, far.port),
      () => line.tarOverSsh(root, far.port),
    );
    const ours10k = median([await line.ours(many, far.port)]);
    const peer10k = median([await line.tarOverSsh(many, far.port)]);
    const extra = { ours10k: Math.round(ours10k), peer10k: Math.round(peer10k), ratio10k: Math.round((ours10k / peer10k) * 1000) / 1000 };
    return result({ bench: 'upload-delay', unit: 'ms', ...figures, peerName: 'tar | ssh', limit: 2, ...extra });
  } finally {
    await far.stop();
    await line.stop();
  }
}
