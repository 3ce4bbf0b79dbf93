import type { RuleSpec } from '../../../shared/launchMore';
import type { LaunchSpec } from '../../../shared/launchSpec';
import type { CreatedResource } from '../../../shared/operation';
import { SkylabError } from '../../errors';
import type { Step } from '../../operations/step';
import type { LaunchRun } from '../launchRun';
import type { IngressRule } from '../model';
import type { CloudProvider } from '../ports';
import { ignoring, removeGroup } from '../removal';
import { TAG } from '../tags';
import { graphTermRules } from './graphTerm';
import { ingressRules, missingRules, needsMyAddress, ruleText } from './rules';

/** @throws SkylabError when a group that is named is not there, or one that is to be made is */
export async function checkGroups(cloud: CloudProvider, { securityGroup }: LaunchSpec): Promise<void> {
  const groups = await cloud.listSecurityGroups();
  const used = [...(securityGroup.kind === 'existing' ? [securityGroup.id] : []), ...(securityGroup.more ?? [])];
  const missing = used.find((id) => !groups.some((group) => group.id === id));
  if (missing !== undefined)
    throw new SkylabError(`The account has no security group ${missing}.`, { next: 'Choose another one.', code: 'NoSuchGroup' });
  if (securityGroup.kind === 'new' && groups.some((group) => group.name === securityGroup.name))
    throw new SkylabError(`The account has a security group named ${securityGroup.name} already.`, {
      next: 'Choose it, or give the new one another name.',
      code: 'GroupExists',
    });
}

export function securityGroupStep(spec: LaunchSpec): Step<LaunchRun> {
  return spec.securityGroup.kind === 'new' ? newGroupStep(spec.securityGroup) : existingGroupStep(spec.securityGroup);
}

function newGroupStep(wanted: LaunchSpec['securityGroup'] & { readonly kind: 'new' }): Step<LaunchRun> {
  return {
    name: 'securityGroup',
    title: `Make the security group ${wanted.name}`,
    async run(launch, io) {
      const rules = wantedRules(launch.spec);
      const addresses = wanted.ssh || needsMyAddress(rules) ? await launch.ports.publicAddress.find(io.signal) : [];
      if (wanted.ssh && addresses.length > 0) io.report(`SSH from ${addresses.join(' and ')} only`);
      const usual = usualRules(wanted, addresses);
      const cloud = await launch.cloud();
      const id = await cloud.createSecurityGroup(
        wanted.name,
        'Made by Skylab for its machines',
        [...usual, ...missingRules(usual, ingressRules(rules, addresses))],
        { ...launch.tags, [TAG.name]: wanted.name },
        launch.spec.network?.subnetId,
      );
      launch.groupId = id;
      await io.created({ kind: 'securityGroup', id, accountId: launch.account.id, label: `security group ${wanted.name}` });
    },
    async undo(launch, io) {
      const cloud = await launch.cloud();
      // one that was made and never answered for carries the launch's tag
      const made = (await cloud.listSecurityGroups()).filter((group) => group.tags[TAG.launch] === launch.id);
      for (const id of new Set([...made.map((group) => group.id), ...(launch.groupId === undefined ? [] : [launch.groupId])])) {
        await removeGroup(cloud, id);
        await io.forgotten({ kind: 'securityGroup', id });
      }
    },
  };
}

/** Adds to the person's own group what it lacks; undo takes exactly that away again. */
function existingGroupStep({ id }: LaunchSpec['securityGroup'] & { readonly kind: 'existing' }): Step<LaunchRun> {
  return {
    name: 'securityGroup',
    title: 'Use the security group',
    async run(launch, io) {
      launch.groupId = id;
      const rules = wantedRules(launch.spec);
      if (rules.length === 0) return;
      const addresses = needsMyAddress(rules) ? await launch.ports.publicAddress.find(io.signal) : [];
      const cloud = await launch.cloud();
      const group = (await cloud.listSecurityGroups()).find((one) => one.id === id);
      const added = missingRules(group?.rules ?? [], ingressRules(rules, addresses));
      if (added.length === 0) return;
      launch.addedRules = groupRules(id, added, launch.account.id);
      // Noted before: a rule bears no tag by which it could be found.
      await io.created(launch.addedRules);
      await cloud.addRules(id, added);
      for (const rule of added) io.log(`${group?.name ?? id} now lets in ${ruleText(rule)}`);
    },
    async undo(launch, io) {
      if (launch.addedRules === undefined) return;
      await removeAddedRules(await launch.cloud(), launch.addedRules.id);
      await io.forgotten(launch.addedRules);
    },
  };
}

function wantedRules({ securityGroup, preset }: LaunchSpec): readonly RuleSpec[] {
  return [...(securityGroup.rules ?? []), ...(preset === undefined ? [] : graphTermRules(preset))];
}

/** SSH from the given addresses, the web from everywhere. */
function usualRules(
  open: { readonly ssh: boolean; readonly http: boolean; readonly https: boolean },
  addresses: readonly string[],
): readonly IngressRule[] {
  const tcp = (ports: string, from: string, description: string): RuleSpec => ({ protocol: 'tcp', ports, from, description });
  return ingressRules(
    [
      ...(open.ssh && addresses.length > 0 ? [tcp('22', 'me', 'SSH from the launching computer')] : []),
      ...(open.http ? [tcp('80', 'anywhere', 'HTTP')] : []),
      ...(open.https ? [tcp('443', 'anywhere', 'HTTPS')] : []),
    ],
    addresses,
  );
}

/** What stands on the ledger for rules that were added: all that is needed to take them away again. */
function groupRules(groupId: string, rules: readonly IngressRule[], accountId: string): CreatedResource {
  return {
    kind: 'groupRules',
    id: JSON.stringify({ groupId, rules }),
    accountId,
    label: `rules of ${groupId}: ${rules.map(ruleText).join('; ')}`,
  };
}

/** Takes away rules that were added, source by source: some may be gone, or may never have been made. @param noted the ledger's id */
export async function removeAddedRules(cloud: CloudProvider, noted: string): Promise<void> {
  const { groupId, rules } = JSON.parse(noted) as { groupId: string; rules: readonly IngressRule[] };
  for (const { protocol, fromPort, toPort, cidrs, groups = [] } of rules) {
    const ports = { protocol, fromPort, toPort };
    const single = [...cidrs.map((cidr) => ({ ...ports, cidrs: [cidr] })), ...groups.map((id) => ({ ...ports, cidrs: [], groups: [id] }))];
    for (const rule of single) await ignoring(cloud.removeRules(groupId, [rule]), 'NoSuchRule', 'NoSuchGroup');
  }
}
