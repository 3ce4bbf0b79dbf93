import { SkylabError } from '../../errors';
import type { Operation } from '../../operations/operations';
import type { Step } from '../../operations/step';
import type { Account, IngressRule } from '../model';
import { TAG } from '../tags';
import { makingStep, type Act, type Acts } from './act';
import { blockOf, covers } from './cidr';
import { unless } from './made';
import type { OwnGroup } from './ports';
import { isEmptyDiff, ruleDiff, sameAccess } from './rules';

/** What can be done with security groups. */
export class GroupActs {
  constructor(private readonly acts: Acts) {}

  /** @param vpcId the default network where it is left out */
  create(
    account: Account,
    group: { readonly name: string; readonly description: string; readonly vpcId?: string },
    rules: readonly IngressRule[],
  ): Operation {
    const step = makingStep({
      name: 'create',
      title: `Create the security group ${group.name}`,
      run: async (act, io) => {
        const cloud = await act.cloud();
        const id = await cloud.createSecurityGroup(group.name, group.description, group.vpcId, act.tags(group.name));
        io.log(id);
        await cloud.addRules(id, rules);
      },
    });
    return this.acts.start(account, `Create the security group ${group.name}`, [step]);
  }

  delete(account: Account, groups: readonly OwnGroup[]): Operation {
    const steps = groups.map(({ id, name }): Step<Act> => ({
      name: id,
      title: `Delete ${name}`,
      onFailure: 'keep',
      run: async (act) => unless((await act.cloud()).deleteSecurityGroup(id), 'NoSuchGroup'),
    }));
    const only = groups.length === 1 ? groups[0] : undefined;
    return this.acts.start(account, only === undefined ? `Delete ${groups.length} security groups` : `Delete ${only.name}`, steps);
  }

  /**
   * Makes the group's rules those that are wanted. What is new is let in before what is old is shut out: nobody who may stay is cut off.
   * @param group as it was shown; when its rules have changed since, nothing is done
   */
  change(account: Account, group: OwnGroup, want: readonly IngressRule[]): Operation {
    const diff = ruleDiff(group.rules, want);
    const steps: Step<Act>[] = [
      {
        name: 'look',
        title: 'See that the group is as it was shown',
        run: async (act, io) => {
          const now = (await (await act.cloud()).listSecurityGroups(io.signal)).find(({ id }) => id === group.id);
          if (now === undefined)
            throw new SkylabError(`The security group ${group.name} does not exist any more.`, {
              next: 'Refresh the list.',
              code: 'NoSuchGroup',
            });
          if (!sameAccess(now.rules, group.rules))
            throw new SkylabError(`The rules of ${group.name} were changed by someone else meanwhile.`, {
              next: 'Look at them as they are now, and change them again.',
              code: 'GroupChanged',
            });
        },
      },
      {
        name: 'add',
        title: 'Let in what is new',
        when: () => diff.add.length > 0,
        run: async (act) => (await act.cloud()).addRules(group.id, diff.add),
        undo: async (act) => unless((await act.cloud()).removeRules(group.id, diff.add), 'NoSuchRule'),
      },
      {
        name: 'describe',
        title: 'Describe the rules anew',
        when: () => diff.describe.length > 0,
        run: async (act) => (await act.cloud()).describeRules(group.id, diff.describe),
        undo: async (act) => (await act.cloud()).describeRules(group.id, ruleDiff(want, group.rules).describe),
      },
      {
        name: 'remove',
        title: 'Shut out what is old',
        when: () => diff.remove.length > 0,
        run: async (act) => (await act.cloud()).removeRules(group.id, diff.remove),
        undo: async (act) => unless((await act.cloud()).addRules(group.id, diff.remove), 'RuleExists'),
      },
    ];
    return this.acts.start(account, `Change the rules of ${group.name}`, steps);
  }
}

/** What the launch writes on the rule that lets the launching computer in. */
const LAUNCHED = 'SSH from the launching computer';

/** EC2 takes these characters in a description, 255 of them. */
function ownRule(owner: string): string {
  return `SSH for ${owner.replace(/[^\w ._:/()#,@[\]+=&;{}!$*-]/g, '_').slice(0, 200)} (Skylab)`;
}

/**
 * The rules with which a group lets this computer in by SSH, and no longer those that Skylab wrote for where it was before.
 * @param addresses of this computer, one per family @param owner the local user: another one's rules stay
 * @returns undefined when nothing has to change
 */
export function rulesForMe(group: OwnGroup, addresses: readonly string[], owner: string, port = 22): readonly IngressRule[] | undefined {
  const description = ownRule(owner);
  const launchedByMe = (group.tags[TAG.owner] ?? owner) === owner;
  const isMine = (rule: IngressRule): boolean =>
    rule.protocol === 'tcp' &&
    rule.fromPort === port &&
    rule.toPort === port &&
    (rule.description === description || (launchedByMe && rule.description === LAUNCHED));
  const kept = group.rules.filter((rule) => !isMine(rule));
  // What lets me in anyway needs no rule of mine.
  const missing = addresses.flatMap((address) => {
    const block = blockOf(address);
    return block === undefined || kept.some((rule) => lets(rule, port, block)) ? [] : [block];
  });
  const mine: readonly IngressRule[] =
    missing.length === 0 ? [] : [{ protocol: 'tcp', fromPort: port, toPort: port, cidrs: missing, description }];
  const want = [...kept, ...mine];
  const diff = ruleDiff(group.rules, want);
  // A rule of mine that says the same in other words is left as it is.
  return isEmptyDiff({ ...diff, describe: [] }) ? undefined : want;
}

function lets(rule: IngressRule, port: number, block: string): boolean {
  const fits = rule.protocol === '-1' || (rule.protocol === 'tcp' && rule.fromPort <= port && port <= rule.toPort);
  return fits && rule.cidrs.some((cidr) => covers(cidr, block));
}
