import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { WorkerPasswordHasher } from '../../src/adapters/password/hasher';
import { Secret } from '../../src/core/secret';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';

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
  let blockedMs = 0;
  const took = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  const ours = async (): Promise<number> => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const ms = await took(() => hasher.hash(new Secret(PASSWORD)));
    delay.disable();
    blockedMs = Math.max(blockedMs, delay.max / 1e6);
    return ms;
  };
  const peer = () => took(() => promisify(execFile)('caddy', ['hash-password', '--plaintext', PASSWORD]));
  try {
    const figures = await interleave(5, ours, peer);
    const blocked = Math.round(blockedMs);
    return result({
      bench: 'password',
      unit: 'ms',
      ...figures,
      peerName: 'caddy hash-password',
      limit: 1.1,
      blockedMs: blocked,
      blockedLimit: 50,
    });
  } finally {
    hasher.dispose();
    rmSync(folder, { recursive: true });
  }
}
