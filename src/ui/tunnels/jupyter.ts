import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError } from '../../core/errors';
import { addressText } from '../../core/remote/address';
import { findJupyter } from '../../core/remote/jupyter';
import type { JupyterServer } from '../../core/remote/jupyter';
import type { Tunnel } from '../../core/ssh/tunnels/tunnels';
import { runThere } from '../commands/connect';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { open } from './commands';
import type { JupyterKernels } from './kernels';
import type { TunnelsTree } from './tree';

/** Never on an address that others reach; the token is printed in the terminal by Jupyter itself. */
const START = 'jupyter lab --no-browser --ip=127.0.0.1';

/** Finds a Jupyter server on the machine, makes the tunnel to it, opens it in the browser and offers it to notebooks. */
export async function openJupyter(ui: Ui, tree: TunnelsTree, kernels: JupyterKernels, machine: Machine): Promise<void> {
  const servers = await busy(l10n.t('Looking for Jupyter on {0}', machine.name), async (signal) =>
    findJupyter(await ui.services.access.session(machine, signal), signal),
  );
  const server = servers.length > 1 ? await pick(machine, servers) : servers[0];
  if (server === undefined) {
    const start = { label: l10n.t('Start Jupyter in a Terminal'), act: () => runThere(ui, machine, START) };
    const message = l10n.t('No Jupyter server runs on {0}. Start one there with {1}, then open it again.', machine.name, START);
    ui.notifications.tell(message, [start]);
    return;
  }
  const tunnel = await tunnelTo(ui, tree, machine, server);
  if (!('port' in tunnel.spec.listen)) return;
  const base = `${server.secure ? 'https' : 'http'}://localhost:${tunnel.spec.listen.port}${server.basePath}`;
  const offered = await kernels.offer(
    `${machine.name}${server.container === undefined ? '' : ` (${server.container})`}`,
    base,
    server.token,
  );
  const token = server.token === undefined ? '' : `?token=${encodeURIComponent(server.token.reveal())}`;
  await vscode.env.openExternal(await vscode.env.asExternalUri(vscode.Uri.parse(`${base}${token}`, true)));
  if (offered)
    ui.notifications.tell(l10n.t('Notebooks in this window can run on {0}, too: choose Skylab in Select Kernel.', machine.name), []);
}

function pick(machine: Machine, servers: readonly JupyterServer[]): Promise<JupyterServer> {
  const items = servers.map((value) => ({
    label: `$(notebook) ${value.at.port}`,
    description: [value.container, value.folder].filter((part) => part !== undefined).join(' · '),
    value,
  }));
  return ask(l10n.t('Jupyter on {0}', machine.name)).pick({ placeholder: l10n.t('Choose a server'), items });
}

/** The tunnel that leads there already, or a new one; where its port is taken here, the next free one. */
async function tunnelTo(ui: Ui, tree: TunnelsTree, machine: Machine, { at }: JupyterServer): Promise<Tunnel> {
  const tunnels = await tree.load();
  const there = tunnels.of(machine.key).find(({ spec }) => spec.kind === 'local' && addressText(spec.to) === addressText(at));
  if (there !== undefined) {
    const running = there.state.name === 'open' ? there : await tunnels.start(there.id);
    if (running.state.name === 'open') return running;
  }
  const port = await tunnels.freePort(at.port);
  const made = await open(ui, tree, machine, { kind: 'local', listen: { host: 'localhost', port }, to: at }, { quiet: true });
  if (made?.state.name !== 'open') throw new CancelledError();
  return made;
}
