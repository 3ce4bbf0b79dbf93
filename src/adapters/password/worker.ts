import { parentPort } from 'node:worker_threads';
import { bcrypt, bcryptVerify } from 'hash-wasm';
import type { Answer, Job } from './protocol';

/** Runs in a thread of its own: bcrypt at cost 14 takes about a second of one core. One job at a time. */
parentPort?.on('message', (job: Job) => {
  void work(job)
    .then(
      (value): Answer => ({ value }),
      (error: unknown): Answer => ({ failed: error instanceof Error ? error.message : 'unknown' }),
    )
    .then((answer) => {
      job.password.fill(0);
      parentPort?.postMessage(answer);
    });
});

function work(job: Job): Promise<string | boolean> {
  if (job.kind === 'verify') return bcryptVerify({ password: job.password, hash: job.hash });
  return bcrypt({ password: job.password, salt: job.salt, costFactor: job.cost, outputType: 'encoded' });
}
