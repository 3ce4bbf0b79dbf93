import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { DiskReceiver } from '../../../src/adapters/files/receiveFolder';

let receiver: DiskReceiver | undefined;

/** The local side of downloads as the extension has it: unpacking in a worker thread, whose script is built once for each process. */
export function diskReceiver(): DiskReceiver {
  if (receiver !== undefined) return receiver;
  const scratch = mkdtempSync(path.join(tmpdir(), 'skylab-receive-worker-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const outfile = path.join(scratch, 'receive-worker.js');
  const entry = path.join(__dirname, '../../../src/adapters/files/receiveFolderWorker.ts');
  buildSync({ entryPoints: [entry], bundle: true, minify: true, platform: 'node', outfile });
  receiver = new DiskReceiver(outfile);
  return receiver;
}
