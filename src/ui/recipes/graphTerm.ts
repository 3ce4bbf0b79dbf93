import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { hostCode, needsCode } from '../../core/cloud/launching/graphTerm';
import { EnvFile } from '../../core/deploy/envFile';
import { SkylabError } from '../../core/errors';
import { graphTermState, privateAddress } from '../../core/recipes/graphTerm';
import type { GraphTermCode, GraphTermState } from '../../core/recipes/graphTerm';
import type { RemoteSession } from '../../core/remote/session';
import { allMachines, chooseMachine, pickMachine } from '../commands/choose';
import { isReachable } from '../model/machineRow';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { textAt } from './hubFolder';

/** Port of its web server, on the machine. */
const HTTP = 8900;

/** Fetches the codes to sign in with; the chosen one goes to the clipboard, and nowhere else. */
export async function getCodes(ui: Ui, arg: unknown): Promise<void> {
  await codesOf(ui, await chooseMachine(ui, arg, l10n.t('GraphTerm access codes')));
}

export async function codesOf(ui: Ui, machine: Machine): Promise<void> {
  const session = await ui.services.access.session(machine);
  const state = await busy(l10n.t('Asking {0}', machine.name), (signal) => session.run(graphTermState, { signal }));
  if (state === undefined || state.role === 'host') throw noServer(machine, state);
  const forward = { label: l10n.t('Open by a Tunnel'), act: () => openByTunnel(ui, machine, state) };
  const open = { label: l10n.t('Open GraphTerm'), act: () => openGraphTerm(ui, machine, state) };
  if (!needsCode(state)) {
    ui.notifications.tell(l10n.t('GraphTerm on {0} asks for no code.', machine.name), [open]);
    return;
  }
  if (state.codes.length === 0) {
    throw new SkylabError(`GraphTerm on ${machine.name} has made no code yet.`, { next: 'Look at the journal of its service graphterm.' });
  }
  const all = Symbol('all');
  const chosen = await ask(l10n.t('GraphTerm on {0}', machine.name)).pick<GraphTermCode | symbol>({
    placeholder: l10n.t('Whose code? It goes to the clipboard'),
    items: [
      ...state.codes.map((value) => ({ label: `$(${value.user === undefined ? 'organization' : 'key'}) ${nameOf(value)}`, value })),
      { label: `$(open-preview) ${l10n.t('Show them in a document')}`, description: l10n.t('kept nowhere'), value: all },
    ],
  });
  if (typeof chosen === 'symbol') {
    const lines = state.codes.map((code) => `${nameOf(code)}: ${code.code.reveal()}`);
    await ui.documents.showText(`GraphTerm ${machine.name.replaceAll(/[\\/]/g, ' ')}.txt`, `${lines.join('\n')}\n`);
    return;
  }
  await vscode.env.clipboard.writeText(chosen.code.reveal());
  ui.notifications.tell(copiedText(chosen), [open, forward]);
}

function nameOf({ user }: GraphTermCode): string {
  if (user === undefined) return l10n.t('Group: makes an account for whoever brings it');
  return user === '' ? l10n.t('Access code') : user;
}

function copiedText({ user }: GraphTermCode): string {
  if (user === undefined) return l10n.t('The code of the group is in the clipboard.');
  return user === '' ? l10n.t('The access code is in the clipboard.') : l10n.t('The code of {0} is in the clipboard.', user);
}

function noServer(machine: Machine, state: GraphTermState | undefined): SkylabError {
  return state === undefined
    ? new SkylabError(`GraphTerm is not set up on ${machine.name}.`, { next: 'Set it up with “Skylab: Deploy Recipe…”.' })
    : new SkylabError(`${machine.name} is a secondary host: its server has the codes.`, { next: 'Choose the machine that it joined.' });
}

/** By its name or address, as its users open it. */
async function openGraphTerm(ui: Ui, machine: Machine, state: GraphTermState): Promise<void> {
  const { hostName } = await ui.services.access.prepare(machine);
  const address = machine.kind === 'instance' ? (machine.instance.publicAddress ?? hostName) : hostName;
  const host = state.name === '' ? address : state.name;
  await vscode.env.openExternal(vscode.Uri.parse(`${state.https ? 'https' : 'http'}://${host}/`, true));
}

/** Where its ports are closed to the world, by SSH. */
async function openByTunnel(ui: Ui, machine: Machine, { https }: GraphTermState): Promise<void> {
  const tunnels = await ui.services.tunnels();
  const port = await tunnels.freePort(HTTP);
  const spec = { kind: 'local' as const, listen: { host: 'localhost', port }, to: { host: 'localhost', port: HTTP } };
  const { state } = await busy(l10n.t('Opening the tunnel'), (signal) => tunnels.add(machine.key, machine.name, spec, signal));
  if (state.name === 'failed' || state.name === 'taken') throw state.error;
  const local = vscode.Uri.parse(`${https ? 'https' : 'http'}://localhost:${port}/`, true);
  if (state.name === 'open') await vscode.env.openExternal(await vscode.env.asExternalUri(local));
}

/**
 * Settles which server a secondary host joins: its private address and the host's own code go into the folder's .env.
 * @param host the machine that is to join
 */
export async function joinServer(ui: Ui, folder: vscode.Uri, host: Machine): Promise<void> {
  const others = allMachines(ui).filter((machine) => isReachable(machine) && machine.key !== host.key);
  if (others.length === 0) {
    throw new SkylabError('There is no other machine to join.', { next: 'Set up a GraphTerm server first.', code: 'NoPrimary' });
  }
  const primary = await pickMachine(ui, l10n.t('Which GraphTerm server does {0} join?', host.name), others);
  const values = await busy(l10n.t('Asking {0}', primary.name), async (signal) => {
    const [near, far] = await Promise.all([ui.services.access.session(host, signal), ui.services.access.session(primary, signal)]);
    return joining(primary, near, far, signal);
  });
  const file = vscode.Uri.joinPath(folder, '.env');
  const env = EnvFile.parse((await textAt(file)) ?? '');
  for (const [key, value] of Object.entries(values)) env.set(key, value);
  await (await ui.services.recipes()).writeSecret(file.fsPath, env.toString());
}

async function joining(
  primary: Machine,
  near: RemoteSession,
  far: RemoteSession,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const state = await far.run(graphTermState, { signal });
  if (state === undefined || state.role === 'host') throw noServer(primary, state);
  const own = primary.kind === 'instance' ? primary.instance.privateAddress : undefined;
  const address = own ?? (await far.run(privateAddress, { signal }));
  const name = await near.run({ argv: ['hostname', '-s'], what: 'read the host name' }, { signal });
  const code = needsCode(state) ? (await far.run(hostCode(name), { signal })).reveal() : '';
  return { GRAPHTERM_AUTH: state.auth, GRAPHTERM_PRIMARY: address, GRAPHTERM_JOIN_CODE: code };
}
