import { SkylabError } from '../../errors';
import { printableName } from '../names';
import type { SendReport } from './remoteTar';

/** The sentence for a folder that the machine could not send. @param dest what was to be made here */
export function sendFailure(report: SendReport, path: string): SkylabError {
  const what = printableName(path);
  const make = (message: string, code: string, next: string): SkylabError => new SkylabError(message, { code, next });
  switch (report.error) {
    case 'Gone':
      return make(`${what} is not on the machine.`, 'RemoteFileNotFound', 'Refresh, it may have been moved or deleted.');
    case 'NotAFolder':
      return make(`${what} on the machine is no folder.`, 'RemoteNotAFolder', 'Download it as a file.');
    case 'Denied':
      return make(`The login user may not read ${what}.`, 'RemotePermissionDenied', 'Change its permissions or owner in a terminal.');
    case 'NoTar':
      return make(
        'The program tar is missing on the machine.',
        'NoTar',
        'Install it there (the package is called tar) and download again.',
      );
    default:
      break;
  }
  const [spoilt] = report.spoilt;
  if (spoilt !== undefined) {
    return make(
      `${spoilt} on the machine shrank or could not be read to its end, so nothing was changed here.`,
      'FileChanged',
      'Download again when nothing writes to it.',
    );
  }
  const said = report.other.at(-1) ?? `exit code ${String(report.exit)}`;
  return make(`The machine could not send ${what}: ${said.replace(/\.$/, '')}. Nothing was changed here.`, 'DownloadFailed', 'Try again.');
}

export function lostFailure(path: string, cause: unknown): SkylabError {
  return new SkylabError(`The connection was lost while ${printableName(path)} was being downloaded. Nothing was changed here.`, {
    code: 'ConnectionLost',
    next: 'Download it again.',
    cause,
    remedies: [{ kind: 'retry' }],
  });
}

export function stalledFailure(path: string, seconds: number): SkylabError {
  return new SkylabError(
    `The download of ${printableName(path)} stood still for ${seconds} seconds and was ended. Nothing was changed here.`,
    { code: 'DownloadStalled', next: 'Check the connection to the machine and download again.', remedies: [{ kind: 'retry' }] },
  );
}

/** @param free bytes */
export function tooLittleRoom(dest: string, wanted: number, free: number): SkylabError {
  const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return new SkylabError(`This computer’s disk is too full for ${dest}: ${mib(wanted)} are needed, ${mib(free)} are free.`, {
    code: 'LocalDiskFull',
    next: 'Make room or choose another disk, then download again.',
  });
}

/** Where something here has the wanted name. @param standing what it is */
export function taken(dest: string, standing: 'file' | 'folder' | 'other'): SkylabError {
  const kind = standing === 'other' ? 'something that is no file' : `a ${standing}`;
  return new SkylabError(`${dest} is here already, as ${kind}.`, { code: 'LocalExists', next: 'Choose another name or folder.' });
}
