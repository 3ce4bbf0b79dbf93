import type { Machine } from '../../cloud/model';
import { SkylabError } from '../../errors';
import type { MachineAccess } from '../access';
import type { AuthorizedKey } from './authorizedKeys';
import { installKey, listAuthorizedKeys, removeAuthorizedKeys } from './authorizedKeys';
import { parsePublicLine } from './publicKeys';

/** Which keys may log in on a machine: its `~/.ssh/authorized_keys`. */
export class MachineKeys {
  constructor(private readonly access: MachineAccess) {}

  /**
   * Lets a key in; a second time changes nothing.
   * @param line the public key
   * @returns `there` when it was let in already
   */
  async install(machine: Machine, line: string, signal?: AbortSignal): Promise<'there' | 'added'> {
    if (parsePublicLine(line) === undefined)
      throw new SkylabError('This is no public key.', { code: 'NotAKey', next: 'Choose another one.' });
    const session = await this.access.session(machine, signal);
    return session.run(installKey(line), signal === undefined ? {} : { signal });
  }

  /** @returns the keys, and the one (base64) that this connection has logged in with, where a key did */
  async list(machine: Machine, signal?: AbortSignal): Promise<{ readonly keys: readonly AuthorizedKey[]; readonly mine?: string }> {
    const session = await this.access.session(machine, signal);
    const keys = await session.run(listAuthorizedKeys(), signal === undefined ? {} : { signal });
    return { keys, ...(session.loginKey !== undefined && { mine: session.loginKey }) };
  }

  /**
   * @param blobs base64
   * @param options evenMine: also the key that this connection has logged in with, which may lock the person out
   * @throws SkylabError `OwnKey`
   */
  async remove(
    machine: Machine,
    blobs: readonly string[],
    options: { readonly evenMine?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const { signal, evenMine = false } = options;
    const session = await this.access.session(machine, signal);
    if (!evenMine && session.loginKey !== undefined && blobs.includes(session.loginKey)) {
      throw new SkylabError(`This connection to ${machine.name} was opened with one of these keys. Nothing was changed.`, {
        code: 'OwnKey',
        next: 'Install another key first, or confirm that you want to lock yourself out.',
      });
    }
    await session.run(removeAuthorizedKeys(blobs), signal === undefined ? {} : { signal });
  }
}
