import path from 'node:path';
import { DownloadBench } from '../integration/support/downloadBench';
import type { BenchResult } from './harness';
import { interleave, longestBlock, result } from './harness';

/** 10,000 files of 2 KiB from a machine on loopback against `ssh tar | tar`; beside it one file of 256 MiB against `scp`. Logins included. */
export default async function bench(): Promise<BenchResult> {
  const line = await DownloadBench.start();
  try {
    const folder = line.fill(10_000, 2048);
    const figures = await interleave(
      3,
      () => line.ours(folder, 'folder'),
      () => line.tarOverSsh(folder),
    );
    const file = path.join(line.fill(1, 256 * 1024 * 1024), 'folder-0', 'file-0');
    const large = await interleave(
      3,
      () => line.ours(file, 'file'),
      () => line.scp(file),
    );
    const blocked = await longestBlock(() => line.ours(folder, 'folder'));
    const extra = {
      oursLarge: Math.round(large.ours),
      scpLarge: Math.round(large.peer),
      ratioLarge: Math.round((large.ours / large.peer) * 1000) / 1000,
      longestBlockMs: Math.round(blocked),
    };
    return result({ bench: 'download', unit: 'ms', ...figures, peerName: 'ssh tar | tar', limit: 2, ...extra });
  } finally {
    await line.stop();
  }
}
