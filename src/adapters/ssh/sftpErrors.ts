import { CancelledError, SkylabError } from '../../core/errors';
import { printableName } from '../../core/transfer/names';
import { SftpGone, SftpStatus } from './sftpChannel';
import { Status } from './sftpPackets';

/** What was being done to a file, as the end of "… cannot be". */
export type Doing = 'read' | 'listed' | 'written' | 'created' | 'renamed' | 'deleted' | 'copied' | 'changed';

/** What the disk says where a write failed without a reason. */
export interface Disk {
  /** Bytes that the login user may still use. */
  readonly free: number;
  /** Files that still fit; undefined where the file system does not count them. */
  readonly inodes: number | undefined;
  readonly readOnly: boolean;
}

/** The sentence for a request that failed. @param path as the person knows it */
export function fileError(error: unknown, machine: string, path: string, doing: Doing): Error {
  if (error instanceof SkylabError || error instanceof CancelledError) return error;
  const what = `${printableName(path)} on ${machine}`;
  const make = (message: string, code: string, next: string): SkylabError => new SkylabError(message, { code, next, cause: error });
  if (error instanceof SftpGone) {
    const next = 'Check that the machine is running and this computer online, then try again.';
    return new SkylabError(`The connection to ${machine} was lost while ${printableName(path)} was being ${doing}.`, {
      code: 'ConnectionLost',
      next,
      cause: error,
      remedies: [{ kind: 'retry' }],
    });
  }
  if (!(error instanceof SftpStatus)) return error instanceof Error ? error : new Error(String(error));
  switch (error.status) {
    case Status.noSuchFile:
      return make(`${what} is not there.`, 'RemoteFileNotFound', 'Refresh, it may have been moved or deleted.');
    case Status.permissionDenied:
      return denied(machine, path, doing, error);
    case Status.badMessage:
      return make(
        `${what} cannot be ${doing}: its name is too long, or the machine does not take it.`,
        'RemoteFileFailed',
        'Choose another name.',
      );
    case Status.unsupported:
      return make(`${what} cannot be ${doing}: the machine’s SFTP server is not able to.`, 'RemoteFileFailed', 'Use a terminal for it.');
    default:
      return make(
        `${what} cannot be ${doing}: the machine gives no reason.`,
        'RemoteFileFailed',
        'Try it in a terminal to see the reason.',
      );
  }
}

export function denied(machine: string, path: string, doing: Doing, cause?: unknown): SkylabError {
  return new SkylabError(`${printableName(path)} on ${machine} cannot be ${doing}: the login user lacks the permission.`, {
    code: 'RemotePermissionDenied',
    next: 'Change its permissions or owner in a terminal, or choose another place.',
    cause,
  });
}

export function exists(machine: string, path: string, cause?: unknown): SkylabError {
  return new SkylabError(`${printableName(path)} is on ${machine} already.`, {
    code: 'RemoteFileExists',
    next: 'Choose another name.',
    cause,
  });
}

/** The sentence where the disk explains the failure; undefined where it does not. @param wanted bytes that were to be written */
export function diskError(disk: Disk, wanted: number, machine: string, path: string, cause: unknown): SkylabError | undefined {
  const what = printableName(path);
  if (disk.readOnly) {
    return new SkylabError(`${what} cannot be written: its disk on ${machine} is read-only.`, {
      code: 'RemotePermissionDenied',
      next: 'Choose another place.',
      cause,
    });
  }
  if (disk.free >= wanted && disk.free > 0 && disk.inodes !== 0) return undefined;
  const left = disk.inodes === 0 ? 'it takes no more files' : `${Math.floor(disk.free / 1024)} KiB are free`;
  return new SkylabError(`The disk of ${machine} is too full for ${what}: ${left}. The file is as it was.`, {
    code: 'RemoteDiskFull',
    next: 'Make room on the machine, then try again.',
    cause,
  });
}
