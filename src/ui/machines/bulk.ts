import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { fitFor, summary, type BulkAct } from '../../core/cloud/life/bulk';
import { tagNameProblem, tagValueProblem } from '../../core/cloud/life/changes';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import { mustBe } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { ask, type Pick } from '../quick/wizard';
import { busy } from '../notifications';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import { alongOf, chooseLeftovers, leftoverRows, leftoverText, type LeftoverRow } from './leftovers';

export function bulkCommands(ui: Ui): Handlers {
  const { checks } = ui.machinesTree;
  return {
    'skylab.chooseMachines': () => {
      checks.begin();
      return vscode.commands.executeCommand('skylab.machines.focus');
    },
    'skylab.endChoice': () => checks.end(),
    'skylab.actOnMany': (arg, all) => actOnMany(ui, arg, all),
  };
}

/** The machines of several rows that are selected; none for one row alone. */
export function selectedMachines(ui: Ui, all: unknown): readonly Machine[] {
  if (!Array.isArray(all) || all.length < 2) return [];
  const nodes: readonly unknown[] = all;
  return nodes.flatMap((node) => (isNode(node) && node.kind === 'machine' ? (ui.services.machines.get(node.key) ?? []) : []));
}

async function actOnMany(ui: Ui, arg: unknown, all: unknown): Promise<void> {
  const machines = chosen(ui, arg, all);
  if (machines.length === 0) {
    throw new SkylabError('No machine is checked.', { next: 'Check the boxes before the machines that you mean, then try again.' });
  }
  const kinds: readonly BulkAct['kind'][] = ['start', 'stop', 'reboot', 'tag', 'terminate'];
  const icons = { start: 'play', stop: 'debug-stop', reboot: 'debug-restart', tag: 'tag', terminate: 'trash' };
  const items: Pick<BulkAct['kind']>[] = kinds.flatMap((kind) => {
    const count = fitFor(kind, machines).length;
    if (count === 0) return [];
    const left = machines.length - count;
    return [
      {
        label: `$(${icons[kind]}) ${verb(kind, count)}`,
        description: left === 0 ? '' : l10n.t('the other {0} cannot now', left),
        value: kind,
      },
    ];
  });
  const kind = await ask(l10n.t('{0} machines', machines.length)).pick({ placeholder: l10n.t('Do what with them?'), items });
  await runOnMany(ui, kind, machines);
  ui.machinesTree.checks.end();
}

/** What is checked; else the rows that are selected, or those of a group. */
function chosen(ui: Ui, arg: unknown, all: unknown): readonly Machine[] {
  const { machines } = ui.services;
  const { checks, arrangement } = ui.machinesTree;
  if (checks.choosing && checks.keys.length > 0) return checks.keys.flatMap((key) => machines.get(key) ?? []);
  if (isNode(arg) && arg.kind === 'group') return arrangement.group(arg.accountId, arg.value);
  const selected = selectedMachines(ui, all);
  return selected.length > 0 ? selected : selectedMachines(ui, ui.machinesView.selection);
}

/** One confirmation, one operation, one summary; what did not work out can be tried again. */
export async function runOnMany(ui: Ui, kind: BulkAct['kind'], machines: readonly Machine[]): Promise<void> {
  const fit = fitFor(kind, machines);
  if (fit.length === 0) throw new SkylabError('None of these machines is in a state for this.', { next: 'Choose others.' });
  const act: BulkAct = kind === 'tag' ? { kind, tags: await askTag(fit.length) } : { kind };
  if (act.kind !== 'terminate') {
    await confirm(act, fit);
    return go(ui, act, fit);
  }
  const along = await askLeftovers(ui, fit);
  await confirm(act, fit, along);
  await go(ui, { ...act, also: alongOf(along) }, fit);
}

async function go(ui: Ui, act: BulkAct, machines: readonly Machine[]): Promise<void> {
  const { bulk } = await ui.services.machineActs();
  if (act.kind !== 'tag') for (const machine of machines) ui.services.access.release(machine);
  const { operation, failed } = bulk.run(act, machines);
  const outcome = await operation.outcome;
  if (act.kind === 'terminate') {
    const deployer = await ui.services.deployer();
    const kept = new Set(failed.map(({ machine }) => machine.key));
    for (const machine of machines) if (!kept.has(machine.key)) await deployer.forget(machine.key);
  }
  if (outcome.kind === 'done') ui.notifications.tell(summary(act.kind, machines.length, []), []);
  if (outcome.kind !== 'failed') return;
  const log = { label: l10n.t('Show Log'), act: () => ui.documents.showLog(operation) };
  const again = failed.flatMap(({ machine }) => ui.services.machines.get(machine.key) ?? []);
  const label = again.length === 1 ? l10n.t('Retry 1 Machine') : l10n.t('Retry {0} Machines', again.length);
  const retry = again.length === 0 ? [] : [{ label, act: () => go(ui, act, again) }];
  ui.errors.show(outcome.error, undefined, [...retry, log]);
}

/** One question for all of them; none where nothing stays behind. @throws CancelledError */
async function askLeftovers(ui: Ui, machines: readonly Machine[]): Promise<readonly LeftoverRow[]> {
  const { bulk } = await ui.services.machineActs();
  const found = await busy(l10n.t('Looking at {0} machines', machines.length), () => bulk.previewTerminate(machines));
  const rows = await leftoverRows(ui.services, found);
  return rows.length === 0 ? [] : chooseLeftovers(l10n.t('{0} and…', verb('terminate', machines.length)), rows);
}

async function askTag(count: number): Promise<Readonly<Record<string, string>>> {
  const title = l10n.t('Tag {0} machines', count);
  const name = (await ask(title).input({ prompt: l10n.t('Name of the tag'), placeholder: 'Lab', validate: tagNameProblem })).trim();
  return { [name]: await ask(title).input({ prompt: l10n.t('Value of {0}', name), validate: tagValueProblem }) };
}

/** @throws CancelledError */
async function confirm(act: BulkAct, machines: readonly Machine[], along: readonly LeftoverRow[] = []): Promise<void> {
  if (act.kind === 'tag' || act.kind === 'start') return;
  const title = `${verb(act.kind, machines.length)}?`;
  const names = [...machines.slice(0, 10).map(({ name }) => name), ...(machines.length > 10 ? ['…'] : [])].join(', ');
  if (act.kind === 'terminate' && machines.length > 1) {
    const go = along.length === 0 ? '' : l10n.t('Along go {0}.', new Intl.ListFormat(vscode.env.language).format(along.map(leftoverText)));
    const fate = l10n.t('{0}. Their disks are deleted with everything on them; this cannot be undone.', names);
    const prompt = [fate, go, l10n.t('Type {0} to terminate {0} machines.', machines.length)].filter(Boolean).join(' ');
    const wanted = String(machines.length);
    const typed = await vscode.window.showInputBox({
      title,
      prompt,
      ignoreFocusOut: true,
      validateInput: (text) => (text.trim() === '' || text.trim() === wanted ? undefined : l10n.t('Type {0}, or press Esc.', wanted)),
    });
    if (typed?.trim() !== wanted) throw new CancelledError();
    return;
  }
  const fate = {
    stop: l10n.t('Programs on them end; their disks stay and go on costing a little. Their public addresses change at the next start.'),
    reboot: l10n.t('Programs on them end; what is set to start with the machine comes back by itself.'),
    terminate: l10n.t('Its disk is deleted with everything on it. This cannot be undone.'),
  }[act.kind];
  const yes = verb(act.kind, machines.length);
  const go = along.map((row) => l10n.t('Along goes {0}.', leftoverText(row)));
  mustBe(await vscode.window.showWarningMessage(title, { modal: true, detail: [names, [fate, ...go].join(' ')].join('\n\n') }, yes), yes);
}

function verb(kind: BulkAct['kind'], count: number): string {
  const one = count === 1;
  switch (kind) {
    case 'start':
      return one ? l10n.t('Start 1 machine') : l10n.t('Start {0} machines', count);
    case 'stop':
      return one ? l10n.t('Stop 1 machine') : l10n.t('Stop {0} machines', count);
    case 'reboot':
      return one ? l10n.t('Reboot 1 machine') : l10n.t('Reboot {0} machines', count);
    case 'terminate':
      return one ? l10n.t('Terminate 1 machine') : l10n.t('Terminate {0} machines', count);
    case 'tag':
      return one ? l10n.t('Tag 1 machine…') : l10n.t('Tag {0} machines…', count);
  }
}
