import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentenceOf } from '../../core/errors';
import type { LaunchSpec } from '../../shared/launchSpec';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { chooseSpecFile } from './documents';
import { resolveFile } from './launchSpecs';
import { chooseSpec } from './save';

/** Shows the request and the first-boot script of a launch, without making anything. */
export async function previewSpec(ui: Ui, arg: unknown): Promise<void> {
  await preview(ui, await chooseSpec(ui, arg, l10n.t('Preview a launch')));
}

/** Asks the cloud whether it would launch what a spec file says, and makes nothing. */
export async function dryRunSpec(ui: Ui, arg: unknown): Promise<void> {
  const { resolved, account } = await resolveFile(ui, await chooseSpecFile(arg));
  const launcher = await ui.services.launcher();
  await busy(l10n.t('Asking {0}', account.name), () => launcher.tryLaunch(resolved.spec));
  const remarks = resolved.remarks.length === 0 ? '' : ` ${resolved.remarks.join(' ')}`;
  ui.notifications.tell(`${l10n.t('{0} would launch {1}. Nothing was made.', account.name, resolved.spec.name)}${remarks}`, [
    { label: l10n.t('Show Request and Script'), act: () => preview(ui, resolved.spec) },
  ]);
}

async function preview(ui: Ui, spec: LaunchSpec): Promise<void> {
  const launcher = await ui.services.launcher();
  const shown = await busy(l10n.t('Putting the launch together'), () => launcher.preview(spec));
  const name = spec.name.replaceAll('/', ' ');
  await ui.documents.showText(l10n.t('{0}: RunInstances.json', name), `${JSON.stringify(readable(shown.request), null, 2)}\n`);
  if (shown.firstBoot !== '') {
    const title = shown.overSsh ? l10n.t('{0}: set-up over SSH.sh', name) : l10n.t('{0}: first boot', name);
    await ui.documents.showText(title, shown.firstBoot);
  }
  if (shown.refused !== undefined)
    void vscode.window.showWarningMessage(l10n.t('The cloud would refuse it: {0}', sentenceOf(shown.refused)));
}

/** Without the first boot in base64: it stands in a document of its own. */
function readable(request: object): object {
  return 'UserData' in request ? { ...request, UserData: l10n.t('(see the first boot)') } : request;
}
