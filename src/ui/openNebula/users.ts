import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { endpointOf } from '../../core/openNebula/econeConf';
import { econeFacts } from '../../core/openNebula/econeFacts';
import type { CloudUser } from '../../core/openNebula/facts';
import { frontEnd } from '../../core/openNebula/facts';
import { cloudNameProblem } from '../../core/openNebula/group';
import type { CloudDriver } from '../../core/openNebula/users';
import { createCloudUsers, deleteCloudUser, newSecret, resetSecret, secretKeyFor, setDriver, shutOut } from '../../core/openNebula/users';
import type { Secret } from '../../core/secret';
import { busy } from '../notifications';
import type { Ask } from '../quick/wizard';
import { ask, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';

/** The group that OpenNebula's own guide makes for them. */
export const EC2_GROUP = 'ec2';

type Act = () => Promise<unknown>;

export async function askUsers(ui: Ui, machine: Machine): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const look = frontEnd('oneuser', 'onevm');
  const { users } = await busy(l10n.t('Asking OpenNebula on {0}', machine.name), (signal) => upkeep.look(machine, look, signal));
  const act = await ask(l10n.t('Users of OpenNebula on {0}', machine.name)).pick<Act>({
    placeholder: l10n.t('Choose a user, or add some'),
    items: [
      {
        label: `$(add) ${l10n.t('Add users…')}`,
        description: l10n.t('one, or a whole list'),
        value: () => addUsers(ui, machine, users),
      },
      ...users.map((user) => ({ ...row(user), value: () => askAct(ui, machine, user) })),
    ],
  });
  await act();
}

const isOwn = ({ id, driver }: CloudUser): boolean => id < 2 || driver.startsWith('server_');

function row(user: CloudUser): { readonly label: string; readonly description: string } {
  const { name, group, driver, machines } = user;
  const ways: Readonly<Record<string, string>> = { core: l10n.t('everything'), public: l10n.t('EC2 only') };
  const words = [
    isOwn(user) ? l10n.t('OpenNebula’s own') : (ways[driver] ?? l10n.t('signs in by {0}', driver)),
    l10n.t('group {0}', group),
    machines === 0 ? '' : machines === 1 ? l10n.t('1 machine') : l10n.t('{0} machines', machines),
  ];
  return { label: `$(${isOwn(user) ? 'lock' : 'person'}) ${name}`, description: words.filter((word) => word !== '').join(' · ') };
}

const namesOf = (text: string): readonly string[] => [...new Set(text.split(/[\s,;]+/).filter((name) => name !== ''))];

async function addUsers(ui: Ui, machine: Machine, known: readonly CloudUser[]): Promise<void> {
  let names: readonly string[] = [];
  let group = EC2_GROUP;
  let driver: CloudDriver = 'public';
  await wizard(l10n.t('Add users to OpenNebula on {0}', machine.name), [
    async (one) => {
      names = namesOf(
        await one.input({
          prompt: l10n.t('Names of the users, separated by blanks or commas'),
          placeholder: 'ada grace alan',
          value: names.join(' '),
          validate: (text) => namesProblem(namesOf(text), known),
        }),
      );
      return true;
    },
    async (one) => {
      driver = await askDriver(one, driver);
      return true;
    },
    async (one) => {
      group = (
        await one.input({
          prompt: l10n.t('Group that they belong to; it is made where it is missing'),
          value: group,
          validate: (text) => cloudNameProblem(text.trim()),
        })
      ).trim();
      return true;
    },
  ]);
  const wanted = names.map((name) => ({ name, driver, secret: newSecret() }));
  if (await runTask(ui, machine, createCloudUsers(wanted, group))) offerDetails(ui, machine, wanted);
}

function namesProblem(names: readonly string[], known: readonly CloudUser[]): string | undefined {
  const taken = names.find((name) => known.some((user) => user.name === name));
  if (taken !== undefined) return l10n.t('{0} is there already.', taken);
  return names.length === 0 ? cloudNameProblem('') : names.map(cloudNameProblem).find((problem) => problem !== undefined);
}

function askDriver(one: Ask, current: CloudDriver): Promise<CloudDriver> {
  return one.pick<CloudDriver>({
    placeholder: l10n.t('What may they use?'),
    items: [
      { label: `$(globe) ${l10n.t('The EC2 interface only')}`, description: l10n.t('driver public'), value: 'public' },
      {
        label: `$(server) ${l10n.t('Everything that their group may')}`,
        description: l10n.t('driver core: also Sunstone and the command line, by a password'),
        value: 'core',
      },
    ],
    active: (value) => value === current,
  });
}

/** A user whose account can be handed out; `secret` is known only where it was made just now. */
interface Known {
  readonly name: string;
  readonly driver: string;
  readonly secret?: Secret;
}

function offerDetails(ui: Ui, machine: Machine, users: readonly Known[]): void {
  const [only] = users;
  const message =
    users.length === 1 && only !== undefined
      ? l10n.t('{0} can sign in to the EC2 interface.', only.name)
      : l10n.t('{0} users can sign in to the EC2 interface.', users.length);
  const label = users.length === 1 ? l10n.t('Copy the Account’s Details') : l10n.t('Copy the Accounts’ Details');
  ui.notifications.tell(message, [{ label, act: () => copyDetails(ui, machine, users) }]);
}

/** Address, user and secret key, as Skylab's form for a private cloud asks for them, to the clipboard and nowhere else. */
async function copyDetails(ui: Ui, machine: Machine, users: readonly Known[]): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const { text, alone } = await busy(l10n.t('Reading the keys'), async (signal) => {
    const { conf } = await upkeep.look(machine, econeFacts, signal);
    const endpoint = conf === undefined ? '' : endpointOf(conf);
    const blocks: string[] = [];
    for (const { name, driver, secret } of users) {
      const key = await upkeep.look(machine, secretKeyFor(name), signal);
      blocks.push(
        [
          `${l10n.t('Address')}: ${endpoint}`,
          `${l10n.t('User (access key)')}: ${name}`,
          ...(secret !== undefined && driver === 'core' ? [`${l10n.t('Password')}: ${secret.reveal()}`] : []),
          `${l10n.t('Secret key')}: ${key.reveal()}`,
        ].join('\n'),
      );
    }
    return { text: `${blocks.join('\n\n')}\n`, alone: /^\w+:\/\/(localhost|127\.)/.test(endpoint) };
  });
  await vscode.env.clipboard.writeText(text);
  if (alone) {
    const why = l10n.t(
      'Copied, but the EC2 interface answers on {0} alone: give it an address or TLS under “EC2 interface…” first.',
      machine.name,
    );
    void vscode.window.showWarningMessage(why);
    return;
  }
  ui.notifications.tell(
    l10n.t('Copied. With Add Account… and “Private cloud” in Skylab, or any tool for EC2, the machines of this cloud can be used.'),
    [],
  );
}

async function askAct(ui: Ui, machine: Machine, user: CloudUser): Promise<void> {
  const { name, driver } = user;
  const title = l10n.t('{0} of OpenNebula on {1}', name, machine.name);
  if (isOwn(user)) {
    await ask(title).pick({
      placeholder: l10n.t('OpenNebula needs this user for itself: nothing to change here'),
      items: [{ label: `$(arrow-left) ${l10n.t('All users')}`, value: true }],
    });
    return askUsers(ui, machine);
  }
  const signsIn = driver === 'core' || driver === 'public';
  const act = await ask(title).pick<Act>({
    placeholder: row(user).description,
    items: [
      ...(signsIn
        ? [
            { label: `$(clippy) ${l10n.t('Copy the account’s details')}`, value: () => copyDetails(ui, machine, [user]) },
            {
              label: `$(key) ${l10n.t('New password and key')}`,
              description: l10n.t('the old one ends; also for somebody who was shut out'),
              value: async () => {
                const secret = newSecret();
                if (await runTask(ui, machine, resetSecret(name, secret))) offerDetails(ui, machine, [{ name, driver, secret }]);
              },
            },
            driver === 'core'
              ? { label: `$(globe) ${l10n.t('EC2 interface only')}`, value: () => runTask(ui, machine, setDriver(name, 'public')) }
              : {
                  label: `$(server) ${l10n.t('Everything that the group may')}`,
                  value: () => runTask(ui, machine, setDriver(name, 'core')),
                },
            {
              label: `$(circle-slash) ${l10n.t('Shut out')}`,
              description: l10n.t('machines and everything else stay'),
              value: () => runTask(ui, machine, shutOut(name)),
            },
          ]
        : []),
      { label: `$(trash) ${l10n.t('Delete…')}`, value: () => askDelete(ui, machine, name) },
    ],
  });
  await act();
}

async function askDelete(ui: Ui, machine: Machine, name: string): Promise<void> {
  const yes = l10n.t('Delete the User');
  const detail = l10n.t('This cannot be undone. Images, templates and key pairs of this user stay, with an owner who is gone.');
  if ((await vscode.window.showWarningMessage(l10n.t('Delete {0} from OpenNebula?', name), { modal: true, detail }, yes)) !== yes) return;
  await runTask(ui, machine, deleteCloudUser(name));
}
