import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { nameOf } from '../../core/cloud/resources/stock';
import { CancelledError, SkylabError } from '../../core/errors';
import { mustBe } from '../commands/choose';
import { openLaunch } from '../commands/launch';
import { busy } from '../notifications';
import { ask, required, wizard } from '../quick/wizard';
import { usualLaunch } from '../webviews/launchModel';
import type { ResourceDesk } from './actions';
import { machineItems, machineOf, namesOf } from './actions';

export async function createImage(desk: ResourceDesk, arg: unknown): Promise<void> {
  const title = l10n.t('Make an image of a machine');
  const called = await machineOf(desk, arg, title);
  const account = await desk.account(arg, title);
  const machines = (await desk.machines(account)).filter(({ instance }) => ['running', 'stopped'].includes(instance.state));
  let machine = called;
  let name = '';
  let reboot = true;
  await wizard(title, [
    async (step) => {
      if (called !== undefined) return false;
      machine = await step.pick({ placeholder: l10n.t('Of which machine?'), items: machineItems(machines) });
      return true;
    },
    async (step) => {
      const value = name || `${machine?.name ?? ''} ${new Date().toISOString().slice(0, 10)}`;
      name = (await step.input({ prompt: l10n.t('Name of the image'), value, validate: imageNameProblem })).trim();
      return true;
    },
    async (step) => {
      if (machine?.instance.state === 'stopped') return false;
      reboot = await step.pick({
        placeholder: l10n.t('May the machine be restarted for it?'),
        items: [
          { label: l10n.t('Restart it'), description: l10n.t('its disks are copied in one consistent state'), value: true },
          { label: l10n.t('Leave it running'), description: l10n.t('what is being written this moment may be missing'), value: false },
        ],
      });
      return true;
    },
  ]);
  if (machine === undefined) return;
  if (await desk.follow(account, desk.acts.images.create(account, machine, name, reboot), ['images', 'snapshots']))
    desk.ui.notifications.tell(l10n.t('The image {0} is ready: machines can be launched from it.', name), []);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html */
function imageNameProblem(value: string): string | undefined {
  return (
    required(l10n.t('a name'))(value) ??
    (/^[\w ()[\]./'@-]{3,128}$/.test(value.trim()) ? undefined : l10n.t("3 to 128 letters, digits, spaces or ( ) [ ] . / - ' @ _"))
  );
}

/** Opens the launch form with the image and what usually goes with it. */
export async function launchFromImage(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const { account, item } = await desk.chooseOne(
    'images',
    args,
    l10n.t('Launch from an image'),
    ({ item: { state } }) => state === 'available',
  );
  const launcher = await desk.ui.services.launcher();
  const options = await busy(l10n.t('Asking what can be launched'), (signal) => launcher.options(account.id, signal));
  const image = options.images.find(({ id }) => id === item.id);
  if (image === undefined)
    throw new SkylabError(`${item.item.name} is not among the images that can be launched now.`, {
      next: 'Refresh the list.',
      code: 'NoSuchImage',
    });
  await openLaunch(desk.ui, { spec: usualLaunch(account, { ...options, images: [image] }) });
}

export async function deregisterImages(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const { account, items } = await desk.choose('images', args, l10n.t('Deregister an image'));
  const both = l10n.t('Deregister and Delete Snapshots');
  const only = l10n.t('Deregister Only');
  const used = items.filter((one) => desk.model.useOf(account.id, one).state === 'used');
  const question = items.length === 1 ? l10n.t('Deregister {0}?', namesOf(items)) : l10n.t('Deregister {0} images?', items.length);
  const detail = [
    ...(items.length === 1 ? [] : [namesOf(items)]),
    ...(used.length === 0 ? [] : [l10n.t('In use: {0}. Machines that run go on running.', namesOf(used))]),
    l10n.t('Nothing can be launched from it any more. Its snapshots cost until they are deleted. This cannot be undone.'),
  ].join('\n\n');
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, both, only);
  if (answer === undefined) throw new CancelledError();
  const operation = desk.acts.images.deregister(
    account,
    items.map(({ item }) => item),
    answer === both,
  );
  await desk.follow(account, operation, ['images', 'snapshots']);
}

export async function deleteSnapshots(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const { account, items } = await desk.choose('snapshots', args, l10n.t('Delete a snapshot'));
  const remove = l10n.t('Delete');
  const question = items.length === 1 ? l10n.t('Delete the snapshot {0}?', namesOf(items)) : l10n.t('Delete {0} snapshots?', items.length);
  const detail = [...(items.length === 1 ? [] : [namesOf(items)]), l10n.t('The copy is lost. This cannot be undone.')].join('\n\n');
  mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, remove), remove);
  const snapshots = items.map(({ item }) => item);
  await desk.follow(account, desk.acts.images.deleteSnapshots(account, snapshots), ['snapshots']);
}

export async function createKeyPair(desk: ResourceDesk, arg: unknown): Promise<void> {
  const title = l10n.t('Create a key pair');
  const account = await desk.account(arg, title);
  const taken = new Set((await desk.load(account, 'keyPairs')).map(({ id }) => id));
  const validate = (value: string): string | undefined => keyNameProblem(value.trim(), taken);
  const name = (await ask(title).input({ prompt: l10n.t('Name of the key pair'), validate })).trim();
  if (!(await desk.follow(account, desk.acts.keyPairs.create(account, name), ['keyPairs']))) return;
  desk.ui.notifications.tell(l10n.t('The key pair {0} is there; its private key is in ~/.ssh/skylab/keys.', name), []);
}

export async function importKeyPair(desk: ResourceDesk, arg: unknown): Promise<void> {
  const title = l10n.t('Import a key pair');
  const account = await desk.account(arg, title);
  const [pairs, keys] = await Promise.all([desk.load(account, 'keyPairs'), desk.ui.services.identities.listPublic()]);
  const taken = new Set(pairs.map(({ id }) => id));
  const items = keys.map((value) => ({ label: `$(key) ${value.comment}`, description: value.path, value }));
  let key: (typeof keys)[number] | undefined;
  let name = '';
  await wizard(title, [
    async (step) => {
      key = await step.pick({ placeholder: l10n.t('Which public key of this computer?'), items });
      return true;
    },
    async (step) => {
      const validate = (value: string): string | undefined => keyNameProblem(value.trim(), taken);
      const proposal = key?.path.replace(/^.*[\\/]/, '').replace(/\.pub$/, '') ?? '';
      name = (await step.input({ prompt: l10n.t('Name of the key pair'), value: proposal, validate })).trim();
      return true;
    },
  ]);
  if (key !== undefined) await desk.follow(account, desk.acts.keyPairs.import(account, name, key.line), ['keyPairs']);
}

/** It is also the private key's file name. */
function keyNameProblem(value: string, taken: ReadonlySet<string>): string | undefined {
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(value)) return l10n.t('Letters, digits, dots, dashes and underscores; a letter or digit first.');
  return taken.has(value) ? l10n.t('There is a key pair with this name already.') : undefined;
}

export async function deleteKeyPairs(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const { account, items } = await desk.choose('keyPairs', args, l10n.t('Delete a key pair'));
  const found = await Promise.all(items.map(({ id }) => desk.ui.services.identities.find(id)));
  // Only keys that Skylab made: the person's own may open other things.
  const files = found.flatMap((file) => (file?.includes('/.ssh/skylab/keys/') === true ? [file] : []));
  const used = items.filter((one) => desk.model.useOf(account.id, one).state === 'used');
  const cloud = l10n.t('Delete from the Cloud');
  const both = l10n.t('Delete with Private Key');
  const question = items.length === 1 ? l10n.t('Delete the key pair {0}?', namesOf(items)) : l10n.t('Delete {0} key pairs?', items.length);
  const detail = [
    ...(items.length === 1 ? [] : [namesOf(items)]),
    l10n.t('Machines that have it keep it: it goes on opening them. New ones cannot be launched with it.'),
    ...(used.length === 0
      ? []
      : [l10n.t('Machines were launched with: {0}. Without the private key nobody gets into them.', namesOf(used))]),
  ].join('\n\n');
  const choices = files.length > 0 ? [cloud, both] : [cloud];
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, ...choices);
  if (answer === undefined) throw new CancelledError();
  const names = items.map(nameOf);
  await desk.follow(account, desk.acts.keyPairs.delete(account, names, answer === both ? files : []), ['keyPairs']);
}
