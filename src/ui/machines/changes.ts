import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { editableTags, typesFitting, type MachineChanges } from '../../core/cloud/life/changes';
import { tagNameProblem, tagValueProblem } from '../../core/cloud/life/changes';
import { capabilitiesOf, type Capabilities } from '../../core/cloud/capabilities';
import type { Instance, Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { chooseMachine, inState, mustBe } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { busy } from '../notifications';
import { ask, required, type Pick } from '../quick/wizard';
import type { Ui } from '../ui';
import type { ProtectionNotes } from './protection';

type InstanceMachine = Extract<Machine, { kind: 'instance' }>;

export function changeCommands(ui: Ui, protection: ProtectionNotes): Handlers {
  const can = (what: keyof Capabilities, inStates: (machine: Machine) => boolean) => (machine: Machine) =>
    inStates(machine) && machine.kind === 'instance' && capabilitiesOf(ui.services.machines.accountOf(machine.instance.accountId))[what];
  const alive = inState('pending', 'running', 'stopping', 'stopped');
  const settled = inState('running', 'stopped');
  const on =
    (title: string, wanted: (machine: Machine) => boolean, act: (changer: Changer, machine: InstanceMachine) => Promise<void>) =>
    async (arg: unknown): Promise<void> => {
      const machine = await chooseMachine(ui, arg, title, { wanted });
      if (machine.kind === 'instance') await act(new Changer(ui, protection, (await ui.services.machineActs()).changes), machine);
    };
  const hibernates = (machine: Machine): boolean =>
    machine.kind === 'instance' && machine.instance.state === 'running' && machine.instance.hibernation === true;
  return {
    'skylab.editTags': on(l10n.t('Edit tags'), alive, (changer, machine) => changer.editTags(machine)),
    'skylab.hibernate': on(l10n.t('Hibernate'), hibernates, (changer, machine) => changer.hibernate(machine)),
    'skylab.protect': on(l10n.t('Termination protection'), can('attributes', alive), (changer, machine) => changer.protect(machine)),
    'skylab.rename': on(l10n.t('Rename'), alive, (changer, machine) => changer.rename(machine)),
    'skylab.resize': on(l10n.t('Resize'), can('attributes', settled), (changer, machine) => changer.resize(machine)),
    'skylab.setGroups': on(l10n.t('Security groups'), can('attributes', alive), (changer, machine) => changer.setGroups(machine)),
    'skylab.setShutdown': on(l10n.t('On shutdown'), can('attributes', alive), (changer, machine) => changer.setShutdown(machine)),
  };
}

class Changer {
  constructor(
    private readonly ui: Ui,
    private readonly protection: ProtectionNotes,
    private readonly changes: MachineChanges,
  ) {}

  async hibernate(machine: InstanceMachine): Promise<void> {
    const yes = l10n.t('Hibernate');
    const detail = l10n.t('What is in its memory is kept on its disk and is there again at the next start. Its address may change.');
    mustBe(await vscode.window.showWarningMessage(l10n.t('Hibernate {0}?', machine.name), { modal: true, detail }, yes), yes);
    this.ui.services.access.release(machine);
    await this.#follow(this.changes.hibernate(machine), () => this.hibernate(machine));
  }

  async rename(machine: InstanceMachine): Promise<void> {
    const validate = (value: string): string | undefined =>
      required(l10n.t('a name'))(value) ?? (value.length > 256 ? l10n.t('A name has at most 256 characters.') : undefined);
    const prompt = l10n.t('The tag Name; the machine itself keeps its host name.');
    const name = (await ask(l10n.t('Rename {0}', machine.name)).input({ prompt, value: machine.name, validate })).trim();
    if (name === machine.name) return;
    let alias = await this.changes.aliasAfterRename(machine, name);
    if (alias !== undefined) {
      const items: Pick<boolean>[] = [
        { label: `ssh ${alias.to}`, description: l10n.t('the old one goes'), value: true },
        { label: `ssh ${alias.from}`, description: l10n.t('as before'), value: false },
      ];
      const placeholder = l10n.t('By which command is it reached from now on?');
      if (!(await ask(l10n.t('Rename {0}', machine.name)).pick({ placeholder, items }))) alias = undefined;
    }
    await this.#follow(this.changes.rename(machine, name, alias), () => this.rename(machine));
  }

  async protect(machine: InstanceMachine): Promise<void> {
    const now = await busy(l10n.t('Looking at {0}', machine.name), (signal) => this.changes.attributes(machine, signal));
    this.protection.learn(machine.key, now);
    const items: Pick<boolean>[] = [
      { label: `$(lock) ${l10n.t('On')}`, description: l10n.t('the cloud refuses to terminate it'), value: true },
      { label: `$(unlock) ${l10n.t('Off')}`, description: l10n.t('it can be terminated'), value: false },
    ].map((item) => (item.value === now.protected ? { ...item, detail: l10n.t('as it is now') } : item));
    const placeholder = l10n.t('Termination protection of {0}', machine.name);
    const wanted = await ask(l10n.t('Termination protection')).pick({ placeholder, items, active: (value) => value !== now.protected });
    if (wanted === now.protected) return;
    if (await this.#follow(this.changes.setProtection(machine, wanted), () => this.protect(machine)))
      this.protection.learn(machine.key, { ...now, protected: wanted });
  }

  async setShutdown(machine: InstanceMachine): Promise<void> {
    const now = await busy(l10n.t('Looking at {0}', machine.name), (signal) => this.changes.attributes(machine, signal));
    type What = 'stop' | 'terminate';
    const items: Pick<What>[] = [
      { label: `$(debug-pause) ${l10n.t('Stops it')}`, description: l10n.t('it can be started again'), value: 'stop' as const },
      { label: `$(trash) ${l10n.t('Terminates it')}`, description: l10n.t('its disk goes, too'), value: 'terminate' as const },
    ].map((item) => (item.value === now.onShutdown ? { ...item, detail: l10n.t('as it is now') } : item));
    const placeholder = l10n.t('What does “sudo poweroff” on {0} do?', machine.name);
    const wanted = await ask(l10n.t('On shutdown')).pick({ placeholder, items, active: (value) => value !== now.onShutdown });
    if (wanted === now.onShutdown) return;
    if (await this.#follow(this.changes.setShutdownBehavior(machine, wanted), () => this.setShutdown(machine)))
      this.protection.learn(machine.key, { ...now, onShutdown: wanted });
  }

  async setGroups(machine: InstanceMachine): Promise<void> {
    const account = this.ui.services.machines.accountOf(machine.instance.accountId);
    const all = await busy(l10n.t('Listing security groups'), async () => (await this.ui.services.provider(account)).listSecurityGroups());
    const { vpcId, securityGroups } = machine.instance;
    const fitting = all.filter((group) => vpcId === undefined || group.vpcId === '' || group.vpcId === vpcId);
    const items = fitting.map((group) => ({
      label: group.name,
      description: group.id,
      detail: group.description,
      picked: securityGroups.some(({ id }) => id === group.id),
      group,
    }));
    const options = {
      title: l10n.t('Security groups of {0}', machine.name),
      placeHolder: l10n.t('Check the groups that it is to be in'),
      canPickMany: true as const,
      matchOnDescription: true,
    };
    const chosen = await vscode.window.showQuickPick(items, options);
    if (chosen === undefined) throw new CancelledError();
    if (chosen.length === 0)
      throw new SkylabError(`${machine.name} must be in at least one security group.`, { next: 'Choose one.', code: 'NoGroup' });
    const groups = chosen.map(({ group }) => group);
    const before = new Set(securityGroups.map(({ id }) => id));
    if (groups.length === before.size && groups.every(({ id }) => before.has(id))) return;
    await this.#follow(this.changes.setGroups(machine, groups), () => this.setGroups(machine));
  }

  async resize(machine: InstanceMachine): Promise<void> {
    const account = this.ui.services.machines.accountOf(machine.instance.accountId);
    const title = l10n.t('Resize {0}', machine.name);
    const load = async (): Promise<readonly Pick<string>[]> => {
      const types = await (await this.ui.services.provider(account)).listInstanceTypes();
      return typesFitting(machine, types).map(({ name, vcpus, memoryMiB, freeTier }) => ({
        label: name,
        description: [
          l10n.t('{0} vCPU · {1} GiB', vcpus, (memoryMiB / 1024).toLocaleString(vscode.env.language)),
          ...(freeTier ? [l10n.t('free tier')] : []),
          ...(name === machine.instance.type ? [l10n.t('as it is now')] : []),
        ].join(' · '),
        value: name,
      }));
    };
    const placeholder = l10n.t('Which size? It is a {0} now.', machine.instance.type);
    const active = (value: string): boolean => value === machine.instance.type;
    const type = await ask(title).pick({ placeholder, items: load(), active });
    if (type === machine.instance.type) return;
    if (machine.instance.state === 'running') await this.#confirmRestart(machine.instance, type);
    this.ui.services.access.release(machine);
    if (await this.#follow(this.changes.resize(machine, type), () => this.resize(machine)))
      this.ui.notifications.tell(l10n.t('{0} is a {1} now.', machine.name, type), []);
  }

  async #confirmRestart(instance: Instance, type: string): Promise<void> {
    const yes = l10n.t('Stop, Resize, Start');
    const detail = l10n.t(
      'It is stopped for this and started again: programs on it end, and its public address changes unless it is an elastic one. Skylab follows it. If the new size cannot be had, it gets the old one back.',
    );
    const title = l10n.t('Make {0} a {1}?', instance.name, type);
    mustBe(await vscode.window.showWarningMessage(title, { modal: true, detail }, yes), yes);
  }

  /** Tags are changed in a list until the person is done; then all at once. */
  async editTags(machine: InstanceMachine): Promise<void> {
    const before = editableTags(machine.instance.tags);
    const tags = new Map(Object.entries(before));
    const title = l10n.t('Tags of {0}', machine.name);
    for (;;) {
      const chosen = await this.#pickTag(title, tags);
      if (chosen === undefined) break;
      if (chosen.kind === 'remove') tags.delete(chosen.name);
      else await this.#askTag(title, tags, chosen.kind === 'edit' ? chosen.name : undefined);
    }
    const set = Object.fromEntries([...tags].filter(([name, value]) => before[name] !== value));
    const remove = Object.keys(before).filter((name) => !tags.has(name));
    if (Object.keys(set).length + remove.length === 0) return;
    await this.#follow(this.changes.setTags(machine, { set, remove }), () => this.editTags(machine));
  }

  async #askTag(title: string, tags: Map<string, string>, known: string | undefined): Promise<void> {
    const name =
      known ??
      (
        await ask(title).input({
          prompt: l10n.t('Name of the tag'),
          placeholder: 'course',
          validate: (text) => tagNameProblem(text) ?? (tags.has(text.trim()) ? l10n.t('This tag is there already.') : undefined),
        })
      ).trim();
    const prompt = l10n.t('Value of {0}', name);
    tags.set(name, await ask(title).input({ prompt, value: tags.get(name) ?? '', validate: tagValueProblem }));
  }

  /** @returns undefined when the person is done @throws CancelledError */
  #pickTag(title: string, tags: ReadonlyMap<string, string>): Promise<TagChoice | undefined> {
    const box = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly choice?: TagChoice }>();
    box.title = title;
    box.placeholder = l10n.t('Choose a tag to change its value');
    box.ignoreFocusOut = true;
    const remove = { iconPath: new vscode.ThemeIcon('trash'), tooltip: l10n.t('Remove') };
    box.items = [
      ...[...tags].map(([name, value]) => ({
        label: `$(tag) ${name}`,
        description: value,
        buttons: [remove],
        choice: { kind: 'edit' as const, name },
      })),
      { label: `$(add) ${l10n.t('Add tag…')}`, choice: { kind: 'add' as const } },
      { label: `$(check) ${l10n.t('Done')}` },
    ];
    return new Promise<TagChoice | undefined>((resolve, reject) => {
      box.onDidAccept(() => {
        resolve(box.selectedItems[0]?.choice);
        box.dispose();
      });
      box.onDidTriggerItemButton(({ item }) => {
        if (item.choice?.kind === 'edit') resolve({ kind: 'remove', name: item.choice.name });
        box.dispose();
      });
      box.onDidHide(() => reject(new CancelledError()));
      box.show();
    });
  }

  #follow(operation: Operation, retry: () => unknown): Promise<boolean> {
    return this.ui.notifications.follow(operation, { retry, showLog: (one) => this.ui.documents.showLog(one) });
  }
}

type TagChoice = { readonly kind: 'add' } | { readonly kind: 'edit' | 'remove'; readonly name: string };
