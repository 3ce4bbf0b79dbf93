import { parentPort } from 'node:worker_threads';
import { SkylabError } from '../../core/errors';
import type { ArchiveItem, ListOptions } from '../../core/transfer/ports';
import type { FolderAnswer, FolderRequest } from './folderProtocol';
import { ENTRIES_PER_MESSAGE } from './folderProtocol';
import { DiskFolder } from './localFolder';

/** Runs in a thread of its own: reads folders with blocking calls. One job at a time. */
const folder = new DiskFolder();
let entries: ArchiveItem[] = [];
let job: AsyncGenerator<FolderAnswer, undefined> | undefined;

async function* list(root: string, options: ListOptions | undefined): AsyncGenerator<FolderAnswer, undefined> {
  const listing = await folder.list(root, undefined, options);
  for (let at = 0; at < listing.entries.length; at += ENTRIES_PER_MESSAGE)
    yield { kind: 'entries', entries: listing.entries.slice(at, at + ENTRIES_PER_MESSAGE) };
  const { skipped, hasModes, ignore } = listing;
  yield { kind: 'about', skipped, hasModes, ...(ignore && { ignore }) };
  return undefined;
}

async function* tar(
  root: string,
  sent: readonly ArchiveItem[],
  contents: ReadonlyMap<string, Uint8Array>,
): AsyncGenerator<FolderAnswer, undefined> {
  const overrides = new Map([...contents].map(([path, bytes]) => [path, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)]));
  let done = { files: 0, bytes: 0 };
  const options = { overrides, onProgress: (progress: typeof done) => (done = progress) };
  for await (const data of folder.tar(root, { entries: sent }, options)) yield { kind: 'piece', data: data as Buffer, ...done };
  return undefined;
}

async function* hash(root: string, files: Extract<FolderRequest, { kind: 'hash' }>['files']): AsyncGenerator<FolderAnswer, undefined> {
  for (let at = 0; at < files.length; at += ENTRIES_PER_MESSAGE)
    yield { kind: 'hashes', hashes: await folder.hash(root, files.slice(at, at + ENTRIES_PER_MESSAGE)) };
  return undefined;
}

async function step(): Promise<FolderAnswer> {
  try {
    const answer = await job?.next();
    return answer?.value ?? { kind: 'end' };
  } catch (error) {
    if (!(error instanceof SkylabError)) return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    const { message, code, next, cause } = error;
    return { kind: 'failed', message, ...(code !== undefined && { code }), ...(next !== undefined && { next }), cause };
  }
}

parentPort?.on('message', (request: FolderRequest) => {
  switch (request.kind) {
    case 'list':
      job = list(request.root, request.options);
      break;
    case 'entries':
      entries.push(...request.entries);
      break;
    case 'tar':
      job = tar(request.root, entries, request.overrides);
      entries = [];
      break;
    case 'hash':
      job = hash(request.root, request.files);
      break;
    case 'next':
      void step().then((answer) =>
        // A piece of the archive is given away, not copied.
        parentPort?.postMessage(answer, answer.kind === 'piece' ? [answer.data.buffer as ArrayBuffer] : []),
      );
      break;
  }
});
