import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { TerminatePreview } from '../../core/cloud/lifecycle';
import type { Machine } from '../../core/cloud/model';
import { CancelledError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { chooseMachine, inState, mustBe } from './choose';
import { openTerminal } from './connect';
import type { Handlers } from './registry';

export function lifecycleCommands(ui: Ui): Handlers {
  return {
    'skylab.start': async (arg) => start(ui, await chooseMachine(ui, arg, l10n.t('Start'), { wanted: inState('stopped') })),
    'skylab.stop': async (arg) => stop(ui, await chooseMachine(ui, arg, l10n.t('Stop'), { wanted: inState('running', 'pending') })),
    'skylab.reboot': async (arg) => reboot(ui, await chooseMachine(ui, arg, l10n.t('Reboot'), { wanted: inState('running') })),
    'skylab.terminate': async (arg) => {
      const wanted = inState('running', 'pending', 'stopping', 'stopped');
      await terminate(ui, await chooseMachine(ui, arg, l10n.t('Terminate'), { wanted }));
    },
  };
}

async function start(ui: Ui, machine: Machine): Promise<void> {
  const lifecycle = await ui.services.lifecycle();
  if (await follow(ui, lifecycle.start(machine), () => start(ui, machine))) {
    ui.notifications.tell(l10n.t('{0} is up again.', machine.name), [
      { label: l10n.t('Open Terminal'), act: () => openTerminal(ui, ui.services.machines.get(machine.key) ?? machine) },
    ]);
  }
}

async function stop(ui: Ui, machine: Machine): Promise<void> {
  const stopIt = l10n.t('Stop');
  const detail = l10n.t(
    'Programs on it end; its disk stays and goes on costing a little. Its public address changes at the next start, and Skylab follows it.',
  );
  mustBe(await vscode.window.showWarningMessage(l10n.t('Stop {0}?', machine.name), { modal: true, detail }, stopIt), stopIt);
  const lifecycle = await ui.services.lifecycle();
  ui.services.access.release(machine);
  await follow(ui, lifecycle.stop(machine), () => stop(ui, machine));
}

async function reboot(ui: Ui, machine: Machine): Promise<void> {
  const rebootIt = l10n.t('Reboot');
  const detail = l10n.t('Programs on it end; what is set to start with the machine comes back by itself.');
  mustBe(await vscode.window.showWarningMessage(l10n.t('Reboot {0}?', machine.name), { modal: true, detail }, rebootIt), rebootIt);
  const lifecycle = await ui.services.lifecycle();
  ui.services.access.release(machine);
  await follow(ui, lifecycle.reboot(machine), () => reboot(ui, machine));
}

async function terminate(ui: Ui, machine: Machine): Promise<void> {
  const lifecycle = await ui.services.lifecycle();
  const preview = await busy(l10n.t('Looking at {0}', machine.name), () => lifecycle.previewTerminate(machine));
  const cleanUp = await confirmTerminate(machine, preview);
  const also = { keyPair: cleanUp && preview.keyPair !== undefined, securityGroup: cleanUp && preview.securityGroup !== undefined };
  ui.services.access.release(machine);
  if (await follow(ui, lifecycle.terminate(machine, also), () => terminate(ui, machine))) {
    await (await ui.services.deployer()).forget(machine.key);
    const message = cleanUp
      ? l10n.t('{0} is gone, and so is everything that Skylab made for it.', machine.name)
      : l10n.t('{0} is gone.', machine.name);
    ui.notifications.tell(message, []);
  }
}

/** @returns whether key pair and group go too @throws CancelledError */
async function confirmTerminate(machine: Machine, preview: TerminatePreview): Promise<boolean> {
  const disk =
    preview.diskGiB === undefined
      ? l10n.t('Its disk is deleted with everything on it.')
      : l10n.t('Its {0} GiB disk is deleted with everything on it.', preview.diskGiB);
  const extras = [
    ...(preview.keyPair ? [l10n.t('the key pair {0} and its private key', preview.keyPair.name)] : []),
    ...(preview.securityGroup ? [l10n.t('the security group {0}', preview.securityGroup.name)] : []),
  ];
  const title = l10n.t('Terminate {0}?', machine.name);
  const never = l10n.t('This cannot be undone.');
  if (extras.length === 0) {
    const only = l10n.t('Terminate');
    mustBe(await vscode.window.showWarningMessage(title, { modal: true, detail: `${disk} ${never}` }, only), only);
    return false;
  }
  const both = l10n.t('Terminate and Clean Up');
  const only = l10n.t('Terminate Only');
  const detail = [`${disk} ${never}`, l10n.t('Made by Skylab for this machine alone: {0}.', extras.join(', '))].join('\n\n');
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, both, only);
  if (answer === undefined) throw new CancelledError();
  return answer === both;
}

function follow(ui: Ui, operation: Operation, retry: () => unknown): Promise<boolean> {
  return ui.notifications.follow(operation, { retry, showLog: (one) => ui.documents.showLog(one) });
}
