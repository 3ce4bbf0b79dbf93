import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account, IngressRule } from '../../core/cloud/model';
import { isEmptyDiff, ruleDiff, singleRules } from '../../core/cloud/resources/rules';
import type { OwnGroup } from '../../core/cloud/resources/ports';
import { TAG } from '../../core/cloud/tags';
import { CancelledError, SkylabError } from '../../core/errors';
import { mustBe } from '../commands/choose';
import { portsText, sourcesText } from '../model/resourceRow';
import { busy } from '../notifications';
import { ask, required, wizard } from '../quick/wizard';
import { isMachineNode } from './nodes';
import type { InstanceMachine, Of, ResourceDesk } from './actions';
import { machineOf, namesOf } from './actions';
import { askRule } from './ruleQuestions';

export async function createGroup(desk: ResourceDesk, arg: unknown): Promise<void> {
  const title = l10n.t('Create a security group');
  const account = await desk.account(arg, title);
  const taken = new Set((await desk.load(account, 'groups')).map(({ item }) => item.name));
  let [name, description] = ['', ''];
  await wizard(title, [
    async (step) => {
      const validate = (value: string): string | undefined =>
        /^(?!sg-)[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/.test(value.trim())
          ? taken.has(value.trim())
            ? l10n.t('There is a group with this name already.')
            : undefined
          : l10n.t('Letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, and not “sg-” at the beginning.');
      name = (await step.input({ prompt: l10n.t('Name of the group'), value: name, validate })).trim();
      return true;
    },
    async (step) => {
      const prompt = l10n.t('What is it for? It cannot be changed later.');
      description = (await step.input({ prompt, value: description || name, validate: required(l10n.t('a description')) })).trim();
      return true;
    },
  ]);
  if (!(await desk.follow(account, desk.acts.groups.create(account, { name, description }, []), ['groups']))) return;
  const made = (await desk.load(account, 'groups')).find(({ item }) => item.name === name);
  const edit = { label: l10n.t('Edit Rules…'), act: () => (made === undefined ? undefined : editLoop(desk, account, made)) };
  desk.ui.notifications.tell(l10n.t('The group {0} is there. It lets nobody in yet.', name), [edit]);
}

export async function deleteGroups(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const wanted = ({ item }: Of<'groups'>): boolean => item.name !== 'default';
  const { account, items } = await desk.choose('groups', args, l10n.t('Delete a security group'), wanted);
  const used = items.filter((one) => desk.model.useOf(account.id, one).state === 'used');
  if (used.length > 0)
    throw new SkylabError(`In use, and cannot be deleted: ${namesOf(used)}.`, {
      next: 'Take it from the machines, services or rules that the hover of its row names.',
      code: 'InUse',
    });
  const remove = l10n.t('Delete');
  const question = items.length === 1 ? l10n.t('Delete the group {0}?', namesOf(items)) : l10n.t('Delete {0} groups?', items.length);
  const detail = [...(items.length === 1 ? [] : [namesOf(items)]), l10n.t('Its rules are lost. This cannot be undone.')].join('\n\n');
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, remove), remove);
  const groups = items.map(({ item }) => item);
  await desk.follow(account, desk.acts.groups.delete(account, groups), ['groups']);
}

/** Called on a group, or on a machine, whose groups are then to choose from. */
export async function editRules(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Edit rules');
  if (!isMachineNode(args[0])) {
    const { account, item } = await desk.chooseOne('groups', args, title);
    await editLoop(desk, account, item);
    return;
  }
  const machine = await machineOf(desk, args[0], title);
  const account = await desk.account(args[0], title);
  const groups = (await desk.load(account, 'groups')).filter((one) => machine === undefined || isOn(machine, one));
  const [only] = groups;
  await editLoop(
    desk,
    account,
    groups.length === 1 && only !== undefined ? only : await desk.pick(account, groups, title, l10n.t('Which group?')),
  );
}

const isOn = ({ instance }: InstanceMachine, { id }: Of<'groups'>): boolean => instance.securityGroups.some((one) => one.id === id);

type Choice = 'add' | 'apply' | IngressRule;

/** A list of the rules as they are to be; nothing happens before they are reviewed. */
async function editLoop(desk: ResourceDesk, account: Account, group: Of<'groups'>): Promise<void> {
  const have = singleRules(group.item.rules);
  let draft = [...have];
  const names = (id: string): string => desk.model.groupName(account.id, id);
  for (;;) {
    const diff = ruleDiff(have, draft);
    const changes = singleRules(diff.add).length + singleRules(diff.remove).length + singleRules(diff.describe).length;
    const review = {
      label: `$(check) ${l10n.t('Review and apply')}`,
      description: l10n.t('{0} changes', changes),
      value: 'apply' as const,
    };
    const choice: Choice = await ask(l10n.t('Rules of {0}', group.item.name)).pick<Choice>({
      placeholder: l10n.t('Who may come in? Choose a rule to change or remove it'),
      items: [
        ...(changes === 0 ? [] : [review]),
        { label: `$(add) ${l10n.t('Add a rule…')}`, value: 'add' },
        ...draft.map((rule) => ({
          label: `$(arrow-right) ${portsText(rule, l10n)}`,
          description: [sourcesText(rule, names, l10n), rule.description].filter((part) => part !== undefined).join(' · '),
          value: rule,
        })),
      ],
    });
    if (choice === 'apply') break;
    try {
      draft = await changed(desk, account, group, draft, choice);
    } catch (error) {
      // Esc in the middle leads back to the list.
      if (!(error instanceof CancelledError)) throw error;
    }
  }
  await applyRules(desk, account, group.item, draft, true);
}

async function changed(
  desk: ResourceDesk,
  account: Account,
  group: Of<'groups'>,
  draft: readonly IngressRule[],
  choice: 'add' | IngressRule,
): Promise<IngressRule[]> {
  if (choice === 'add') return [...draft, ...(await askRule(desk, account, group))];
  const act = await ask(portsText(choice, l10n)).pick({
    placeholder: sourcesText(choice, (id) => desk.model.groupName(account.id, id), l10n),
    items: [
      { label: `$(edit) ${l10n.t('Change…')}`, value: 'change' as const },
      { label: `$(trash) ${l10n.t('Remove')}`, value: 'remove' as const },
    ],
  });
  const others = draft.filter((rule) => rule !== choice);
  return act === 'remove' ? others : [...others, ...(await askRule(desk, account, group, choice))];
}

/** Shows both sides, asks, applies, and offers the way back. @param ask false for the way back itself */
async function applyRules(
  desk: ResourceDesk,
  account: Account,
  group: OwnGroup,
  want: readonly IngressRule[],
  asking: boolean,
): Promise<void> {
  const diff = ruleDiff(group.rules, want);
  if (isEmptyDiff(diff)) return;
  const names = (id: string): string => desk.model.groupName(account.id, id);
  const lines = (rules: readonly IngressRule[]): string[] => singleRules(rules).map((rule) => ruleLine(rule, names));
  if (asking) {
    const whole = (rules: readonly IngressRule[]): string => `${lines(rules).join('\n')}\n`;
    await desk.ui.documents.showChange(l10n.t('Rules of {0}', group.name), group.name, whole(group.rules), whole(want));
    const detail = [
      ...lines(diff.add).map((line) => `+ ${line}`),
      ...lines(diff.describe).map((line) => `± ${line}`),
      ...lines(diff.remove).map((line) => `− ${line}`),
    ];
    const users = desk.model.useOf(account.id, { kind: 'groups', id: group.id, item: group });
    const who = users.state === 'used' ? l10n.t('It counts at once for: {0}.', users.by.map(({ name }) => name).join(', ')) : '';
    const apply = l10n.t('Apply');
    const question = l10n.t('Change the rules of {0}?', group.name);
    mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail: [...detail, '', who].join('\n').trim() }, apply), apply);
  }
  if (!(await desk.follow(account, desk.acts.groups.change(account, group, want), ['groups']))) return;
  const undo = { label: l10n.t('Undo'), act: () => applyRules(desk, account, { ...group, rules: want }, group.rules, false) };
  desk.ui.notifications.tell(l10n.t('The rules of {0} are changed.', group.name), asking ? [undo] : []);
}

const ruleLine = (rule: IngressRule, names: (id: string) => string): string =>
  [portsText(rule, l10n), sourcesText(rule, names, l10n), rule.description === undefined ? '' : `(${rule.description})`].join(' ').trim();

/** Lets this computer in by SSH from where it is now, and no longer from where it was. */
export async function allowMyAddress(desk: ResourceDesk, arg: unknown): Promise<void> {
  const title = l10n.t('Allow my address');
  const called = await machineOf(desk, arg, title);
  const account = await desk.account(arg, title);
  const machine =
    called ??
    (await ask(title).pick({
      placeholder: l10n.t('Which machine should let you in?'),
      items: (await desk.machines(account)).map((value) => ({ label: value.name, description: value.instance.publicAddress ?? '', value })),
    }));
  await desk.refresh(account, ['groups']);
  const groups = (await desk.load(account, 'groups')).filter((one) => isOn(machine, one));
  const group = await groupFor(desk, account, machine, groups);
  const entry = (await desk.ui.services.hostEntries.list()).find((one) => one.hostKeyAlias === machine.instance.id);
  const { addresses, want } = await busy(l10n.t('Finding out your address'), (signal) =>
    desk.acts.groups.forMe(group.item, entry?.port ?? 22, signal),
  );
  if (want === undefined) {
    desk.ui.notifications.tell(l10n.t('{0} lets {1} in already.', machine.name, addresses.join(', ')), []);
    return;
  }
  await confirmShared(desk, account, machine, group, addresses);
  if (!(await desk.follow(account, desk.acts.groups.change(account, group.item, want), ['groups'], () => allowMyAddress(desk, arg))))
    return;
  const before = group.item.rules;
  const undo = { label: l10n.t('Undo'), act: () => applyRules(desk, account, { ...group.item, rules: want }, before, false) };
  desk.ui.notifications.tell(l10n.t('{0} lets SSH in from {1} now.', machine.name, addresses.join(', ')), [undo]);
}

/** The group that Skylab made for the machine, else the only one, else the person's choice. */
async function groupFor(
  desk: ResourceDesk,
  account: Account,
  machine: InstanceMachine,
  groups: readonly Of<'groups'>[],
): Promise<Of<'groups'>> {
  const own = groups.filter(({ item }) => item.tags[TAG.launch] !== undefined || item.tags[TAG.act] !== undefined);
  const [only] = own.length === 0 ? groups : own;
  if (only === undefined)
    throw new SkylabError(`${machine.name} has no security group that could let you in.`, {
      next: 'Give it one first.',
      code: 'NoSuchGroup',
    });
  if (own.length === 1 || groups.length === 1) return only;
  return desk.pick(account, groups, l10n.t('Allow my address'), l10n.t('Which group should let you in?'));
}

/** A group that others use, too, opens them as well: that is asked. */
async function confirmShared(
  desk: ResourceDesk,
  account: Account,
  machine: InstanceMachine,
  group: Of<'groups'>,
  addresses: readonly string[],
): Promise<void> {
  const use = desk.model.useOf(account.id, group);
  const others = use.state === 'used' ? use.by.filter(({ kind, name }) => kind !== 'machine' || name !== machine.name) : [];
  if (others.length === 0) return;
  const allow = l10n.t('Allow');
  const question = l10n.t('Let {0} in by SSH through the group {1}?', addresses.join(', '), group.item.name);
  const detail = l10n.t('The group is also that of: {0}.', others.map(({ name }) => name).join(', '));
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, allow), allow);
}
