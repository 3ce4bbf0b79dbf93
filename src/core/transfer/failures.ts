import { SkylabError } from '../errors';
import { mebibytes, printableName, spokenLine } from './names';
import type { ReceiveReport } from './receive';

/** The sentence for an upload that the machine ended. @param said the last lines of its standard error */
export function receiveFailure(report: ReceiveReport, exitCode: number | undefined, dest: string, said: string): SkylabError {
  const place = printableName(dest);
  const full = /No space left on device|Disk quota exceeded/.test(said);
  const denied = /Permission denied|Read-only file system|Operation not permitted/.exec(said)?.[0];
  const detail = spokenLine(said);
  const cause = said.trim() === '' ? undefined : new Error(said.trim());
  const make = (message: string, code: string, next: string) => new SkylabError(message, { code, next, ...(cause && { cause }) });
  const code = report.error?.code;
  if (full || code === 'NoSpace' || code === 'NoInodes') {
    const free =
      code === 'NoSpace'
        ? `: ${mebibytes(Number(report.error?.detail) * 1024)} are free`
        : code === 'NoInodes'
          ? ': it takes no more files'
          : '';
    return make(
      `The disk of the machine is too full for ${place}${free}.`,
      'RemoteDiskFull',
      'Make room on the machine or choose another disk, then upload again.',
    );
  }
  if (denied !== undefined || code === 'Denied') {
    const next = 'Choose a folder that the login user may write to, such as one in its home folder.';
    return make(
      `The machine does not let the login user write ${place}: ${denied ?? 'Permission denied'}.`,
      'RemotePermissionDenied',
      next,
    );
  }
  switch (code) {
    case 'NoTar':
      return make('The program tar is missing on the machine.', 'NoTar', 'Install it there (the package is called tar) and upload again.');
    case 'Exists':
      return make(`${place} is on the machine already.`, 'RemoteFolderExists', 'Choose another name, or replace it.');
    case 'NotAFolder':
      return make(`${place} on the machine is a file, not a folder.`, 'RemoteNotAFolder', 'Choose another name.');
    case 'Mismatch':
      return make(`What arrived in ${place} is not what was sent, so nothing was changed there.`, 'UploadMismatch', 'Upload again.');
    case 'Merge':
      return make(
        `Some files could not be put into ${place}: ${detail}.`,
        'RemoteMergeFailed',
        'The others are in place; mend this one and upload again.',
      );
    default:
      return make(
        `The machine could not take the folder ${place}: ${detail === '' ? `exit code ${String(exitCode)}` : detail}.`,
        'UploadFailed',
        'Nothing was changed there.',
      );
  }
}

/** A lost connection, as a sentence that says what it means for the destination. */
export function connectionFailure(dest: string, cause: unknown): SkylabError {
  return new SkylabError(`The connection was lost while ${printableName(dest)} was being uploaded.`, {
    code: 'ConnectionLost',
    next: 'Nothing half-written is left under that name; upload again.',
    cause,
    remedies: [{ kind: 'retry' }],
  });
}

export const stalledFailure = (dest: string, seconds: number): SkylabError =>
  new SkylabError(`The upload of ${printableName(dest)} stood still for ${seconds} seconds and was ended.`, {
    code: 'UploadStalled',
    next: 'Check the connection to the machine and upload again.',
    remedies: [{ kind: 'retry' }],
  });
