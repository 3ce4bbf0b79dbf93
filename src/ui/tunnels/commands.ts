import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import { addressText } from '../../core/remote/address';
import { listeningPorts } from '../../core/remote/listening';
import type { TunnelSpec } from '../../core/ssh/tunnels/spec';
import { isOpenToOthers, portOf, sshCommand } from '../../core/ssh/tunnels/spec';
import type { Tunnel } from '../../core/ssh/tunnels/tunnels';
import { chooseMachine } from '../commands/choose';
import { prepare, sshArguments } from '../commands/connect';
import type { Handlers } from '../commands/registry';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import type { TunnelCommand } from './area';
import type { JupyterKernels } from './kernels';
import { pickTunnel } from './pick';
import { isWeb, stateReason, tunnelLabel, tunnelRow } from './row';
import { BRANCH } from './tree';
import type { TunnelNode, TunnelsTree } from './tree';

export function tunnelCommands(
  ui: Ui,
  tree: TunnelsTree,
  view: vscode.TreeView<TunnelNode>,
  kernels: JupyterKernels,
): Required<Pick<Handlers, TunnelCommand>> {
  const choose = (arg: unknown, title: string, wanted?: (tunnel: Tunnel) => boolean): Promise<Tunnel> =>
    chooseTunnel(tree, arg, title, wanted);
  return {
    'skylab.openJupyter': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Open Jupyter'));
      await (await import('./jupyter')).openJupyter(ui, tree, kernels, machine);
    },
    'skylab.tunnel.forward': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Forward port'));
      const listening = ui.services.access.session(machine).then((session) => session.run(listeningPorts));
      const tunnel = await open(ui, tree, machine, await pickTunnel(machine, listening));
      if (tunnel !== undefined) await view.reveal(tree.node(tunnel.id), { select: true, focus: false });
    },
    'skylab.tunnel.openInBrowser': async (arg) => openInBrowser(ui, tree, await choose(arg, l10n.t('Open in browser'), isWeb)),
    'skylab.tunnel.start': async (arg) => {
      const { id } = await choose(arg, l10n.t('Start tunnel'), isOff);
      await start(ui, tree, async (tunnels, signal) => tunnels.start(id, signal));
    },
    'skylab.tunnel.stop': async (arg) => {
      const { id } = await choose(arg, l10n.t('Stop tunnel'), (tunnel) => !isOff(tunnel));
      await (await tree.load()).stop(id);
    },
    'skylab.tunnel.copyAddress': async (arg) => {
      const { spec } = await choose(arg, l10n.t('Copy local address'), ({ spec: one }) => one.kind !== 'reverse');
      await copy(addressText(spec.listen));
    },
    'skylab.tunnel.copyCommand': async (arg) => {
      const { key, spec } = await choose(arg, l10n.t('Copy as SSH command'));
      const machine = ui.services.machines.get(key);
      if (!machine) throw new SkylabError('The machine of this tunnel is not known now.', { next: 'Refresh the list of machines.' });
      await copy(sshCommand(spec, await sshArguments(ui, await prepare(ui, machine))));
    },
    'skylab.tunnel.changePort': async (arg) => changePort(ui, tree, await choose(arg, l10n.t('Change local port'), hasLocalPort)),
    'skylab.tunnel.openAtStart': async (arg) => mark(tree, await choose(arg, l10n.t('Open at start'), (one) => !one.openAtStart), true),
    'skylab.tunnel.notAtStart': async (arg) =>
      mark(tree, await choose(arg, l10n.t('Don’t open at start'), (one) => one.openAtStart), false),
    'skylab.tunnel.remove': async (arg) => {
      const { id } = await choose(arg, l10n.t('Remove tunnel'));
      await (await tree.load()).remove(id);
    },
  };
}

const isOff = ({ state }: Tunnel): boolean => ['stopped', 'taken', 'failed', 'refused'].includes(state.name);
const hasLocalPort = ({ spec }: Tunnel): boolean => spec.kind !== 'reverse' && 'port' in spec.listen;

/** The tunnel of the row that a command was called on, or the person's choice. */
async function chooseTunnel(tree: TunnelsTree, arg: unknown, title: string, wanted?: (tunnel: Tunnel) => boolean): Promise<Tunnel> {
  const tunnels = await tree.load();
  const id = isTunnelNode(arg) ? arg.id : isNode(arg) && arg.kind === 'branch' && arg.branch === BRANCH ? arg.path : undefined;
  if (id !== undefined) {
    const tunnel = tunnels.get(id);
    if (tunnel === undefined) throw new SkylabError('This tunnel was removed.', { next: 'Forward the port again.' });
    return tunnel;
  }
  const fitting = tunnels.list().filter((tunnel) => wanted?.(tunnel) ?? true);
  const only = fitting[0];
  if (only === undefined) throw new SkylabError('There is no tunnel for this.', { next: 'Forward a port first.' });
  if (fitting.length === 1) return only;
  const items = fitting.map((value) => {
    const row = tunnelRow(value, tree.machineName(value), l10n);
    return { label: `$(${row.icon.id}) ${row.label}`, description: row.description, value };
  });
  return ask(title).pick({ placeholder: l10n.t('Choose a tunnel'), items });
}

function isTunnelNode(value: unknown): value is TunnelNode {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tunnel' && 'id' in value;
}

/** Makes and starts a tunnel. @param quiet says nothing when it is open @returns undefined when the person gave up over a taken port */
export async function open(
  ui: Ui,
  tree: TunnelsTree,
  machine: Machine,
  spec: TunnelSpec,
  { quiet = false }: { readonly quiet?: boolean } = {},
): Promise<Tunnel | undefined> {
  if (isOpenToOthers(spec)) {
    const go = l10n.t('Open to Others');
    const detail = l10n.t('Not only this computer: whoever reaches {0} gets through.', addressText(spec.listen));
    const answer = await vscode.window.showWarningMessage(l10n.t('Let others use this tunnel?'), { modal: true, detail }, go);
    if (answer !== go) return undefined;
  }
  return start(ui, tree, (tunnels, signal) => tunnels.add(machine.key, machine.name, spec, signal), quiet);
}

type Tunnels = Awaited<ReturnType<TunnelsTree['load']>>;

/** Starts a tunnel and tells how it went, with what helps. */
async function start(
  ui: Ui,
  tree: TunnelsTree,
  act: (tunnels: Tunnels, signal: AbortSignal) => Promise<Tunnel>,
  quiet = false,
): Promise<Tunnel | undefined> {
  const tunnels = await tree.load();
  const tunnel = await busy(l10n.t('Opening the tunnel'), (signal) => act(tunnels, signal));
  const label = tunnelLabel(tunnel.spec, tree.machineName(tunnel), l10n, tunnel.remotePort);
  const { state } = tunnel;
  if (state.name === 'taken' && hasLocalPort(tunnel)) return offerOtherPort(ui, tree, tunnel, state.error);
  if (state.name === 'failed' || state.name === 'taken') throw state.error;
  if (state.name === 'stopped') throw new CancelledError();
  if (state.name === 'open') {
    const browse = { label: l10n.t('Open in Browser'), act: () => openInBrowser(ui, tree, tunnel) };
    if (!quiet) ui.notifications.tell(l10n.t('The tunnel is open: {0}', label), isWeb(tunnel) ? [browse] : []);
  } else {
    const reason = stateReason(state);
    if (reason !== undefined) void vscode.window.showWarningMessage(`${label}: ${reason}`);
  }
  return tunnel;
}

async function offerOtherPort(ui: Ui, tree: TunnelsTree, tunnel: Tunnel, error: SkylabError): Promise<Tunnel | undefined> {
  if (!('port' in tunnel.spec.listen)) throw error;
  const tunnels = await tree.load();
  const free = await tunnels.freePort(tunnel.spec.listen.port + 1);
  const use = l10n.t('Use {0}', free);
  const other = l10n.t('Choose Port…');
  const answer = await vscode.window.showWarningMessage(error.message, use, other);
  if (answer === use) return start(ui, tree, (all, signal) => all.changePort(tunnel.id, free, signal));
  if (answer === other) return changePort(ui, tree, tunnel);
  return undefined;
}

async function changePort(ui: Ui, tree: TunnelsTree, tunnel: Tunnel): Promise<Tunnel | undefined> {
  if (!('port' in tunnel.spec.listen)) return undefined;
  const free = await (await tree.load()).freePort(tunnel.spec.listen.port + 1);
  const label = tunnelLabel(tunnel.spec, tree.machineName(tunnel), l10n);
  const text = await ask(l10n.t('Local port of {0}', label)).input({
    prompt: l10n.t('Port of this computer, 1 to 65535.'),
    value: String(free),
    validate: (value) => ((portOf(value.trim()) ?? 0) > 0 ? undefined : l10n.t('Type a number from 1 to 65535.')),
  });
  return start(ui, tree, (tunnels, signal) => tunnels.changePort(tunnel.id, Number(text.trim()), signal));
}

async function mark(tree: TunnelsTree, tunnel: Tunnel, openAtStart: boolean): Promise<void> {
  await (await tree.load()).setOpenAtStart(tunnel.id, openAtStart);
}

/** The page behind a tunnel, also where the editor itself runs elsewhere. A stopped tunnel is started first. */
async function openInBrowser(ui: Ui, tree: TunnelsTree, tunnel: Tunnel): Promise<void> {
  const running = isOff(tunnel) ? await start(ui, tree, (tunnels, signal) => tunnels.start(tunnel.id, signal)) : tunnel;
  if (running === undefined || running.spec.kind !== 'local') return;
  const { listen, to } = running.spec;
  if ('path' in listen) return;
  const scheme = 'port' in to && (to.port === 443 || to.port === 8443) ? 'https' : 'http';
  await vscode.env.openExternal(await vscode.env.asExternalUri(vscode.Uri.parse(`${scheme}://localhost:${listen.port}/`)));
}

async function copy(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Copied: {0}', text)}`, 4000);
}
