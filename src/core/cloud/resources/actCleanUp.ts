import { SkylabError } from '../../errors';
import type { LedgerRecord, Operation, Operations } from '../../operations/operations';
import type { IdentityFiles } from '../../ssh/ports';
import type { Accounts } from '../accounts';
import { removeMade } from './made';
import type { ResourcesOf } from './ports';

/** True for what an act on resources left: its tag was noted before the cloud was asked. */
export const isAct = (record: LedgerRecord): boolean => record.created.some(({ kind }) => kind === 'actToken');

/** Removes what an act on resources made when its window went away before the act's end: found by its tag. */
export class ActCleanUp {
  constructor(
    private readonly accounts: Accounts,
    private readonly operations: Operations,
    private readonly ports: { readonly resources: ResourcesOf; readonly identities: IdentityFiles },
  ) {}

  /** Starts at once; when it is done, the record is off the ledger. Doing it again does no harm. */
  start(record: LedgerRecord): Operation {
    return this.operations.start({
      kind: 'task',
      title: `Clean up after “${record.title}”`,
      ...(record.accountId === undefined ? {} : { accountId: record.accountId }),
      steps: [
        {
          name: 'cloud',
          title: 'Remove what it made in the cloud',
          run: async (_, io) => {
            for (const { kind, id } of record.created)
              if (kind === 'actToken') await removeMade(await this.ports.resources(this.#account(record)), id, io, 1_500);
          },
        },
        {
          name: 'files',
          title: 'Remove its keys from this computer',
          run: async () => {
            for (const { kind, id } of record.created) if (kind === 'identityFile') await this.ports.identities.remove(id);
          },
        },
        { name: 'settle', title: 'Note that it is done', run: () => this.operations.settle(record.id) },
      ],
      context: undefined,
    });
  }

  #account(record: LedgerRecord) {
    const account = this.accounts.get(record.accountId ?? '');
    if (account !== undefined) return account;
    throw new SkylabError(`The account of “${record.title}” is no longer in Skylab, so what it made cannot be removed.`, {
      next: 'Add the account again and repeat, or look in the cloud’s console for the tag skylab:act.',
      code: 'NoSuchAccount',
    });
  }
}
