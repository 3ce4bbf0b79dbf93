import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readCached, type CachedMachines, type MachineCache } from '../../core/cloud/machineCache';
import type { Account } from '../../core/cloud/model';
import { causeChain } from '../../core/errors';
import type { Log } from '../../core/log';
import { readIfThere, writeWhole } from './atomic';

/** One JSON file for each account and region in a folder of its own, readable by this account of the computer alone. */
export class FileMachineCache implements MachineCache {
  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {}

  async read(account: Account): Promise<CachedMachines | undefined> {
    try {
      const bytes = await readIfThere(this.#path(account));
      return bytes === undefined ? undefined : readCached(JSON.parse(bytes.toString('utf8')), account.id);
    } catch (error) {
      this.log.info(`The last list of ${account.name} cannot be read: ${causeChain(error)}`);
      return undefined;
    }
  }

  async write(account: Account, machines: CachedMachines): Promise<void> {
    await writeWhole(this.#path(account), JSON.stringify(machines), { mode: 0o600 });
  }

  /** An account that is edited to be elsewhere has other machines. */
  #path(account: Account): string {
    const where = [account.region, account.kind === 'endpoint' ? account.endpoint : account.kind === 'profile' ? account.profile : ''];
    const mark = createHash('sha256').update(where.join('\n')).digest('hex').slice(0, 8);
    return join(this.folder, `${account.id.replaceAll(/[^\w-]/g, '_')}-${mark}.json`);
  }
}
