import { parentPort } from 'node:worker_threads';
import type { KeyJob } from './keyJobs';
import { doKeyJob, wipe } from './keyJobs';

/** Runs in a thread of its own: opening a key with a passphrase takes about a third of a second of one core. One job at a time. */
parentPort?.on('message', (job: KeyJob) => {
  const answer = doKeyJob(job);
  wipe(job);
  parentPort?.postMessage(answer);
});
