import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import type { SshTarget } from '../../core/ssh/model';
import { quote } from '../../core/remote/command';
import { addressOf, isReachable } from '../model/machineRow';
import { busy } from '../notifications';
import { chooseKeyFile } from '../questions';
import type { Ui } from '../ui';
import { chooseMachine } from './choose';
import type { Handlers } from './registry';

const REMOTE_SSH = 'ms-vscode-remote.remote-ssh';

export function connectCommands(ui: Ui): Handlers {
  return {
    'skylab.connect': async (arg) => openTerminal(ui, await chooseMachine(ui, arg, l10n.t('Open terminal'))),
    'skylab.connectRemoteSsh': async (arg) => openRemoteSsh(ui, await chooseMachine(ui, arg, l10n.t('Connect with Remote-SSH'))),
    'skylab.copySshCommand': async (arg) => copySshCommand(ui, await chooseMachine(ui, arg, l10n.t('Copy SSH command'))),
    'skylab.copyAddress': async (arg) => copyAddress(ui, await chooseMachine(ui, arg, l10n.t('Copy address'), { wanted: hasAddress })),
    'skylab.useKey': async (arg) => useKey(ui, await chooseMachine(ui, arg, l10n.t('Use a private key'))),
  };
}

const hasAddress = (machine: Machine): boolean => isReachable(machine) && addressOf(machine) !== undefined;

/** The real `ssh` in a terminal, by the same entry that any other terminal uses. */
export async function openTerminal(ui: Ui, machine: Machine): Promise<void> {
  const target = await prepare(ui, machine);
  const terminal = vscode.window.createTerminal({
    name: machine.name,
    shellPath: 'ssh',
    shellArgs: [...(await sshArguments(ui, target))],
    iconPath: new vscode.ThemeIcon('vm'),
    isTransient: true,
  });
  terminal.show();
  void ui.errors.run(() => ui.include.offer(target.alias));
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
