import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { MachineUser, UserFacts } from '../../core/upkeep/users/facts';
import { userFacts } from '../../core/upkeep/users/facts';
import type { HomeFate } from '../../core/upkeep/users/tasks';
import { addUsers, keyProblem, nameProblem, removeKey, removeUser, shareFolder, takeSudo } from '../../core/upkeep/users/tasks';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { busy } from '../notifications';
import type { Ask } from '../quick/wizard';
import { ask, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from './run';
import { addFromFile } from './userList';

export function userCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp.users': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Users'));
      const { upkeep } = await ui.services.upkeep();
      const facts = await busy(l10n.t('Looking at {0}', machine.name), (signal) => upkeep.look(machine, userFacts, signal));
      const act = await ask(l10n.t('Users of {0}', machine.name)).pick({
        placeholder: l10n.t('Choose a user, or what to add'),
        items: [
          { label: `$(add) ${l10n.t('Add a user…')}`, value: () => askUser(ui, machine, facts) },
          {
            label: `$(list-unordered) ${l10n.t('Add users from a file…')}`,
            description: 'CSV, YAML',
            value: () => addFromFile(ui, machine),
          },
          { label: `$(folder) ${l10n.t('Share a folder…')}`, value: () => askFolder(ui, machine, facts) },
          ...facts.users.map((user) => ({ ...userRow(user, facts.me), value: () => askAct(ui, machine, user, facts) })),
        ],
      });
      await act();
    },
  };
}

function userRow(user: MachineUser, me: string): { label: string; description: string; detail?: string } {
  const { name, fullName, sudo, groups, keys, password, closed } = user;
  const sudoText = {
    free: l10n.t('sudo without a password'),
    password: l10n.t('sudo with a password'),
    some: l10n.t('some sudo'),
    none: '',
  };
  const way = closed
    ? l10n.t('no login')
    : keys.length > 0
      ? keys.length === 1
        ? l10n.t('1 key')
        : l10n.t('{0} keys', keys.length)
      : password
        ? l10n.t('by password')
        : l10n.t('no key');
  const words = [way, sudoText[sudo], groups.join(', '), fullName, name === me ? l10n.t('you') : ''];
  const prints = keys.map(({ comment, facts }) => [comment, facts?.fingerprint ?? ''].filter((one) => one !== '').join(' ')).join(' · ');
  return {
    label: `$(${closed || way === l10n.t('no key') ? 'circle-slash' : sudo === 'free' ? 'shield' : 'person'}) ${name}`,
    description: words.filter((one) => one !== '').join(' · '),
    ...(prints === '' ? {} : { detail: prints }),
  };
}

async function askUser(ui: Ui, machine: Machine, facts: UserFacts): Promise<void> {
  let [name, keys, sudo, groups]: [string, readonly string[], boolean, readonly string[]] = ['', [], false, []];
  await wizard(l10n.t('Add a user on {0}', machine.name), [
    async (one) => {
      name = await one.input({ prompt: l10n.t('Login name'), value: name, validate: (value) => takenName(value, facts) });
      return true;
    },
    async (one) => {
      keys = await askKeys(one);
      return true;
    },
    async (one) => {
      sudo = await one.pick({
        placeholder: l10n.t('What may {0} do?', name),
        items: [
          { label: `$(person) ${l10n.t('Log in')}`, description: l10n.t('own files only'), value: false },
          { label: `$(shield) ${l10n.t('Administer the machine')}`, description: l10n.t('sudo without a password'), value: true },
        ],
        active: (value) => value === sudo,
      });
      return true;
    },
    async (one) => {
      const text = await one.input({
        prompt: l10n.t('Further groups, separated by commas. Empty for none.'),
        placeholder: facts.groups.has('docker') ? 'docker' : 'students',
        value: groups.join(', '),
        validate: (value) =>
          namesOf(value)
            .map(nameProblem)
            .find((problem) => problem !== undefined),
      });
      groups = namesOf(text);
      return true;
    },
  ]);
  await runTask(ui, machine, addUsers([{ name, keys, sudo, groups }]));
}

const namesOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((one) => one !== '');

function takenName(value: string, facts: UserFacts): string | undefined {
  const problem = nameProblem(value.trim());
  if (problem !== undefined) return problem;
  return facts.taken.includes(value.trim()) ? l10n.t('{0} is there already.', value.trim()) : undefined;
}

/** One public key, pasted; GitHub shows everybody's at https://github.com/NAME.keys. */
async function askKeys(one: Ask): Promise<readonly string[]> {
  const text = await one.input({
    prompt: l10n.t('Public key of this person. On GitHub it is at github.com/NAME.keys.'),
    placeholder: 'ssh-ed25519 AAAA… grace@laptop',
    validate: (value) =>
      keysOf(value)
        .map(keyProblem)
        .find((problem) => problem !== undefined) ?? (keysOf(value).length === 0 ? l10n.t('Paste a public key.') : undefined),
  });
  return keysOf(text);
}

/** An input box turns line ends into blanks: each key begins with its type. */
function keysOf(text: string): readonly string[] {
  return text
    .split(/\r?\n|\s+(?=(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d+|sk-(?:ssh|ecdsa)\S*)\s+AAAA)/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

async function askAct(ui: Ui, machine: Machine, user: MachineUser, facts: UserFacts): Promise<void> {
  const { name } = user;
  const wanted = { name, keys: [], sudo: false, groups: [] };
  const act = await ask(l10n.t('{0} on {1}', name, machine.name)).pick<() => Promise<unknown>>({
    placeholder: userRow(user, facts.me).description,
    items: [
      {
        label: `$(key) ${l10n.t('Let in with another key…')}`,
        value: async () => runTask(ui, machine, addUsers([{ ...wanted, keys: await askKeys(ask(l10n.t('Key of {0}', name))) }])),
      },
      ...user.keys.map(({ blob, comment, facts: key }) => {
        const label = comment === '' ? (key?.fingerprint ?? '') : comment;
        return {
          label: `$(trash) ${l10n.t('Let in with {0} no longer', label)}`,
          description: key?.fingerprint ?? '',
          value: () => runTask(ui, machine, removeKey(name, blob, label)),
        };
      }),
      ...(user.uid === 0
        ? []
        : [
            user.sudo === 'free'
              ? { label: `$(shield) ${l10n.t('Take sudo away')}`, value: () => runTask(ui, machine, takeSudo(name)) }
              : {
                  label: `$(shield) ${l10n.t('Give sudo without a password')}`,
                  value: () => runTask(ui, machine, addUsers([{ ...wanted, sudo: true }])),
                },
            { label: `$(organization) ${l10n.t('Put into groups…')}`, value: () => askGroups(ui, machine, name) },
            { label: `$(close) ${l10n.t('Remove…')}`, value: () => askRemove(ui, machine, user) },
          ]),
    ],
  });
  await act();
}

async function askGroups(ui: Ui, machine: Machine, name: string): Promise<void> {
  const text = await ask(l10n.t('Groups of {0}', name)).input({
    prompt: l10n.t('Groups to add, separated by commas'),
    validate: (value) =>
      namesOf(value)
        .map(nameProblem)
        .find((problem) => problem !== undefined) ?? (namesOf(value).length === 0 ? nameProblem('') : undefined),
  });
  await runTask(ui, machine, addUsers([{ name, keys: [], sudo: false, groups: namesOf(text) }]));
}

async function askRemove(ui: Ui, machine: Machine, { name, home }: MachineUser): Promise<void> {
  const fate = await ask(l10n.t('Remove {0} from {1}', name, machine.name)).pick<HomeFate>({
    placeholder: l10n.t('What becomes of the files in {0}?', home),
    items: [
      { label: `$(archive) ${l10n.t('Pack them into an archive')}`, description: '/var/backups/skylab', value: 'archive' },
      { label: `$(folder) ${l10n.t('Leave them where they are, for root alone')}`, value: 'keep' },
      { label: `$(trash) ${l10n.t('Delete them')}`, value: 'delete' },
    ],
  });
  if (fate === 'delete') {
    const sure = l10n.t('Delete the Files');
    const detail = l10n.t('This cannot be undone.');
    if (
      (await vscode.window.showWarningMessage(l10n.t('Delete {0} and everything in {1}?', name, home), { modal: true, detail }, sure)) !==
      sure
    )
      return;
  }
  await runTask(ui, machine, removeUser(name, fate));
}

async function askFolder(ui: Ui, machine: Machine, facts: UserFacts): Promise<void> {
  let [name, group]: [string, string] = ['', ''];
  let members: readonly string[] = [];
  await wizard(l10n.t('Share a folder on {0}', machine.name), [
    async (one) => {
      name = (
        await one.input({
          prompt: l10n.t('Name of the folder in /srv'),
          value: name,
          placeholder: 'lab',
          validate: (value) => nameProblem(value.trim()),
        })
      ).trim();
      return true;
    },
    async (one) => {
      group = (
        await one.input({
          prompt: l10n.t('Group that shares it'),
          value: group === '' ? name : group,
          validate: (value) => nameProblem(value.trim()),
        })
      ).trim();
      return true;
    },
    async (one) => {
      const text = await one.input({
        prompt: l10n.t('Members, separated by commas'),
        placeholder: facts.users
          .filter(({ uid }) => uid !== 0)
          .map((user) => user.name)
          .join(', '),
        value: members.join(', '),
        validate: (value) => {
          const unknown = namesOf(value).find((user) => !facts.taken.includes(user));
          return unknown === undefined ? undefined : l10n.t('There is no user {0}.', unknown);
        },
      });
      members = namesOf(text);
      return true;
    },
  ]);
  await runTask(ui, machine, shareFolder(name, group, members));
}
