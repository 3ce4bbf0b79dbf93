import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { Deployment } from '../../core/deploy/deployer';
import { CancelledError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import type { DeploymentStatus } from '../../shared/deployModel';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { chooseDeployment, mustBe } from './choose';
import { LogFollower } from './logFollower';
import type { Handlers } from './registry';

export function deploymentCommands(ui: Ui): Handlers {
  const followers = new LogFollower('skylab.followingLogs');
  const on =
    (title: string, act: (machine: Machine, deployment: Deployment) => Promise<unknown>) =>
    async (arg: unknown): Promise<void> => {
      const { machine, deployment } = await chooseDeployment(ui, arg, title);
      await act(machine, deployment);
    };
  return {
    'skylab.deployment.openSite': on(l10n.t('Open site'), (_machine, { url }) => openSite(url)),
    'skylab.deployment.logs': on(l10n.t('Logs'), async (machine, { name }) => {
      const deployer = await ui.services.deployer();
      await followers.follow(`${name} on ${machine.name}`, (signal) => deployer.logs(machine, name, signal));
    }),
    'skylab.deployment.stopLogs': () => followers.stopAll(),
    'skylab.deployment.status': on(l10n.t('Status'), (machine, deployment) => showStatus(ui, machine, deployment)),
    'skylab.deployment.stop': on(l10n.t('Stop site'), async (machine, { name }) => {
      await follow(ui, (await ui.services.deployer()).stop(machine, name));
    }),
    'skylab.deployment.start': on(l10n.t('Start site'), async (machine, { name }) => {
      await follow(ui, (await ui.services.deployer()).start(machine, name));
    }),
    'skylab.deployment.remove': on(l10n.t('Remove site'), (machine, deployment) => remove(ui, machine, deployment)),
  };
}

export async function openSite(url: string): Promise<void> {
  await vscode.env.openExternal(vscode.Uri.parse(url, true));
}

async function showStatus(ui: Ui, machine: Machine, deployment: Deployment): Promise<void> {
  const deployer = await ui.services.deployer();
  const title = l10n.t('{0} on {1}', deployment.name, machine.name);
  const status = await busy(l10n.t('Asking {0}', machine.name), (signal) => deployer.status(machine, deployment.name, signal));
  const act = await ask(title).pick({ placeholder: deployment.url, items: statusItems(status) });
  await act?.(deployment, ui);
}

type Act = (deployment: Deployment, ui: Ui) => unknown;

function statusItems(status: DeploymentStatus): { label: string; description: string; detail?: string; value: Act | undefined }[] {
  const logs: Act = ({ machineKey, name }) =>
    vscode.commands.executeCommand('skylab.deployment.logs', { kind: 'deployment', key: machineKey, name });
  const good = (state: string, health: string): boolean => state === 'running' && health !== 'unhealthy';
  return [
    ...status.services.map(({ name, state, health, image }) => ({
      label: `$(${good(state, health) ? 'pass' : 'error'}) ${name}`,
      description: health === '' ? state : `${state} · ${health}`,
      detail: image,
      value: logs,
    })),
    ...(status.unit
      ? [
          {
            label: `$(${status.unit.active === 'active' ? 'pass' : 'error'}) ${status.unit.name}`,
            description: l10n.t('{0} · {1} at boot', status.unit.active, status.unit.enabled),
            value: undefined,
          },
        ]
      : []),
    { label: `$(globe) ${l10n.t('Open site')}`, description: '', value: ({ url }) => openSite(url) },
    { label: `$(output) ${l10n.t('Follow logs')}`, description: '', value: logs },
  ];
}

async function remove(ui: Ui, machine: Machine, { name }: Deployment): Promise<void> {
  const keepData = l10n.t('Remove, Keep Data');
  const all = l10n.t('Remove with Data');
  const detail = l10n.t(
    'Its containers, its unit and its releases are taken off the machine. Its data volumes hold what people have made there.',
  );
  const title = l10n.t('Remove {0} from {1}?', name, machine.name);
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, keepData, all);
  if (answer === undefined) throw new CancelledError();
  if (answer === all) {
    const sure = l10n.t('Delete the Data');
    const question = l10n.t('Delete the data of {0} too?', name);
    mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail: l10n.t('This cannot be undone.') }, sure), sure);
  }
  await follow(ui, (await ui.services.deployer()).remove(machine, name, answer === all));
}

async function follow(ui: Ui, operation: Operation): Promise<void> {
  await ui.notifications.follow(operation, { progress: true, showLog: (one) => ui.documents.showLog(one) });
}
