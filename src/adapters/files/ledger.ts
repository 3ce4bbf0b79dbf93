import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SkylabError } from '../../core/errors';
import type { Log } from '../../core/log';
import type { Ledger, LedgerRecord } from '../../core/operations/operations';
import type { CreatedResource, OperationKind } from '../../shared/operation';
import { readIfThere, writeWhole } from './atomic';

const kinds: readonly OperationKind[] = ['launch', 'upload', 'deploy', 'connect', 'lifecycle', 'task'];
/** Complete by its type: a kind that is missing here would make its record unreadable, and what it names forgotten. */
const resourceKinds: Readonly<Record<CreatedResource['kind'], true>> = {
  actToken: true,
  address: true,
  dnsZone: true,
  groupRules: true,
  hostEntry: true,
  identityFile: true,
  instance: true,
  keyPair: true,
  launchToken: true,
  remoteFolder: true,
  securityGroup: true,
};

/** One JSON file for each unfinished operation in a folder of its own. */
export class FileLedger implements Ledger {
  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {}

  async save(record: LedgerRecord): Promise<void> {
    await writeWhole(this.#path(record.id), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  }

  async remove(id: string): Promise<void> {
    await unlink(this.#path(id)).catch((error: unknown) => {
      if (!isMissing(error))
        throw new SkylabError(`The record of an operation cannot be removed: ${this.#path(id)}.`, {
          next: 'Check the permissions of its folder.',
          cause: error,
        });
    });
  }

  /** Oldest first. A file that is no record is left alone and said in the log. */
  async list(): Promise<readonly LedgerRecord[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw new SkylabError(`The records of unfinished operations cannot be read: ${this.folder}.`, {
        next: 'Check the permissions of that folder.',
        cause: error,
      });
    });
    const records: LedgerRecord[] = [];
    for (const name of names.filter((one) => one.endsWith('.json'))) {
      const path = join(this.folder, name);
      const record = await readIfThere(path).then(
        (bytes) => (bytes === undefined ? undefined : parse(bytes.toString('utf8'))),
        () => 'damaged' as const,
      );
      if (record === 'damaged') this.log.warn(`The record of an operation cannot be read and was left out: ${path}`);
      else if (record !== undefined) records.push(record);
    }
    return records.sort((a, b) => a.startedAt - b.startedAt);
  }

  #path(id: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,100}$/.test(id)) throw new SkylabError(`This cannot name an operation: ${JSON.stringify(id)}.`);
    return join(this.folder, `${id}.json`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function parse(text: string): LedgerRecord | 'damaged' {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : 'damaged';
  } catch {
    return 'damaged';
  }
}

function isRecord(value: unknown): value is LedgerRecord {
  const record = value as Partial<Record<keyof LedgerRecord, unknown>> | null;
  if (typeof record !== 'object' || record === null) return false;
  return (
    typeof record.id === 'string' &&
    kinds.some((kind) => kind === record.kind) &&
    typeof record.title === 'string' &&
    (record.accountId === undefined || typeof record.accountId === 'string') &&
    (record.machineKey === undefined || typeof record.machineKey === 'string') &&
    typeof record.startedAt === 'number' &&
    typeof record.pid === 'number' &&
    Array.isArray(record.created) &&
    record.created.every(isResource)
  );
}

function isResource(value: unknown): value is CreatedResource {
  const resource = value as Partial<Record<keyof CreatedResource, unknown>> | null;
  if (typeof resource !== 'object' || resource === null) return false;
  const known = typeof resource.kind === 'string' && Object.hasOwn(resourceKinds, resource.kind);
  return known && typeof resource.id === 'string' && typeof resource.label === 'string';
}
