import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account } from '../../core/cloud/model';
import type { Volume } from '../../core/cloud/resources/ports';
import { nameOf } from '../../core/cloud/resources/stock';
import type { VolumeWanted } from '../../core/cloud/resources/volumes';
import { growthOf, mountsOf } from '../../core/cloud/resources/onMachine';
import { labelOf } from '../../core/cloud/resources/volumes';
import { isCancelled, sentenceOf, SkylabError } from '../../core/errors';
import { busy } from '../notifications';
import { mustBe } from '../commands/choose';
import { ask, wizard } from '../quick/wizard';
import { isMachineNode } from './nodes';
import type { InstanceMachine, Of, ResourceDesk } from './actions';
import { machineItems, machineOf, namesOf } from './actions';

/** What new disks can be, the usual one first. */
const types = (): readonly { label: string; description: string; value: string }[] => [
  { label: 'gp3', description: l10n.t('SSD, the usual choice'), value: 'gp3' },
  { label: 'gp2', description: l10n.t('SSD, older'), value: 'gp2' },
  { label: 'st1', description: l10n.t('hard disk for large files read in one go, from 125 GiB'), value: 'st1' },
  { label: 'sc1', description: l10n.t('cheapest hard disk, from 125 GiB'), value: 'sc1' },
];

const canHaveDisks = ({ instance }: InstanceMachine): boolean => ['running', 'stopped'].includes(instance.state);

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
  const placeholder = l10n.t('Which machine gets {0}? Only those in {1} can.', nameOf(item), item.item.zone);
  await attach(desk, account, item.item, await ask(title).pick({ placeholder, items: machineItems(fitting) }));
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
  const machine = desk.machineWith(account, item.item);
  const mounts = machine === undefined ? undefined : await mountsOn(desk, machine, item.item);
  const inUse = mounts !== undefined && mounts.length > 0;
  const detach = inUse ? l10n.t('Unmount and Detach') : l10n.t('Detach');
  const question = l10n.t('Detach the disk {0}?', nameOf(item));
  const state = inUse
    ? l10n.t('{0} has it mounted at {1}. Programs that use it must end first.', machine?.name ?? '', mounts.join(', '))
    : mounts === undefined && machine?.instance.state === 'running'
      ? l10n.t('Whether it is mounted could not be found out. Unmount it on the machine first: what is not yet written is lost otherwise.')
      : l10n.t('It is not mounted.');
  const detail = [state, l10n.t('The disk stays, and goes on costing.')].join('\n\n');
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, detach), detach);
  if (inUse && machine !== undefined)
    await busy(l10n.t('Unmounting {0}', nameOf(item)), (signal) => desk.acts.onMachine.unmount(machine, mounts, signal));
  await desk.follow(account, desk.acts.volumes.detach(account, item.item), ['volumes']);
}

/** Where a running machine has the disk mounted; undefined when it cannot be asked or does not show the disk. */
async function mountsOn(desk: ResourceDesk, machine: InstanceMachine, volume: Volume): Promise<readonly string[] | undefined> {
  if (machine.instance.state !== 'running') return [];
  try {
    const disk = await busy(l10n.t('Asking {0} about the disk', machine.name), (signal) =>
      desk.acts.onMachine.find(machine, volume, signal),
    );
    return disk === undefined ? undefined : mountsOf(disk);
  } catch (error) {
    if (isCancelled(error)) throw error;
    desk.ui.log.info(`The disks of ${machine.name} could not be asked for: ${sentenceOf(error)}`);
    return undefined;
  }
}

export async function snapshotVolume(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const title = l10n.t('Make a snapshot');
  const onMachine = isMachineNode(args[0]);
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
  const { account, item } = isMachineNode(args[0])
    ? await attachedVolume(desk, args, title)
    : await desk.chooseOne('volumes', args, title, ({ item: { state } }) => state === 'available' || state === 'in-use');
  const prompt = l10n.t('New size of {0} in GiB; it has {1}. A disk cannot shrink again.', nameOf(item), item.item.sizeGiB);
  const validate = (value: string): string | undefined => sizeProblem(value, item.item.sizeGiB + 1);
  const size = Number(await ask(title).input({ prompt, value: String(item.item.sizeGiB * 2), validate }));
  if (!(await desk.follow(account, desk.acts.volumes.grow(account, item.item, size), ['volumes']))) return;
  const machine = desk.machineWith(account, item.item);
  const later = l10n.t('{0} has {1} GiB now. The file system on it must grow, too, before the room can be used.', nameOf(item), size);
  const choices =
    machine?.instance.state === 'running'
      ? [{ label: l10n.t('Grow File System'), act: () => growFilesystem(desk, machine, item.item) }]
      : [];
  desk.ui.notifications.tell(later, choices);
}

async function growFilesystem(desk: ResourceDesk, machine: InstanceMachine, volume: Volume): Promise<void> {
  const { onMachine } = desk.acts;
  const done = await busy(l10n.t('Growing the file system on {0}', machine.name), async (signal) => {
    const disk = await onMachine.find(machine, volume, signal);
    const growth = disk === undefined ? undefined : growthOf(disk);
    if (growth === undefined)
      throw new SkylabError(`On the disk ${labelOf(volume)} ${machine.name} shows no file system that Skylab can grow.`, {
        next: 'Look at it on the machine with: lsblk -f',
        code: 'NoFilesystem',
      });
    await onMachine.grow(machine, growth, signal);
    return growth;
  });
  const where = done.mountPoint === '' ? labelOf(volume) : done.mountPoint;
  desk.ui.notifications.tell(l10n.t('{0} on {1} has the new room.', where, machine.name), []);
}
