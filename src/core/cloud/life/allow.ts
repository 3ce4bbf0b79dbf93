import type { Instance, SecurityGroup } from '../model';
import type { CloudProvider } from '../ports';
import { blockOf } from '../resources/cidr';
import { TAG } from '../tags';

/** The group of a machine to which a rule of mine belongs: one that Skylab made, else the first. */
export function groupForRule(instance: Instance, groups: readonly SecurityGroup[]): SecurityGroup | undefined {
  const own = groups.filter(({ id }) => instance.securityGroups.some((one) => one.id === id));
  return own.find((group) => group.tags[TAG.launch] !== undefined) ?? own[0];
}

/** Lets the addresses in on one TCP port. A rule that is there already is no failure of the others. @throws SkylabError */
export async function allowAddresses(cloud: CloudProvider, groupId: string, addresses: readonly string[], port: number): Promise<void> {
  await cloud.addRules(groupId, [
    {
      protocol: 'tcp',
      fromPort: port,
      toPort: port,
      cidrs: addresses.flatMap((address) => blockOf(address) ?? []),
      description: 'SSH from my address (Skylab)',
    },
  ]);
}
