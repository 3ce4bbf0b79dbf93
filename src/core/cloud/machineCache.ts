import type { Account, Instance, InstanceState } from './model';

/** An account's machines as they were last listed. */
export interface CachedMachines {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly instances: readonly Instance[];
}

/** Keeps the last list of each account on this computer, so that a window shows something at once. Adapter: adapters/files/machineCache.ts */
export interface MachineCache {
  /** Undefined where there is none, or none that can be read. Never throws. */
  read(account: Account): Promise<CachedMachines | undefined>;
  write(account: Account, machines: CachedMachines): Promise<void>;
}

const STATES: readonly InstanceState[] = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'];

/** Reads what an earlier window wrote; what is no machine is left out. @returns undefined for what is no list at all */
export function readCached(value: unknown, accountId: string): CachedMachines | undefined {
  if (typeof value !== 'object' || value === null || !('at' in value) || !('instances' in value)) return undefined;
  const { at, instances } = value;
  if (typeof at !== 'number' || !Array.isArray(instances)) return undefined;
  return { at, instances: instances.filter(isInstance).map((instance) => ({ ...instance, accountId })) };
}

function isInstance(value: unknown): value is Instance {
  if (typeof value !== 'object' || value === null) return false;
  const field = (name: string): unknown => Reflect.get(value, name);
  const texts = ['id', 'name', 'type', 'imageId'].every((name) => typeof field(name) === 'string');
  const tags = field('tags');
  return (
    texts &&
    STATES.some((state) => state === field('state')) &&
    typeof field('launchedAt') === 'number' &&
    Array.isArray(field('securityGroups')) &&
    typeof tags === 'object' &&
    tags !== null
  );
}
