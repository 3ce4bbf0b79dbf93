import { UploadBench } from '../integration/support/uploadBench';
import type { BenchResult } from './harness';
import { interleave, longestBlock, median, result } from './harness';

/** 10,000 files of 2 KiB over loopback against `tar | ssh`, and once against `scp -r`; logins included. */
export default async function bench(): Promise<BenchResult> {
  const line = await UploadBench.start();
  try {
    const root = line.fill(10_000, 2048);
    const blocks: number[] = [];
    const ours = async (): Promise<number> => {
      let ms = 0;
      blocks.push(await longestBlock(async () => (ms = await line.ours(root))));
      return ms;
    };
    const figures = await interleave(3, ours, () => line.tarOverSsh(root));
    const scp = await line.scp(root);
    const ofScp = Math.round((figures.ours / scp) * 1000) / 1000;
    return result({
      bench: 'upload-small',
      unit: 'ms',
      ...figures,
      peerName: 'tar | ssh',
      limit: 1.5,
      scp: Math.round(scp),
      ofScp,
      ofScpLimit: 0.25,
      ofScpOk: ofScp < 0.25,
      blockedMs: Math.round(median(blocks)),
      blockedLimit: 50,
    });
  } finally {
    await line.stop();
  }
}
