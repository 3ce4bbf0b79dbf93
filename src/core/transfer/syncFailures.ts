import { SkylabError } from '../errors';
import { mebibytes, printableName, spokenLine } from './names';

/** What every sentence of a failed sync ends with, so that nobody has to look. */
const untouched = (place: string): string => `${place} on the machine is as it was.`;

/** The sentence for a sync that the machine ended. @param said the last lines of its standard error */
export function syncFailure(
  error: { readonly code: string; readonly detail: string } | undefined,
  exitCode: number | undefined,
  dest: string,
  said: string,
): SkylabError {
  const place = printableName(dest);
  const detail = spokenLine(said);
  const cause = said.trim() === '' ? undefined : new Error(said.trim());
  const make = (message: string, code: string, next = '') =>
    new SkylabError(message, { code, next: `${untouched(place)}${next === '' ? '' : ` ${next}`}`, ...(cause && { cause }) });
  const code = error?.code;
  if (code === 'Broken') return broken(place, error?.detail ?? '', cause);
  if (/No space left on device|Disk quota exceeded/.test(said) || code === 'NoSpace' || code === 'NoInodes') {
    const free =
      code === 'NoSpace' ? `: ${mebibytes(Number(error?.detail) * 1024)} are free` : code === 'NoInodes' ? ': it takes no more files' : '';
    return make(`The disk of the machine is too full for ${place}${free}.`, 'RemoteDiskFull', 'Make room, then sync again.');
  }
  const denied = /Permission denied|Read-only file system|Operation not permitted/.exec(said)?.[0];
  if (denied !== undefined || code === 'Denied') {
    const where = detail === '' ? '' : ` (${detail})`;
    return make(
      `The machine does not let the login user write ${place}: ${denied ?? 'Permission denied'}${where}.`,
      'RemotePermissionDenied',
      'Choose a folder that the login user may write to, or mend the owner of what is in it.',
    );
  }
  switch (code) {
    case 'NoTar':
      return make('The program tar is missing on the machine.', 'NoTar', 'Install it there (the package is called tar) and sync again.');
    case 'NotAFolder':
      return make(`${place} on the machine is a file, not a folder.`, 'RemoteNotAFolder', 'Choose another name.');
    case 'Busy':
      return make(`Another sync is at work in ${place}.`, 'RemoteBusy', 'Wait for it to end, then sync again.');
    case 'Foreign':
      return make(
        `Somebody else has left a folder where ${place} would be prepared: ${error?.detail ?? ''}.`,
        'RemoteForeign',
        'Remove it, or ask for it.',
      );
    case 'Moved':
    case 'Save':
    case 'Appeared':
      return make(`Something changed ${place} on the machine while it was being synced.`, 'RemoteChanged', 'Sync again.');
    case 'Mismatch':
      return make(`What arrived for ${place} is not what was sent.`, 'UploadMismatch', 'Sync again.');
    default:
      return make(
        `The machine could not take what was sent for ${place}: ${detail === '' ? `exit code ${String(exitCode)}` : detail}.`,
        'SyncFailed',
      );
  }
}

function broken(place: string, aside: string, cause: Error | undefined): SkylabError {
  return new SkylabError(`Some files of ${place} on the machine were replaced, and the others could not be; taking it back failed, too.`, {
    code: 'SyncBroken',
    next: `The earlier versions are kept in ${printableName(aside)}; the next sync puts them back first.`,
    ...(cause && { cause }),
  });
}

/** A lost connection, with what it means for the destination. @param handedOver whether the machine had got everything */
export function endedFailure(dest: string, handedOver: boolean, cause: unknown): SkylabError {
  const place = printableName(dest);
  const next = handedOver
    ? `Everything had arrived: ${place} on the machine is either complete or as it was, and the next sync says which.`
    : `${untouched(place)} What has arrived is kept there for the next sync.`;
  return new SkylabError(`The connection was lost while ${place} was being synced.`, {
    code: 'ConnectionLost',
    next,
    cause,
    remedies: [{ kind: 'retry' }],
  });
}

export function stalledSync(dest: string, seconds: number, handedOver: boolean): SkylabError {
  const place = printableName(dest);
  return new SkylabError(`The sync of ${place} stood still for ${seconds} seconds and was ended.`, {
    code: 'UploadStalled',
    next: handedOver ? `${place} on the machine is either complete or as it was: the next sync says which.` : untouched(place),
    remedies: [{ kind: 'retry' }],
  });
}

export const emptyFailure = (root: string) =>
  new SkylabError(`The folder ${root} is empty, so nothing was changed on the machine.`, {
    code: 'FolderEmpty',
    next: 'If its disk is not mounted, mount it; or choose another folder.',
  });

/** What went wrong here, on this computer, with what it means for the destination. */
export function localFailure(error: SkylabError, dest: string): SkylabError {
  const next = [untouched(printableName(dest)), error.next].filter((part) => part !== undefined).join(' ');
  return new SkylabError(error.message, { next, cause: error.cause, ...(error.code !== undefined && { code: error.code }) });
}
