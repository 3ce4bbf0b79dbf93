import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import type { IgnoreOptions } from '../../core/transfer/ports';
import type { SyncRequest, SyncResult } from '../../core/transfer/sync';
import type { TransferRecord, UploadSource } from '../../core/transfer/transfers';
import { chooseMachine } from '../commands/choose';
import { openTerminal } from '../commands/connect';
import { baseName, chooseFolder, destinationProblem, mustTrust, pathProblem } from '../commands/upload';
import { bytesText } from '../model/bytes';
import { durationText } from '../model/time';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Dropped } from '../tree/drop';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';
import { startTransfer } from './run';

/** A folder, or everything that is selected in the explorer. */
export async function uploadChosen(ui: Ui, arg: unknown, selected: unknown): Promise<void> {
  if (severalUris(selected)) {
    await uploadSeveral(ui, arg, selected);
    return;
  }
  const folder = await chooseFolder(arg, l10n.t('Upload'));
  const machine = await chooseMachine(ui, arg, l10n.t('Upload {0}', baseName(folder)));
  await uploadFolder(ui, machine, folder);
}

/** Files of the explorer's selection, or of a dialog. */
export async function uploadFiles(ui: Ui, arg: unknown, selected: unknown): Promise<void> {
  if (severalUris(selected)) await uploadSeveral(ui, arg, selected);
  else await uploadSeveral(ui, arg, arg instanceof vscode.Uri ? [arg] : await chooseFiles());
}

/** @param selected what the explorer passes as the second argument: everything that is selected */
const severalUris = (selected: unknown): selected is readonly vscode.Uri[] =>
  Array.isArray(selected) && selected.length > 1 && selected.every((one) => one instanceof vscode.Uri);

async function chooseFiles(): Promise<readonly vscode.Uri[]> {
  const picked = await vscode.window.showOpenDialog({ canSelectMany: true, openLabel: l10n.t('Upload') });
  if (picked === undefined || picked.length === 0) throw new CancelledError();
  return picked;
}

async function uploadFolder(ui: Ui, machine: Machine, folder: vscode.Uri): Promise<void> {
  const name = baseName(folder);
  const prompt = l10n.t('Where on {0}? A path without / at its start counts from the login folder.', machine.name);
  const title = l10n.t('Upload {0}', name);
  const destination = await ask(title).input({ prompt, value: `~/${name}`, validate: destinationProblem });
  await uploadFolderAs(ui, machine, folder, destination.trim().replace(/^~\//, ''));
}

/** Uploads a folder under a name that is settled; asks only where that is taken. @param remoteDir absolute, or relative to the login folder */
export async function uploadFolderAs(ui: Ui, machine: Machine, folder: vscode.Uri, remoteDir: string): Promise<void> {
  const name = baseName(folder);
  const title = l10n.t('Upload {0}', name);
  const shown = remoteDir.startsWith('/') ? remoteDir : `~/${remoteDir}`;
  const replaces = (await existThere(ui, machine, [remoteDir])) && (await asksToReplace(machine, shown));
  const ignore = await ignoreRules(ui, title, [folder]);
  await run(ui, machine, name, { root: folder.fsPath, remoteDir, deletes: replaces, ...(ignore && { ignore }) }, { folder: folder.fsPath });
}

/** Folders under their own names and files beside them, all into one folder of the machine. */
async function uploadSeveral(ui: Ui, arg: unknown, uris: readonly vscode.Uri[]): Promise<void> {
  mustTrust();
  const what = uris.length === 1 && uris[0] ? baseName(uris[0]) : l10n.t('{0} items', uris.length);
  const machine = await chooseMachine(ui, arg, l10n.t('Upload {0}', what));
  await uploadAll(ui, machine, what, uris);
}

async function uploadAll(ui: Ui, machine: Machine, what: string, uris: readonly vscode.Uri[]): Promise<void> {
  const title = l10n.t('Upload {0}', what);
  const prompt = l10n.t('Into which folder on {0}? ~ is the login folder.', machine.name);
  const given = (await ask(title).input({ prompt, value: '~', validate: parentProblem })).trim().replace(/\/+$/, '');
  const into = given === '~' || given === '' ? '.' : given.replace(/^~\//, '');
  const { folders, files } = await sorted(uris);
  const place = (folder: vscode.Uri): string => (into === '.' ? baseName(folder) : `${into}/${baseName(folder)}`);
  const replaces = folders.length > 0 && (await existThere(ui, machine, folders.map(place))) && (await asksToReplace(machine, given));
  const ignore = await ignoreRules(ui, title, folders);
  const uploads = folders.map((folder) =>
    run(
      ui,
      machine,
      baseName(folder),
      { root: folder.fsPath, remoteDir: place(folder), deletes: replaces, ...(ignore && { ignore }) },
      { folder: folder.fsPath },
    ),
  );
  await Promise.all([...uploads, ...uploadsOf(ui, machine, into, files)]);
}

/** One upload for the files of each local folder. */
function uploadsOf(ui: Ui, machine: Machine, into: string, files: readonly vscode.Uri[]): Promise<void>[] {
  const byFolder = new Map<string, vscode.Uri[]>();
  for (const file of files) {
    const folder = vscode.Uri.joinPath(file, '..').fsPath;
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), file]);
  }
  return [...byFolder].map(([root, own]) => {
    const only = own.map(baseName);
    const name = only.length === 1 && only[0] !== undefined ? only[0] : l10n.t('{0} files', only.length);
    return run(ui, machine, name, { root, remoteDir: into, only }, { files: own.map((file) => file.fsPath) });
  });
}

async function sorted(uris: readonly vscode.Uri[]): Promise<{ folders: vscode.Uri[]; files: vscode.Uri[] }> {
  const folders: vscode.Uri[] = [];
  const files: vscode.Uri[] = [];
  for (const uri of uris) {
    const stat = await vscode.workspace.fs.stat(uri);
    (stat.type & vscode.FileType.Directory ? folders : files).push(uri);
  }
  return { folders, files };
}

function existThere(ui: Ui, machine: Machine, paths: readonly string[]): Promise<boolean> {
  return busy(l10n.t('Connecting to {0}', machine.name), async (signal) => {
    const session = await ui.services.access.session(machine, signal);
    const script = 'for path; do [ ! -e "$path" ] || exit 0; done; exit 1';
    return session.run(
      { argv: ['sh', '-c', script, 'skylab', ...paths], okCodes: [0, 1], parse: (_stdout, code) => code === 0 },
      { signal },
    );
  });
}

async function asksToReplace(machine: Machine, destination: string): Promise<boolean> {
  const replace = l10n.t('Replace');
  const merge = l10n.t('Merge');
  const detail = l10n.t('Merging keeps what is only there. Replacing takes it away, once everything new has arrived.');
  const question = l10n.t('{0} exists on {1} already.', destination, machine.name);
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, merge, replace);
  if (answer === undefined) throw new CancelledError();
  return answer === replace;
}

/** Where a folder has ignore files, asks whether they count. @returns undefined where everything is sent */
async function ignoreRules(ui: Ui, title: string, folders: readonly vscode.Uri[]): Promise<IgnoreOptions | undefined> {
  const found = await Promise.all(
    folders.flatMap((folder) => ['.gitignore', '.skylabignore'].map((name) => isThere(vscode.Uri.joinPath(folder, name)))),
  );
  if (!found.includes(true)) return undefined;
  const items = [
    {
      label: `$(filter) ${l10n.t('Leave out what its ignore files name')}`,
      description: l10n.t('the .env that a Compose file needs is sent all the same'),
      value: true,
    },
    { label: `$(files) ${l10n.t('Send everything')}`, description: '', value: false },
  ];
  const placeholder = l10n.t('The folder has a .gitignore or .skylabignore');
  const leavesOut = await ask(title).pick({ placeholder, items, active: (value) => value === ui.settings.useGitignore });
  return leavesOut ? { gitignore: true } : undefined;
}

async function isThere(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** What lands on a machine's row: one folder goes where the person says, everything else side by side into one folder. */
export async function uploadDropped(ui: Ui, node: Node, dropped: Dropped): Promise<void> {
  const machine = await chooseMachine(ui, node, l10n.t('Upload'));
  const [first] = dropped.uris;
  if (first !== undefined && dropped.uris.length === 1 && (await sorted([first])).folders.length === 1)
    await uploadFolder(ui, machine, first);
  else if (first !== undefined)
    await uploadAll(ui, machine, dropped.uris.length === 1 ? baseName(first) : l10n.t('{0} items', dropped.uris.length), dropped.uris);
  if (dropped.files.length > 0) await uploadContents(ui, machine, dropped.files);
}

/** Files that came without a path are laid into a folder of their own first. */
async function uploadContents(ui: Ui, machine: Machine, contents: readonly vscode.DataTransferFile[]): Promise<void> {
  const stage = vscode.Uri.joinPath(ui.scratch, `drop-${randomUUID()}`);
  await vscode.workspace.fs.createDirectory(stage);
  try {
    for (const file of contents) await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(stage, file.name), await file.data());
    const only = contents.map((file) => file.name);
    const name = only.length === 1 && only[0] !== undefined ? only[0] : l10n.t('{0} files', only.length);
    await run(ui, machine, name, { root: stage.fsPath, remoteDir: '.', only });
  } finally {
    await vscode.workspace.fs.delete(stage, { recursive: true });
  }
}

/** Uploads once more what a transfer of the history had uploaded. */
export async function uploadAgain(ui: Ui, record: TransferRecord, source: UploadSource): Promise<void> {
  mustTrust();
  const machine = ui.services.machines.get(record.machineKey as MachineKey);
  if (machine === undefined) throw new SkylabError(`${record.machineName} is not among the machines.`, { next: 'Refresh the list.' });
  if ('folder' in source) {
    await uploadFolder(ui, machine, vscode.Uri.file(source.folder));
    return;
  }
  const uris = source.files.map((file) => vscode.Uri.file(file));
  await uploadAll(ui, machine, record.what, uris);
}

/** Uploads as an operation: in line behind others, with bytes, rate and files as its progress. */
async function run(ui: Ui, machine: Machine, name: string, request: SyncRequest, source?: TransferRecord['source']): Promise<void> {
  const syncer = await ui.services.syncer();
  const { operation, result } = startTransfer<SyncResult>(ui, {
    kind: 'upload',
    machine,
    what: name,
    path: request.remoteDir,
    title: l10n.t('Upload {0} to {1}', name, machine.name),
    stepTitle: l10n.t('Uploading'),
    ...(source && { source }),
    run: async (io) => {
      const done = await syncer.sync(io.connect, request, { signal: io.signal, onProgress: io.onProgress });
      for (const { path, reason } of done.skipped) io.log(l10n.t('Not sent: {0} ({1})', path, reason));
      for (const { path, by } of done.ignore?.left ?? []) io.log(l10n.t('Left out: {0} (named in {1})', path, by));
      return done;
    },
  });
  const retry = (): unknown => run(ui, machine, name, request, source);
  await ui.notifications.follow(operation, { progress: true, retry, showLog: (one) => ui.documents.showLog(one) });
  const done = await result;
  if (done !== undefined) tellResult(ui, machine, operation, name, done);
}

function tellResult(ui: Ui, machine: Machine, operation: Operation, name: string, result: SyncResult): void {
  const facts =
    result.files === 0
      ? l10n.t('nothing had changed')
      : l10n.t('{0} files, {1}, {2}', result.files, bytesText(result.bytes), durationText(result.ms, l10n));
  const missing = result.skipped.length + (result.ignore?.left.length ?? 0);
  const skipped = missing === 0 ? '' : ` ${l10n.t('{0} were not sent: the log says which and why.', missing)}`;
  const choices = [{ label: l10n.t('Open Terminal'), act: () => openTerminal(ui, machine) }];
  if (missing > 0) choices.push({ label: l10n.t('Show Log'), act: () => ui.documents.showLog(operation) });
  ui.notifications.tell(`${l10n.t('{0} is on {1} as {2}: {3}.', name, machine.name, result.path, facts)}${skipped}`, choices);
}

/** The same for a folder into which things are put, which may be the login folder. */
const parentProblem = (path: string): string | undefined => (path.trim() === '/' ? l10n.t('Name a folder.') : pathProblem(path.trim()));
