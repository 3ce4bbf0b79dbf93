import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import type { CloudSeen } from './world';

/** What the launching process is told. */
export interface CrashOrder {
  readonly cloud: CloudSeen;
  readonly home: string;
  readonly spec: LaunchSpec;
  /** The step at whose beginning it dies; none lets the launch end by itself. */
  readonly step?: string;
}

/** How the launching process ended: `killed` by itself or from outside, else what its launch came to. */
type CrashEnd = 'killed' | 'done' | 'failed' | 'cancelled';

/** A process of its own that launches, as a window of the editor would, and may be killed at any moment. */
export interface LaunchingProcess {
  readonly ended: Promise<CrashEnd>;
  /** What it said last: the reason of a failure. */
  said(): string;
  kill(): void;
}

/** Starts a launch in a process of its own. */
export function launchElsewhere(order: CrashOrder): LaunchingProcess {
  const script = fileURLToPath(new URL('./crashing.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  child.stdin.end(JSON.stringify(order));
  const ended = new Promise<CrashEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const word = /^outcome: (done|failed|cancelled)$/m.exec(said)?.[1];
      if (signal === 'SIGKILL') resolve('killed');
      else if (word === 'done' || word === 'failed' || word === 'cancelled') resolve(word);
      else reject(new Error(`The launching process ended with ${String(code ?? signal)}: ${said}`));
    });
  });
  return { ended, said: () => said, kill: () => child.kill('SIGKILL') };
}
