import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account } from '../../core/cloud/model';
import { nameOf } from '../../core/cloud/resources/stock';
import { mustBe } from '../commands/choose';
import { ask } from '../quick/wizard';
import type { InstanceMachine, Of, ResourceDesk } from './actions';
import { machineItems, machineOf, namesOf } from './actions';

const canHaveAddress = ({ instance }: InstanceMachine): boolean => ['running', 'stopped'].includes(instance.state);
const isFree = ({ item }: Of<'addresses'>): boolean => item.associationId === undefined && item.managed !== true;
const ofMachine = ({ item }: Of<'addresses'>): boolean => item.instanceId !== undefined;

/** A new address: for the machine that it was called on, or for none. */
export async function allocateAddress(desk: ResourceDesk, arg: unknown): Promise<void> {
  const title = l10n.t('Allocate an address');
  const machine = await machineOf(desk, arg, title);
  const account = await desk.account(arg, title);
  await allocate(desk, account, machine);
}

async function allocate(desk: ResourceDesk, account: Account, machine: InstanceMachine | undefined): Promise<void> {
  if (machine !== undefined) await confirmNewAddress(machine);
  if (!(await desk.follow(account, desk.acts.addresses.allocate(account, machine?.name ?? '', machine), ['addresses']))) return;
  if (machine !== undefined) tellAddress(desk, machine);
}

/** Called on an address it asks for the machine, called on a machine for the address. */
export async function associateAddress(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Give a machine an address that stays');
  const machine = await machineOf(desk, args[0], title);
  if (machine === undefined) {
    const { account, item } = await desk.chooseOne('addresses', args, title, isFree);
    const machines = (await desk.machines(account)).filter(canHaveAddress);
    const placeholder = l10n.t('Which machine gets {0}?', nameOf(item));
    await associate(desk, account, item, await ask(title).pick({ placeholder, items: machineItems(machines) }));
    return;
  }
  const account = await desk.account(args[0], title);
  const free = (await desk.load(account, 'addresses')).filter(isFree);
  const items = [
    ...free.map((value) => ({ ...desk.text(account, value), value })),
    {
      label: `$(add) ${l10n.t('A new address')}`,
      description: l10n.t('costs by the hour, also while its machine is stopped'),
      value: undefined,
    },
  ];
  const chosen = await ask(title).pick({ placeholder: l10n.t('Which address gets {0}?', machine.name), items });
  if (chosen === undefined) await allocate(desk, account, machine);
  else await associate(desk, account, chosen, machine);
}

async function associate(desk: ResourceDesk, account: Account, address: Of<'addresses'>, machine: InstanceMachine): Promise<void> {
  await confirmNewAddress(machine);
  const operation = desk.acts.addresses.associate(account, address.item, machine);
  if (await desk.follow(account, operation, ['addresses'])) tellAddress(desk, machine);
}

/** Connections to the old address end: asked only where there is one. */
async function confirmNewAddress(machine: InstanceMachine): Promise<void> {
  if (machine.instance.publicAddress === undefined) return;
  const change = l10n.t('Change Address');
  const question = l10n.t('Give {0} another address?', machine.name);
  const detail = l10n.t(
    'Connections to {0} end, and nothing is found there any more. Skylab’s ssh entry follows; links and names that point to it do not.',
    machine.instance.publicAddress,
  );
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, change), change);
}

function tellAddress(desk: ResourceDesk, { key, name }: InstanceMachine): void {
  const machine = desk.ui.services.machines.get(key);
  const address = machine?.kind === 'instance' ? machine.instance.publicAddress : undefined;
  if (address !== undefined) desk.ui.notifications.tell(l10n.t('{0} is at {1} from now on, also after a stop.', name, address), []);
}

export async function disassociateAddress(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Take an address from its machine');
  const machine = await machineOf(desk, args[0], title);
  const { account, item } = await desk.chooseOne(
    'addresses',
    args,
    title,
    (one) => ofMachine(one) && (machine === undefined || one.item.instanceId === machine.instance.id),
  );
  const take = l10n.t('Take Away');
  const question = l10n.t('Take {0} from its machine?', nameOf(item));
  const detail = l10n.t(
    'Connections to it end. The machine gets another address; this one stays yours, and goes on costing until it is released.',
  );
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, take), take);
  await desk.follow(account, desk.acts.addresses.disassociate(account, item.item), ['addresses']);
}

export async function releaseAddresses(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const releasable = (one: Of<'addresses'>): boolean => isFree(one) || ofMachine(one);
  const { account, items } = await desk.choose('addresses', args, l10n.t('Release an address'), releasable);
  const release = l10n.t('Release');
  const question = items.length === 1 ? l10n.t('Release {0}?', namesOf(items)) : l10n.t('Release {0} addresses?', items.length);
  const busy = items.filter(ofMachine);
  const detail = [
    ...(items.length === 1 ? [] : [namesOf(items)]),
    ...(busy.length === 0 ? [] : [l10n.t('Machines lose these: {0}.', namesOf(busy))]),
    l10n.t('Someone else may get them: names that point to them must be changed. This cannot be undone.'),
  ].join('\n\n');
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, release), release);
  const addresses = items.map(({ item }) => item);
  await desk.follow(account, desk.acts.addresses.release(account, addresses), ['addresses']);
}
