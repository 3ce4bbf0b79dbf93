import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { givenKey } from '../../core/cloud/model';
import type { SshAlias } from '../../core/ssh/model';
import { chooseKeyFile } from '../questions';
import { required, wizard } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import { chooseMachine, mustBe } from './choose';
import { prepare } from './connect';
import type { Handlers } from './registry';

export function givenCommands(ui: Ui): Handlers {
  return {
    'skylab.addGivenMachine': () => addGivenMachine(ui),
    'skylab.removeGivenMachine': (arg) => removeGivenMachine(ui, arg),
  };
}

/** A machine that someone handed out: from a host name or the ssh lines of a course to a row in the tree. */
export async function addGivenMachine(ui: Ui): Promise<void> {
  const [{ parseGiven }, { aliasFor }, { jumpTarget }] = await Promise.all([
    import('../../core/ssh/given'),
    import('../../core/ssh/alias'),
    import('../../core/ssh/jumps'),
  ]);
  const { homeDir, hostEntries, accounts } = ui.services;
  const copied = await clipboardLines();
  const fromClipboard = copied === undefined ? undefined : parseGiven(copied, homeDir);
  let text = '';
  let user = '';
  let identityFile: string | undefined;
  const hopUsers = new Map<string, string>();
  await wizard(l10n.t('Add a machine that you were given'), [
    async (step) => {
      if (fromClipboard === undefined || 'problem' in fromClipboard || copied === undefined) return false;
      const described = [fromClipboard.user, fromClipboard.hostName].filter(Boolean).join('@');
      const items = [
        { label: `$(clippy) ${l10n.t('Use the lines that I copied')}`, description: described, value: copied },
        { label: `$(edit) ${l10n.t('Type it')}`, value: '' },
      ];
      text = await step.pick({ placeholder: l10n.t('How is it reached?'), items });
      return true;
    },
    async (step) => {
      if (text !== '' && text === copied) return false;
      const validate = (value: string): string | undefined => {
        const parsed = parseGiven(value, homeDir);
        return 'problem' in parsed ? parsed.problem : undefined;
      };
      const prompt = l10n.t('Host name, user@host, or the ssh command that you were given');
      text = await step.input({ prompt, placeholder: 'ssh -i ~/.ssh/lab_key student@ada.example.edu', value: text, validate });
      return true;
    },
    async (step) => {
      const parsed = parseGiven(text, homeDir);
      if ('problem' in parsed || parsed.user !== undefined) return false;
      user = await step.input({ prompt: l10n.t('Your user name on it'), value: user, validate: required(l10n.t('the user name')) });
      return true;
    },
    async (step) => {
      const parsed = parseGiven(text, homeDir);
      const unnamed = 'problem' in parsed ? [] : (parsed.jumps ?? []).filter((hop) => hop.user === undefined);
      for (const { hostName } of unnamed) {
        const proposal = hopUsers.get(hostName) ?? ('problem' in parsed ? user : (parsed.user ?? user));
        const prompt = l10n.t('It is reached through {0}: your user name there', hostName);
        hopUsers.set(hostName, (await step.input({ prompt, value: proposal, validate: required(l10n.t('the user name')) })).trim());
      }
      return unnamed.length > 0;
    },
    async (step) => {
      const parsed = parseGiven(text, homeDir);
      identityFile = 'problem' in parsed ? undefined : parsed.identityFile;
      if (identityFile !== undefined) return false;
      identityFile = await pickKey(ui, step);
      return true;
    },
  ]);
  const parsed = parseGiven(text, homeDir);
  if ('problem' in parsed) return;
  const entries = await hostEntries.list();
  const alias: SshAlias = aliasFor(parsed.name, new Set(entries.map((target) => target.alias)));
  const jump = jumpTarget(
    (parsed.jumps ?? []).map((hop) => {
      // whoever hands out a machine behind another one mostly means the same account and key
      const key = hop.identityFile ?? identityFile;
      return { ...hop, user: hop.user ?? hopUsers.get(hop.hostName) ?? user.trim(), ...(key !== undefined && { identityFile: key }) };
    }),
    parsed.name,
    entries,
  );
  const given = await accounts.addGiven(parsed.name, {
    alias,
    hostName: parsed.hostName,
    port: parsed.port,
    user: parsed.user ?? user.trim(),
    hostKeyAlias: `given-${randomUUID().slice(0, 8)}`,
    ...(identityFile !== undefined && { identityFile }),
    ...(jump !== undefined && { jump }),
  });
  await vscode.commands.executeCommand('skylab.machines.focus');
  const machine = ui.services.machines.get(givenKey(given.id));
  if (machine) await prepare(ui, machine);
}

async function pickKey(ui: Ui, step: Parameters<Parameters<typeof wizard>[1][number]>[0]): Promise<string | undefined> {
  const { identities, homeDir } = ui.services;
  const keys = await identities.listPublic();
  const browse = Symbol('browse');
  const items = [
    { label: `$(account) ${l10n.t('My agent or my default keys')}`, value: undefined as string | symbol | undefined },
    ...keys.map(({ path, comment }) => {
      const value = path.replace(/\.pub$/, '');
      return { label: `$(key) ${value.replace(homeDir, '~')}`, description: comment, value: value };
    }),
    { label: `$(folder-opened) ${l10n.t('A key file that I was given…')}`, value: browse as string | symbol | undefined },
  ];
  const chosen = await step.pick({ placeholder: l10n.t('Which private key opens it?'), items });
  return typeof chosen === 'symbol' ? chooseKeyFile(homeDir) : chosen;
}

/** Several lines cannot be pasted into an input box; where such lines were copied they are taken from the clipboard. */
async function clipboardLines(): Promise<string | undefined> {
  const wait = new Promise<string>((resolve) => setTimeout(() => resolve(''), 300));
  const text = await Promise.race([Promise.resolve(vscode.env.clipboard.readText()).catch(() => ''), wait]);
  return text.includes('\n') && text.length < 4000 && /^\s*(host|ssh|hostname)\s/im.test(text) ? text : undefined;
}

async function removeGivenMachine(ui: Ui, arg: unknown): Promise<void> {
  const machine = await chooseMachine(ui, isNode(arg) ? arg : undefined, l10n.t('Remove machine'), {
    wanted: (one) => one.kind === 'given',
  });
  if (machine.kind !== 'given') return;
  const remove = l10n.t('Remove');
  const detail = l10n.t('Its ssh entry and its remembered host key go too. Nothing changes on the machine.');
  mustBe(
    await vscode.window.showWarningMessage(l10n.t('Remove {0} from the list?', machine.name), { modal: true, detail }, remove),
    remove,
  );
  await ui.services.access.forgetHostKey(machine);
  await ui.services.hostEntries.remove(machine.given.target.alias);
  await ui.services.accounts.removeGiven(machine.given.id);
}
