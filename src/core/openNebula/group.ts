import { SkylabError } from '../errors';
import type { Act, Change, Task } from '../upkeep/task';
import type { FrontEnd } from './facts';
import { frontEnd } from './facts';
import { oneChange, oneScript } from './oneadmin';

/** What is wrong with the name of a user or a group, as a sentence; undefined when it is right. */
export function cloudNameProblem(name: string): string | undefined {
  if (name === '') return 'A name is missing.';
  // Narrower than OpenNebula, whose tools take digits for an id and commas for a list.
  if (!/^[A-Za-z_][A-Za-z0-9_.@-]{0,63}$/.test(name)) return 'Letters, digits, “_”, “-”, “.” and “@”, beginning with a letter.';
  return undefined;
}

/** The change that makes a group, where it is missing. @throws SkylabError `NotAName` */
export function missingGroup(facts: FrontEnd, group: string): readonly Change[] {
  if (facts.groups.some(({ name }) => name === group)) return [];
  const problem = cloudNameProblem(group);
  if (problem !== undefined) throw new SkylabError(`The group “${group}”: ${problem}`, { code: 'NotAName' });
  return [
    oneChange(`makes the group ${group}`, 'onegroup create "$1"', [group], {
      undo: oneScript('onegroup delete "$1"', [group], `remove the group ${group}`),
    }),
  ];
}

/** The rule that lets a group run machines on a host, as `oneacl` takes it. */
export const hostRule = (groupId: number, hostId: number): string => `@${groupId} HOST/#${hostId} MANAGE`;

/** True where a rule such as `@100 HOST+VM/* USE+MANAGE` lets the group manage that host. */
export function allowsHost(rule: string, groupId: number, hostId: number): boolean {
  const [who = '', what = '', rights = ''] = rule.split(' ');
  const [kinds = '', which = ''] = what.split('/');
  return (
    (who === `@${groupId}` || who === '*') &&
    kinds.split('+').includes('HOST') &&
    (which === '*' || which === `#${hostId}`) &&
    rights.split('+').includes('MANAGE')
  );
}

/** True where the group may use every host already: a new group can, by way of OpenNebula's default VDC. */
export function allowsAllHosts({ rules }: FrontEnd, groupId: number): boolean {
  return rules.some(({ rule }) => /^(?:@\d+|\*) [A-Z+]*\bHOST\b[A-Z+]*\/\* /.test(rule) && allowsHost(rule, groupId, -1));
}

/** What a rule needs: the number of a group that may only just have been made. */
const ADD_RULE = `gid=$(onegroup show "$1" --xml | sed -n 's:.*<ID>\\([0-9]*\\)</ID>.*:\\1:p' | head -n 1)
[ -n "$gid" ] || { echo "there is no group $1"; exit 1; }
if ! said=$(oneacl create "@$gid HOST/#$2 MANAGE"); then
  case $said in *'already exists'*) ;; *) printf '%s\\n' "$said"; exit 1 ;; esac
fi`;

/** Makes the group that EC2's users are in, and lets it run machines on these hosts. */
export function setUpGroup(group: string, hostIds: readonly number[]): Task<FrontEnd> {
  const title = `Set up the group ${group}`;
  return {
    id: 'openNebula.group',
    title,
    look: frontEnd('onegroup', 'onehost', 'oneacl'),
    plan(facts) {
      const known = facts.groups.find(({ name }) => name === group);
      const changes: Change[] = [...missingGroup(facts, group)];
      for (const hostId of hostIds) {
        const host = facts.hosts.find(({ id }) => id === hostId);
        if (host === undefined)
          throw new SkylabError(`There is no host ${hostId} any more.`, { next: 'Choose the hosts again.', code: 'NoHost' });
        if (known !== undefined && facts.rules.some(({ rule }) => rule === hostRule(known.id, hostId))) continue;
        if (known !== undefined && facts.rules.some(({ rule }) => allowsHost(rule, known.id, hostId))) continue;
        changes.push(oneChange(`lets ${group} run machines on ${host.name}`, ADD_RULE, [group, String(hostId)]));
      }
      const notes =
        known === undefined
          ? ['OpenNebula lets a new group use every host of its default VDC.']
          : allowsAllHosts(facts, known.id)
            ? [`${group} may use every host already.`]
            : [];
      return { acts: changes.length === 0 ? [] : [{ name: 'group', title, changes } satisfies Act], notes };
    },
  };
}

/** Takes a rule of access away. */
export function removeRule(id: number): Task<FrontEnd> {
  return {
    id: 'openNebula.rule',
    title: `Remove rule ${id}`,
    look: frontEnd('oneacl'),
    plan(facts) {
      const rule = facts.rules.find((one) => one.id === id);
      if (rule === undefined) return { acts: [] };
      const undo = oneScript('oneacl create "$1"', [rule.rule], `make “${rule.rule}” again`);
      const change = oneChange(`removes the rule ${rule.rule}`, 'oneacl delete "$1"', [String(id)], { undo });
      return { acts: [{ name: 'rule', title: `Remove rule ${id}`, changes: [change] }] };
    },
  };
}
