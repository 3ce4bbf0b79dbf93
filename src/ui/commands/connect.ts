import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import type { SshTarget } from '../../core/ssh/model';
import { quote } from '../../core/remote/command';
import { addressOf, isReachable } from '../model/machineRow';
import { busy } from '../notifications';
import { chooseKeyFile } from '../questions';
import { ask, required } from '../quick/wizard';
import type { Ui } from '../ui';
import { chooseMachine } from './choose';
import type { Handlers } from './registry';

/** The exit code with which ssh itself says that it failed (ssh(1)). */
const SSH_FAILED = 255;
const REMOTE_SSH = 'ms-vscode-remote.remote-ssh';

export function connectCommands(ui: Ui): Handlers {
  return {
    'skylab.connect': async (arg) => openTerminal(ui, await chooseMachine(ui, arg, l10n.t('Open terminal'))),
    'skylab.connectAt': async (arg) => openAsked(ui, await chooseMachine(ui, arg, l10n.t('Open terminal in folder'))),
    'skylab.runInTerminal': async (arg) => runInTerminal(ui, await chooseMachine(ui, arg, l10n.t('Run command'))),
    'skylab.connectRemoteSsh': async (arg) => openRemoteSsh(ui, await chooseMachine(ui, arg, l10n.t('Connect with Remote-SSH'))),
    'skylab.copySshCommand': async (arg) => copySshCommand(ui, await chooseMachine(ui, arg, l10n.t('Copy SSH command'))),
    'skylab.copyAddress': async (arg) => copyAddress(ui, await chooseMachine(ui, arg, l10n.t('Copy address'), { wanted: hasAddress })),
    'skylab.useKey': async (arg) => useKey(ui, await chooseMachine(ui, arg, l10n.t('Use a private key'))),
  };
}

const hasAddress = (machine: Machine): boolean => isReachable(machine) && addressOf(machine) !== undefined;

/** The real `ssh` in a terminal, by the same entry that any other terminal uses. */
export function openTerminal(ui: Ui, machine: Machine): Promise<void> {
  return showTerminal(ui, machine, {});
}

/**
 * A terminal that begins in a folder of the machine.
 * @param path absolute, or from the login folder
 * @public for rows that stand for folders
 */
export function openTerminalAt(ui: Ui, machine: Machine, path: string): Promise<void> {
  return showTerminal(ui, machine, { path });
}

async function runInTerminal(ui: Ui, machine: Machine): Promise<void> {
  const prompt = l10n.t('The command runs in a terminal on {0}, which stays open.', machine.name);
  const validate = required(l10n.t('a command'));
  const command = await ask(l10n.t('Run on {0}', machine.name)).input({ prompt, placeholder: 'nvidia-smi', validate });
  await runThere(ui, machine, command.trim());
}

/** Runs a command of the login shell in a terminal, which stays open. */
export function runThere(ui: Ui, machine: Machine, command: string): Promise<void> {
  return showTerminal(ui, machine, { command });
}

async function openAsked(ui: Ui, machine: Machine): Promise<void> {
  const prompt = l10n.t('Folder on {0}. A path without / at its start counts from the login folder.', machine.name);
  const path = await ask(l10n.t('Open terminal in folder')).input({ prompt, value: '~/', validate: required(l10n.t('a folder')) });
  await openTerminalAt(ui, machine, path.trim());
}

async function showTerminal(ui: Ui, machine: Machine, at: { readonly path?: string; readonly command?: string }): Promise<void> {
  if ((await ui.services.findProgram('ssh')) === undefined) {
    throw new SkylabError('There is no ssh on this computer.', {
      code: 'NoSsh',
      next: 'Install OpenSSH’s client (on Windows it is an optional feature), then open the terminal again.',
    });
  }
  const target = await prepare(ui, machine);
  const { terminalArguments } = await import('../../core/ssh/terminal');
  const terminal = vscode.window.createTerminal({
    name: at.path === undefined ? machine.name : `${machine.name}: ${at.path}`,
    shellPath: 'ssh',
    shellArgs: [...terminalArguments(await sshArguments(ui, target), at)],
    iconPath: new vscode.ThemeIcon('vm'),
    isTransient: true,
  });
  const watch = vscode.window.onDidCloseTerminal((closed) => {
    if (closed !== terminal) return;
    watch.dispose();
    // ssh ends so where the connection failed; what ran on the machine ends with its own code
    if (closed.exitStatus?.code === SSH_FAILED) offerReconnect(ui, machine, at.path);
  });
  terminal.show();
  void ui.errors.run(() => ui.include.offer(target.alias));
}

/** A command is not run a second time: only the terminal comes back. */
function offerReconnect(ui: Ui, machine: Machine, path: string | undefined): void {
  const act = (): Promise<void> => showTerminal(ui, machine, path === undefined ? {} : { path });
  ui.notifications.tell(l10n.t('The connection of a terminal to {0} has ended.', machine.name), [
    { label: l10n.t('Reconnect'), act },
    { label: l10n.t('Why?'), act: () => vscode.commands.executeCommand('skylab.whyNot', { kind: 'machine', key: machine.key }) },
  ]);
}

/** Settles the ssh entry and the trust in the host key; asks what only a person can answer. */
export function prepare(ui: Ui, machine: Machine): Promise<SshTarget> {
  return busy(l10n.t('Connecting to {0}', machine.name), (signal) => ui.services.access.prepare(machine, signal));
}

export async function sshArguments(ui: Ui, target: SshTarget): Promise<readonly string[]> {
  const { sshArgs } = await import('../../core/ssh/hostEntries');
  const included = (await ui.services.hostEntries.includeChange()) === undefined;
  return sshArgs(target.alias, ui.services.homeDir, { included });
}

async function openRemoteSsh(ui: Ui, machine: Machine): Promise<void> {
  if (!vscode.extensions.getExtension(REMOTE_SSH)) {
    const install = l10n.t('Show Extension');
    const terminal = l10n.t('Open Terminal Instead');
    const message = l10n.t('Remote-SSH is not installed in this editor. With it, {0} opens in a window of its own.', machine.name);
    const answer = await vscode.window.showInformationMessage(message, install, terminal);
    if (answer === install) await vscode.commands.executeCommand('workbench.extensions.search', REMOTE_SSH);
    if (answer === terminal) await openTerminal(ui, machine);
    return;
  }
  const target = await prepare(ui, machine);
  if (!(await ui.include.require(target.alias))) return;
  const home = target.user === 'root' ? '/root' : `/home/${target.user}`;
  const folder = vscode.Uri.from({ scheme: 'vscode-remote', authority: `ssh-remote+${target.alias}`, path: home });
  await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: true });
}

async function copySshCommand(ui: Ui, machine: Machine): Promise<void> {
  const target = await prepare(ui, machine);
  const command = ['ssh', ...(await sshArguments(ui, target))].map(quote).join(' ');
  await vscode.env.clipboard.writeText(command);
  vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Copied: {0}', command)}`, 4000);
}

async function copyAddress(ui: Ui, machine: Machine): Promise<void> {
  const address = addressOf(machine);
  if (address === undefined) throw new SkylabError(`${machine.name} has no address.`, { next: 'A machine gets one while it runs.' });
  await vscode.env.clipboard.writeText(address);
  vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Copied: {0}', address)}`, 4000);
}

/** Names the private key that opens a machine. */
async function useKey(ui: Ui, machine: Machine): Promise<void> {
  const identityFile = await chooseKeyFile(ui.services.homeDir);
  await ui.services.identities.publicKeyOf(identityFile);
  const target = await prepare(ui, machine);
  await ui.services.hostEntries.upsert({ ...target, identityFile });
  ui.services.access.release(machine);
  vscode.window.setStatusBarMessage(`$(check) ${l10n.t('{0} is opened with {1}', machine.name, identityFile)}`, 4000);
}
