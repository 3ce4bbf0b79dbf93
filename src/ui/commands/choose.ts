import { l10n } from 'vscode';
import type { Account, Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import { isReachable, machineRow } from '../model/machineRow';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import { GIVEN, isNode } from '../tree/nodes';
import type { Ui } from '../ui';

type Wanted = (machine: Machine) => boolean;

const isInstance = (machine: Machine): machine is Extract<Machine, { kind: 'instance' }> => machine.kind === 'instance';
export const inState =
  (...states: readonly string[]): Wanted =>
  (machine) =>
    isInstance(machine) && states.includes(machine.instance.state);

/** Every machine that is known now. */
export function allMachines(ui: Ui): readonly Machine[] {
  const { accounts, machines } = ui.services;
  return [...accounts.list().map((account) => account.id), GIVEN].flatMap((id) => machines.of(id));
}

/**
 * The machine that a command is for: the tree row it was called on, or the person's choice; the only one that fits is taken without asking
 * unless `alwaysAsk` says that the person should see where something goes.
 * @throws SkylabError when the row's machine is gone, or none fits
 */
export async function chooseMachine(
  ui: Ui,
  arg: unknown,
  title: string,
  { wanted = isReachable, alwaysAsk = false }: { readonly wanted?: Wanted; readonly alwaysAsk?: boolean } = {},
): Promise<Machine> {
  if (isNode(arg) && (arg.kind === 'machine' || arg.kind === 'branch')) {
    const machine = ui.services.machines.get(arg.key);
    if (!machine) throw new SkylabError('This machine is gone.', { next: 'Refresh the list.' });
    if (!wanted(machine)) throw unfit(machine);
    return machine;
  }
  await loadUnseen(ui);
  const fitting = allMachines(ui).filter(wanted);
  const only = fitting[0];
  if (!only) {
    throw new SkylabError('There is no machine for this.', {
      next: 'Launch one, start a stopped one, or add a machine that you were given.',
    });
  }
  return fitting.length === 1 && !alwaysAsk ? only : pickMachine(ui, title, fitting);
}

/** Accounts that nobody has looked at yet are listed first. */
async function loadUnseen(ui: Ui): Promise<void> {
  const { accounts, machines } = ui.services;
  const unseen = accounts.list().filter((account) => machines.status(account.id).state === 'idle');
  if (unseen.length === 0) return;
  await busy(l10n.t('Listing machines'), () => Promise.all(unseen.map((account) => machines.refresh(account.id))));
}

/** Lets the person choose among machines. */
export async function pickMachine(ui: Ui, title: string, machines: readonly Machine[]): Promise<Machine> {
  const items = machines.map((value) => {
    const row = machineRow(value, ui.machinesTree.operationOn(value.key), Date.now(), l10n);
    return { label: `$(${row.icon.id}) ${row.label}`, description: row.description, value };
  });
  return ask(title).pick({ placeholder: l10n.t('Choose a machine'), items });
}

function unfit(machine: Machine): SkylabError {
  const state = machine.kind === 'instance' ? machine.instance.state : 'given';
  const next = state === 'stopped' ? 'Start it first.' : 'Wait until it has settled.';
  return new SkylabError(`${machine.name} is ${state}: this cannot be done now.`, { next });
}

/** The account that a command is for: of the row, the only one, or the person's choice. */
export async function chooseAccount(ui: Ui, arg: unknown, title: string): Promise<Account> {
  const accounts = ui.services.accounts.list();
  const id = isNode(arg) && 'accountId' in arg ? arg.accountId : typeof arg === 'string' ? arg : undefined;
  const named = accounts.find((account) => account.id === id);
  if (named) return named;
  const only = accounts[0];
  if (!only) throw new SkylabError('There is no cloud account yet.', { next: 'Add one first.' });
  if (accounts.length === 1) return only;
  const items = accounts.map((value) => ({ label: `$(cloud) ${value.name}`, description: value.region, value }));
  return ask(title).pick({ placeholder: l10n.t('Choose an account'), items });
}

/** @throws CancelledError when the answer is not the wanted one */
export function mustBe(answer: string | undefined, wanted: string): void {
  if (answer !== wanted) throw new CancelledError();
}
