import path from 'node:path';
import { SkylabError } from '../../core/errors';
import { encodeName, printableName } from '../../core/transfer/names';

/** The path of an entry for fs: bytes where a name is not UTF-8. @param entryPath relative to the root, `/` between parts */
export function localPath(root: string, entryPath: string): string | Buffer {
  if (process.platform === 'win32') return path.join(root, ...entryPath.split('/'));
  const full = entryPath === '' ? root : `${root}/${entryPath}`;
  return /\p{Surrogate}/u.test(full) ? encodeName(full) : full;
}

/** A sentence for a folder or file that could not be read. */
export function folderError(root: string, entryPath: string, cause: NodeJS.ErrnoException): SkylabError {
  const what = entryPath === '' ? root : `${root}/${printableName(entryPath)}`;
  switch (cause.code) {
    case 'ENOENT':
      return entryPath === ''
        ? new SkylabError(`The folder is not there: ${what}.`, { code: 'FolderGone', next: 'Choose it again.', cause })
        : new SkylabError(`A file vanished while the folder was being read: ${what}.`, {
            code: 'FileChanged',
            next: 'Upload again when nothing changes the folder.',
            cause,
          });
    case 'ENOTDIR':
      return new SkylabError(`This is not a folder: ${what}.`, { code: 'FolderGone', next: 'Choose a folder.', cause });
    case 'EACCES':
    case 'EPERM':
      return new SkylabError(`You lack the permission to read this: ${what}.`, {
        code: 'FileUnreadable',
        next: 'Change its permissions or move it out of the folder.',
        cause,
      });
    default:
      return new SkylabError(`This could not be read: ${what}.`, {
        code: 'FileUnreadable',
        next: `The system says ${cause.code ?? cause.message}.`,
        cause,
      });
  }
}
