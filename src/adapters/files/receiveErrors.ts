import { SkylabError } from '../../core/errors';

/** The sentence for a local file or folder that could not be written; nothing was changed under the final name. */
export function receiveError(error: unknown, place: string): SkylabError {
  if (error instanceof SkylabError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const where = place.replace(/\.(partial|old)-[0-9a-f]{12}\.\d+$/, '');
  const make = (message: string, name: string, next: string): SkylabError => new SkylabError(message, { code: name, next, cause: error });
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return make(
        `This computer’s disk is too full for ${where}. Nothing was changed there.`,
        'LocalDiskFull',
        'Make room, then download again.',
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return make(`${where} cannot be written here: this account may not.`, 'LocalPermissionDenied', 'Choose another folder.');
    case 'ENOENT':
    case 'ENOTDIR':
      return make(`${where} cannot be made: its folder is not there.`, 'LocalFolderGone', 'Choose another folder.');
    case 'ENAMETOOLONG':
      return make(`A name in ${where} is too long for this computer.`, 'LocalNameTooLong', 'Choose a folder with a shorter path.');
    default:
      return make(
        `${where} could not be written here: ${error instanceof Error ? error.message : String(error)}. Nothing was changed there.`,
        'LocalWriteFailed',
        'Try again.',
      );
  }
}
