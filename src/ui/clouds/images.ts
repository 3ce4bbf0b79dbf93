import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { EndpointAccount } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { imageIdOf } from '../model/cloudText';
import { ask, required } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';

/** The accounts whose clouds take image files. */
export function accountsForImages(ui: Ui): readonly EndpointAccount[] {
  return ui.services.accounts
    .list()
    .filter((account): account is EndpointAccount => account.kind === 'endpoint' && capabilitiesOf(account).uploadImage);
}

/** Sends an image file of this computer, and makes it one to launch from. */
export async function uploadImage(ui: Ui, arg: unknown): Promise<void> {
  const title = l10n.t('Upload an image');
  const account = await accountFor(ui, arg, title);
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title: l10n.t('Image for {0}', account.name),
      openLabel: l10n.t('Upload'),
      filters: { [l10n.t('Disk images')]: ['qcow2', 'img', 'raw', 'vmdk', 'vdi', 'iso', 'gz', 'bz2'], [l10n.t('All files')]: ['*'] },
    })) ?? [];
  if (chosen === undefined) throw new CancelledError();
  const name = await ask(title).input({
    prompt: l10n.t('What shall it be called in the list of images?'),
    value: path.parse(chosen.fsPath).name,
    validate: required(l10n.t('a name')),
  });
  const uploader = await ui.services.imageUploader();
  await follow(ui, account, uploader.upload(account, chosen.fsPath, name.trim()), l10n.t('{0} can be launched from now.', name.trim()));
}

/** Makes an image that OpenNebula has already one to launch from. */
export async function registerImage(ui: Ui, arg: unknown): Promise<void> {
  const title = l10n.t('Register an image');
  const account = await accountFor(ui, arg, title);
  const typed = await ask(title).input({
    prompt: l10n.t('Number of the image, as OpenNebula lists it'),
    placeholder: '42',
    validate: (text) => (imageIdOf(text) === undefined ? l10n.t('Type a number such as 42, or an id such as ami-00000042.') : undefined),
  });
  const imageId = imageIdOf(typed) ?? '';
  const uploader = await ui.services.imageUploader();
  await follow(ui, account, uploader.register(account, imageId), l10n.t('{0} can be launched from now.', imageId));
}

async function follow(ui: Ui, account: EndpointAccount, operation: Operation, done: string): Promise<void> {
  const showLog = (one: Operation) => ui.documents.showLog(one);
  if (!(await ui.notifications.follow(operation, { progress: true, showLog }))) return;
  ui.notifications.tell(done, [
    {
      label: l10n.t('Launch Machine…'),
      act: () => vscode.commands.executeCommand('skylab.launch', { kind: 'account', accountId: account.id }),
    },
  ]);
}

/** The account of the row, the only one whose cloud takes images, or the person's choice. */
async function accountFor(ui: Ui, arg: unknown, title: string): Promise<EndpointAccount> {
  const fitting = accountsForImages(ui);
  const ofRow = isNode(arg) && arg.kind === 'account' ? fitting.find((one) => one.id === arg.accountId) : undefined;
  if (ofRow !== undefined) return ofRow;
  const [only] = fitting;
  if (only === undefined)
    throw new SkylabError('None of your clouds takes image files.', {
      next: 'Add an account of an OpenNebula; in AWS, images are made of machines or imported from S3.',
      code: 'NoCloudForImages',
    });
  if (fitting.length === 1) return only;
  const items = fitting.map((value) => ({ label: `$(cloud) ${value.name}`, description: value.endpoint, value }));
  return ask(title).pick({ placeholder: l10n.t('In which cloud?'), items });
}
