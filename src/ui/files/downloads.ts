import { join } from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import { splitPath } from '../../core/remote/files';
import type { DownloadResult } from '../../core/transfer/download/folderDownload';
import type { IfExists } from '../../core/transfer/download/ports';
import { printableName } from '../../core/transfer/names';
import type { DownloadSource, TransferRecord } from '../../core/transfer/transfers';
import type { Operation } from '../../core/operations/operations';
import { bytesText } from '../model/bytes';
import { durationText } from '../model/time';
import { startTransfer } from '../transfers/run';
import type { Ui } from '../ui';

export interface Wanted {
  readonly machine: Machine;
  /** Absolute path on the machine. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Only its owner may read the file here. */
  readonly isPrivate?: boolean;
}

/** Where the last download went: the next one is likely to go there too. */
const LAST = 'skylab.files.downloadFolder';

function lastFolder(ui: Ui): vscode.Uri | undefined {
  const path = ui.services.memento.get(LAST);
  return typeof path === 'string' ? vscode.Uri.file(path) : undefined;
}

/** Asks where to, and downloads as an operation. */
export async function download(ui: Ui, wanted: Wanted): Promise<void> {
  const folder = await chooseFolder(ui, wanted);
  const name = localName(splitPath(wanted.path).name, wanted.machine);
  const dest = join(folder.fsPath, name);
  const ifExists = await askIfTaken(dest, wanted);
  await run(ui, wanted, dest, ifExists);
}

/** Downloads what the history remembers, to where it went then. */
export async function downloadAgain(ui: Ui, record: TransferRecord, source: DownloadSource): Promise<void> {
  const machine = ui.services.machines.get(record.machineKey as MachineKey);
  if (machine === undefined)
    throw new SkylabError(`${record.machineName} is not among the machines.`, { next: 'Refresh the list of machines.' });
  const wanted = { machine, path: record.path, kind: source.kind, isPrivate: source.isPrivate };
  await run(ui, wanted, source.dest, await askIfTaken(source.dest, wanted));
}

/** The folder of this computer that it goes into. */
async function chooseFolder(ui: Ui, wanted: Wanted): Promise<vscode.Uri> {
  const open = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const chosen = await vscode.window.showOpenDialog({
    canSelectFolders: true,
    canSelectFiles: false,
    title: l10n.t('Download {0} into…', printableName(splitPath(wanted.path).name)),
    openLabel: l10n.t('Download Here'),
    defaultUri: lastFolder(ui) ?? open ?? (await downloadsFolder(ui.services.homeDir)),
  });
  const folder = chosen?.[0];
  if (!folder) throw new CancelledError();
  await ui.services.memento.set(LAST, folder.fsPath);
  return folder;
}

async function downloadsFolder(home: string): Promise<vscode.Uri> {
  const downloads = vscode.Uri.file(join(home, 'Downloads'));
  return vscode.workspace.fs.stat(downloads).then(
    () => downloads,
    () => vscode.Uri.file(home),
  );
}

/** A name that this computer can hold; the machine's own where its path has none, as `/`. */
function localName(name: string, machine: Machine): string {
  const printable = printableName(name === '' ? machine.name : name).replace(/[\\/]/g, '_');
  return process.platform === 'win32' ? printable.replace(/[<>:"|?*]/g, '_') : printable;
}

async function askIfTaken(dest: string, { kind }: Wanted): Promise<IfExists> {
  const here = await vscode.workspace.fs.stat(vscode.Uri.file(dest)).then(
    (stat) => stat,
    () => undefined,
  );
  if (here === undefined) return 'refuse';
  const replace = l10n.t('Replace');
  const merge = l10n.t('Merge');
  const isFolder = (here.type & vscode.FileType.Directory) !== 0;
  if (isFolder !== (kind === 'folder')) {
    throw new SkylabError(`${dest} is here already, and is not of the same kind.`, { next: 'Move it away, or choose another folder.' });
  }
  const detail = isFolder
    ? l10n.t('Merging keeps what the machine does not have. Replacing takes away what is in it now, once everything new has arrived.')
    : l10n.t('It is replaced once the new one has arrived whole.');
  const question = l10n.t('{0} is here already.', dest);
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, ...(isFolder ? [merge, replace] : [replace]));
  if (answer === undefined) throw new CancelledError();
  return answer === merge ? 'merge' : 'replace';
}

/** Downloads to a place that is settled, with files, bytes and speed as its progress. */
async function run(ui: Ui, wanted: Wanted, dest: string, ifExists: IfExists): Promise<void> {
  const { machine, path, kind } = wanted;
  const name = printableName(splitPath(path).name || path);
  const downloader = await ui.services.downloader();
  const { operation, result } = startTransfer<DownloadResult>(ui, {
    kind: 'download',
    machine,
    what: name,
    path,
    title: l10n.t('Download {0} from {1}', name, machine.name),
    stepTitle: l10n.t('Downloading'),
    source: { dest, kind, isPrivate: wanted.isPrivate === true },
    run: async (io) => {
      const options = { signal: io.signal, onProgress: io.onProgress };
      const done =
        kind === 'folder'
          ? await downloader.folders.download(await io.connect(io.signal), { remotePath: path, dest, ifExists }, options)
          : await downloader.files.download(
              io.connect,
              {
                remotePath: path,
                dest,
                ifExists: ifExists === 'refuse' ? 'refuse' : 'replace',
                machineKey: machine.key,
                isPrivate: wanted.isPrivate === true,
              },
              options,
            );
      for (const skipped of done.skipped) io.log(l10n.t('Not fetched: {0} ({1})', skipped.path, skipped.reason));
      for (const note of done.notes) io.log(note);
      return done;
    },
  });
  const retry = (): unknown => run(ui, wanted, dest, ifExists);
  await ui.notifications.follow(operation, { progress: true, retry, showLog: (one) => ui.documents.showLog(one) });
  const done = await result;
  if (done !== undefined) tellResult(ui, wanted, operation, done);
}

function tellResult(ui: Ui, { machine, kind }: Wanted, operation: Operation, result: DownloadResult): void {
  const facts = [kind === 'folder' ? l10n.t('{0} files', result.files) : undefined, bytesText(result.bytes), durationText(result.ms, l10n)];
  const said = l10n.t('{0} of {1} is here: {2}.', result.path, machine.name, facts.filter((fact) => fact !== undefined).join(', '));
  const untold = result.skipped.length + result.notes.length;
  const more =
    result.skipped.length > 0
      ? ` ${l10n.t('{0} were not fetched: the log says which and why.', result.skipped.length)}`
      : (result.notes[0] ?? '') && ` ${result.notes[0] ?? ''}`;
  const uri = vscode.Uri.file(result.path);
  const open =
    kind === 'file'
      ? { label: l10n.t('Open'), act: () => vscode.commands.executeCommand('vscode.open', uri) }
      : { label: l10n.t('Open Folder'), act: () => vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true }) };
  const choices = [open];
  // In a browser there is no file manager to show it in.
  if (vscode.env.uiKind === vscode.UIKind.Desktop)
    choices.push({ label: l10n.t('Show in File Manager'), act: () => vscode.commands.executeCommand('revealFileInOS', uri) });
  if (untold > 0) choices.push({ label: l10n.t('Show Log'), act: () => ui.documents.showLog(operation) });
  ui.notifications.tell(`${said}${more}`, choices);
}
