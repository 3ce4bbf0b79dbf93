import { createReadStream } from 'node:fs';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError, SkylabError, throwIfCancelled } from '../../core/errors';
import type { RemoteFiles } from '../../core/remote/files';
import { joinPath } from '../../core/remote/files';
import { bytesText } from '../model/bytes';
import type { Dropped } from '../tree/drop';
import type { Ui } from '../ui';
import type { FilePlace } from './filesBranch';
import { withFiles } from './machineFiles';

interface Outgoing {
  readonly name: string;
  /** Bytes, where known before. */
  readonly size: number;
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** Sends single files into a folder of the machine, each whole or not at all; asks once before files there are replaced. */
export async function sendFiles(ui: Ui, place: FilePlace, dropped: Dropped): Promise<void> {
  const outgoing = [...(await Promise.all(dropped.uris.map(ofUri))), ...dropped.files.map(ofContents)];
  await withFiles(ui.services, place.machine, (files) => askAboutTaken(files, place, outgoing), { repeatable: true });
  const [first] = outgoing;
  const what = outgoing.length === 1 && first ? first.name : l10n.t('{0} files', outgoing.length);
  const operation = ui.services.operations.start({
    kind: 'upload',
    title: l10n.t('Upload {0} to {1}', what, place.machine.name),
    machineKey: place.machine.key,
    context: {},
    steps: [
      {
        name: 'upload',
        title: l10n.t('Uploading'),
        run: async (_context, io) => {
          const { signal } = io;
          const total = outgoing.reduce((sum, { size }) => sum + size, 0);
          let sent = 0;
          for (const one of outgoing) {
            throwIfCancelled(signal);
            const counted = counting(one.read(), (bytes) => {
              sent += bytes;
              io.report(
                l10n.t('{0}: {1} of {2}', one.name, bytesText(sent), bytesText(Math.max(total, sent))),
                total === 0 ? undefined : Math.min(1, sent / total),
              );
            });
            const path = joinPath(place.path, one.name);
            await withFiles(
              ui.services,
              place.machine,
              (files) => files.write(path, counted, { create: true, ifExists: 'replace', signal }),
              { signal },
            );
          }
        },
      },
    ],
  });
  const retry = (): unknown => sendFiles(ui, place, dropped);
  await ui.notifications.follow(operation, { progress: true, retry, showLog: (one) => ui.documents.showLog(one) });
}

async function ofUri(uri: vscode.Uri): Promise<Outgoing> {
  const { size } = await vscode.workspace.fs.stat(uri);
  const name = uri.path.split('/').pop() ?? '';
  return { name, size, read: () => readLocal(uri, size) };
}

async function* readLocal(uri: vscode.Uri, size: number): AsyncIterable<Uint8Array> {
  let read = 0;
  for await (const piece of createReadStream(uri.fsPath, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>) {
    read += piece.length;
    yield piece;
  }
  if (read !== size) {
    throw new SkylabError(`${uri.fsPath} changed while it was being sent, so the machine keeps what it had.`, {
      code: 'FileChanged',
      next: 'Upload it again when nothing writes to it.',
    });
  }
}

function ofContents(file: vscode.DataTransferFile): Outgoing {
  return {
    name: file.name,
    size: 0,
    read: async function* () {
      yield await file.data();
    },
  };
}

async function* counting(data: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncIterable<Uint8Array> {
  for await (const piece of data) {
    yield piece;
    onBytes(piece.length);
  }
}

async function askAboutTaken(files: RemoteFiles, place: FilePlace, outgoing: readonly Outgoing[]): Promise<void> {
  const taken: string[] = [];
  for (const { name } of outgoing) {
    const standing = await files.lstat(joinPath(place.path, name)).catch((error: unknown) => {
      if (error instanceof SkylabError && error.code === 'RemoteFileNotFound') return undefined;
      throw error;
    });
    if (standing !== undefined) taken.push(name);
  }
  if (taken.length === 0) return;
  const replace = l10n.t('Replace');
  const question =
    taken.length === 1
      ? l10n.t('{0} is on {1} already. Replace it?', taken[0] ?? '', place.machine.name)
      : l10n.t('{0} of these files are on {1} already. Replace them?', taken.length, place.machine.name);
  const detail = taken.slice(0, 10).join('\n');
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, replace);
  if (answer !== replace) throw new CancelledError();
}
