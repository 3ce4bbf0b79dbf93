import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { MachineEnd } from '../../core/cloud/money/expiry';
import { knownEnd } from '../../core/cloud/money/expiry';
import { parseWhen } from '../../core/cloud/money/when';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { endSentence, idleText, timeText } from '../model/endText';
import { isReachable } from '../model/machineRow';
import { busy } from '../notifications';
import type { Pick } from '../quick/wizard';
import { wizard } from '../quick/wizard';
import type { Ui } from '../ui';

const HOUR = 3_600_000;

/** @param changed told the machine whose end was set: given machines have no tags that would tell */
export function endCommands(ui: Ui, changed: (machine: Machine) => void): Handlers {
  const run =
    (act: (ui: Ui, arg: unknown, hours?: unknown) => Promise<Machine>) =>
    async (...args: readonly unknown[]) =>
      changed(await act(ui, args[0], args[1]));
  return { 'skylab.extendMachine': run(extend), 'skylab.keepMachine': run(keep), 'skylab.machineEnd': run(askEnd) };
}

/** What was chosen for the time: another due time, idleness, another action, or none at all. */
type Chosen = { readonly end: MachineEnd | undefined } | 'time' | 'idle' | 'action';

async function askEnd(ui: Ui, arg: unknown): Promise<Machine> {
  const machine = await chooseMachine(ui, arg, l10n.t('End by Itself'), { wanted: isReachable });
  const endings = await ui.services.endings();
  const known = await currentEnd(ui, machine);
  const now = Date.now();
  let chosen: Chosen = 'time';
  let end: MachineEnd | undefined = known;
  await wizard(l10n.t('When does {0} end by itself?', machine.name), [
    async (step) => {
      const placeholder =
        known === undefined ? l10n.t('It runs until somebody stops it') : endSentence(known, now, l10n, vscode.env.language);
      chosen = await step.pick<Chosen>({ placeholder, items: endItems(known, now) });
      if (typeof chosen === 'object') end = chosen.end;
      return true;
    },
    async (step) => {
      if (chosen !== 'time') return false;
      const prompt = l10n.t('When? Such as 90 min, 3 h, 18:00 or 2027-01-31 18:00');
      const validate = (text: string): string | undefined =>
        parseWhen(text, Date.now()) === undefined ? l10n.t('Type a time that is still to come, such as 3 h or 18:00.') : undefined;
      const due = parseWhen(await step.input({ prompt, validate }), Date.now());
      if (due !== undefined) end = { action: 'stop', ...known, due };
      return true;
    },
    async (step) => {
      if (chosen !== 'idle') return false;
      const items = [15, 30, 60, 120, 240].map((value) => ({
        label: l10n.t('After {0} without use', idleText(value, l10n)),
        value,
      }));
      const placeholder = l10n.t('Use is a login, traffic, computing, or a busy notebook; what cannot be told counts as use');
      const none = known?.idleMinutes === undefined ? [] : [{ label: l10n.t('Not for want of use'), value: 0 }];
      const idleMinutes = await step.pick({
        placeholder,
        items: [...items, ...none],
        active: (value) => value === (known?.idleMinutes ?? 30),
      });
      const action = known?.action ?? 'stop';
      const due = known?.due === undefined ? {} : { due: known.due };
      end = idleMinutes > 0 ? { ...due, idleMinutes, action } : known?.due === undefined ? undefined : { ...due, action };
      return true;
    },
    async (step) => {
      const asked = known === undefined || chosen === 'action';
      if (!asked || end === undefined || machine.kind === 'given') return false;
      const items = [
        {
          label: `$(debug-stop) ${l10n.t('Stop')}`,
          description: l10n.t('its disk stays, and can be started again'),
          value: 'stop' as const,
        },
        {
          label: `$(trash) ${l10n.t('Terminate')}`,
          description: l10n.t('it is deleted, with its disk and everything on it'),
          value: 'terminate' as const,
        },
      ];
      const action = await step.pick({ placeholder: l10n.t('What happens then?'), items, active: (value) => value === known?.action });
      end = { ...end, action };
      return true;
    },
  ]);
  await busy(l10n.t('Telling {0}', machine.name), (signal) => endings.set(machine, end, signal));
  tell(ui, machine, end);
  return machine;
}

function endItems(known: MachineEnd | undefined, now: number): Pick<Chosen>[] {
  const at = (due: number): Chosen => ({ end: { action: 'stop', ...known, due } });
  const until = (due: number) => l10n.t('until {0}', timeText(due, now, vscode.env.language));
  const from = known?.due !== undefined && known.due > now ? known.due : undefined;
  const hours = from === undefined ? [1, 4, 8, 24] : [1, 8];
  const times = hours.map((count) => {
    const due = (from ?? now) + count * HOUR;
    const label = from === undefined ? l10n.t('In {0} h', count) : l10n.t('{0} h more', count);
    return { label: `$(clock) ${label}`, description: until(due), value: at(due) };
  });
  const idle = known?.idleMinutes === undefined ? '' : l10n.t('now after {0}', idleText(known.idleMinutes, l10n));
  return [
    ...times,
    { label: `$(calendar) ${l10n.t('At Another Time…')}`, value: 'time' },
    { label: `$(coffee) ${l10n.t('When Nobody Uses It…')}`, description: idle, value: 'idle' },
    ...(known === undefined
      ? []
      : [
          { label: `$(arrow-swap) ${l10n.t('Stop or Terminate…')}`, value: 'action' as const },
          { label: `$(circle-slash) ${l10n.t('Never by Itself')}`, description: l10n.t('call it off'), value: { end: undefined } },
        ]),
  ];
}

/** The machine itself knows best, and is asked where it lets in; its tags tell when it does not. */
async function currentEnd(ui: Ui, machine: Machine): Promise<MachineEnd | undefined> {
  const endings = await ui.services.endings();
  const { end } = await busy(l10n.t('Asking {0}', machine.name), (signal) => endings.ask(machine, signal));
  return end;
}

/** @param hours how much more, where it was chosen already */
async function extend(ui: Ui, arg: unknown, hours?: unknown): Promise<Machine> {
  const machine = await chooseMachine(ui, arg, l10n.t('Give More Time'), { wanted: (one) => hasEnd(ui, one) });
  const known = await currentEnd(ui, machine);
  const now = Date.now();
  const from = Math.max(known?.due ?? now, now);
  const items = [1, 2, 4, 8, 24].map((count) => ({
    label: `$(clock) ${l10n.t('{0} h more', count)}`,
    description: l10n.t('until {0}', timeText(from + count * HOUR, now, vscode.env.language)),
    value: from + count * HOUR,
  }));
  if (typeof hours === 'number') {
    await setDue(ui, machine, known, from + hours * HOUR);
    return machine;
  }
  let due = from;
  await wizard(l10n.t('More time for {0}', machine.name), [
    async (step) => {
      due = await step.pick({ placeholder: l10n.t('How much?'), items });
      return true;
    },
  ]);
  await setDue(ui, machine, known, due);
  return machine;
}

async function setDue(ui: Ui, machine: Machine, known: MachineEnd | undefined, due: number): Promise<void> {
  const end: MachineEnd = { action: 'stop', ...known, due };
  const endings = await ui.services.endings();
  await busy(l10n.t('Telling {0}', machine.name), (signal) => endings.set(machine, end, signal));
  tell(ui, machine, end);
}

async function keep(ui: Ui, arg: unknown): Promise<Machine> {
  const machine = await chooseMachine(ui, arg, l10n.t('Keep It Running'), { wanted: (one) => hasEnd(ui, one) });
  const endings = await ui.services.endings();
  await busy(l10n.t('Telling {0}', machine.name), (signal) => endings.set(machine, undefined, signal));
  tell(ui, machine, undefined);
  return machine;
}

const hasEnd = (ui: Ui, machine: Machine): boolean => isReachable(machine) && knownEnd(machine, ui.services.memento) !== undefined;

function tell(ui: Ui, machine: Machine, end: MachineEnd | undefined): void {
  const message =
    end === undefined
      ? l10n.t('{0} runs until somebody stops it.', machine.name)
      : `${machine.name}: ${endSentence(end, Date.now(), l10n, vscode.env.language)}`;
  ui.notifications.tell(message, []);
}
