import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Cause, Diagnosis, Repair } from '../../core/cloud/life/reach';
import { instanceKey, type Machine } from '../../core/cloud/model';
import { pause, SkylabError } from '../../core/errors';
import { allMachines, chooseMachine, mustBe, pickMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import type { CommandId } from '../ids';
import { reachReport } from '../model/reachReport';
import { busy } from '../notifications';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';

/** Milliseconds between two looks while waiting. */
const WAIT_MS = 4_000;
const WAITABLE: readonly Cause[] = ['inTransition', 'booting'];

export function reachCommands(ui: Ui): Handlers {
  return { 'skylab.whyNot': async (arg) => explain(ui, await target(ui, arg)) };
}

/** From a row, from an error's button, or from the list of all: also of those that do not run. */
async function target(ui: Ui, arg: unknown): Promise<Machine> {
  if (typeof arg === 'object' && arg !== null && 'accountId' in arg && 'instanceId' in arg) {
    const machine = ui.services.machines.get(instanceKey(String(arg.accountId), String(arg.instanceId)));
    if (machine === undefined) throw new SkylabError('This machine is gone.', { next: 'Refresh the list.' });
    return machine;
  }
  if (arg !== undefined) return chooseMachine(ui, arg, l10n.t('Why can’t I connect?'), { wanted: () => true });
  return pickMachine(ui, l10n.t('Why can’t I connect?'), allMachines(ui));
}

/** One answer with its repair as a button; what was looked at is a page behind another. */
async function explain(ui: Ui, machine: Machine): Promise<void> {
  const diagnosis = await busy(l10n.t('Looking at the way to {0}', machine.name), (signal) => check(ui, machine, signal));
  const showReport = l10n.t('Show Report');
  const repair = diagnosis.repair === undefined ? undefined : repairText(diagnosis.repair);
  const text = `${diagnosis.sentence} ${diagnosis.next}`;
  const buttons = [...(repair === undefined ? [] : [repair]), showReport];
  const show = diagnosis.cause === 'fine' ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  const answer = await show(text, ...buttons);
  if (answer === showReport) await report(ui, machine, diagnosis);
  else if (answer !== undefined && diagnosis.repair !== undefined) await mend(ui, machine, diagnosis.repair);
}

async function check(ui: Ui, machine: Machine, signal: AbortSignal): Promise<Diagnosis> {
  return (await ui.services.machineActs()).reach.check(machine, signal);
}

function report(ui: Ui, machine: Machine, diagnosis: Diagnosis): Promise<void> {
  const name = `${l10n.t('Connection to {0}', machine.name).replaceAll(/[\\/]/g, ' ')}.md`;
  return ui.documents.showText(name, reachReport(machine.name, diagnosis, l10n));
}

function repairText(repair: Repair): string {
  const texts: Readonly<Record<Repair, string>> = {
    start: l10n.t('Start'),
    wait: l10n.t('Wait Until It Answers'),
    allowMyAddress: l10n.t('Allow My Address'),
    compareHostKey: l10n.t('Compare Host Key…'),
    chooseKey: l10n.t('Choose Key…'),
    console: l10n.t('Show Console Output'),
    reboot: l10n.t('Reboot…'),
    setUpLog: l10n.t('Show Set-up Log'),
    connect: l10n.t('Open Terminal'),
  };
  return texts[repair];
}

async function mend(ui: Ui, machine: Machine, repair: Repair): Promise<void> {
  const commands: Readonly<Record<Exclude<Repair, 'wait' | 'allowMyAddress'>, CommandId>> = {
    start: 'skylab.start',
    compareHostKey: 'skylab.checkHostKey',
    chooseKey: 'skylab.useKey',
    console: 'skylab.consoleOutput',
    reboot: 'skylab.reboot',
    setUpLog: 'skylab.setUpLog',
    connect: 'skylab.connect',
  };
  const node: Node = { kind: 'machine', key: machine.key };
  switch (repair) {
    case 'wait':
      return wait(ui, machine);
    case 'allowMyAddress':
      return allow(ui, machine);
    default:
      await vscode.commands.executeCommand(commands[repair], node);
  }
}

async function wait(ui: Ui, machine: Machine): Promise<void> {
  await busy(l10n.t('Waiting until {0} answers', machine.name), async (signal) => {
    for (;;) {
      const { cause } = await check(ui, ui.services.machines.get(machine.key) ?? machine, signal);
      if (!WAITABLE.includes(cause)) return;
      await pause(WAIT_MS, signal);
    }
  });
  await explain(ui, ui.services.machines.get(machine.key) ?? machine);
}

/** Adds the rule after the person saw which one and where. */
async function allow(ui: Ui, machine: Machine): Promise<void> {
  if (machine.kind !== 'instance') return;
  const { instance } = machine;
  const { allowAddresses, groupForRule } = await import('../../core/cloud/life/allow');
  const cloud = await ui.services.provider(ui.services.machines.accountOf(instance.accountId));
  const [groups, addresses] = await busy(l10n.t('Looking at the security group'), (signal) =>
    Promise.all([cloud.listSecurityGroups(), ui.services.publicAddress.find(signal)]),
  );
  const group = groupForRule(instance, groups);
  if (group === undefined) throw new SkylabError(`${machine.name} is in no security group.`, { next: 'Put it into one first.' });
  const port = (await ui.services.hostEntries.list()).find(({ hostKeyAlias }) => hostKeyAlias === instance.id)?.port ?? 22;
  const yes = l10n.t('Allow');
  const detail = l10n.t('Every machine in the group {0} then lets {1} in on port {2}.', group.name, addresses.join(', '), port);
  mustBe(await vscode.window.showInformationMessage(l10n.t('Allow your address?'), { modal: true, detail }, yes), yes);
  await allowAddresses(cloud, group.id, addresses, port);
  await explain(ui, machine);
}
