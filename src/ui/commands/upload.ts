import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import type { UploadRequest, UploadResult } from '../../core/transfer/upload';
import { bytesText } from '../model/bytes';
import { durationText } from '../model/time';
import { ask } from '../quick/wizard';
import type { Dropped } from '../tree/drop';
import type { Node } from '../tree/nodes';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { chooseMachine } from './choose';
import { openTerminal } from './connect';
import { startTransfer } from '../transfers/run';
import type { Handlers } from './registry';

export function uploadCommands(ui: Ui): Handlers {
  return {
    'skylab.uploadFolder': async (arg) => {
      const folder = await chooseFolder(arg, l10n.t('Upload'));
      const machine = await chooseMachine(ui, arg, l10n.t('Upload {0}', baseName(folder)));
      await uploadFolder(ui, machine, folder);
    },
  };
}

/**
 * The folder that a command was called on, or the person's choice: a likely one, a workspace folder or any other.
 * @param likely folders below the workspace that fit the command, offered first
 */
export async function chooseFolder(
  arg: unknown,
  label: string,
  likely: () => Promise<readonly vscode.Uri[]> = () => Promise.resolve([]),
): Promise<vscode.Uri> {
  if (!vscode.workspace.isTrusted) {
    throw new SkylabError('This folder is not trusted, so nothing of it is sent to a machine.', {
      next: 'Trust it with “Workspaces: Manage Workspace Trust”, then try again.',
    });
  }
  if (arg instanceof vscode.Uri) {
    const stat = await vscode.workspace.fs.stat(arg);
    return stat.type & vscode.FileType.Directory ? arg : vscode.Uri.joinPath(arg, '..');
  }
  const open = vscode.workspace.workspaceFolders ?? [];
  const browse = Symbol('browse');
  const folders = open.map(({ name, uri }) => ({ label: `$(folder) ${name}`, description: uri.fsPath, value: uri }));
  const first = (open.length === 0 ? [] : await likely()).map((uri) => ({
    label: `$(folder-active) ${baseName(uri)}`,
    description: uri.fsPath,
    value: uri,
  }));
  const items = [
    ...first,
    ...folders.filter(({ description }) => !first.some((one) => one.description === description)),
    { label: `$(folder-opened) ${l10n.t('Another folder…')}`, value: browse as vscode.Uri | symbol },
  ];
  const chosen = open.length === 0 ? browse : await ask(label).pick({ placeholder: l10n.t('Which folder?'), items });
  if (typeof chosen !== 'symbol') return chosen;
  const picked = await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, openLabel: label });
  const folder = picked?.[0];
  if (!folder) throw new CancelledError();
  return folder;
}

async function uploadFolder(ui: Ui, machine: Machine, folder: vscode.Uri): Promise<void> {
  const name = baseName(folder);
  const validate = (path: string): string | undefined => destinationProblem(path);
  const prompt = l10n.t('Where on {0}? A path without / at its start counts from the login folder.', machine.name);
  const destination = await ask(l10n.t('Upload {0}', name)).input({ prompt, value: `~/${name}`, validate });
  await uploadFolderAs(ui, machine, folder, destination.trim().replace(/^~\//, ''));
}

/** Uploads a folder under a name that is settled; asks only where that is taken. @param remoteDir absolute, or relative to the login folder */
export async function uploadFolderAs(ui: Ui, machine: Machine, folder: vscode.Uri, remoteDir: string): Promise<void> {
  const ifExists = (await existsThere(ui, machine, remoteDir))
    ? await askIfExists(machine, remoteDir.startsWith('/') ? remoteDir : `~/${remoteDir}`)
    : 'refuse';
  await run(ui, machine, baseName(folder), { root: folder.fsPath, remoteDir, ifExists });
}

function existsThere(ui: Ui, machine: Machine, path: string): Promise<boolean> {
  return busy(l10n.t('Connecting to {0}', machine.name), async (signal) => {
    const session = await ui.services.access.session(machine, signal);
    return session.run({ argv: ['test', '-e', path], okCodes: [0, 1], parse: (_stdout, code) => code === 0 }, { signal });
  });
}

async function askIfExists(machine: Machine, destination: string): Promise<'replace' | 'merge'> {
  const replace = l10n.t('Replace');
  const merge = l10n.t('Merge');
  const detail = l10n.t(
    'Merging keeps what the folder here does not have. Replacing takes away what is in it now, once everything new has arrived.',
  );
  const question = l10n.t('{0} exists on {1} already.', destination, machine.name);
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, merge, replace);
  if (answer === undefined) throw new CancelledError();
  return answer === replace ? 'replace' : 'merge';
}

/** What lands on a machine's row: folders go to the login folder under their own name, files into it. */
export async function uploadDropped(ui: Ui, node: Node, dropped: Dropped): Promise<void> {
  const machine = await chooseMachine(ui, node, l10n.t('Upload'));
  const files: vscode.Uri[] = [];
  for (const uri of dropped.uris) {
    const stat = await vscode.workspace.fs.stat(uri);
    if (stat.type & vscode.FileType.Directory) await uploadFolder(ui, machine, uri);
    else files.push(uri);
  }
  if (files.length + dropped.files.length > 0) await uploadFiles(ui, machine, files, dropped.files);
}

/** Single files are laid into a folder of their own first, since what is uploaded is a folder. */
async function uploadFiles(
  ui: Ui,
  machine: Machine,
  uris: readonly vscode.Uri[],
  contents: readonly vscode.DataTransferFile[],
): Promise<void> {
  const stage = vscode.Uri.joinPath(ui.scratch, `drop-${randomUUID()}`);
  await vscode.workspace.fs.createDirectory(stage);
  try {
    for (const uri of uris) await vscode.workspace.fs.copy(uri, vscode.Uri.joinPath(stage, baseName(uri)));
    for (const file of contents) await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(stage, file.name), await file.data());
    const first = uris[0] ? baseName(uris[0]) : (contents[0]?.name ?? '');
    const count = uris.length + contents.length;
    const name = count === 1 ? first : l10n.t('{0} files', count);
    await run(ui, machine, name, { root: stage.fsPath, remoteDir: '.', ifExists: 'merge' });
  } finally {
    await vscode.workspace.fs.delete(stage, { recursive: true });
  }
}

/** Uploads as an operation, with bytes, rate and files as its progress. */
async function run(ui: Ui, machine: Machine, name: string, request: UploadRequest): Promise<void> {
  const uploader = await ui.services.uploader();
  const { operation, result } = startTransfer<UploadResult>(ui, {
    kind: 'upload',
    machine,
    what: name,
    path: request.remoteDir,
    title: l10n.t('Upload {0} to {1}', name, machine.name),
    stepTitle: l10n.t('Uploading'),
    run: async (io) => {
      const session = await io.connect(io.signal);
      const done = await uploader.upload(session, request, { signal: io.signal, onProgress: io.onProgress });
      for (const { path, reason } of done.skipped) io.log(l10n.t('Not sent: {0} ({1})', path, reason));
      return done;
    },
  });
  const retry = (): unknown => run(ui, machine, name, request);
  await ui.notifications.follow(operation, { progress: true, retry, showLog: (one) => ui.documents.showLog(one) });
  const done = await result;
  if (done !== undefined) tellResult(ui, machine, operation, name, done);
}

function tellResult(ui: Ui, machine: Machine, operation: Operation, name: string, result: UploadResult): void {
  const facts = l10n.t('{0} files, {1}, {2}', result.files, bytesText(result.bytes), durationText(result.ms, l10n));
  const skipped = result.skipped.length === 0 ? '' : ` ${l10n.t('{0} were not sent: the log says which and why.', result.skipped.length)}`;
  const choices = [{ label: l10n.t('Open Terminal'), act: () => openTerminal(ui, machine) }];
  if (result.skipped.length > 0) choices.push({ label: l10n.t('Show Log'), act: () => ui.documents.showLog(operation) });
  ui.notifications.tell(`${l10n.t('{0} is on {1} as {2}: {3}.', name, machine.name, result.path, facts)}${skipped}`, choices);
}

/** What is wrong with a destination that was typed; undefined where nothing is. */
export function destinationProblem(path: string): string | undefined {
  const trimmed = path.trim();
  if (trimmed === '' || trimmed === '~' || trimmed === '~/' || trimmed === '/') return l10n.t('Name a folder.');
  if (trimmed.split('/').includes('..')) return l10n.t('Leave out "..".');
  return /\p{Cc}/u.test(trimmed) ? l10n.t('The path holds a control character.') : undefined;
}

/** The last part of a path. */
export function baseName(uri: { readonly path: string }): string {
  return uri.path.replace(/\/+$/, '').split('/').pop() ?? uri.path;
}
