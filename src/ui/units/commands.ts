import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { Operation } from '../../core/operations/operations';
import type { JournalQuery, UnitVerb } from '../../core/units/acts';
import type { UnitRow } from '../../core/units/listing';
import { isTemplate } from '../../core/units/names';
import { chooseMachine, mustBe } from '../commands/choose';
import { LogFollower } from '../commands/logFollower';
import type { Handlers } from '../commands/registry';
import { busy } from '../notifications';
import type { Pick } from '../quick/wizard';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { chooseUnits } from './choose';
import type { UnitsBranch } from './unitsBranch';

export function unitCommands(ui: Ui, branch: UnitsBranch): Handlers {
  const journals = new LogFollower('skylab.followingJournals');
  const on =
    (title: string, act: (machine: Machine, units: readonly UnitRow[]) => Promise<unknown>, wanted?: (unit: UnitRow) => boolean) =>
    async (arg: unknown, all: unknown): Promise<void> => {
      const { machine, units } = await chooseUnits(ui, branch, arg, all, title, wanted);
      await act(machine, units);
    };
  const verb = (title: string, word: UnitVerb, wanted?: (unit: UnitRow) => boolean): ReturnType<typeof on> =>
    on(title, (machine, units) => act(ui, branch, machine, word, units), wanted);
  return {
    'skylab.unit.start': verb(l10n.t('Start service'), 'start', (unit) => !isActive(unit) && !isTemplate(unit.name)),
    'skylab.unit.stop': verb(l10n.t('Stop service'), 'stop', isActive),
    'skylab.unit.restart': verb(l10n.t('Restart service'), 'restart', isActive),
    'skylab.unit.reload': verb(l10n.t('Reload service'), 'reload', isActive),
    'skylab.unit.enable': verb(l10n.t('Start at boot'), 'enable', ({ boot }) => boot === 'disabled'),
    'skylab.unit.disable': verb(l10n.t('Don’t start at boot'), 'disable', ({ boot }) => boot.startsWith('enabled')),
    'skylab.unit.mask': on(
      l10n.t('Mask service'),
      (machine, units) => mask(ui, branch, machine, units),
      ({ boot }) => !boot.startsWith('masked'),
    ),
    'skylab.unit.unmask': verb(l10n.t('Unmask service'), 'unmask', ({ boot }) => boot.startsWith('masked')),
    'skylab.unit.status': on(l10n.t('Status'), (machine, [unit]) => showStatus(ui, machine, unit)),
    'skylab.unit.followJournal': on(l10n.t('Follow journal'), (machine, units) =>
      Promise.all(units.map(({ name }) => follow(ui, journals, machine, name, { lines: 200, follow: true }))),
    ),
    'skylab.unit.journal': on(l10n.t('Journal'), (machine, units) => askJournal(ui, journals, machine, units[0]?.name)),
    'skylab.unit.stopJournals': () => journals.stopAll(),
    'skylab.unit.refresh': async (arg) => branch.touched((await chooseMachine(ui, arg, l10n.t('Refresh services'))).key),
    'skylab.unit.filter': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Filter services'));
      const model = await branch.model();
      const prompt = l10n.t('Words in a service’s name, description or state; nothing shows all.');
      const title = l10n.t('Filter the services of {0}', machine.name);
      model.setFilter(machine.key, await ask(title).input({ prompt, value: model.filter(machine.key) }));
    },
    'skylab.unit.clearFilter': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Show all services'));
      (await branch.model()).setFilter(machine.key, '');
    },
  };
}

const isActive = ({ active }: UnitRow): boolean => active !== 'inactive' && active !== 'failed';

async function act(ui: Ui, branch: UnitsBranch, machine: Machine, verb: UnitVerb, units: readonly UnitRow[]): Promise<void> {
  const names = units.map(({ name }) => name);
  const operation = (await ui.services.units()).act(machine, verb, names);
  await followOperation(ui, branch, machine, operation);
}

/** Follows an act on a machine's units to its end; the rows are read anew however it ended. @returns true when it was done */
export async function followOperation(ui: Ui, branch: UnitsBranch, machine: Machine, operation: Operation): Promise<boolean> {
  const done = await ui.notifications.follow(operation, { progress: true, showLog: (one) => ui.documents.showLog(one) });
  branch.touched(machine.key);
  return done;
}

async function mask(ui: Ui, branch: UnitsBranch, machine: Machine, units: readonly UnitRow[]): Promise<void> {
  const names = units.map(({ name }) => name).join(', ');
  const yes = l10n.t('Mask');
  const detail = l10n.t('Nothing can start it then, neither by hand nor because another service needs it, until it is unmasked.');
  mustBe(await vscode.window.showWarningMessage(l10n.t('Mask {0} on {1}?', names, machine.name), { modal: true, detail }, yes), yes);
  await act(ui, branch, machine, 'mask', units);
}

async function showStatus(ui: Ui, machine: Machine, unit: UnitRow | undefined): Promise<void> {
  if (unit === undefined) return;
  const text = await busy(l10n.t('Asking {0}', machine.name), async (signal) =>
    (await ui.services.units()).status(machine, unit.name, signal),
  );
  await ui.documents.showText(l10n.t('{0} on {1}.log', unit.name, machine.name.replaceAll(/[\\/]/g, ' ')), `${text}\n`);
}

async function follow(ui: Ui, journals: LogFollower, machine: Machine, name: string, query: JournalQuery): Promise<void> {
  const units = await ui.services.units();
  await journals.follow(l10n.t('{0} on {1}', name, machine.name), (signal) => units.follow(machine, name, query, signal));
}

/** Asks which part of the journal is wanted. */
async function askJournal(ui: Ui, journals: LogFollower, machine: Machine, name: string | undefined): Promise<void> {
  if (name === undefined) return;
  const title = l10n.t('Journal of {0}', name);
  type Part = Pick<Omit<JournalQuery, 'priority'>>;
  const parts: Part[] = [
    { label: l10n.t('Follow from now on'), value: { lines: 200, follow: true } },
    { label: l10n.t('Since the machine started'), value: { lines: 0, thisBoot: true, follow: false } },
    { label: l10n.t('The last hour'), value: { lines: 0, since: '-1h', follow: false } },
    { label: l10n.t('Today'), value: { lines: 0, since: 'today', follow: false } },
    { label: l10n.t('The last 7 days'), value: { lines: 0, since: '-7d', follow: false } },
    { label: l10n.t('The last 1000 lines'), value: { lines: 1000, follow: false } },
  ];
  const query = await ask(title).pick({ placeholder: l10n.t('Which part?'), items: parts });
  const priorities: Pick<number | undefined>[] = [
    { label: l10n.t('All messages'), value: undefined },
    { label: l10n.t('Warnings and worse'), value: 4 },
    { label: l10n.t('Errors and worse'), value: 3 },
  ];
  const priority = await ask(title).pick({ placeholder: l10n.t('How important?'), items: priorities });
  const whole = { ...query, ...(priority === undefined ? {} : { priority }) };
  await follow(ui, journals, machine, name, whole);
}
