import type { RemoteSession } from '../remote/session';
import type { LocalFolder } from './ports';

export interface UploadRequest {
  /** Absolute local folder. */
  readonly root: string;
  /** Destination folder on the machine: absolute, or relative to the login folder. */
  readonly remoteDir: string;
  /** What to do when the destination exists: put it aside and remove it after success, or refuse. */
  readonly ifExists: 'replace' | 'refuse' | 'merge';
  /** Files whose content differs from the local one (an edited .env): path -> content. Also adds files. */
  readonly overrides?: ReadonlyMap<string, Buffer>;
}

export interface UploadProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface UploadResult {
  readonly files: number;
  readonly bytes: number;
  readonly ms: number;
  /** Absolute path on the machine. */
  readonly path: string;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Sends a folder: one tar stream into one exec, into `<dest>.partial-<id>`, counted and verified, then renamed.
 * Nothing half-written is ever visible under the destination's name; on failure or cancel the partial folder is removed.
 */
export class Uploader {
  constructor(private readonly local: LocalFolder) {}

  upload(
    session: RemoteSession,
    request: UploadRequest,
    options: { signal?: AbortSignal; onProgress?: (progress: UploadProgress) => void },
  ): Promise<UploadResult> {
    throw new Error(`not built yet ${session.user} ${request.root} ${String(options)} ${String(this.local)}`);
  }
}
