import { createHash } from 'node:crypto';
import path from 'node:path';
import type { KeptOffers } from '../../core/cloud/launchCatalog';
import { readIfThere, writeWhole } from './atomic';

/** One JSON file for each name in a folder of the editor's own. Losing it costs a second at the next launch. */
export class FileKeptOffers implements KeptOffers {
  constructor(private readonly dir: string) {}

  async read(name: string): Promise<unknown> {
    try {
      const data = await readIfThere(this.#file(name));
      return data === undefined ? undefined : (JSON.parse(data.toString('utf8')) as unknown);
    } catch {
      // A file that cannot be read is as good as none: the cloud is asked anyway.
      return undefined;
    }
  }

  async write(name: string, value: unknown): Promise<void> {
    await writeWhole(this.#file(name), JSON.stringify(value), { mode: 0o600 });
  }

  /** Account ids come from settings files of any origin: none may name a path. */
  #file(name: string): string {
    return path.join(this.dir, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.json`);
  }
}
