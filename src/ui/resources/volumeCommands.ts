import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account, Machine } from '../../core/cloud/model';
import type { Volume } from '../../core/cloud/resources/ports';
import { nameOf } from '../../core/cloud/resources/stock';
import type { VolumeWanted } from '../../core/cloud/resources/volumes';
import { SkylabError } from '../../core/errors';
import { chooseMachine, mustBe } from '../commands/choose';
import { machineRow } from '../model/machineRow';
import { ask, wizard } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Of, ResourceDesk } from './actions';
import { namesOf } from './actions';

type InstanceMachine = Extract<Machine, { kind: 'instance' }>;

/** What new disks can be, the usual one first. */
const types = (): readonly { label: string; description: string; value: string }[] => [
  { label: 'gp3', description: l10n.t('SSD, the usual choice'), value: 'gp3' },
  { label: 'gp2', description: l10n.t('SSD, older'), value: 'gp2' },
  { label: 'st1', description: l10n.t('hard disk for large files read in one go, from 125 GiB'), value: 'st1' },
  { label: 'sc1', description: l10n.t('cheapest hard disk, from 125 GiB'), value: 'sc1' },
];

const canHaveDisks = (machine: Machine): boolean => machine.kind === 'instance' && ['running', 'stopped'].includes(machine.instance.state);

/** The machine that a command was called on, if it was one. */
async function machineOf(desk: ResourceDesk, arg: unknown, title: string): Promise<InstanceMachine | undefined> {
  if (!isNode(arg) || arg.kind !== 'machine') return undefined;
  const machine = await chooseMachine(desk.ui, arg, title, { wanted: canHaveDisks });
  return machine.kind === 'instance' ? machine : undefined;
}

/** A new disk: for the machine that it was called on, or for none. */
export async function createVolume(desk: ResourceDesk, arg: unknown): Promise<void> {
  const title = l10n.t('Create a disk');
  const machine = await machineOf(desk, arg, title);
  const account = await desk.account(arg, title);
  await askAndCreate(desk, account, title, machine);
}

/** A new disk with the contents of a snapshot. */
export async function createFromSnapshot(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Create a disk from a snapshot');
  const { account, item } = await desk.chooseOne('snapshots', args, title, ({ item: { state } }) => state === 'completed');
  await askAndCreate(desk, account, title, undefined, item);
}

async function askAndCreate(
  desk: ResourceDesk,
  account: Account,
  title: string,
  machine: InstanceMachine | undefined,
  snapshot?: Of<'snapshots'>,
): Promise<void> {
  const least = snapshot?.item.sizeGiB ?? 1;
  let wanted: VolumeWanted = {
    name: snapshot === undefined ? '' : nameOf(snapshot),
    sizeGiB: snapshot?.item.sizeGiB ?? 20,
    zone: machine?.instance.zone ?? '',
    type: 'gp3',
    encrypted: true,
    ...(snapshot === undefined ? {} : { snapshotId: snapshot.id }),
  };
  await wizard(machine === undefined ? title : l10n.t('Create a disk for {0}', machine.name), [
    async (step) => {
      const prompt = l10n.t('Size in GiB');
      const validate = (value: string): string | undefined => sizeProblem(value, least);
      wanted = { ...wanted, sizeGiB: Number(await step.input({ prompt, value: String(wanted.sizeGiB), validate })) };
      return true;
    },
    async (step) => {
      wanted = { ...wanted, type: await step.pick({ placeholder: l10n.t('Which type?'), items: types() }) };
      return true;
    },
    async (step) => {
      if (machine?.instance.zone !== undefined) return false;
      const zones = desk.ui.services.resources(account).then((cloud) => cloud.listZones());
      const items = zones.then((all) => all.map((zone) => ({ label: zone, value: zone })));
      const placeholder = l10n.t('In which zone? Only machines of the same zone can have the disk.');
      wanted = { ...wanted, zone: await step.pick({ placeholder, items }) };
      return true;
    },
    async (step) => {
      const prompt = l10n.t('Name; may be empty');
      wanted = { ...wanted, name: (await step.input({ prompt, value: wanted.name })).trim() };
      return true;
    },
  ]);
  const operation = desk.acts.volumes.create(account, wanted, machine);
  if (!(await desk.follow(account, operation, ['volumes']))) return;
  desk.ui.notifications.tell(
    machine === undefined
      ? l10n.t('The disk is there. Attach it to a machine to use it.')
      : l10n.t('{0} has the disk now. It is empty: make a file system on it and mount it.', machine.name),
    [],
  );
}

/** @param least the smallest size that is allowed */
function sizeProblem(value: string, least: number): string | undefined {
  const size = Number(value);
  return Number.isInteger(size) && size >= least && size <= 65_536
    ? undefined
    : l10n.t('Type a whole number of GiB from {0} to 65536.', least);
}

/** Called on a disk it asks for the machine, called on a machine for the disk. */
export async function attachVolume(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Attach a disk');
  const machine = await machineOf(desk, args[0], title);
  const free = ({ item }: Of<'volumes'>): boolean =>
    item.state === 'available' && (machine?.instance.zone === undefined || item.zone === machine.instance.zone);
  if (machine !== undefined) {
    const account = await desk.account(args[0], title);
    const volumes = (await desk.load(account, 'volumes')).filter(free);
    if (volumes.length === 0)
      throw new SkylabError(`There is no free disk in ${machine.instance.zone ?? account.region}.`, {
        next: 'Create one for the machine, or detach one from another machine of the same zone.',
        code: 'NothingFits',
      });
    const volume = await desk.pick(account, volumes, title, l10n.t('Which disk gets {0}?', machine.name));
    await attach(desk, account, volume.item, machine);
    return;
  }
  const { account, item } = await desk.chooseOne('volumes', args, title, free);
  const fitting = (await desk.machines(account)).filter((one) => canHaveDisks(one) && one.instance.zone === item.item.zone);
  if (fitting.length === 0)
    throw new SkylabError(`No machine in ${item.item.zone} can have the disk ${nameOf(item)}.`, {
      next: 'Launch one in that zone, or make a snapshot and a disk from it in the zone of your machine.',
      code: 'WrongZone',
    });
  const items = fitting.map((value) => {
    const row = machineRow(value, undefined, Date.now(), l10n);
    return { label: `$(${row.icon.id}) ${row.label}`, description: row.description, value };
  });
  const placeholder = l10n.t('Which machine gets {0}? Only those in {1} can.', nameOf(item), item.item.zone);
  await attach(desk, account, item.item, await ask(title).pick({ placeholder, items }));
}

async function attach(desk: ResourceDesk, account: Account, volume: Volume, machine: InstanceMachine): Promise<void> {
  const again = (): Promise<void> => attach(desk, account, volume, machine);
  if (!(await desk.follow(account, desk.acts.volumes.attach(account, volume, machine), ['volumes'], again))) return;
  desk.ui.notifications.tell(l10n.t('{0} has the disk now. Mount it on the machine to use it.', machine.name), []);
}

export async function deleteVolumes(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const { account, items } = await desk.choose('volumes', args, l10n.t('Delete a disk'), ({ item }) => item.state === 'available');
  const remove = l10n.t('Delete');
  const question = items.length === 1 ? l10n.t('Delete the disk {0}?', namesOf(items)) : l10n.t('Delete {0} disks?', items.length);
  const detail = [
    ...(items.length === 1 ? [] : [namesOf(items)]),
    l10n.t('Everything on it is lost. This cannot be undone; a snapshot made before keeps a copy.'),
  ].join('\n\n');
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, remove), remove);
  const volumes = items.map(({ item }) => item);
  await desk.follow(account, desk.acts.volumes.delete(account, volumes), ['volumes', 'snapshots']);
}

/** The disks of a machine besides the one it runs from, or the one that the command was called on. */
async function attachedVolume(desk: ResourceDesk, args: readonly unknown[], title: string) {
  const machine = await machineOf(desk, args[0], title);
  if (machine === undefined) return desk.chooseOne('volumes', args, title, ({ item }) => item.attachment !== undefined);
  const account = await desk.account(args[0], title);
  const volumes = (await desk.load(account, 'volumes')).filter(({ item }) => item.attachment?.instanceId === machine.instance.id);
  return { account, item: await desk.pick(account, volumes, title, l10n.t('Which disk of {0}?', machine.name)) };
}

export async function detachVolume(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const { account, item } = await attachedVolume(desk, args, l10n.t('Detach a disk'));
  const detach = l10n.t('Detach');
  const question = l10n.t('Detach the disk {0}?', nameOf(item));
  const detail = l10n.t('Unmount it on the machine first: what is not yet written is lost otherwise. The disk stays, and goes on costing.');
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, detach), detach);
  await desk.follow(account, desk.acts.volumes.detach(account, item.item), ['volumes']);
}

export async function snapshotVolume(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Make a snapshot');
  const onMachine = isNode(args[0]);
  const { account, item } = onMachine
    ? await attachedVolume(desk, args, title)
    : await desk.chooseOne('volumes', args, title, ({ item: { state } }) => state === 'available' || state === 'in-use');
  const prompt = l10n.t('Name of the copy. A disk in use is copied as it is this moment.');
  const name = (await ask(title).input({ prompt, value: `${nameOf(item)} ${new Date().toISOString().slice(0, 10)}` })).trim();
  const operation = desk.acts.volumes.snapshot(account, item.item, name);
  if (await desk.follow(account, operation, ['snapshots'])) desk.ui.notifications.tell(l10n.t('The snapshot {0} is complete.', name), []);
}

export async function growVolume(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Grow a disk');
  const { account, item } = isNode(args[0])
    ? await attachedVolume(desk, args, title)
    : await desk.chooseOne('volumes', args, title, ({ item: { state } }) => state === 'available' || state === 'in-use');
  const prompt = l10n.t('New size of {0} in GiB; it has {1}. A disk cannot shrink again.', nameOf(item), item.item.sizeGiB);
  const validate = (value: string): string | undefined => sizeProblem(value, item.item.sizeGiB + 1);
  const size = Number(await ask(title).input({ prompt, value: String(item.item.sizeGiB * 2), validate }));
  await desk.follow(account, desk.acts.volumes.grow(account, item.item, size), ['volumes']);
}
