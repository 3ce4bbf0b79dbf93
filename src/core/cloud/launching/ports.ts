import type { RemoteSession } from '../../remote/session';

/** Adapter: adapters/files/localSender.ts. */
export interface LocalSender {
  /**
   * Sends a file or folder of this computer, as `scp -r` would name it there: a file goes into a folder that exists; a folder's contents
   * go into the folder named, which is made if need be.
   * @param to absolute, or relative to the login folder; `~/` may stand before it
   * @returns where it is on the machine
   * @throws SkylabError, `NoSuchFile` when it is not there
   */
  send(
    session: RemoteSession,
    from: string,
    to: string,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void },
  ): Promise<string>;
}
