import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Claims } from '../../core/cloud/money/ports';

/** A claim is of no use any more after this. Milliseconds. */
const KEPT_MS = 7 * 24 * 3_600_000;

/** Claims as empty files of one folder that all windows share: whoever makes the file has it. */
export class FileClaims implements Claims {
  constructor(private readonly folder: string) {}

  async claim(what: string): Promise<boolean> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const name = createHash('sha256').update(what).digest('hex').slice(0, 32);
    try {
      await (await open(path.join(this.folder, name), 'wx', 0o600)).close();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
    await this.#dropOld();
    return true;
  }

  async #dropOld(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const file = path.join(this.folder, name);
      const age = Date.now() - (await stat(file).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
      if (age > KEPT_MS) await rm(file, { force: true });
    }
  }
}
