import type { MachineKey } from '../cloud/model';
import type { Memento } from '../cloud/ports';
import type { Deployment } from './deployer';

/** Where deployments made from this computer are kept. */
export const DEPLOYMENTS = 'skylab.deployments';

/** What was deployed from this computer, as far as it remembers; the machines know better. Needs no connection. */
export function readDeployments(memento: Memento, key?: MachineKey): readonly Deployment[] {
  const all = memento.get<readonly Deployment[]>(DEPLOYMENTS) ?? [];
  return key === undefined ? all : all.filter((one) => one.machineKey === key);
}

/** Forgets what was deployed to a machine that is gone, or one stack that was removed from it. */
export async function forgetDeployments(memento: Memento, key: MachineKey, name?: string): Promise<void> {
  const kept = readDeployments(memento).filter((one) => one.machineKey !== key || (name !== undefined && one.name !== name));
  await memento.set(DEPLOYMENTS, kept);
}
