import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { TerminatePreview } from '../../core/cloud/lifecycle';
import type { Machine } from '../../core/cloud/model';
import { CancelledError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { spentText } from '../money/spent';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { chooseMachine, inState, mustBe } from './choose';
import { openTerminal } from './connect';
import type { Handlers } from './registry';

export function lifecycleCommands(ui: Ui): Handlers {
  /** Several rows that are selected are one act on all of them. */
  const oneOrMany =
    (kind: 'start' | 'stop' | 'reboot' | 'terminate', title: string, wanted: (machine: Machine) => boolean, act: One) =>
    async (arg: unknown, all: unknown): Promise<void> => {
      const { runOnMany, selectedMachines } = await import('../machines/bulk');
      const many = selectedMachines(ui, all);
      if (many.length > 1) await runOnMany(ui, kind, many);
      else await act(ui, await chooseMachine(ui, arg, title, { wanted }));
    };
  const alive = inState('running', 'pending', 'stopping', 'stopped');
  return {
    'skylab.start': oneOrMany('start', l10n.t('Start'), inState('stopped'), start),
    'skylab.stop': oneOrMany('stop', l10n.t('Stop'), inState('running', 'pending'), stop),
    'skylab.reboot': oneOrMany('reboot', l10n.t('Reboot'), inState('running'), reboot),
    'skylab.terminate': oneOrMany('terminate', l10n.t('Terminate'), alive, terminate),
  };
}

type One = (ui: Ui, machine: Machine) => Promise<void>;

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
  const hibernate = l10n.t('Hibernate');
  const hibernates = machine.kind === 'instance' && machine.instance.state === 'running' && machine.instance.hibernation === true;
  const choices = hibernates ? [stopIt, hibernate] : [stopIt];
  const title = l10n.t('Stop {0}?', machine.name);
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, ...choices);
  if (answer === hibernate) {
    ui.services.access.release(machine);
    const { changes } = await ui.services.machineActs();
    await follow(ui, changes.hibernate(machine), () => stop(ui, machine));
    return;
  }
  mustBe(answer, stopIt);
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
  if (preview.protected) await confirmUnprotect(machine);
  const cleanUp = await confirmTerminate(machine, preview, await spentText(ui.services, machine));
  const also = {
    unprotect: preview.protected,
    keyPair: cleanUp && preview.keyPair !== undefined,
    securityGroup: cleanUp && preview.securityGroup !== undefined,
  };
  ui.services.access.release(machine);
  if (await follow(ui, lifecycle.terminate(machine, also), () => terminate(ui, machine))) {
    await (await ui.services.deployer()).forget(machine.key);
    const message = cleanUp
      ? l10n.t('{0} is gone, and so is everything that Skylab made for it.', machine.name)
      : l10n.t('{0} is gone.', machine.name);
    ui.notifications.tell(message, []);
  }
}

/** A protected machine was meant to stay: that it goes has to be said in so many words. @throws CancelledError */
async function confirmUnprotect(machine: Machine): Promise<void> {
  const off = l10n.t('Take Protection Off…');
  const detail = l10n.t(
    'Someone turned its termination protection on so that it is not terminated by mistake. It comes off only if you terminate the machine in the next step.',
  );
  mustBe(await vscode.window.showWarningMessage(l10n.t('{0} is protected', machine.name), { modal: true, detail }, off), off);
}

/** @returns whether key pair and group go too @throws CancelledError */
async function confirmTerminate(machine: Machine, preview: TerminatePreview, spent: string): Promise<boolean> {
  const disk =
    preview.diskGiB === undefined
      ? l10n.t('Its disk is deleted with everything on it.')
      : l10n.t('Its {0} GiB disk is deleted with everything on it.', preview.diskGiB);
  const extras = [
    ...(preview.keyPair ? [l10n.t('the key pair {0} and its private key', preview.keyPair.name)] : []),
    ...(preview.securityGroup ? [l10n.t('the security group {0}', preview.securityGroup.name)] : []),
  ];
  const title = l10n.t('Terminate {0}?', machine.name);
  const never = [l10n.t('This cannot be undone.'), spent].join(' ').trim();
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
