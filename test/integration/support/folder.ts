import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { WorkerFolder } from '../../../src/adapters/files/workerFolder';

let folder: WorkerFolder | undefined;

/** This computer's folders, read as the extension reads them: in a worker thread, whose script is built once for each process. */
export function workerFolder(): WorkerFolder {
  if (folder !== undefined) return folder;
  const scratch = mkdtempSync(path.join(tmpdir(), 'skylab-folder-worker-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const outfile = path.join(scratch, 'folder-worker.js');
  const entry = path.join(__dirname, '../../../src/adapters/files/folderWorker.ts');
  buildSync({ entryPoints: [entry], bundle: true, minify: true, platform: 'node', outfile });
  folder = new WorkerFolder(outfile);
  return folder;
}
