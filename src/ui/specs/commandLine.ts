import path from 'node:path';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account } from '../../core/cloud/model';
import { awsCli } from '../../core/cloud/specs/awsCli';
import { readCommand, type ReadCommand } from '../../core/cloud/specs/readCommand';
import { resolveSpec, SpecMisfits } from '../../core/cloud/specs/resolve';
import type { FileSpec } from '../../core/cloud/specs/specFile';
import { CancelledError, SkylabError } from '../../core/errors';
import { chooseAccount } from '../commands/choose';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { openInForm } from './launchSpecs';
import { chooseSpec } from './save';

/** Copies a launch as commands of the AWS CLI. */
export async function copyCli(ui: Ui, arg: unknown): Promise<void> {
  const spec = await chooseSpec(ui, arg, l10n.t('Copy launch as AWS CLI'));
  const account = ui.services.accounts.need(spec.accountId);
  const launcher = await ui.services.launcher();
  const [{ request, firstBoot, overSsh }, { myAddresses }] = await busy(l10n.t('Putting the launch together'), () =>
    Promise.all([launcher.preview(spec), launcher.options(account.id)]),
  );
  const text = awsCli({ spec, account, request: { ...request }, firstBoot: overSsh ? '' : firstBoot, myAddresses });
  await vscode.env.clipboard.writeText(text);
  ui.notifications.tell(l10n.t('The AWS CLI commands for {0} are on the clipboard.', spec.name), [
    { label: l10n.t('Show'), act: () => ui.documents.showText(`${spec.name.replaceAll('/', ' ')}.sh`, text) },
  ]);
}

/** Fills the form from a pasted `aws ec2 run-instances …` or `ec2launch …`, and says what of it is not taken over. */
export async function importCommand(ui: Ui): Promise<void> {
  const text = await pasted();
  const base = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? ui.services.homeDir;
  const read = await readCommand(text, (name) => textOf(path.resolve(base, name.replace(/^~(?=\/)/, ui.services.homeDir))));
  if (read === undefined)
    throw new SkylabError('This is neither an “aws ec2 run-instances” nor an “ec2launch” command.', {
      next: 'Copy the whole command, from its first word on.',
      code: 'UnknownCommand',
    });
  const account = await accountFor(ui, read);
  const launcher = await ui.services.launcher();
  const resolved = await busy(l10n.t('Reading what {0} offers', account.name), async () => {
    const options = await launcher.options(account.id);
    const find = async (id: string) => (await launcher.searchImages(account.id, id)).find((image) => image.id === id);
    return resolveAsFar(read.spec, account, (file) => resolveSpec(file, account, options, find, ui.services.homeDir));
  });
  const missed = [...read.left, ...resolved.missed];
  if (missed.length > 0) {
    const go = l10n.t('Open in Form');
    const title = l10n.t('{0} parts of the command are not taken over.', missed.length);
    const detail = missed.map((one) => `• ${one}`).join('\n');
    if ((await vscode.window.showWarningMessage(title, { modal: true, detail }, go)) !== go) throw new CancelledError();
  }
  await openInForm(ui, resolved.spec);
}

/** What the clipboard holds when it is such a command, to be confirmed; else what is typed. @throws CancelledError */
async function pasted(): Promise<string> {
  const clipboard = await vscode.env.clipboard.readText();
  const fits = /(^|[\s/])(run-instances|ec2launch)\s/.test(clipboard);
  const typed = await vscode.window.showInputBox({
    title: l10n.t('Import launch command'),
    prompt: l10n.t('An “aws ec2 run-instances …” or “ec2launch …” command'),
    // One line: what continues a line of the shell is taken out, line ends in quotes become spaces.
    value: fits ? clipboard.replace(/\\\r?\n/g, ' ').trim() : '',
    ignoreFocusOut: true,
  });
  if (typed === undefined || typed.trim() === '') throw new CancelledError();
  const shown = clipboard
    .replace(/\\\r?\n/g, ' ')
    .trim()
    .replace(/\r?\n/g, ' ');
  // The box shows one line; what was not changed there keeps its own line ends.
  return fits && typed.replace(/\r?\n/g, ' ') === shown ? clipboard : typed;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    // Listed with what could not be taken over.
    return undefined;
  }
}

/** The account with the command's profile or endpoint and region, else the person's choice. */
async function accountFor(ui: Ui, { where }: ReadCommand): Promise<Account> {
  const fits = (account: Account): boolean =>
    (where.region === undefined || account.region === where.region) &&
    (where.profile === undefined || (account.kind === 'profile' && account.profile === where.profile)) &&
    (where.endpoint === undefined || (account.kind === 'endpoint' && account.endpoint === where.endpoint));
  const fitting = ui.services.accounts.list().filter(fits);
  const [only] = fitting;
  return fitting.length === 1 && only !== undefined ? only : chooseAccount(ui, undefined, l10n.t('Import launch command'));
}

/** Leaves out, part by part, what this account cannot give: the form shows what is missing. */
async function resolveAsFar(
  read: ReadCommand['spec'],
  account: Account,
  resolve: (file: FileSpec) => Promise<{ readonly spec: Parameters<typeof openInForm>[1] }>,
): Promise<{ readonly spec: Parameters<typeof openInForm>[1]; readonly missed: readonly string[] }> {
  const missed: string[] = [];
  let file: FileSpec = { image: USUAL_IMAGE, instanceType: 't3.small', ...read };
  for (;;) {
    try {
      return { spec: (await resolve(file)).spec, missed };
    } catch (error) {
      if (!(error instanceof SpecMisfits)) throw error;
      const [misfit] = error.misfits;
      const key = misfit?.path[0];
      const { [key as keyof FileSpec]: wrong, ...rest } = file;
      if (misfit === undefined || wrong === undefined || (key === 'image' && wrong === USUAL_IMAGE) || key === 'name') throw error;
      missed.push(`${String(key)}: ${misfit.message}`);
      file = {
        ...rest,
        name: file.name,
        image: key === 'image' ? USUAL_IMAGE : file.image,
        instanceType: key === 'instanceType' ? 't3.small' : file.instanceType,
      };
    }
  }
}

/** Where the command names none, or one that is not there. */
const USUAL_IMAGE = { name: 'debian-1*', architecture: 'x86_64' } as const;
