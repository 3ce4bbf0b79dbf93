import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { WorkerPasswordHasher } from '../../src/adapters/password/hasher';
import { Secret } from '../../src/core/secret';
import type { BenchResult } from './harness';
import { interleave, longestBlock, median, result } from './harness';

const PASSWORD = 'correct horse battery staple';

/** One bcrypt hash of cost 14 against `caddy hash-password`, and how long the thread that asked for it was blocked. */
export default async function bench(): Promise<BenchResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'skylab-bench-'));
  const outfile = path.join(folder, 'password-worker.js');
  buildSync({
    entryPoints: [path.join(__dirname, '../../src/adapters/password/worker.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    outfile,
  });
  const hasher = new WorkerPasswordHasher(outfile);
  const blocks: number[] = [];
  const took = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  const ours = async (): Promise<number> => {
    let ms = 0;
    const blocked = await longestBlock(async () => (ms = await took(() => hasher.hash(new Secret(PASSWORD)))));
    blocks.push(blocked);
    return ms;
  };
  const peer = () => took(() => promisify(execFile)('caddy', ['hash-password', '--plaintext', PASSWORD]));
  try {
    const figures = await interleave(5, ours, peer);
    return result({
      bench: 'password',
      unit: 'ms',
      ...figures,
      peerName: 'caddy hash-password',
      limit: 1.1,
      blockedMs: Math.round(median(blocks)),
      blockedLimit: 50,
    });
  } finally {
    hasher.dispose();
    rmSync(folder, { recursive: true });
  }
}
