import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account } from '../../core/cloud/model';
import { accountOf, resolveSpec, SpecMisfits, type Resolved } from '../../core/cloud/specs/resolve';
import type { FileSpec } from '../../core/cloud/specs/specFile';
import { CancelledError, SkylabError } from '../../core/errors';
import { countWords, type LaunchSpec } from '../../shared/launchSpec';
import { chooseAccount } from '../commands/choose';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { chooseSpecFile, openSpec } from './documents';
import { summaryOf } from './summary';

/** Launches what a spec file says, after one look at what that is. */
export async function launchFromSpec(ui: Ui, arg: unknown): Promise<void> {
  const uri = await chooseSpecFile(arg);
  const { resolved, account } = await resolveFile(ui, uri);
  await confirmAndLaunch(ui, account, resolved);
}

/** Opens a spec file's launch in the form. */
export async function openSpecInForm(ui: Ui, arg: unknown): Promise<void> {
  const { resolved } = await resolveFile(ui, await chooseSpecFile(arg));
  await openInForm(ui, resolved.spec);
}

/** Shows the form filled in. */
export async function openInForm(ui: Ui, spec: LaunchSpec): Promise<void> {
  const { openLaunch } = await import('../commands/launch');
  await openLaunch(ui, { spec });
}

/** @throws SkylabError that opens the file at its first problem */
export async function resolveFile(ui: Ui, uri: vscode.Uri): Promise<{ readonly resolved: Resolved; readonly account: Account }> {
  const { read } = await openSpec(ui, uri);
  if (read.spec === undefined) throw new SkylabError('The spec file says nothing.', { next: 'Write into it what to launch.' });
  try {
    return await resolve(ui, read.spec);
  } catch (error) {
    if (!(error instanceof SpecMisfits)) throw error;
    const [first] = error.misfits;
    const { line, column } = read.position(read.place(first?.path ?? []).start);
    throw new SkylabError(`${vscode.workspace.asRelativePath(uri)}:${line}:${column}: ${error.message}`, {
      ...(error.next === undefined ? {} : { next: error.next }),
      code: 'SpecMisfits',
      cause: error,
      remedies: uri.scheme === 'file' ? [{ kind: 'openFile', path: uri.fsPath, line }] : [],
    });
  }
}

async function resolve(ui: Ui, file: FileSpec): Promise<{ readonly resolved: Resolved; readonly account: Account }> {
  const named = accountOf(file, ui.services.accounts.list());
  const account = named ?? (await chooseAccount(ui, undefined, l10n.t('Launch {0}', file.name)));
  const launcher = await ui.services.launcher();
  const resolved = await busy(l10n.t('Reading what {0} offers', account.name), async () => {
    const find = async (id: string) => (await launcher.searchImages(account.id, id)).find((image) => image.id === id);
    return resolveSpec(file, account, await launcher.options(account.id), find, ui.services.homeDir);
  });
  return { resolved, account };
}

/** Launches after one question that says what will be made. @throws CancelledError */
export async function confirmAndLaunch(ui: Ui, account: Account, { spec, image, remarks }: Resolved): Promise<void> {
  const taken = ui.services.machines.of(account.id).some((machine) => machine.name === spec.name);
  const twice = taken ? [l10n.t('There is a machine named {0} already.', spec.name)] : [];
  const detail = [...summaryOf(spec, account, image), ...[...remarks, ...twice].map((remark) => `• ${remark}`)].join('\n');
  const [launch, edit] = [l10n.t('Launch'), l10n.t('Edit in Form')];
  const title = spec.count === 1 ? l10n.t('Launch {0}?', spec.name) : l10n.t('Launch {0} machines named {1}?', countWords(spec), spec.name);
  const answer = await vscode.window.showInformationMessage(title, { modal: true, detail }, launch, edit);
  if (answer === undefined) throw new CancelledError();
  if (answer === edit) {
    await openInForm(ui, spec);
    return;
  }
  (await ui.services.launcher()).launch(spec);
}
