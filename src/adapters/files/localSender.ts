import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { LocalSender } from '../../core/cloud/launching/ports';
import { SkylabError } from '../../core/errors';
import { joinPath, splitPath, type RemoteFiles } from '../../core/remote/files';
import type { RemoteSession } from '../../core/remote/session';
import type { Uploader } from '../../core/transfer/upload';

/** Sends what lies on this computer: folders as one stream, files one by one. */
export class DiskSender implements LocalSender {
  constructor(
    private readonly homeDir: string,
    private readonly uploader: () => Promise<Uploader>,
  ) {}

  async send(
    session: RemoteSession,
    from: string,
    to: string,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
  ): Promise<string> {
    const local = from === '~' || from.startsWith('~/') ? path.join(this.homeDir, from.slice(2)) : path.resolve(this.homeDir, from);
    const found = await stat(local).catch((cause: unknown) => {
      throw new SkylabError(`${from} cannot be copied: it is not on this computer.`, {
        next: 'Choose another file.',
        code: 'NoSuchFile',
        cause,
      });
    });
    const there = to.replace(/^~\//, '').replace(/^~$/, '.');
    if (found.isDirectory()) return this.#folder(session, local, there, options);
    return sendFile(session, { local, size: found.size, mode: found.mode & 0o777 }, there, options);
  }

  async #folder(session: RemoteSession, root: string, remoteDir: string, options: Parameters<DiskSender['send']>[3] = {}): Promise<string> {
    const uploader = await this.uploader();
    const { signal, onProgress } = options;
    const result = await uploader.upload(
      session,
      { root, remoteDir: remoteDir.replace(/(?<=.)\/+$/, ''), ifExists: 'merge' },
      {
        ...(signal === undefined ? {} : { signal }),
        onProgress: ({ bytes, totalBytes }) => onProgress?.(totalBytes === 0 ? 1 : bytes / totalBytes),
      },
    );
    return result.path;
  }
}

async function sendFile(
  session: RemoteSession,
  file: { readonly local: string; readonly size: number; readonly mode: number },
  to: string,
  { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void },
): Promise<string> {
  const files = await session.files(signal);
  const target = to.endsWith('/') || (await isFolder(files, to)) ? joinPath(to.replace(/(?<=.)\/+$/, ''), path.basename(file.local)) : to;
  const { folder } = splitPath(target);
  if (!(await isFolder(files, folder))) await session.run({ argv: ['mkdir', '-p', '--', folder], what: `make the folder ${folder}` });
  const data = counted(createReadStream(file.local, { highWaterMark: 256 * 1024 }), file.size, onProgress);
  await files.write(target, data, { ifExists: 'replace', create: true, ...(signal === undefined ? {} : { signal }) });
  await files.setMode(target, file.mode);
  return target;
}

async function isFolder(files: RemoteFiles, at: string): Promise<boolean> {
  try {
    return (await files.stat(at)).kind === 'directory';
  } catch (error) {
    if (error instanceof SkylabError && (error.code === 'RemoteFileNotFound' || error.code === 'RemoteNotAFolder')) return false;
    throw error;
  }
}

async function* counted(stream: AsyncIterable<Uint8Array>, size: number, onProgress?: (done: number) => void): AsyncIterable<Uint8Array> {
  let read = 0;
  for await (const piece of stream) {
    read += piece.length;
    onProgress?.(size === 0 ? 1 : Math.min(1, read / size));
    yield piece;
  }
}
