import { SkylabError } from '../errors';
import type { StepIo } from '../operations/step';
import type { HostEntryStore, KnownHosts } from '../ssh/ports';
import type { Instance } from './model';
import type { CloudProvider } from './ports';
import type { CloudResources, ElasticAddress } from './resources/ports';
import { TAG } from './tags';
import { duration, waitFor } from './waiting';

const TERMINATE_MS = 10 * 60_000;
/** EC2 lets go of a group some time after the instance has gone. */
const GROUP_MS = 2 * 60_000;

const isGone = (error: unknown, ...codes: readonly string[]) =>
  error instanceof SkylabError && error.code !== undefined && codes.includes(error.code);

/**
 * Terminates and waits until they are: their group and network stay in use until then. Those that are gone already are no failure.
 * @param seen told newer values as they come
 */
export async function terminateAndWait(
  cloud: CloudProvider,
  instances: readonly Instance[],
  io: Pick<StepIo, 'signal' | 'report'>,
  pollMs: number,
  seen: (instances: readonly Instance[]) => void,
): Promise<void> {
  const ids = instances.map((instance) => instance.id);
  if (ids.length === 0) return;
  await ignoring(cloud.terminate(ids), 'NoSuchInstance');
  seen(instances.map((instance) => ({ ...instance, state: 'shutting-down' as const })));
  io.report('waiting until it is gone');
  await waitFor(
    async () => {
      const found = await cloud.describeInstances(ids, io.signal);
      const answered = new Set(found.map((f) => f.id));
      // No longer listed counts as terminated.
      const vanished = instances.filter((i) => !answered.has(i.id)).map((i) => ({ ...i, state: 'terminated' as const }));
      seen([...found, ...vanished]);
      return found.every((i) => i.state === 'terminated') ? true : undefined;
    },
    {
      signal: io.signal,
      everyMs: pollMs,
      timeoutMs: TERMINATE_MS,
      onTimeout: () =>
        new SkylabError(`${ids.join(', ')} was not terminated within ${duration(TERMINATE_MS)}.`, {
          next: 'Look at it in the cloud’s console: until it is gone it may cost money.',
          code: 'NotTerminated',
        }),
    },
  );
}

/** Deletes the group; waits while the cloud still counts a terminated machine as its user. A group that is gone is no failure. */
export async function removeGroup(cloud: CloudProvider, id: string, signal: AbortSignal = new AbortController().signal): Promise<void> {
  await waitFor(
    async () => {
      try {
        await cloud.deleteSecurityGroup(id);
        return true;
      } catch (error) {
        if (isGone(error, 'NoSuchGroup')) return true;
        if (isGone(error, 'InUse')) return undefined;
        throw error;
      }
    },
    {
      signal,
      everyMs: (looks) => Math.min(500 * (looks + 1), 5_000),
      timeoutMs: GROUP_MS,
      onTimeout: () =>
        new SkylabError(`The security group ${id} is still in use and was kept.`, {
          next: 'Delete it in the cloud’s console when nothing uses it. It costs nothing.',
          code: 'InUse',
        }),
    },
  );
}

/** Deletes the key pair of this name if the given launch made it: another's of the same name stays. */
export async function removeKeyPair(cloud: CloudProvider, name: string, launchId: string): Promise<void> {
  const pair = (await cloud.listKeyPairs()).find((p) => p.name === name);
  if (pair === undefined) return;
  // Where the cloud makes the key pairs, they bear no tags: the launch's own record has to do.
  if (cloud.createKeyPair !== undefined || pair.tags?.[TAG.launch] === launchId) await cloud.deleteKeyPair(name);
}

/** Takes the address from its machine and gives it back; one that is gone is no failure. */
export async function releaseAddress(resources: CloudResources, address: ElasticAddress): Promise<void> {
  const now = (await resources.listAddresses()).find((a) => a.allocationId === address.allocationId && a.publicIp === address.publicIp);
  if (now === undefined) return;
  // Terminating the machine may come in between.
  if (now.associationId !== undefined || now.instanceId !== undefined)
    await ignoring(resources.disassociateAddress(now), 'NotAssociated', 'NoSuchAddress');
  await ignoring(resources.releaseAddress(now), 'NoSuchAddress');
}

/** Takes away the ssh entry of a machine that is no more, and the trust in its host key. */
export async function removeAccess(
  ports: { readonly hostEntries: HostEntryStore; readonly knownHosts: KnownHosts },
  hostKeyAlias: string,
): Promise<void> {
  for (const entry of await ports.hostEntries.list()) if (entry.hostKeyAlias === hostKeyAlias) await ports.hostEntries.remove(entry.alias);
  await ports.knownHosts.forget(hostKeyAlias);
}

export async function ignoring(act: Promise<void>, ...codes: readonly string[]): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!isGone(error, ...codes)) throw error;
  }
}
