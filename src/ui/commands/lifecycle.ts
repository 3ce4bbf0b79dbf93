import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { TerminatePreview } from '../../core/cloud/lifecycle';
import type { Machine } from '../../core/cloud/model';
import type { Operation } from '../../core/operations/operations';
import { alongOf, chooseLeftovers, leftoverRows, leftoverText, type LeftoverRow } from '../machines/leftovers';
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
  const along = await confirmTerminate(ui, machine, preview);
  ui.services.access.release(machine);
  const also = { ...alongOf(along), unprotect: preview.protected };
  if (await follow(ui, lifecycle.terminate(machine, also), () => terminate(ui, machine))) {
    const texts = along.map(({ text }) => text);
    const message =
      texts.length === 0 ? l10n.t('{0} is gone.', machine.name) : l10n.t('{0} is gone, and so is {1}.', machine.name, listText(texts));
    ui.notifications.tell(message, []);
  }
  // Gone it may be although something else stayed.
  const now = ui.services.machines.get(machine.key);
  if (now === undefined || (now.kind === 'instance' && now.instance.state === 'terminated'))
    await (await ui.services.deployer()).forget(machine.key);
}

/** A protected machine was meant to stay: that it goes has to be said in so many words. @throws CancelledError */
async function confirmUnprotect(machine: Machine): Promise<void> {
  const off = l10n.t('Take Protection Off…');
  const detail = l10n.t(
    'Someone turned its termination protection on so that it is not terminated by mistake. It comes off only if you terminate the machine in the next step.',
  );
  mustBe(await vscode.window.showWarningMessage(l10n.t('{0} is protected', machine.name), { modal: true, detail }, off), off);
}

/** @returns what goes along @throws CancelledError */
async function confirmTerminate(ui: Ui, machine: Machine, { diskGiB, leftovers }: TerminatePreview): Promise<readonly LeftoverRow[]> {
  const account = machine.kind === 'instance' ? ui.services.machines.accountOf(machine.instance.accountId) : undefined;
  const rows = account === undefined ? [] : await leftoverRows(ui.services, [{ account, leftovers }]);
  const disk =
    diskGiB === undefined
      ? l10n.t('Its disk is deleted with everything on it.')
      : l10n.t('Its {0} GiB disk is deleted with everything on it.', diskGiB);
  const title = l10n.t('Terminate {0}?', machine.name);
  const never = [disk, l10n.t('This cannot be undone.'), await spentText(ui.services, machine)].join(' ').trim();
  const [made, others] = [rows.filter((row) => row.made), rows.filter((row) => !row.made)];
  const detail = [
    never,
    ...(made.length > 0 ? [l10n.t('Made by Skylab for this machine alone: {0}.', listText(made.map(leftoverText)))] : []),
    ...(others.length > 0 ? [l10n.t('Stays unless you choose it: {0}.', listText(others.map(leftoverText)))] : []),
  ].join('\n\n');
  const all = l10n.t('Terminate and Clean Up');
  const choose = l10n.t('Choose What Goes…');
  const only = rows.length === 0 ? l10n.t('Terminate') : l10n.t('Terminate Only');
  const choices = [...(made.length > 0 ? [all] : []), ...(rows.length > 1 || others.length > 0 ? [choose] : []), only];
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, ...choices);
  if (answer === all) return made;
  if (answer === choose) return chooseLeftovers(l10n.t('Terminate {0} and…', machine.name), rows);
  mustBe(answer, only);
  return [];
}

const listText = (texts: readonly string[]): string => new Intl.ListFormat(vscode.env.language).format(texts);

function follow(ui: Ui, operation: Operation, retry: () => unknown): Promise<boolean> {
  return ui.notifications.follow(operation, { retry, showLog: (one) => ui.documents.showLog(one) });
}
